"""Releases, demands, receipts and cases against the ledger and the events, in both directions. 三（二）, 四（一）1

The queries read the tables of `reconciliation.SHARED`. Amounts of cases are in yuan, those of transfers in fen.
"""

from services.funding.ledger.postings import ROUTES

_ROUTES = ", ".join(f"({giver:d}, {taker:d})" for giver, taker in sorted(ROUTES))
_ANNOUNCED = """
    SELECT (body ->> 'transfer_id')::uuid AS id, count(*) AS times, max(subject::text)::uuid AS case_id,
           max(payee) AS payee, max(round((body ->> 'amount_yuan')::numeric * 100)) AS fen,
           max(coalesce(body ->> 'stage', split_part(split_part(type, '.', 2), '_', 2))) AS stage
    FROM announced
    WHERE type IN ('funding.funds_released.v1', 'funding.funds_returned.v1', 'funding.funds_clawed_back.v1',
                   'funding.funds_sent_back.v1')
    GROUP BY 1
"""
# A voluntary return is a demand and its receipt in one act; only the receipt is announced.
_PAID_OR_BACK = """
    SELECT *, CASE WHEN purpose LIKE 'bank_return_undone:%' THEN 'undone' WHEN giver IN (2, 10) THEN 'released'
                   WHEN taker = 10 THEN 'sent_back' WHEN taker = 7 THEN 'demanded'
                   WHEN purpose LIKE 'return:own:%' THEN 'returned' ELSE 'recovered' END AS stage
    FROM movement
    WHERE kind IN (0, 2) AND (giver = 2 AND coalesce(taker, 0) NOT IN (1, 2, 9) OR giver = 10 OR taker IN (8, 10)
                              OR taker = 7 AND purpose NOT LIKE 'clawback:own:%')
"""

CASES = {
    "each_transfer_follows_a_route_within_its_case": f"""
        SELECT 'transfer ' || id, format('from %s to %s, case %s, accounts of %s and %s', giver, taker, case_id,
                                         giver_case, taker_case)
        FROM movement
        WHERE (coalesce(giver, 0), coalesce(taker, 0)) NOT IN ({_ROUTES})
           OR giver >= 4 AND giver_case IS DISTINCT FROM case_id
           OR taker >= 4 AND taker_case IS DISTINCT FROM case_id""",
    "each_money_event_is_one_transfer": f"""
        SELECT 'transfer ' || coalesce(e.id, m.id),
               format('announced as %s %s fen %s times for case %s of %s, posted as %s %s fen for case %s of %s',
                      e.stage, coalesce(e.fen, 0), coalesce(e.times, 0), e.case_id, e.payee, m.stage,
                      coalesce(m.amount, 0), m.case_id, c.applicant_uscc)
        FROM ({_ANNOUNCED}) e
        FULL JOIN ({_PAID_OR_BACK}) m ON m.id = e.id
        LEFT JOIN application c ON c.id = m.case_id
        WHERE e.times IS DISTINCT FROM 1
           OR (e.fen, e.stage, e.case_id, e.payee) IS DISTINCT FROM (m.amount, m.stage, m.case_id, c.applicant_uscc)""",
    "each_paid_request_is_one_posted_transfer": """
        SELECT 'transfer ' || coalesce(r.transfer_id, p.id),
               format('request %s yuan, posted %s fen', r.amount_yuan, p.amount)
        FROM (SELECT * FROM release_request WHERE status IN ('paid', 'returned')) r
        FULL JOIN (SELECT * FROM movement
                   WHERE kind IN (0, 2) AND (giver = 2 AND coalesce(taker, 0) NOT IN (1, 2, 9)
                                             OR giver = 10 AND purpose NOT LIKE 'bank_return_undone:%')) p
               ON p.id = r.transfer_id AND p.case_id = r.application_id
        WHERE r.id IS NULL OR p.id IS NULL OR r.amount_yuan * 100 <> p.amount""",
    "no_release_under_a_bar": """
        SELECT 'application ' || b.application_id,
               format('bar %s stood when act %s released money', b.id, paid.id)
        FROM money_bar b
        JOIN act raised ON raised.case_id = b.application_id AND raised.act = 'raise_money_bar'
                       AND raised.detail ->> 'bar_id' = b.id::text
        JOIN act paid ON paid.case_id = b.application_id AND paid.act = 'release_funds' AND paid.id > raised.id
        WHERE NOT EXISTS (
            SELECT FROM act ended
            WHERE ended.case_id = b.application_id AND ended.act IN ('lift_money_bar', 'drop_money_bar')
              AND ended.detail ->> 'bar_id' = b.id::text AND ended.id < paid.id)""",
    "each_demand_is_one_posted_transfer": """
        SELECT coalesce('transfer ' || m.id, 'application ' || d.application_id),
               format('%s of %s yuan, posted %s of %s fen', d.purpose, d.amount_yuan, m.purpose, m.amount)
        FROM (SELECT 'clawback:' || id AS purpose, application_id, amount_yuan FROM clawback_request
              WHERE status IN ('demanded', 'recovered')
              UNION ALL SELECT 'clawback:own:' || id, application_id, amount_yuan FROM money_return
              WHERE status = 'confirmed') d
        FULL JOIN (SELECT * FROM movement WHERE kind IN (0, 2) AND taker = 7) m
               ON m.purpose = d.purpose AND m.case_id = d.application_id
        WHERE m.id IS NULL OR d.purpose IS NULL OR d.amount_yuan * 100 <> m.amount""",
    "each_receipt_is_one_posted_transfer": """
        SELECT coalesce('transfer ' || coalesce(m.id, r.transfer_id), 'application ' || r.application_id),
               format('receipt %s yuan, posted %s fen', r.amount_yuan, m.amount)
        FROM (SELECT transfer_id, application_id, amount_yuan FROM recovery
              UNION ALL SELECT transfer_id, application_id, amount_yuan FROM money_return
              WHERE status = 'confirmed') r
        FULL JOIN (SELECT * FROM movement WHERE kind IN (0, 2) AND taker = 8) m
               ON m.id = r.transfer_id AND m.case_id = r.application_id
        WHERE m.id IS NULL OR r.application_id IS NULL OR r.amount_yuan * 100 <> m.amount""",
    "each_clawback_equals_its_receipts": """
        SELECT 'clawback ' || coalesce(c.id, r.clawback_id),
               format('%s: recovered %s of %s yuan, receipts %s yuan', c.status, c.recovered_yuan, c.amount_yuan,
                      r.yuan)
        FROM clawback_request c
        FULL JOIN (SELECT clawback_id, sum(amount_yuan) AS yuan FROM recovery GROUP BY clawback_id) r
               ON r.clawback_id = c.id
        WHERE c.id IS NULL OR c.recovered_yuan <> coalesce(r.yuan, 0)
           OR (c.status = 'recovered') <> (c.recovered_yuan = c.amount_yuan)""",
    "each_case_equals_its_accounts": """
        SELECT 'application ' || c.id,
               format('case %s/%s/%s/%s/%s yuan, ledger %s/%s/%s/%s/%s fen, award %s/%s fen', c.reserved_yuan, c.net,
                      c.due, c.back, c.bank_returned_yuan, l.reserved, l.paid, l.due, l.back, coalesce(l.bank, 0),
                      l.award, l.held)
        FROM (SELECT id, reserved_yuan, bank_returned_yuan, released_yuan - returned_yuan - demanded_yuan AS net,
                     demanded_yuan - recovered_yuan AS due, returned_yuan + recovered_yuan AS back
              FROM application WHERE approved_on IS NOT NULL) c
        LEFT JOIN (SELECT case_id, sum(credits_pending) FILTER (WHERE code IN (5, 6)) AS reserved,
                          sum(credits_posted - debits_posted) FILTER (WHERE code IN (5, 6)) AS paid,
                          sum(credits_posted - debits_posted) FILTER (WHERE code = 7) AS due,
                          sum(credits_posted - debits_posted) FILTER (WHERE code = 8) AS back,
                          sum(credits_posted - debits_posted) FILTER (WHERE code = 10) AS bank,
                          sum(credits_posted - debits_posted) FILTER (WHERE code = 4) AS award,
                          sum(debits_pending) FILTER (WHERE code = 4) AS held
                   FROM funding_ledger.account WHERE case_id IS NOT NULL GROUP BY case_id) l ON l.case_id = c.id
        WHERE (c.net * 100, c.due * 100, c.back * 100, c.bank_returned_yuan * 100)
              IS DISTINCT FROM (l.paid::numeric, l.due::numeric, l.back::numeric, coalesce(l.bank, 0)::numeric)
           OR (c.reserved_yuan * 100, c.reserved_yuan * 100, c.reserved_yuan * 100)
              IS DISTINCT FROM (l.reserved::numeric, l.award::numeric, l.held::numeric)""",
}
"""Invariants by name, each a query that returns its violations."""
