"""Investment plans and their changes against the ledger, the acts and the events, in both directions. 三（二）

The queries read the tables of `reconciliation.SHARED`. Amounts of documents are in yuan, those of transfers in fen.
"""

_ENTRIES = "string_agg(format('%s:%s', {year}, round({fen})), ' ' ORDER BY {year}, {fen})"

PLANS = {
    # A project enters a plan when its approval's reservation becomes one of the plan's year; it may enter again.
    "each_planned_project_is_reserved_and_announced": f"""
        SELECT 'application ' || coalesce(i.id, m.id, e.id),
               format('planned as year and fen %s, reserved %s, announced %s', i.entries, m.entries, e.entries)
        FROM (SELECT i.application_id AS id, {_ENTRIES.format(year="p.year", fen="i.amount_yuan * 100")} AS entries
              FROM plan_item i JOIN investment_plan p ON p.id = i.plan_id
              WHERE p.status IN ('issued', 'cancelled') AND i.status <> 'dropped' AND i.number = 1 GROUP BY 1) i
        FULL JOIN (SELECT coalesce(m.taker_case, m.case_id) AS id,
                          {_ENTRIES.format(year="m.giver_year", fen="m.amount")} AS entries
                   FROM movement m
                   WHERE m.kind = 1 AND m.purpose LIKE 'reservation:instalment-%budget'
                     AND EXISTS (SELECT FROM movement v
                                 WHERE v.batch = m.batch AND v.case_id = m.case_id AND v.kind = 3
                                   AND v.purpose LIKE 'cancellation:approval%budget')
                   GROUP BY 1) m ON m.id = i.id
        FULL JOIN (SELECT (item ->> 'declaration_id')::uuid AS id,
                          {_ENTRIES.format(year="body ->> 'year'", fen="(item ->> 'amount_yuan')::numeric * 100")}
                              AS entries
                   FROM announced, jsonb_array_elements(body -> 'items') AS item
                   WHERE type = 'funding.plan_issued.v1' GROUP BY 1) e ON e.id = coalesce(i.id, m.id)
        WHERE (m.entries, e.entries) IS DISTINCT FROM (i.entries, i.entries)""",
    "each_plan_is_the_sum_of_its_projects": """
        SELECT 'plan ' || coalesce(p.id, e.id),
               format('total %s yuan, projects %s yuan, announced %s yuan %s times', p.total_yuan, coalesce(i.yuan, 0),
                      e.yuan, coalesce(e.times, 0))
        FROM (SELECT * FROM investment_plan WHERE status IN ('issued', 'cancelled')) p
        LEFT JOIN (SELECT plan_id, sum(amount_yuan) AS yuan FROM plan_item WHERE status = 'planned' GROUP BY plan_id) i
               ON i.plan_id = p.id
        FULL JOIN (SELECT subject AS id, count(*) FILTER (WHERE type = 'funding.plan_issued.v1') AS times,
                          (array_agg((body ->> 'total_yuan')::numeric ORDER BY agg_seq DESC))[1] AS yuan,
                          max(body ->> 'plan_no') AS number
                   FROM announced
                   WHERE type IN ('funding.plan_issued.v1', 'funding.plan_changed.v1') GROUP BY subject) e
               ON e.id = p.id
        WHERE e.times IS DISTINCT FROM 1 OR (p.status = 'cancelled') <> (p.total_yuan = 0)
           OR (coalesce(i.yuan, 0), e.yuan, e.number) IS DISTINCT FROM (p.total_yuan, p.total_yuan, p.plan_no)""",
    "each_plan_change_is_recorded_and_announced": """
        SELECT 'change ' || coalesce(c.id, a.id, e.id),
               format('%s for plan %s by %s, recorded by %s %s times, announced %s times', c.document_no, c.plan_id,
                      c.decided_by, a.actor, coalesce(a.times, 0), coalesce(e.times, 0))
        FROM (SELECT * FROM plan_change WHERE status = 'issued') c
        FULL JOIN (SELECT (detail ->> 'change_id')::uuid AS id, count(*) AS times, max(actor) AS actor,
                          max(case_id::text)::uuid AS plan_id, max(detail ->> 'document_no') AS document_no
                   FROM act WHERE act = 'issue_plan_change' GROUP BY 1) a ON a.id = c.id
        FULL JOIN (SELECT (body ->> 'change_id')::uuid AS id, count(*) AS times, max(subject::text)::uuid AS plan_id,
                          max(body ->> 'document_no') AS document_no, max(body ->> 'kind') AS kind,
                          max(jsonb_array_length(body -> 'items')) AS items
                   FROM announced WHERE type = 'funding.plan_changed.v1' GROUP BY 1) e ON e.id = coalesce(c.id, a.id)
        WHERE a.times IS DISTINCT FROM 1 OR e.times IS DISTINCT FROM 1 OR c.decided_by = c.drafted_by
           OR (a.actor, a.plan_id, a.document_no, e.plan_id, e.document_no, e.kind, e.items)
              IS DISTINCT FROM (c.decided_by, c.plan_id, c.document_no, c.plan_id, c.document_no, c.kind,
                                jsonb_array_length(c.items))""",
}
"""Invariants by name, each a query that returns its violations."""
