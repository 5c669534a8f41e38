"""One row of a district's book: every version is from one push, every answer from what stood then. 四（一）2"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faults.model.history import Difference, Step, inversions, window

BAD = ("malformed", "other_district", "future_quarter", "repeated_in_batch")
"""What is wrong with a row whatever stands in the book."""
UNEXPLAINED = "change_reason_missing"


@dataclass(frozen=True, slots=True)
class Sent:
    """A row as one push sent it, and what it was told: a version, or why not. `step` says when."""

    step: Step
    revision: int
    explained: bool
    status: str
    version: int = 0
    code: str = ""


@dataclass(slots=True)
class Book:
    """All that was sent of one row; `flaws` are answers to rows that were bad in themselves."""

    name: str
    sent: list[Sent]

    def differences(self) -> Iterator[Difference]:
        """Where the answers are not those of a book that takes one push after the other."""
        wrote = sorted((each for each in self.sent if each.status in ("created", "updated")), key=lambda s: s.version)
        steps = [each.step for each in wrote]
        yield from (self._says("order", found.text) for found in inversions(steps))
        revisions = [0]
        for each in wrote:
            yield from self._written(each, revisions)
            revisions.append(each.revision)
        for each in self.sent:
            if each.status not in ("created", "updated"):
                yield from self._not_written(each, steps, revisions)

    def _written(self, each: Sent, revisions: Sequence[int]) -> Iterator[Difference]:
        if each.version < len(revisions):
            yield self._says("doubled", f"version {each.version} was also given to {each.step}")
        elif each.version > len(revisions):
            yield self._says("lost", f"nobody was told of version {len(revisions)}, before {each.step}")
        if (each.status == "created") is not (each.version == 1):
            yield self._says("code", f"{each.step} was told {each.status}, version {each.version}")
        elif each.version > 1 and (not each.explained or each.revision == revisions[-1]):
            yield self._says("code", f"{each.step} was told updated; the model has {self._answer(each, revisions[-1])}")

    def _not_written(self, each: Sent, steps: Sequence[Step], revisions: Sequence[int]) -> Iterator[Difference]:
        low, high = window(steps, each.step)
        answers = {self._answer(each, revisions[at]): at for at in range(low, min(high, len(revisions) - 1) + 1)}
        told = each.code or each.status
        if told not in answers:
            yield self._says("code", f"{each.step} was told {told}; the model has {', '.join(answers)}")
        elif told == "unchanged" and not self._stood(each, revisions, low, high):
            yield self._says(
                "code", f"{each.step} was told unchanged, version {each.version}, which said something else"
            )

    def _stood(self, each: Sent, revisions: Sequence[int], low: int, high: int) -> bool:
        return (
            low <= each.version <= high and each.version < len(revisions) and (revisions[each.version] == each.revision)
        )

    def _answer(self, each: Sent, standing: int) -> str:
        """What the model answers to a row when this revision stands; 0: none does."""
        if standing == 0:
            return "created"
        if standing == each.revision:
            return "unchanged"
        return "updated" if each.explained else UNEXPLAINED

    def _says(self, kind: str, text: str) -> Difference:
        return Difference(kind, f"row {self.name}: {text}")


def refused_rightly(rows: Sequence[Sent], books: Sequence[Sequence[Sent]]) -> bool:
    """Whether a push that stands or falls whole was right to fall: for one of its rows nothing was told that stood.

    `books` has for every row of the push what else was sent of it.
    """
    return any(_may_lack_a_reason(row, book) for row, book in zip(rows, books, strict=True))


def _may_lack_a_reason(row: Sent, book: Sequence[Sent]) -> bool:
    if row.explained:
        return False
    wrote = sorted((each for each in book if each.status in ("created", "updated")), key=lambda s: s.version)
    low, high = window([each.step for each in wrote], row.step)
    return any(wrote[at - 1].revision != row.revision for at in range(max(low, 1), high + 1))
