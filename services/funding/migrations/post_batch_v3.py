"""SQL of `post_batch`, the only function that writes the ledger (installed by migration 0017).

Money moves on the routes of the programme only. Money that enters, leaves, changes its year or is frozen rests on a
confirmed budget document that names both accounts, an award on the approval of its case, each at most once up to its
amount. 三（二）

`post_batch` returns a code per item (`Code` in services/funding/ledger/postings.py) and never raises: a refused item
does not abort the others. An equal item with an id repeated inside one batch gets the code of its first copy.
"""

# Nested loops are off and plans generic: PostgreSQL would reuse a plan made for ten rows with a thousand.
POST_BATCH = """
CREATE FUNCTION funding_ledger.post_batch(
    p_ids uuid[], p_kinds smallint[], p_debits bigint[], p_credits bigint[], p_amounts bigint[],
    p_pendings uuid[], p_linked boolean[], p_purposes text[], p_cases uuid[], p_documents uuid[], p_at timestamptz
) RETURNS smallint[] LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, funding_ledger, pg_temp
SET enable_nestloop = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    OK CONSTANT smallint := 0;
    ALREADY_THERE CONSTANT smallint := 1;
    ID_CONFLICT CONSTANT smallint := 2;
    NO_ACCOUNT CONSTANT smallint := 3;
    LEDGER_MISMATCH CONSTANT smallint := 4;
    OVER_BUDGET CONSTANT smallint := 5;
    OVER_AWARD CONSTANT smallint := 6;
    OVER_BALANCE CONSTANT smallint := 7;
    OVER_CAP CONSTANT smallint := 8;
    PENDING_NOT_FOUND CONSTANT smallint := 9;
    ALREADY_RESOLVED CONSTANT smallint := 10;
    AMOUNT_EXCEEDS_PENDING CONSTANT smallint := 11;
    LINKED_FAILED CONSTANT smallint := 12;
    NO_ROUTE CONSTANT smallint := 13;
    NO_DOCUMENT CONSTANT smallint := 14;
    OVER_DOCUMENT CONSTANT smallint := 15;
    -- Codes of the debited and the credited account, as the tens and the units.
    ROUTES CONSTANT smallint[] := '{12,21,22,29,92,34,43,25,26,57,67,78}';
    -- Routes of the programme's own money, each of which rests on a budget document.
    GRANTED_ROUTES CONSTANT smallint[] := '{12,21,22,29,92}';

    size integer := cardinality(p_ids);
    debits bigint[] := p_debits;
    credits bigint[] := p_credits;
    amounts bigint[] := p_amounts;
    has_resolutions boolean := p_kinds && '{2,3}'::smallint[];
    source integer[];              -- of a resolution: 0 its pending is in the table, k it is item k, null it is nowhere
    pending_amounts bigint[];
    slots integer[];               -- of a resolution: the first item that resolves the same pending
    settled boolean[];             -- by slot

    acc bigint[]; ledgers integer[]; codes smallint[]; owners uuid[]; limits bigint[];
    d_posted bigint[]; d_pending bigint[]; c_posted bigint[]; c_pending bigint[];
    old_d_posted bigint[]; old_d_pending bigint[]; old_c_posted bigint[]; old_c_pending bigint[];
    old_settled boolean[];

    approved bigint[];             -- by position in acc: the approved amount of an award's case
    entries integer[];             -- of a posting on a document: the first item on the same document
    givers bigint[];               -- of a posting on a document: the account that the document debits
    takers bigint[];               -- of a posting on a document: the account that the document credits
    unused bigint[];               -- by entry: what the document grants beyond the postings in the table
    old_unused bigint[];

    firsts integer[];              -- the first item of the batch with this id
    known smallint[];              -- the answer for an id that is in the table
    ds integer[]; cs integer[];    -- positions of the two accounts in acc
    result smallint[] := array_fill(NULL::smallint, ARRAY[size]);
    r smallint; k smallint; a bigint; d integer; c integer; f integer;
    batch_no bigint;
    group_start integer := 1;
    in_group boolean := false;
    granted boolean;               -- the item moves the programme's own money
    failed boolean := false;
BEGIN
    IF size = 0 THEN
        RETURN '{}';
    END IF;

    -- 0. A resolution moves the accounts of its pending transfer. Rows never change: reading before the locks is safe.
    IF has_resolutions THEN
        WITH item AS (
            SELECT * FROM unnest(p_ids, p_kinds, p_debits, p_credits, p_amounts, p_pendings)
            WITH ORDINALITY i(id, kind, debit, credit, amount, pending, n)
        ), here AS (
            SELECT DISTINCT ON (id) * FROM item WHERE kind = 1 ORDER BY id, n
        ), stored AS (
            SELECT * FROM transfer WHERE id = ANY (p_pendings) AND kind = 1
        )
        SELECT array_agg(CASE WHEN i.kind < 2 THEN i.debit ELSE coalesce(t.debit_account, h.debit) END ORDER BY i.n),
               array_agg(CASE WHEN i.kind < 2 THEN i.credit ELSE coalesce(t.credit_account, h.credit) END ORDER BY i.n),
               array_agg(CASE WHEN i.kind < 2 OR i.kind = 2 AND i.amount > 0 THEN i.amount
                              ELSE coalesce(t.amount, h.amount) END ORDER BY i.n),
               array_agg(CASE WHEN t.id IS NOT NULL THEN 0 ELSE h.n END ORDER BY i.n),
               array_agg(coalesce(t.amount, h.amount) ORDER BY i.n),
               array_agg(i.slot ORDER BY i.n)
        INTO debits, credits, amounts, source, pending_amounts, slots
        FROM (SELECT *, min(n) OVER (PARTITION BY kind >= 2, pending) AS slot FROM item) i
        LEFT JOIN stored t ON i.kind >= 2 AND t.id = i.pending
        LEFT JOIN here h ON i.kind >= 2 AND h.id = i.pending AND h.n < i.n;
    END IF;

    -- 1. Lock every touched account, always in the same order. Not FOR UPDATE: it would block key checks.
    SELECT array_agg(s.id), array_agg(s.ledger), array_agg(s.code), array_agg(s.case_id), array_agg(s.credit_limit),
           array_agg(s.debits_posted), array_agg(s.debits_pending),
           array_agg(s.credits_posted), array_agg(s.credits_pending)
    INTO acc, ledgers, codes, owners, limits, d_posted, d_pending, c_posted, c_pending
    FROM (SELECT * FROM account WHERE id = ANY (debits || credits) ORDER BY id FOR NO KEY UPDATE) s;

    -- 2. Only now look ids up: a statement begun before the locks would miss what a concurrent re-send committed.
    SELECT array_agg(i.first ORDER BY i.n), array_agg(x.n ORDER BY i.n), array_agg(y.n ORDER BY i.n),
           array_agg(CASE WHEN t.id IS NULL THEN NULL
               WHEN (t.kind, t.debit_account, t.credit_account, t.amount, t.pending_id, t.case_id, t.document_id)
                    IS NOT DISTINCT FROM
                    (i.kind, i.debit, i.credit, i.amount, i.pending, i.case_id, i.document) THEN ALREADY_THERE
               ELSE ID_CONFLICT END ORDER BY i.n)
    INTO firsts, ds, cs, known
    FROM (SELECT *, min(w.n) OVER (PARTITION BY w.id) AS first
          FROM unnest(p_ids, p_kinds, debits, credits, amounts, p_pendings, p_cases, p_documents)
               WITH ORDINALITY w(id, kind, debit, credit, amount, pending, case_id, document, n)) i
    LEFT JOIN (SELECT * FROM transfer WHERE id = ANY (p_ids)) t ON t.id = i.id
    LEFT JOIN unnest(acc) WITH ORDINALITY x(id, n) ON x.id = i.debit
    LEFT JOIN unnest(acc) WITH ORDINALITY y(id, n) ON y.id = i.credit;

    IF has_resolutions THEN
        SELECT array_agg(s.pending_id IS NOT NULL ORDER BY i.n) INTO settled
        FROM unnest(p_pendings) WITH ORDINALITY i(pending, n)
        LEFT JOIN (SELECT * FROM resolution WHERE pending_id = ANY (p_pendings)) s ON s.pending_id = i.pending;
    END IF;

    -- Every posting on a document moves the same two accounts, so their locks keep what the document still grants.
    IF EXISTS (SELECT FROM unnest(ds) w(n) WHERE codes[w.n] = 3) THEN
        SELECT array_agg(round(v.award_yuan * 100)::bigint ORDER BY x.n) INTO approved
        FROM unnest(codes, owners) WITH ORDINALITY x(code, case_id, n)
        LEFT JOIN (SELECT * FROM funding.approval WHERE application_id = ANY (owners)) v
            ON x.code = 4 AND v.application_id = x.case_id;
    END IF;

    -- A reversal moves back what the reversed document moved.
    IF cardinality(array_remove(p_documents, NULL)) > 0 THEN
        SELECT array_agg(i.entry ORDER BY i.n), array_agg(a.giver ORDER BY i.n), array_agg(a.taker ORDER BY i.n),
               array_agg(round(a.amount_yuan * 100)::bigint - coalesce(u.used, 0) ORDER BY i.n)
        INTO entries, givers, takers, unused
        FROM (SELECT *, min(w.n) OVER (PARTITION BY w.document) AS entry
              FROM unnest(p_documents) WITH ORDINALITY w(document, n)) i
        LEFT JOIN (SELECT d.id, d.amount_yuan, CASE WHEN d.kind = 'reversal' THEN m.taker ELSE m.giver END AS giver,
                          CASE WHEN d.kind = 'reversal' THEN m.giver ELSE m.taker END AS taker
                   FROM funding.appropriation d
                   JOIN funding.appropriation o ON o.id = coalesce(d.reverses, d.id)
                   CROSS JOIN LATERAL (SELECT
                       CASE o.kind WHEN 'appropriation' THEN 1 WHEN 'unfreeze' THEN o.year * 100 + 9
                                   ELSE o.year * 100 + 2 END::bigint AS giver,
                       CASE o.kind WHEN 'cut' THEN 1 WHEN 'freeze' THEN o.year * 100 + 9
                                   ELSE coalesce(o.to_year, o.year) * 100 + 2 END::bigint AS taker) m
                   WHERE d.id = ANY (p_documents) AND d.status IN ('confirmed', 'reversed')) a
            ON a.id = i.document
        LEFT JOIN (SELECT document_id, sum(amount) AS used FROM transfer
                   WHERE document_id = ANY (p_documents) GROUP BY document_id) u ON u.document_id = i.document;
    END IF;

    -- 3. Decide in order, on arrays alone.
    FOR i IN 1..size LOOP
        IF NOT in_group THEN
            group_start := i;
            failed := false;
            IF p_linked[i] THEN
                old_d_posted := d_posted; old_d_pending := d_pending;
                old_c_posted := c_posted; old_c_pending := c_pending;
                old_settled := settled; old_unused := unused;
            END IF;
        END IF;
        in_group := p_linked[i];
        f := firsts[i]; d := ds[i]; c := cs[i]; a := amounts[i]; k := p_kinds[i];
        granted := k < 2 AND codes[d] * 10 + codes[c] = ANY (GRANTED_ROUTES);

        IF failed THEN
            r := LINKED_FAILED;
        ELSIF f < i THEN
            r := CASE WHEN (k, p_debits[i], p_credits[i], p_amounts[i], p_pendings[i], p_cases[i], p_documents[i])
                IS NOT DISTINCT FROM
                (p_kinds[f], p_debits[f], p_credits[f], p_amounts[f], p_pendings[f], p_cases[f], p_documents[f])
                THEN result[f] ELSE ID_CONFLICT END;
        ELSIF known[i] IS NOT NULL THEN
            r := known[i];
        ELSIF k < 2 THEN
            IF d IS NULL OR c IS NULL THEN
                r := NO_ACCOUNT;
            ELSIF ledgers[d] <> ledgers[c] THEN
                r := LEDGER_MISMATCH;
            ELSIF codes[d] * 10 + codes[c] <> ALL (ROUTES) THEN
                r := NO_ROUTE;
            ELSIF codes[d] NOT IN (1, 3) AND d_posted[d] + d_pending[d] + a > c_posted[d] THEN
                r := CASE codes[d] WHEN 2 THEN OVER_BUDGET WHEN 4 THEN OVER_AWARD ELSE OVER_BALANCE END;
            ELSIF c_posted[c] + c_pending[c] + a > limits[c] THEN
                r := OVER_CAP;
            ELSIF granted AND (givers[i], takers[i]) IS DISTINCT FROM (p_debits[i], p_credits[i])
                  OR codes[d] = 3 AND approved[c] IS NULL OR NOT granted AND p_documents[i] IS NOT NULL THEN
                r := NO_DOCUMENT;
            ELSIF granted AND a > unused[entries[i]]
                  OR codes[d] = 3 AND c_posted[c] + c_pending[c] + a > approved[c] THEN
                r := OVER_DOCUMENT;
            ELSE
                r := OK;
                IF granted THEN
                    unused[entries[i]] := unused[entries[i]] - a;
                END IF;
                IF k = 0 THEN
                    d_posted[d] := d_posted[d] + a;
                    c_posted[c] := c_posted[c] + a;
                ELSE
                    d_pending[d] := d_pending[d] + a;
                    c_pending[c] := c_pending[c] + a;
                END IF;
            END IF;
        ELSIF p_documents[i] IS NOT NULL THEN
            r := NO_DOCUMENT;
        ELSIF d IS NULL OR source[i] > 0 AND result[source[i]] > ALREADY_THERE THEN
            r := PENDING_NOT_FOUND;
        ELSIF settled[slots[i]] THEN
            r := ALREADY_RESOLVED;
        ELSIF a > pending_amounts[i] THEN
            r := AMOUNT_EXCEEDS_PENDING;
        ELSE
            r := OK;
            settled[slots[i]] := true;
            d_pending[d] := d_pending[d] - pending_amounts[i];
            c_pending[c] := c_pending[c] - pending_amounts[i];
            IF k = 2 THEN
                d_posted[d] := d_posted[d] + a;
                c_posted[c] := c_posted[c] + a;
            END IF;
        END IF;
        result[i] := r;

        -- A group stands or falls whole. What was in the table before it stays there.
        IF r > ALREADY_THERE AND NOT failed AND (in_group OR i > group_start) THEN
            failed := true;
            d_posted := old_d_posted; d_pending := old_d_pending;
            c_posted := old_c_posted; c_pending := old_c_pending;
            settled := old_settled; unused := old_unused;
            FOR j IN group_start..i - 1 LOOP
                IF result[j] = OK AND firsts[j] >= group_start THEN
                    result[j] := LINKED_FAILED;
                END IF;
            END LOOP;
        END IF;
    END LOOP;

    IF NOT OK = ANY (result) THEN
        RETURN result;
    END IF;

    -- 4. Write what was decided.
    batch_no := nextval('batch_number');
    INSERT INTO transfer
        (id, batch, kind, debit_account, credit_account, amount, pending_id, purpose, case_id, document_id,
         posted_at)
    SELECT i.id, batch_no, i.kind, i.debit, i.credit, i.amount, i.pending, i.purpose, i.case_id, i.document, p_at
    FROM unnest(p_ids, p_kinds, debits, credits, amounts, p_pendings, p_purposes, p_cases, p_documents, result, firsts)
         WITH ORDINALITY i(id, kind, debit, credit, amount, pending, purpose, case_id, document, result, first, n)
    WHERE i.result = OK AND i.first = i.n
    ORDER BY i.n;

    IF has_resolutions THEN
        INSERT INTO resolution (pending_id, transfer_id)
        SELECT i.pending, i.id
        FROM unnest(p_ids, p_kinds, p_pendings, result, firsts) WITH ORDINALITY i(id, kind, pending, result, first, n)
        WHERE i.kind >= 2 AND i.result = OK AND i.first = i.n;
    END IF;

    UPDATE account t
    SET debits_posted = u.d_posted, debits_pending = u.d_pending,
        credits_posted = u.c_posted, credits_pending = u.c_pending, version = t.version + 1
    FROM unnest(acc, d_posted, d_pending, c_posted, c_pending) u(id, d_posted, d_pending, c_posted, c_pending)
    WHERE t.id = u.id AND t.id = ANY (acc)
      AND t.id IN (SELECT unnest(ARRAY[i.debit, i.credit])
                   FROM unnest(debits, credits, result) i(debit, credit, result) WHERE i.result = OK);
    RETURN result;
END $$
"""
