"""The city's desk: what waits is decided in volleys, all at once, against budgets that are too small for all of it.

Approvals draw on the budget of this year. Plans commit the money in a later year, so that several plans reach for one
account at the same moment; the supplement to the budget comes while they do. 三（二）
"""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from faults.model.money import award_fen
from faults.workload.caller import Caller
from faults.workload.case import OFFICERS, SUPERVISORS, Case, at_once, done
from faults.workload.log import Command
from faults.workload.plan import Plan
from shared.clock import Clock

TRIES = 3
BATCHES_A_YEAR = 90
"""The number of a plan's batch has two digits; further plans draw on the year after."""
GRAIN_FEN = 100_000_000


@dataclass
class Ticket:
    """What waits for a decision of the desk: a case, or the cases of one plan."""

    cases: list[Case]
    plan: str = ""
    year: int = 0
    tries: int = 0
    decided: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def fen(self) -> int:
        return sum(award_fen(case.investment_yuan * 100) for case in self.cases)


class Desk:
    """Everybody hands in and waits; `volley` decides."""

    def __init__(self, caller: Caller, plan: Plan, seed: int) -> None:
        self._caller, self._plan = caller, plan
        self._chance = random.Random(f"{seed}/desk")
        self._papers = itertools.count(1)
        self._batches = itertools.count(0)
        self._year = Clock().today().year
        self._to_approve: list[Ticket] = []
        self._to_plan: list[Ticket] = []
        self._to_issue: list[Ticket] = []

    async def open(self) -> None:
        """The first budget of this year: nearly nothing."""
        await self._appropriate(self._year, GRAIN_FEN)

    @property
    def waiting(self) -> int:
        """So many cases wait for a decision."""
        return sum(map(_cases, (self._to_approve, self._to_plan, self._to_issue)))

    async def approve(self, case: Case) -> bool:
        """Whether the drafted award was approved; several volleys may pass."""
        return await self._wait(self._to_approve, case)

    async def plan(self, case: Case) -> bool:
        """Whether the case came into an issued plan."""
        return await self._wait(self._to_plan, case)

    async def _wait(self, heap: list[Ticket], case: Case) -> bool:
        ticket = Ticket([case])
        heap.append(ticket)
        return await ticket.decided

    async def volley(self, living: int) -> None:
        """Decide on all that waits now; on little only when none of the `living` cases is still on its way.

        What the budget did not reach waits for the next.
        """
        least = 1 if self.waiting >= living else self._plan.volley_least
        heaps = (self._to_approve, self._to_plan, self._to_issue)
        approvals, cases, plans = (_emptied(heap) if _cases(heap) >= least else [] for heap in heaps)
        plans += await asyncio.gather(*(self._draft(group) for group in self._grouped(cases)))
        by_year = {year: [each for each in plans if each.year == year] for year in {each.year for each in plans}}
        await asyncio.gather(
            self._decide(approvals, self._year, self._approve, self._to_approve),
            *(self._decide(those, year, self._issue, self._to_issue) for year, those in by_year.items()),
        )

    def _grouped(self, tickets: list[Ticket]) -> list[list[Ticket]]:
        groups = []
        while tickets:
            size = self._chance.randint(*self._plan.cases_per_plan)
            groups.append(tickets[:size])
            tickets = tickets[size:]
        return groups

    async def _decide(
        self, tickets: list[Ticket], year: int, act: Callable[[Ticket], Awaitable[bool]], heap: list[Ticket]
    ) -> None:
        """All at once, while the supplement to their budget is on its way."""
        if not tickets:
            return
        wanted = int(sum(ticket.fen for ticket in tickets) * self._plan.funded_share)
        supplement = self._appropriate(year, max(wanted // GRAIN_FEN, 1) * GRAIN_FEN)
        *decided, _ = await asyncio.gather(*(act(ticket) for ticket in tickets), supplement)
        for ticket, was in zip(tickets, decided, strict=True):
            ticket.tries += 1
            if was or ticket.tries == TRIES:
                ticket.decided.set_result(bool(was))
            else:
                heap.append(ticket)

    async def _approve(self, ticket: Ticket) -> bool:
        (case,) = ticket.cases
        both = ("approver", "judge") if case.likely("approved by two", 0.15) else ("approver",)
        said = {"year": self._year, "fen": ticket.fen}
        acts = (case.money("approve_application", "approve", who, said=said, contested=True) for who in both)
        return done(*await at_once(*acts))

    async def _draft(self, tickets: list[Ticket]) -> Ticket:
        """A plan for these cases, which wait from now on for its issue."""
        cases = [case for ticket in tickets for case in ticket.cases]
        later, batch = divmod(next(self._batches), BATCHES_A_YEAR)
        year = self._year + 1 + later
        wanted = {"year": year, "batch": batch + 1, "items": [{"application_id": case.id} for case in cases]}
        said = {"year": year, "applications": [case.id for case in cases]}
        officer = self._chance.choice(OFFICERS)
        drafted = await self._act("draft_plan", "/v1/plans", officer, f"plan-{year}-{batch + 1}", wanted, said)
        joint = Ticket(cases, drafted.case, year)
        for ticket in tickets:
            joint.decided.add_done_callback(partial(_share, ticket))
        return joint

    async def _issue(self, ticket: Ticket) -> bool:
        path = f"/v1/plans/{ticket.plan}/issue"
        said = {"year": ticket.year, "fen": ticket.fen, "applications": [case.id for case in ticket.cases]}
        supervisors = self._chance.sample(SUPERVISORS, 2 if self._chance.random() < 0.15 else 1)
        acts = (self._act("issue_plan", path, who, ticket.plan, None, said) for who in supervisors)
        return done(*await at_once(*acts))

    async def _appropriate(self, year: int, fen: int) -> None:
        """A supplement: drafted by one supervisor, confirmed by another; now and then the drafter tries it alone."""
        drafter, other = self._chance.sample(SUPERVISORS, 2)
        paper = f"示例预算〔{year}〕{next(self._papers)}号"
        wanted = {"year": year, "amount_yuan": f"{fen // 100}.{fen % 100:02d}", "document_no": paper}
        said = {"year": year, "fen": fen, "document_no": paper}
        drafted = await self._act("draft_budget", "/v1/budgets", drafter, paper, wanted, said)
        path = f"/v1/budgets/{drafted.case}/confirm"
        if self._chance.random() < 0.1:
            await self._act("confirm_budget", path, drafter, drafted.case, None, said)
        await self._act("confirm_budget", path, other, drafted.case, None, said)

    async def _act(self, act: str, path: str, who: str, case: str, body: Any, said: dict[str, Any]) -> Command:
        return await self._caller.act("funding", act, path, who, case, body, said=said, contested=act == "issue_plan")


def _cases(heap: list[Ticket]) -> int:
    return sum(len(ticket.cases) for ticket in heap)


def _emptied(heap: list[Ticket]) -> list[Ticket]:
    """All of a heap, which itself stays: what was not decided on comes back to it."""
    taken = heap[:]
    heap.clear()
    return taken


def _share(ticket: Ticket, joint: asyncio.Future[bool]) -> None:
    ticket.decided.set_result(joint.result())
