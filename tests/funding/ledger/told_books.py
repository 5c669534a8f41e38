"""The story of funding as books to tamper with: its database, and the ids of what was decided, paid and announced."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

from services.funding.ledger.reconciliation import reconcile
from tests.funding.ledger.planted import Named, named
from tests.funding.story import told
from tests.postgres import Server
from tests.world import World

_IDS = """
SELECT 'doc' || right(year::text, 1) || document_no, id FROM funding.appropriation
UNION ALL SELECT 'fund' || right(a.year::text, 1) || document_no, t.id
    FROM funding_ledger.transfer t JOIN funding.appropriation a ON a.id = t.document_id
UNION ALL SELECT 'plan' || right(year::text, 1), id FROM funding.investment_plan WHERE status = 'issued' AND batch <> 9
UNION ALL SELECT CASE status WHEN 'approved' THEN 'altered' ELSE 'refused' END, id FROM funding.approval_change
    WHERE status IN ('approved', 'refused')
UNION ALL SELECT 'cut', id FROM funding_ledger.transfer WHERE purpose LIKE 'award_cut:change:%'
UNION ALL SELECT 'change', id FROM funding.plan_change WHERE status = 'issued'
UNION ALL SELECT 'unchanged', id FROM funding.plan_change WHERE status = 'withdrawn'
UNION ALL SELECT 'pay' || instalment, transfer_id FROM funding.release_request
    WHERE application_id = $1 AND status = 'paid'
UNION ALL SELECT 'pay3_back', transfer_id FROM funding.release_request WHERE status = 'returned'
UNION ALL SELECT 'sent', transfer_id FROM funding.treasury_receipt WHERE result = 'returned' AND status = 'matched'
UNION ALL SELECT 'sent_wrongly', t.id FROM funding_ledger.transfer t
    WHERE purpose LIKE 'bank_return:%' AND EXISTS
          (SELECT FROM funding_ledger.transfer u WHERE u.purpose = 'bank_return_undone:' || t.id)
UNION ALL SELECT 'undone', id FROM funding_ledger.transfer WHERE purpose LIKE 'bank_return_undone:%'
UNION ALL SELECT 'order' || row_number() OVER (ORDER BY order_no), id FROM funding.payment_order
UNION ALL SELECT 'line' || r.instalment || CASE l.status WHEN 'returned' THEN '_back' ELSE '' END, l.id
    FROM funding.payment_line l JOIN funding.release_request r ON r.id = l.release_id
    WHERE l.application_id = $1 AND l.status <> 'withdrawn'
UNION ALL SELECT 'release_back', id FROM funding.release_request WHERE status = 'returned'
UNION ALL SELECT 'receipt' || right(voucher_no, 1), id FROM funding.treasury_receipt
UNION ALL SELECT 'back', id FROM funding.money_return WHERE status = 'confirmed'
UNION ALL SELECT 'back_in', transfer_id FROM funding.money_return WHERE status = 'confirmed'
UNION ALL SELECT 'back_due', t.id FROM funding_ledger.transfer t WHERE purpose LIKE 'clawback:own:%'
UNION ALL SELECT 'claw', id FROM funding.clawback_request WHERE status = 'recovered'
UNION ALL SELECT 'claw_due', t.id FROM funding_ledger.transfer t
    JOIN funding.clawback_request c ON t.purpose = 'clawback:' || c.id
UNION ALL SELECT 'claw_in' || row_number() OVER (ORDER BY recorded_at), transfer_id FROM funding.recovery
UNION ALL SELECT 'award', id FROM funding_ledger.transfer WHERE case_id = $1 AND purpose = 'award:1'
UNION ALL SELECT 'planned', id FROM funding_ledger.transfer
    WHERE case_id = $1 AND purpose = 'reservation:instalment-1:budget'
UNION ALL SELECT 'claim', id FROM funding.interest_claim WHERE status = 'decided'
UNION ALL SELECT 'calculation', calculation_id FROM funding.interest_claim WHERE status = 'decided'
UNION ALL SELECT 'claimed', id FROM funding.release_request WHERE claim_id IS NOT NULL AND status = 'paid'
"""


@dataclass(frozen=True)
class ToldBooks:
    """The database of the story, and its ids by name: cases, documents, plans and transfers of the case `grant`."""

    admin_dsn: str
    ids: dict[str, str]

    def written(self, changes: Iterable[str]) -> list[str]:
        """Return the statements with the ids in place of their names."""
        return [Template(change).substitute(self.ids) for change in changes]

    async def named(self, *changes: str) -> Named:
        """Return what the whole verification names after the changes; both write `$name` for an id."""
        names = {value: "$" + name for name, value in self.ids.items()}
        found = await named(self.admin_dsn, *self.written(changes), by=reconcile)
        return {(invariant, _with(names, subject)) for invariant, subject in found}


def _with(names: dict[str, str], subject: str) -> str:
    kind, _, identity = subject.partition(" ")
    return f"{kind} {names.get(identity, identity)}"


@asynccontextmanager
async def told_books(server: Server, folder: Path) -> AsyncIterator[ToldBooks]:
    """Tell the story on a database of its own and yield its books."""
    async with World.running(server, folder) as world:
        world.instances["funding"].settings.interpretations["instalments"] = "by_progress"
        story = await told(world)
        ids = {name: str(case) for name, case in story.cases.items()}
        for name, identity in await world.database.admin.fetch(_IDS, story.cases["grant"]):
            ids[name.replace("财", "_").replace("调", "_").replace("号", "")] = str(identity)
        yield ToldBooks(world.settings.database_url, ids)
