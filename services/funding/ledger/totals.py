"""Sums of the programme by year, district, type and mode, read from the ledger's transfers. 三（二）, 四（一）1"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.money import to_yuan

DIMENSIONS = {
    "year": "p.year",
    "district": "a.district",
    "type": "a.facts ->> 'project_type'",
    "mode": "a.mode",
}
"""Expression of each dimension, in the order in which groups are sorted."""

# What a reservation holds and a release takes belongs to the year of its budget; what the bank or the owner sends back,
# to the year in which it came. Row-level security of the application keeps a district to its own cases.
_SUMS = """
WITH part AS (
    SELECT t.case_id, b.fiscal_year::integer AS year,
           sum(CASE WHEN t.kind = 1 AND r.pending_id IS NULL AND t.purpose LIKE 'reservation:approval%'
                    THEN t.amount ELSE 0 END) AS reserved,
           sum(CASE WHEN t.kind = 1 AND r.pending_id IS NULL AND t.purpose NOT LIKE 'reservation:approval%'
                    THEN t.amount ELSE 0 END) AS committed,
           sum(CASE WHEN t.kind = 2 THEN t.amount ELSE 0 END) AS released, 0 AS sent_back, 0 AS returned
    FROM funding_ledger.account b
    JOIN funding_ledger.transfer t ON t.debit_account = b.id AND t.case_id IS NOT NULL
    LEFT JOIN funding_ledger.resolution r ON r.pending_id = t.id
    WHERE b.code = 2 GROUP BY 1, 2
    UNION ALL
    SELECT t.case_id, extract(year FROM t.posted_at AT TIME ZONE 'Asia/Shanghai')::integer, 0, 0, 0,
           sum(CASE WHEN k.code = 8 THEN 0 WHEN t.credit_account = k.id THEN t.amount ELSE -t.amount END),
           sum(CASE WHEN k.code = 8 THEN t.amount ELSE 0 END)
    FROM funding_ledger.account k
    JOIN funding_ledger.transfer t ON k.id IN (t.credit_account, t.debit_account) AND t.case_id = k.case_id
    WHERE k.code IN (8, 10) GROUP BY 1, 2
)
SELECT {keys}, count(DISTINCT p.case_id), sum(p.reserved + p.committed + p.released), sum(p.committed + p.released),
       sum(p.released), sum(p.sent_back), sum(p.returned), sum(p.reserved + p.committed)
FROM part p JOIN application a ON a.id = p.case_id
GROUP BY {groups} ORDER BY {groups}
"""


@dataclass(frozen=True, slots=True)
class Total:
    """Sums of one group in yuan; `available` is approved and not yet released."""

    values: dict[str, Any]
    projects: int
    approved: Decimal
    planned: Decimal
    released: Decimal
    sent_back: Decimal
    returned: Decimal
    available: Decimal


async def totals(session: AsyncSession, dimensions: Sequence[str]) -> list[Total]:
    """Return the sums of each group of the chosen dimensions, in their order."""
    keys = ", ".join(DIMENSIONS[name] for name in dimensions)
    groups = ", ".join(str(number) for number in range(1, len(dimensions) + 1))
    rows = await session.execute(text(_SUMS.format(keys=keys, groups=groups)))
    width = len(dimensions)
    return [
        Total(dict(zip(dimensions, row, strict=False)), row[width], *(to_yuan(int(fen)) for fen in row[width + 1 :]))
        for row in rows
    ]
