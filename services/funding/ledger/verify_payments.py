"""Payment orders and receipts of the treasury against releases, transfers and sums by day, in both directions. 三（二）

The queries read the tables of `reconciliation.SHARED`. Amounts of documents are in yuan, those of transfers in fen.
"""

PAYMENTS = {
    "each_line_pays_one_release": """
        SELECT 'line ' || l.id,
               format('%s of %s yuan to case %s, release %s of %s yuan to case %s', l.status, l.amount_yuan,
                      l.application_id, r.status, r.amount_yuan, r.application_id)
        FROM payment_line l
        LEFT JOIN release_request r ON r.id = l.release_id
        LEFT JOIN payee_account p ON p.id = l.payee_id
        WHERE l.status <> 'withdrawn'
          AND ((r.status, r.amount_yuan, r.application_id, p.account_no, p.application_id) IS DISTINCT FROM
               (CASE l.status WHEN 'returned' THEN 'returned' ELSE 'paid' END, l.amount_yuan, l.application_id,
                l.account_no, l.application_id)
               OR p.from_on > l.issued_on)""",
    "each_sent_back_release_has_its_line": """
        SELECT 'release ' || r.id, format('%s yuan are %s, %s lines say so', r.amount_yuan, r.status, count(l.id))
        FROM (SELECT * FROM release_request WHERE status = 'returned') r
        LEFT JOIN payment_line l ON l.release_id = r.id AND l.status = 'returned'
        GROUP BY r.id, r.amount_yuan, r.status HAVING count(l.id) <> 1""",
    "each_order_is_the_sum_of_its_lines": """
        SELECT 'order ' || coalesce(o.id, l.order_id),
               format('%s: %s lines, %s yuan; its lines %s, %s yuan', o.status, o.lines, o.total_yuan, l.lines, l.yuan)
        FROM payment_order o
        FULL JOIN (SELECT order_id, count(*) AS lines, sum(amount_yuan) AS yuan,
                          count(*) FILTER (WHERE status = 'withdrawn') AS withdrawn
                   FROM payment_line GROUP BY order_id) l ON l.order_id = o.id
        WHERE (o.lines, o.total_yuan) IS DISTINCT FROM (l.lines::integer, l.yuan)
           OR l.withdrawn <> CASE o.status WHEN 'withdrawn' THEN l.lines ELSE 0 END""",
    "each_order_has_its_files": """
        SELECT 'order ' || coalesce(o.id, f.order_id), format('%s files as hashed', coalesce(f.files, 0))
        FROM payment_order o
        FULL JOIN (SELECT order_id, count(*) FILTER (WHERE encode(sha256(content), 'hex') = f.sha256) AS files
                   FROM payment_order_file f GROUP BY order_id) f ON f.order_id = o.id
        WHERE o.id IS NULL OR f.files IS DISTINCT FROM 2""",
    "each_answer_is_one_receipt": """
        SELECT coalesce('line ' || l.id, 'receipt ' || r.id),
               format('line %s of %s yuan on %s, receipt %s of %s yuan on %s', l.status, l.amount_yuan, l.answered_on,
                      r.result, r.amount_yuan, r.result_on)
        FROM (SELECT * FROM payment_line WHERE status IN ('paid', 'returned')) l
        FULL JOIN (SELECT DISTINCT ON (line_id) * FROM treasury_receipt WHERE status = 'matched'
                   ORDER BY line_id, result DESC) r ON r.line_id = l.id
        WHERE (l.status, l.amount_yuan, l.answered_on) IS DISTINCT FROM (r.result, r.amount_yuan, r.result_on)""",
    "each_sent_back_payment_is_one_posted_transfer": """
        SELECT coalesce('transfer ' || coalesce(r.transfer_id, m.id), 'receipt ' || r.id),
               format('receipt %s yuan to case %s, posted %s fen for case %s', r.amount_yuan, r.application_id,
                      m.amount, m.case_id)
        FROM (SELECT t.id, t.transfer_id, t.amount_yuan, l.application_id
              FROM treasury_receipt t LEFT JOIN payment_line l ON l.id = t.line_id
              WHERE t.status = 'matched' AND t.result = 'returned') r
        FULL JOIN (SELECT b.* FROM movement b
                   LEFT JOIN movement u ON u.purpose = 'bank_return_undone:' || b.id AND u.case_id = b.case_id
                   WHERE b.kind IN (0, 2) AND b.taker = 10 AND u.id IS NULL) m
               ON m.id = r.transfer_id AND m.case_id = r.application_id
        WHERE m.id IS NULL OR r.id IS NULL OR r.amount_yuan * 100 <> m.amount""",
    "each_day_of_receipts_is_its_transfers": """
        SELECT 'day ' || coalesce(r.result_on, l.answered_on),
               format('receipts paid %s yuan, transfers %s fen', r.yuan, l.fen)
        FROM (SELECT result_on, sum(amount_yuan) AS yuan FROM treasury_receipt
              WHERE status = 'matched' AND result = 'paid' GROUP BY result_on) r
        FULL JOIN (SELECT p.result_on AS answered_on, sum(m.amount) AS fen
                   FROM treasury_receipt p JOIN payment_line l ON l.id = p.line_id
                   JOIN release_request q ON q.id = l.release_id JOIN movement m ON m.id = q.transfer_id
                   WHERE p.status = 'matched' AND p.result = 'paid' GROUP BY p.result_on) l
               ON l.answered_on = r.result_on
        WHERE r.yuan * 100 IS DISTINCT FROM l.fen""",
}
"""Invariants by name, each a query that returns its violations."""
