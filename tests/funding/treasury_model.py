"""Model of the treasury chain: what becomes of releases, lines, receipts and months. Pure. 三（二）"""

from dataclasses import dataclass, field
from typing import Literal

ANSWERABLE = {"paid": ("ordered",), "returned": ("ordered", "paid")}


@dataclass(eq=False)
class Release:
    """A request of a case; `again` is the later one that pays it again."""

    case: int
    id: str
    status: str = "requested"
    replaces: "Release | None" = None


@dataclass(eq=False)
class Line:
    """A release in an order."""

    release: Release
    order: int
    status: str = "ordered"


@dataclass(eq=False)
class Receipt:
    """Statement of the treasury about a line, and its status."""

    line: Line
    result: str
    exact: bool
    status: str
    month: str


@dataclass
class Chain:
    """The chain of two cases with one instalment each."""

    month: str = "2024-03"
    closed: list[str] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    orders: list[list[Line]] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)

    def of(self, case: int, *statuses: str) -> list[Release]:
        return [each for each in self.releases if each.case == case and each.status in statuses]

    def sent_back(self, case: int) -> Release | None:
        """Return the payment that the bank sent back and that no other pays again."""
        again = [each.replaces for each in self.releases if each.status != "rejected"]
        return next((each for each in self.of(case, "returned") if each not in again), None)

    def application(self, case: int) -> Literal["planned", "releasing", "released"]:
        """Return the status of the application."""
        if not self.of(case, "paid", "returned"):
            return "planned"
        return "released" if self.of(case, "paid") else "releasing"

    def request(self, case: int) -> str:
        """Return the code of the refusal of a request, empty if it is admitted."""
        if self.application(case) == "released":
            return "wrong_status"
        return "already_requested" if self.of(case, "requested") else ""

    def waiting(self) -> list[Release]:
        """Return the releases that stand in no order."""
        ordered = [line.release for lines in self.orders for line in lines if line.status != "withdrawn"]
        return [each for each in self.releases if each.status == "paid" and each not in ordered]

    def withdraw(self, order: int) -> str:
        """Withdraw an order, or return the code of the refusal."""
        if any(line.status != "ordered" for line in self.orders[order]):
            return "wrong_status"
        for line in self.orders[order]:
            line.status = "withdrawn"
        return ""

    def book(self, line: Line, result: str, *, exact: bool) -> Receipt:
        """Book a receipt of this day: it is matched where amount and status fit, and open otherwise."""
        fits = exact and line.status in ANSWERABLE[result]
        receipt = Receipt(line, result, exact, "matched" if fits else "open", self.month)
        if fits:
            line.status = result
            line.release.status = "returned" if result == "returned" else line.release.status
        self.receipts.append(receipt)
        return receipt

    def undo(self, receipt: Receipt) -> str:
        """Undo a match, or return the code of the refusal."""
        if receipt.status != "matched":
            return "wrong_status"
        if self.closed and receipt.month <= self.closed[-1]:
            return "month_closed"
        line = receipt.line
        if receipt.result == "paid" and line.status == "returned":
            return "wrong_status"
        if receipt.result == "returned" and line.release is not self.sent_back(line.release.case):
            return "wrong_status"
        receipt.status = "open"
        if receipt.result == "returned":
            line.release.status = "paid"
        before = [each for each in self.receipts if each.line is line and each.status == "matched"]
        line.status = "paid" if receipt.result == "returned" and before else "ordered"
        return ""
