"""A decision as a picture: the tree of its rules with values and deciding path, as SVG, Mermaid or a nested list."""

from shared.policy.picture.listing import nested_list
from shared.policy.picture.mermaid import flowchart
from shared.policy.picture.outline import Branch, outline
from shared.policy.picture.svg import drawing

__all__ = ["Branch", "drawing", "flowchart", "nested_list", "outline"]
