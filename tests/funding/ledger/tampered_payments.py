"""Changes of payment orders, lines, receipts and transfers of returned payments, and what each contradicts."""

from tests.funding.ledger.tampering import (
    ANSWERS,
    CASES,
    DAYS,
    EVENTS,
    FILES,
    LINES,
    ORDERS,
    REQUESTS,
    RETURNED,
    SENT_BACK,
    UNKNOWN,
    Tampering,
    event,
    gone,
    no_event,
    row,
    transfer,
)

PAYMENT_CHANGES: Tampering = {
    "a line one fen higher": (
        [row("payment_line", "amount_yuan = amount_yuan + 0.01", "line1")],
        {(LINES, "line $line1"), (ORDERS, "order $order2"), (ANSWERS, "line $line1")},
    ),
    "a line to another account": (
        [row("payment_line", "account_no = '1'", "line1")], {(LINES, "line $line1")},
    ),
    "a line to an account of later": (
        [row("payment_line", "issued_on = '2024-01-01'", "line1")], {(LINES, "line $line1")},
    ),
    "a line of another case": (
        [row("payment_line", "application_id = '$small'", "line1")], {(LINES, "line $line1")},
    ),
    "a line without its answer": (
        [row("payment_line", "status = 'ordered', answered_on = NULL", "line1")],
        {(ANSWERS, "receipt $receipt1")},
    ),
    "an answered line of a withdrawn order": (
        [row("payment_order", "status = 'withdrawn', withdraw_reason = 'x'", "order2")],
        {(ORDERS, "order $order2")},
    ),
    "a returned line that is paid": (
        [row("payment_line", "status = 'paid'", "line3_back")],
        {
            (LINES, "line $line3_back"), (SENT_BACK, "release $release_back"),
            (ANSWERS, "line $line3_back"),
        },
    ),
    "an order with another total": (
        [row("payment_order", "total_yuan = total_yuan + 0.01", "order2")], {(ORDERS, "order $order2")},
    ),
    "an order with another number of lines": (
        [row("payment_order", "lines = 9", "order2")], {(ORDERS, "order $order2")},
    ),
    "a deleted order": (
        [gone("funding.payment_order", "order2")],
        {(ORDERS, "order $order2"), (FILES, "order $order2")},
    ),
    "a changed file": (
        ["UPDATE funding.payment_order_file SET content = 'x' WHERE order_id = '$order2' AND format = 'csv'"],
        {(FILES, "order $order2")},
    ),
    "a deleted file": (
        ["DELETE FROM funding.payment_order_file WHERE order_id = '$order2' AND format = 'xlsx'"],
        {(FILES, "order $order2")},
    ),
    "a receipt one fen higher": (
        [row("treasury_receipt", "amount_yuan = amount_yuan + 0.01", "receipt1")],
        {(ANSWERS, "line $line1"), (DAYS, "day 2024-03-22")},
    ),
    "a receipt of another day": (
        [row("treasury_receipt", "result_on = '2024-03-23'", "receipt1")], {(ANSWERS, "line $line1")},
    ),
    "a receipt that is open again": (
        [row("treasury_receipt", "status = 'open', line_id = NULL", "receipt1")],
        {(ANSWERS, "line $line1")},
    ),
    "a payment sent back without its transfer": (
        [row("treasury_receipt", "transfer_id = NULL", "receipt8")],
        {(RETURNED, "receipt $receipt8"), (RETURNED, "transfer $sent")},
    ),
    "a payment sent back by an unknown transfer": (
        [row("treasury_receipt", f"transfer_id = '{UNKNOWN}'", "receipt8")],
        {(RETURNED, f"transfer {UNKNOWN}"), (RETURNED, "transfer $sent")},
    ),
    "a returned payment one fen higher": (
        [transfer("amount = amount + 1", "sent")],
        {(EVENTS, "transfer $sent"), (RETURNED, "transfer $sent")},
    ),
    "a returned payment that was not announced": (
        [no_event("funds_sent_back", "sent")], {(EVENTS, "transfer $sent")},
    ),
    "a returned payment announced as undone": (
        [event("funds_sent_back", "sent", stage='"undone"')], {(EVENTS, "transfer $sent")},
    ),
    "a deleted return of the bank": (
        [gone("funding_ledger.transfer", "sent")],
        {(EVENTS, "transfer $sent"), (RETURNED, "transfer $sent")},
    ),
    "a correction that is gone": (
        [gone("funding_ledger.transfer", "undone")],
        {(EVENTS, "transfer $undone"), (RETURNED, "transfer $sent_wrongly")},
    ),
    "a correction that was not announced": (
        [no_event("funds_sent_back", "undone")], {(EVENTS, "transfer $undone")},
    ),
    "money sent back of the case": (
        [row("application", "bank_returned_yuan = bank_returned_yuan + 0.01", "grant")],
        {(CASES, "application $grant")},
    ),
    "a release sent back that is paid": (
        [row("release_request", "status = 'paid'", "release_back")], {(LINES, "line $line3_back")},
    ),
    "a release sent back without its transfer": (
        [row("release_request", f"transfer_id = '{UNKNOWN}'", "release_back")],
        {(REQUESTS, "transfer $pay3_back"), (REQUESTS, f"transfer {UNKNOWN}")},
    ),
}  # fmt: skip
