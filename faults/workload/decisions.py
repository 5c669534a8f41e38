"""Decisions of the city in rounds: many concurrent approvals against budgets too small for all of them.

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
from faults.workload.case import OFFICERS, SUPERVISORS, Case, any_accepted, concurrently
from faults.workload.client import Client
from faults.workload.log import Command
from faults.workload.profile import LoadProfile
from shared.clock import Clock

MAX_ROUNDS = 3
BATCHES_A_YEAR = 90
"""A plan's batch number has two digits; further plans draw on the following year."""
SUPPLEMENT_UNIT_FEN = 100_000_000
ANNUAL_PLAN = {
    "construction_starts_on": "2024-01-01",
    "construction_ends_on": "2025-12-31",
    "year_investment_yuan": "1.00",
    "fund_source": "市级政府投资和自筹",
}
"""Fields of the annual plan that only the project's owner knows (政府投资条例 art. 16)."""


@dataclass
class Ticket:
    """A case, or the cases of one plan, waiting for a decision."""

    cases: list[Case]
    plan: str = ""
    year: int = 0
    rounds: int = 0
    decided: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def fen(self) -> int:
        return sum(award_fen(case.investment_yuan * 100) for case in self.cases)


class Decisions:
    """Queues of cases waiting for a decision; `decide` runs one round."""

    def __init__(self, client: Client, profile: LoadProfile, seed: int) -> None:
        self._client, self._profile = client, profile
        self._rng = random.Random(f"{seed}/decisions")
        self._document_numbers = itertools.count(1)
        self._batches = itertools.count(0)
        self._year = Clock().today().year
        self._to_approve: list[Ticket] = []
        self._to_plan: list[Ticket] = []
        self._to_issue: list[Ticket] = []

    async def open(self) -> None:
        """Confirm the first budget of this year, which is nearly nothing."""
        await self._appropriate(self._year, SUPPLEMENT_UNIT_FEN)

    @property
    def waiting(self) -> int:
        """The number of cases that wait for a decision."""
        return sum(map(_cases, (self._to_approve, self._to_plan, self._to_issue)))

    async def approve(self, case: Case) -> bool:
        """Wait for the decision on a drafted award, through several rounds; return whether it was approved."""
        return await self._wait(self._to_approve, case)

    async def plan(self, case: Case) -> bool:
        """Wait for a plan with the case to be issued; return whether it was."""
        return await self._wait(self._to_plan, case)

    async def _wait(self, queue: list[Ticket], case: Case) -> bool:
        ticket = Ticket([case])
        queue.append(ticket)
        return await ticket.decided

    async def decide(self, active_cases: int) -> None:
        """Decide on all waiting tickets concurrently; on few of them only when all `active_cases` wait.

        Tickets that the budget does not cover wait for the next round.
        """
        least = 1 if self.waiting >= active_cases else self._profile.decision_min_cases
        queues = (self._to_approve, self._to_plan, self._to_issue)
        approvals, cases, plans = (_drain(queue) if _cases(queue) >= least else [] for queue in queues)
        plans += await asyncio.gather(*(self._draft(group) for group in self._grouped(cases)))
        by_year = {year: [each for each in plans if each.year == year] for year in {each.year for each in plans}}
        await asyncio.gather(
            self._decide(approvals, self._year, self._approve, self._to_approve),
            *(self._decide(those, year, self._issue, self._to_issue) for year, those in by_year.items()),
        )

    def _grouped(self, tickets: list[Ticket]) -> list[list[Ticket]]:
        groups = []
        while tickets:
            size = self._rng.randint(*self._profile.cases_per_plan)
            groups.append(tickets[:size])
            tickets = tickets[size:]
        return groups

    async def _decide(
        self, tickets: list[Ticket], year: int, act: Callable[[Ticket], Awaitable[bool]], queue: list[Ticket]
    ) -> None:
        """Decide on the tickets concurrently with the supplement to their budget."""
        if not tickets:
            return
        requested = int(sum(ticket.fen for ticket in tickets) * self._profile.funded_share)
        supplement = self._appropriate(year, max(requested // SUPPLEMENT_UNIT_FEN, 1) * SUPPLEMENT_UNIT_FEN)
        *decided, _ = await asyncio.gather(*(act(ticket) for ticket in tickets), supplement)
        for ticket, accepted in zip(tickets, decided, strict=True):
            ticket.rounds += 1
            if accepted or ticket.rounds == MAX_ROUNDS:
                ticket.decided.set_result(bool(accepted))
            else:
                queue.append(ticket)

    async def _approve(self, ticket: Ticket) -> bool:
        (case,) = ticket.cases
        roles = ("approver", "judge") if case.happens("approved by two", 0.15) else ("approver",)
        facts = {"year": self._year, "fen": ticket.fen}
        acts = (case.funding_act("approve_application", "approve", role, facts=facts, contested=True) for role in roles)
        return any_accepted(*await concurrently(*acts))

    async def _draft(self, tickets: list[Ticket]) -> Ticket:
        """Draft a plan of these cases; they wait for its issue from now on."""
        cases = [case for ticket in tickets for case in ticket.cases]
        later, batch = divmod(next(self._batches), BATCHES_A_YEAR)
        year = self._year + 1 + later
        body = {
            "year": year,
            "batch": batch + 1,
            "items": [{"application_id": case.id, **ANNUAL_PLAN} for case in cases],
        }
        facts = {"year": year, "applications": [case.id for case in cases]}
        officer = self._rng.choice(OFFICERS)
        drafted = await self._act("draft_plan", "/v1/plans", officer, f"plan-{year}-{batch + 1}", body, facts)
        joint = Ticket(cases, drafted.case, year)
        for ticket in tickets:
            joint.decided.add_done_callback(partial(_copy_result, ticket))
        return joint

    async def _issue(self, ticket: Ticket) -> bool:
        path = f"/v1/plans/{ticket.plan}/issue"
        facts = {"year": ticket.year, "fen": ticket.fen, "applications": [case.id for case in ticket.cases]}
        supervisors = self._rng.sample(SUPERVISORS, 2 if self._rng.random() < 0.15 else 1)
        acts = (self._act("issue_plan", path, actor, ticket.plan, None, facts) for actor in supervisors)
        return any_accepted(*await concurrently(*acts))

    async def _appropriate(self, year: int, fen: int) -> None:
        """Draft a supplement and have another supervisor confirm it; sometimes the drafter tries first."""
        drafter, other = self._rng.sample(SUPERVISORS, 2)
        document_no = f"示例预算〔{year}〕{next(self._document_numbers)}号"
        named = {"year": year, "kind": "appropriation", "document_no": document_no}
        body, facts = {**named, "amount_yuan": f"{fen // 100}.{fen % 100:02d}"}, {**named, "fen": fen}
        drafted = await self._act("draft_budget", "/v1/budgets", drafter, document_no, body, facts)
        path = f"/v1/budgets/{drafted.case}/confirm"
        if self._rng.random() < 0.1:
            await self._act("confirm_budget", path, drafter, drafted.case, None, facts)
        await self._act("confirm_budget", path, other, drafted.case, None, facts)

    async def _act(self, act: str, path: str, actor: str, case: str, body: Any, facts: dict[str, Any]) -> Command:
        return await self._client.act(
            "funding", act, path, actor, case, body, facts=facts, contested=act == "issue_plan"
        )


def _cases(queue: list[Ticket]) -> int:
    return sum(len(ticket.cases) for ticket in queue)


def _drain(queue: list[Ticket]) -> list[Ticket]:
    """Empty the queue in place and return its tickets."""
    tickets = queue[:]
    queue.clear()
    return tickets


def _copy_result(ticket: Ticket, joint: asyncio.Future[bool]) -> None:
    ticket.decided.set_result(joint.result())
