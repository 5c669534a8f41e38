"""Appropriations, approvals and plans against the ledger, the acts and the events, in both directions. 三（二）

The queries read the tables of `reconciliation.SHARED`. Amounts of documents are in yuan, those of transfers in fen.
"""

_CONFIRMED = "SELECT * FROM appropriation WHERE status IN ('confirmed', 'reversed')"
# What each confirmed document moves, as kind and year of the debited and the credited account; a reversal moves back.
_GRANTED = f"""
    SELECT id, fen,
           CASE WHEN back THEN taker ELSE giver END AS giver, CASE WHEN back THEN giver ELSE taker END AS taker,
           CASE WHEN back THEN taker_year ELSE giver_year END AS giver_year,
           CASE WHEN back THEN giver_year ELSE taker_year END AS taker_year
    FROM (SELECT d.id, round(d.amount_yuan * 100) AS fen, d.kind = 'reversal' AS back,
                 CASE o.kind WHEN 'appropriation' THEN 1 WHEN 'unfreeze' THEN 9 ELSE 2 END AS giver,
                 CASE WHEN o.kind <> 'appropriation' THEN o.year END AS giver_year,
                 CASE o.kind WHEN 'cut' THEN 1 WHEN 'freeze' THEN 9 ELSE 2 END AS taker,
                 CASE WHEN o.kind <> 'cut' THEN coalesce(o.to_year, o.year) END AS taker_year
          FROM ({_CONFIRMED}) d JOIN appropriation o ON o.id = coalesce(d.reverses, d.id)) m
"""

DOCUMENTS = {
    # Whatever moves between source, budgets and frozen money must be what a confirmed document says.
    "each_appropriation_is_posted_in_full": f"""
        SELECT coalesce('appropriation ' || coalesce(a.id, m.document_id), 'transfer ' || m.first),
               format('confirmed %s fen from %s of %s to %s of %s, posted %s fen', a.fen, a.giver,
                      coalesce(a.giver_year, m.giver_year), a.taker, coalesce(a.taker_year, m.taker_year), m.fen)
        FROM ({_GRANTED}) a
        FULL JOIN (SELECT document_id, giver, giver_year, taker, taker_year, sum(amount) AS fen, min(id::text) AS first
                   FROM movement
                   WHERE (giver IN (1, 9) OR taker IN (1, 2, 9)) AND kind IN (0, 2)
                   GROUP BY document_id, giver, giver_year, taker, taker_year) m
               ON m.document_id = a.id AND (m.giver, m.taker) = (a.giver, a.taker)
              AND (m.giver_year, m.taker_year) IS NOT DISTINCT FROM (a.giver_year, a.taker_year)
        WHERE m.fen IS DISTINCT FROM a.fen""",
    "each_budget_equals_its_appropriations": f"""
        SELECT CASE coalesce(b.code, a.code) WHEN 2 THEN 'budget ' ELSE 'frozen ' END || coalesce(b.year, a.year),
               format('confirmed %s fen, account %s fen', coalesce(a.fen, 0), coalesce(b.fen, 0))
        FROM (SELECT code, fiscal_year AS year, sum(credits_posted) AS fen FROM funding_ledger.account
              WHERE code IN (2, 9) GROUP BY code, fiscal_year) b
        FULL JOIN (SELECT taker AS code, taker_year AS year, sum(fen) AS fen FROM ({_GRANTED}) c
                   WHERE taker IN (2, 9) GROUP BY 1, 2) a ON (a.code, a.year) = (b.code, b.year)
        WHERE coalesce(b.fen, 0) <> coalesce(a.fen, 0)""",
    "each_confirmation_is_recorded": f"""
        SELECT 'appropriation ' || coalesce(a.id, c.case_id),
               format('%s yuan by %s and %s, recorded %s yuan %s times by %s and %s', a.amount_yuan, a.drafted_by,
                      a.confirmed_by, c.yuan, coalesce(c.times, 0), d.actor, c.actor)
        FROM ({_CONFIRMED}) a
        FULL JOIN (SELECT case_id, count(*) AS times, max(actor) AS actor,
                          max((detail ->> 'amount_yuan')::numeric) AS yuan, max((detail ->> 'year')::integer) AS year,
                          max(coalesce(detail ->> 'kind', 'appropriation')) AS kind
                   FROM act WHERE act = 'confirm_budget' GROUP BY case_id) c ON c.case_id = a.id
        LEFT JOIN (SELECT case_id, max(actor) AS actor, max((detail ->> 'amount_yuan')::numeric) AS yuan
                   FROM act WHERE act = 'draft_budget' GROUP BY case_id) d ON d.case_id = a.id
        WHERE c.times IS DISTINCT FROM 1 OR a.confirmed_by = a.drafted_by
           OR (c.actor, c.yuan, c.year, c.kind, d.actor, d.yuan)
              IS DISTINCT FROM (a.confirmed_by, a.amount_yuan, a.year, a.kind, a.drafted_by, a.amount_yuan)""",
    "each_confirmation_is_announced": f"""
        SELECT 'appropriation ' || coalesce(a.id, e.id),
               format('%s yuan for %s, announced %s yuan for %s %s times', a.amount_yuan, a.year, e.yuan, e.year,
                      coalesce(e.times, 0))
        FROM (SELECT * FROM ({_CONFIRMED}) c WHERE announced) a
        FULL JOIN (SELECT subject AS id, count(*) AS times, max((body ->> 'amount_yuan')::numeric) AS yuan,
                          max((body ->> 'year')::integer) AS year, max(body ->> 'transfer_id')::uuid AS transfer_id,
                          max(coalesce(body ->> 'kind', 'appropriation')) AS kind,
                          max((body ->> 'to_year')::integer) AS to_year, max(body ->> 'reverses')::uuid AS reverses
                   FROM announced
                   WHERE type IN ('funding.budget_confirmed.v1', 'funding.budget_adjusted.v1') GROUP BY subject) e
               ON e.id = a.id
        LEFT JOIN movement m ON m.id = e.transfer_id
        WHERE e.times IS DISTINCT FROM 1
           OR (e.yuan, e.year, e.kind, e.to_year, e.reverses, m.document_id)
              IS DISTINCT FROM (a.amount_yuan, a.year, a.kind, a.to_year, a.reverses, a.id)""",
    "each_award_is_posted_as_approved": """
        SELECT coalesce('application ' || coalesce(c.id, v.id, m.id), 'transfer ' || m.first),
               format('case %s yuan %s, approval %s yuan %s, posted %s fen', c.award_yuan, c.mode, v.award_yuan, v.mode,
                      m.fen)
        FROM (SELECT * FROM application WHERE approved_on IS NOT NULL) c
        FULL JOIN (SELECT application_id AS id, * FROM approval) v ON v.id = c.id
        FULL JOIN (SELECT coalesce(taker_case, case_id) AS id, sum(amount) AS fen, min(id::text) AS first FROM movement
                   WHERE (giver = 3 OR taker = 4) AND kind IN (0, 2) GROUP BY 1) m ON m.id = coalesce(v.id, c.id)
        WHERE m.fen IS DISTINCT FROM v.award_yuan * 100
           OR (c.award_yuan, c.mode, c.approved_on) IS DISTINCT FROM (v.award_yuan, v.mode, v.approved_on)""",
    # The award account holds what is neither cut nor released; what was paid beyond a reduced award comes back as a
    # return or a clawback.
    "each_cut_of_an_award_is_an_approved_change": """
        SELECT coalesce('application ' || coalesce(c.application_id, a.id), 'transfer ' || m.first),
               format('changes took %s fen and left %s fen to recover, posted %s fen, case reduced by %s yuan',
                      coalesce(c.cut, 0), coalesce(c.recover, 0), coalesce(m.fen, 0), a.reduced_yuan)
        FROM (SELECT application_id, sum(cut_yuan) * 100 AS cut, sum(recover_yuan) * 100 AS recover
              FROM approval_change WHERE status = 'approved' GROUP BY 1) c
        FULL JOIN (SELECT coalesce(giver_case, case_id) AS id, sum(amount) AS fen, min(id::text) AS first
                   FROM movement WHERE kind IN (0, 2) AND purpose LIKE 'award_cut:change:%' GROUP BY 1) m
               ON m.id = c.application_id
        FULL JOIN (SELECT id, reduced_yuan FROM application WHERE reduced_yuan <> 0) a
               ON a.id = coalesce(c.application_id, m.id)
        WHERE coalesce(m.fen, 0) <> coalesce(c.cut, 0)
           OR coalesce(a.reduced_yuan, 0) * 100 <> coalesce(c.cut, 0) + coalesce(c.recover, 0)""",
    "each_approved_change_is_recorded_and_announced": """
        SELECT coalesce('change ' || coalesce(c.id::text, a.id, e.id), 'a change without id'),
               format('award %s yuan by %s, recorded %s yuan %s times by %s, announced %s yuan %s times', c.award_yuan,
                      c.decided_by, a.yuan, coalesce(a.times, 0), a.actor, e.yuan, coalesce(e.times, 0))
        FROM (SELECT * FROM approval_change WHERE status = 'approved') c
        FULL JOIN (SELECT detail ->> 'change_id' AS id, count(*) AS times, max(actor) AS actor,
                          max((detail ->> 'award_yuan')::numeric) AS yuan
                   FROM act WHERE act = 'approve_change' GROUP BY 1) a ON a.id = c.id::text
        FULL JOIN (SELECT body ->> 'change_id' AS id, count(*) AS times, max((body ->> 'award_yuan')::numeric) AS yuan
                   FROM announced WHERE type = 'funding.approval_changed.v1' AND body ->> 'stage' = 'approved'
                   GROUP BY 1) e ON e.id = coalesce(c.id::text, a.id)
        WHERE a.times IS DISTINCT FROM 1 OR e.times IS DISTINCT FROM 1
           OR (a.actor, a.yuan, e.yuan) IS DISTINCT FROM (c.decided_by, c.award_yuan, c.award_yuan)""",
    "each_approval_is_recorded_and_announced": """
        SELECT 'application ' || coalesce(v.id, a.id, e.id),
               format('approval %s of %s yuan by %s, recorded %s times by %s, announced %s times with %s yuan',
                      v.approval_no, v.award_yuan, v.approved_by, coalesce(a.times, 0), a.actor, coalesce(e.times, 0),
                      e.yuan)
        FROM (SELECT application_id AS id, * FROM approval) v
        FULL JOIN (SELECT case_id AS id, count(*) AS times, max(actor) AS actor, max(detail ->> 'approval_no') AS number
                   FROM act WHERE act = 'approve_application' GROUP BY case_id) a ON a.id = v.id
        FULL JOIN (SELECT subject AS id, count(*) AS times, max((body ->> 'award_yuan')::numeric) AS yuan,
                          max(body ->> 'approval_no') AS number, max(payee) AS payee
                   FROM announced WHERE type = 'funding.funds_approved.v1' GROUP BY subject) e
               ON e.id = coalesce(v.id, a.id)
        WHERE a.times IS DISTINCT FROM 1 OR e.times IS DISTINCT FROM 1
           OR (a.actor, a.number) IS DISTINCT FROM (v.approved_by, v.approval_no)
           OR (e.yuan, e.number, e.payee) IS DISTINCT FROM (v.award_yuan, v.approval_no, v.applicant_uscc)""",
}
"""Invariants by name, each a query that returns its violations."""
