"""Steps at which a project is checked for completion, by the reading of I15. 二（五）"""

from typing import Literal

CompletionStep = Literal["declaration", "city_receipt", "plan_issue"]


def checks_completion(chosen: str, step: CompletionStep) -> bool:
    """Return True if the chosen reading of I15 checks for completion at this step."""
    return chosen in ("all_three", step)
