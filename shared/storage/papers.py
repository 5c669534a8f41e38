"""Declarations of the papers that the records of a service may carry, and of who adds and reads them.

Each service states its own table (`services/<name>/papers.py`) and gives it to its `Service`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from shared.actors import ROLES
from shared.errors import Forbidden, Invalid

PERSONS = tuple(role for role in ROLES if role != "system")
"""Every role of a person; API keys neither add nor read papers."""
OFFICIALS = tuple(role for role in PERSONS if role != "applicant")
_NAMESPACE = UUID("7c0c3f0a-4f0e-5b7e-9f43-2b0f6f0f6a11")


@dataclass(frozen=True)
class Paper:
    """A kind of paper, with the roles that may add it and those that may read it."""

    code: str
    label: str
    add: tuple[str, ...]
    read: tuple[str, ...] = PERSONS
    """Roles that read the paper where they see its record: all, unless it is one of the offices' own work."""


@dataclass(frozen=True)
class Carrier:
    """A kind of record that carries papers: rows of `model`, or the papers of a desk, which precede their record."""

    name: str
    label: str
    papers: tuple[Paper, ...]
    model: type[Any] | None = None
    """Mapped class with `district`, and `applicant_uscc` if owners read it. None: a desk's papers of a district."""
    case: str = "declaration_id"
    """Attribute of the row that names the case under which adding and withdrawing are recorded."""

    def paper(self, code: str) -> Paper:
        """Return a kind of paper. Raises Invalid with those that there are."""
        for each in self.papers:
            if each.code == code:
                return each
        known = "、".join(f"{each.code}（{each.label}）" for each in self.papers)
        raise Invalid(f"“{self.label}”没有这种附件；可用：{known}", field="/query/kind")

    def addable(self, code: str, role: str) -> Paper:
        """Return a kind of paper that the role may add. Raises Invalid or Forbidden."""
        paper = self.paper(code)
        if role not in paper.add:
            allowed = "、".join(ROLES[each] for each in paper.add)
            raise Forbidden(f"“{paper.label}”由{allowed}提供，您不能上传、替换或撤回", field="/query/kind")
        return paper


def desk_id(carrier: str, district: str) -> UUID:
    """Return the id under which the papers of a desk in a district are kept."""
    return uuid5(_NAMESPACE, f"{carrier} {district}")


@dataclass(frozen=True)
class Papers:
    """All carriers of a service."""

    carriers: tuple[Carrier, ...] = ()

    def carrier(self, name: str, field: str = "/query/record") -> Carrier:
        """Return a carrier. Raises Invalid with those that there are."""
        for each in self.carriers:
            if each.name == name:
                return each
        known = "、".join(f"{each.name}（{each.label}）" for each in self.carriers)
        raise Invalid(f"本服务没有这种事项；可用：{known}", field=field)

    @property
    def registry(self) -> Any:
        """Mapped classes of the service; None if no row of it carries papers."""
        return next((each.model.registry for each in self.carriers if each.model is not None), None)

    def readable(self, role: str) -> Iterator[tuple[str, str]]:
        """Yield carrier and kind of each paper that a role may read."""
        for carrier in self.carriers:
            yield from ((carrier.name, paper.code) for paper in carrier.papers if role in paper.read)

    def code_lists(self) -> Mapping[str, Mapping[str, str]]:
        """Return the code lists of carriers and of papers; empty for a service without papers."""
        if not self.carriers:
            return {}
        papers = {paper.code: paper.label for carrier in self.carriers for paper in carrier.papers}
        return {"attachment_record": {each.name: each.label for each in self.carriers}, "attachment_kind": papers}
