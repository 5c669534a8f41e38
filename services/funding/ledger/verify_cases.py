"""Consistency of cases, announced releases and ledger transfers. 三（二）"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.ledger.verify import Drift
from shared.actors import Actor

_ANNOUNCED = """
    SELECT (convert_from(payload, 'UTF8')::jsonb ->> 'transfer_id')::uuid AS id,
           round((convert_from(payload, 'UTF8')::jsonb ->> 'amount_yuan')::numeric * 100)::bigint AS amount
    FROM event_log WHERE type = 'funding.funds_released.v1'
"""
_POSTED = """
    SELECT id, amount, case_id FROM funding_ledger.transfer
    WHERE kind = 2 AND purpose LIKE 'release_%budget'
"""
CHECKS = {
    "each_release_announced_is_one_posted_transfer": f"""
        SELECT 'transfer ' || coalesce(a.id, p.id), format('announced %s fen %s times, posted %s fen',
               coalesce(a.amount, 0), coalesce(a.times, 0), coalesce(p.amount, 0))
        FROM (SELECT id, max(amount) AS amount, count(*) AS times FROM ({_ANNOUNCED}) e GROUP BY id) a
        FULL JOIN ({_POSTED}) p ON p.id = a.id
        WHERE a.id IS NULL OR p.id IS NULL OR a.amount <> p.amount OR a.times <> 1""",
    "each_paid_request_is_one_posted_transfer": f"""
        SELECT 'transfer ' || coalesce(r.transfer_id, p.id),
               format('request %s yuan, posted %s fen', r.amount_yuan, p.amount)
        FROM (SELECT * FROM release_request WHERE status = 'paid') r
        FULL JOIN ({_POSTED}) p ON p.id = r.transfer_id AND p.case_id = r.application_id
        WHERE r.id IS NULL OR p.id IS NULL OR r.amount_yuan * 100 <> p.amount""",
    "each_case_equals_its_accounts": """
        SELECT 'application ' || c.id,
               format('case %s/%s/%s/%s yuan, ledger %s/%s/%s/%s fen', c.reserved_yuan, c.net, c.due, c.back,
                      l.reserved, l.paid, l.due, l.back)
        FROM (SELECT id, reserved_yuan, released_yuan - returned_yuan - demanded_yuan AS net,
                     demanded_yuan - recovered_yuan AS due, returned_yuan + recovered_yuan AS back
              FROM application WHERE approved_on IS NOT NULL) c
        LEFT JOIN (SELECT case_id, sum(credits_pending) FILTER (WHERE code IN (5, 6)) AS reserved,
                          sum(credits_posted - debits_posted) FILTER (WHERE code IN (5, 6)) AS paid,
                          sum(credits_posted - debits_posted) FILTER (WHERE code = 7) AS due,
                          sum(credits_posted - debits_posted) FILTER (WHERE code = 8) AS back
                   FROM funding_ledger.account WHERE case_id IS NOT NULL GROUP BY case_id) l ON l.case_id = c.id
        WHERE (c.reserved_yuan * 100, c.net * 100, c.due * 100, c.back * 100)
              IS DISTINCT FROM (l.reserved::numeric, l.paid::numeric, l.due::numeric, l.back::numeric)""",
}


async def verify_cases(session: AsyncSession, actor: Actor) -> list[Drift]:
    """Return the contradictions in the districts that the actor may see, on the session's snapshot."""
    await session.execute(
        text("SELECT set_config('app.districts', :districts, true), set_config('app.applicant', '', true)"),
        {"districts": "{" + ",".join(actor.districts) + "}"},
    )
    drifts: list[Drift] = []
    for invariant, query in CHECKS.items():
        rows = await session.execute(text(query))
        drifts += [Drift(invariant, subject, figures) for subject, figures in rows]
    return drifts
