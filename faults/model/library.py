"""Model of one register row: each version from one push, each answer by the row then current. 四（一）2"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from faults.model.history import Difference, Step, inversions, window

BAD = ("malformed", "other_district", "future_quarter", "repeated_in_batch")
"""Refusals of a row that is invalid by itself."""
UNEXPLAINED = "change_reason_missing"


@dataclass(frozen=True, slots=True)
class Sent:
    """A row as one push sent it, with its answer: a version, or the code of a refusal."""

    step: Step
    revision: int
    explained: bool
    status: str
    version: int = 0
    code: str = ""


@dataclass(slots=True)
class RowHistory:
    """Everything sent of one row."""

    name: str
    sent: list[Sent]

    def differences(self) -> Iterator[Difference]:
        """Yield the answers that a register which takes one push after the other would not give."""
        wrote = sorted((each for each in self.sent if each.status in ("created", "updated")), key=lambda s: s.version)
        steps = [each.step for each in wrote]
        yield from (self._difference("order", found.text) for found in inversions(steps))
        revisions = [0]
        for each in wrote:
            yield from self._written(each, revisions)
            revisions.append(each.revision)
        for each in self.sent:
            if each.status not in ("created", "updated"):
                yield from self._not_written(each, steps, revisions)

    def _written(self, each: Sent, revisions: Sequence[int]) -> Iterator[Difference]:
        if each.version < len(revisions):
            yield self._difference("doubled", f"version {each.version} was also given to {each.step}")
        elif each.version > len(revisions):
            yield self._difference("lost", f"no push was answered with version {len(revisions)}, before {each.step}")
        if (each.status == "created") is not (each.version == 1):
            yield self._difference("code", f"{each.step} was answered {each.status}, version {each.version}")
        elif each.version > 1 and (not each.explained or each.revision == revisions[-1]):
            yield self._difference(
                "code", f"{each.step} was answered updated; the model answers {self._answer(each, revisions[-1])}"
            )

    def _not_written(self, each: Sent, steps: Sequence[Step], revisions: Sequence[int]) -> Iterator[Difference]:
        low, high = window(steps, each.step)
        answers = {self._answer(each, revisions[at]): at for at in range(low, min(high, len(revisions) - 1) + 1)}
        answer = each.code or each.status
        if answer not in answers:
            yield self._difference("code", f"{each.step} was answered {answer}; the model answers {', '.join(answers)}")
        elif answer == "unchanged" and not self._was_current(each, revisions, low, high):
            yield self._difference("code", f"{each.step} was answered unchanged, version {each.version}, which differs")

    def _was_current(self, each: Sent, revisions: Sequence[int], low: int, high: int) -> bool:
        return (
            low <= each.version <= high and each.version < len(revisions) and (revisions[each.version] == each.revision)
        )

    def _answer(self, each: Sent, current: int) -> str:
        """Return the model's answer to a row while a revision is current; 0: the row does not exist."""
        if current == 0:
            return "created"
        if current == each.revision:
            return "unchanged"
        return "updated" if each.explained else UNEXPLAINED

    def _difference(self, kind: str, text: str) -> Difference:
        return Difference(kind, f"row {self.name}: {text}")


def refused_rightly(rows: Sequence[Sent], histories: Sequence[Sequence[Sent]]) -> bool:
    """Return whether an atomic push was right to fail because a changed row had no reason.

    `histories` has for every row of the push what else was sent of it.
    """
    return any(_may_lack_a_reason(row, history) for row, history in zip(rows, histories, strict=True))


def _may_lack_a_reason(row: Sent, history: Sequence[Sent]) -> bool:
    if row.explained:
        return False
    wrote = sorted((each for each in history if each.status in ("created", "updated")), key=lambda s: s.version)
    low, high = window([each.step for each in wrote], row.step)
    return any(wrote[at - 1].revision != row.revision for at in range(max(low, 1), high + 1))
