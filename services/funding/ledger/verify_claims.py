"""Claims for interest subsidy against releases, calculations and awards, in both directions. 二（四）2

Amounts are in yuan. A claim of an earlier version rests on the statement that was settled under its id.
"""

CLAIMS = {
    "each_interest_release_is_its_decided_claim": """
        SELECT 'application ' || a.id,
               string_agg(format('%s: request %s yuan, claim %s yuan', a.mode, r.amount_yuan, c.amount_yuan), '; ')
        FROM release_request r
        JOIN application a ON a.id = r.application_id
        LEFT JOIN interest_claim c ON c.id = r.claim_id AND c.application_id = r.application_id
             AND c.status = 'decided'
        WHERE r.status <> 'rejected'
          AND CASE WHEN a.mode = 'interest_subsidy' THEN r.amount_yuan IS DISTINCT FROM c.amount_yuan
                   ELSE r.claim_id IS NOT NULL END
        GROUP BY a.id""",
    "each_subsidised_project_is_paid_its_claims": """
        SELECT 'application ' || coalesce(a.id, c.id), format('released %s yuan, claims paid %s yuan', a.yuan, c.yuan)
        FROM (SELECT id, released_yuan AS yuan FROM application WHERE mode = 'interest_subsidy' AND released_yuan > 0) a
        FULL JOIN (SELECT application_id AS id, sum(amount_yuan) AS yuan FROM interest_claim c
                   WHERE EXISTS (SELECT FROM release_request r WHERE r.claim_id = c.id AND r.status = 'paid')
                   GROUP BY 1) c ON c.id = a.id
        WHERE a.yuan IS DISTINCT FROM c.yuan""",
    "claims_stay_within_the_award": """
        SELECT 'application ' || a.id,
               format('claims %s yuan of an award of %s, cap %s', c.yuan, a.award_yuan, a.cap_yuan)
        FROM application a
        JOIN (SELECT application_id AS id, sum(amount_yuan) AS yuan FROM interest_claim WHERE status = 'decided'
              GROUP BY 1) c ON c.id = a.id
        WHERE c.yuan > 0 AND (a.mode, c.yuan <= a.award_yuan, a.award_yuan <= a.cap_yuan)
              IS DISTINCT FROM ('interest_subsidy', true, true)""",
    "each_decided_claim_rests_on_its_calculation": """
        SELECT 'claim ' || coalesce(c.id, s.id),
               format('claim %s of %s due, calculation %s, statement %s yuan', c.amount_yuan, c.due_yuan, k.total_yuan,
                      s.payable_yuan)
        FROM (SELECT * FROM interest_claim WHERE status = 'decided') c
        LEFT JOIN interest_calculation k ON k.id = c.calculation_id AND k.application_id = c.application_id
        FULL JOIN (SELECT t.* FROM interest_statement t
                   JOIN release_request r ON r.statement_id = t.id AND r.status = 'paid') s ON s.id = c.id
        WHERE c.id IS NULL
           OR CASE WHEN c.calculation_id IS NULL
                   THEN c.amount_yuan IS DISTINCT FROM (SELECT payable_yuan FROM interest_statement WHERE id = c.id)
                   ELSE k.id IS NULL OR c.due_yuan > k.total_yuan OR c.amount_yuan > greatest(c.due_yuan, 0) END""",
}
"""Invariants by name, each a query that returns its violations."""
