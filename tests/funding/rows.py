"""Records that a test puts into funding's tables beside its acts, in the status that it needs."""

from uuid import UUID

from tests.world import START, World

RECORD = UUID(int=9)
NOW = f"timestamptz '{START.isoformat()}'"
"""The moment at which the clock of a test starts: by the clock of the machine, answers would differ in every run."""
OF_CASE = f"'{RECORD}', '{{case}}', '110105', '91110000600037341L'"
FIGURE = '{{"key": "1Y", "valid_from": "2023-12-20", "value": "3.40"}}'
ROWS = {
    "appropriation": f"(id, district, year, document_no, amount_yuan, status, drafted_by, drafted_at,"
    f" confirmed_by, confirmed_at, withdrawn_by, withdrawn_at, withdraw_reason)"
    f" SELECT '{RECORD}', '110000', 2024, '财9号', 1, '{{status}}', 'x', {NOW}, CASE WHEN sure THEN 'y' END,"
    f" CASE WHEN sure THEN {NOW} END, CASE WHEN gone THEN 'y' END, CASE WHEN gone THEN {NOW} END,"
    f" CASE WHEN gone THEN '误' END"
    " FROM (SELECT '{status}' IN ('confirmed', 'reversed') AS sure, '{status}' = 'withdrawn' AS gone) s",
    "investment_plan": "(id, district, year, batch, title, status, total_yuan, drafted_by, drafted_at, version)"
    f" VALUES ('{RECORD}', '110000', 2024, 9, '计划', '{{status}}', 1, 'x', {NOW}, 1)",
    "plan_change": "(id, plan_id, district, kind, document_no, reason, items, status, drafted_by, drafted_at,"
    f" decided_by, decided_at) SELECT '{RECORD}', '{RECORD}', '110000', 'cancel', '计调9号', '由', '[]', '{{status}}',"
    f" 'x', {NOW}, CASE WHEN sure THEN 'y' END, CASE WHEN sure THEN {NOW} END"
    " FROM (SELECT '{status}' <> 'drafted' AS sure) s",
    "loan": "(id, application_id, district, applicant_uscc, bank, contract_no, principal_yuan, rate_type, annual_rate,"
    f" term_months, drawn_on, registered_by, registered_at, contract_key, drawdowns) VALUES ({OF_CASE}, '行', '借9', 1,"
    f" 'fixed', 0.02, 60, '2024-01-01', 'x', {NOW}, '{{status}}',"
    """ '[{{"on": "2024-01-01", "amount_yuan": "1.00"}}]')""",
    "interest_claim": "(id, application_id, district, applicant_uscc, number, period_from, period_to, status,"
    " drafted_by, drafted_at, draft, filings, due_yuan, amount_yuan, decided_by, decided_at)"
    f" SELECT {OF_CASE}, 1, '2024-01-01', '2024-03-31', '{{status}}', 'x', {NOW}, '[]', 1, yuan, yuan, 'y',"
    f" CASE WHEN yuan > 0 THEN {NOW} END FROM (SELECT CASE WHEN '{{status}}' = 'decided' THEN 1 END AS yuan)",
    "interest_line": "(id, application_id, district, applicant_uscc, line_id, number, claim_id, filing, loan_id,"
    f" from_on, to_on, facts, recorded_by, recorded_at) VALUES ({OF_CASE}, '{RECORD}', 1, '{RECORD}', 1, '{RECORD}',"
    f" '2024-02-01', '2024-02-02', '{{status}}', 'x', {NOW})",
    "release_request": "(id, application_id, district, applicant_uscc, instalment, condition, amount_yuan, clause,"
    f" evidence, status, requested_by, requested_at, transfer_id, paid_outside) VALUES ({OF_CASE}, 1, '一次', 1,"
    f" '三（二）', '依据', '{{status}}', 'x', {NOW}, CASE WHEN '{{status}}' = 'paid' THEN gen_random_uuid() END,"
    " false)",
    "payee_account": "(id, application_id, district, applicant_uscc, number, changes, account_name, bank, account_no,"
    " status, entered_by, entered_at, checked_by, from_on)"
    f" VALUES ({OF_CASE}, 9, '{{status}}' = 'checked', '示例置业有限公司', '示例银行', '0200001', '{{status}}', 'x',"
    f" {NOW}, CASE WHEN '{{status}}' = 'checked' THEN 'y' END,"
    f" CASE WHEN '{{status}}' = 'confirmed' THEN date '2024-01-02' END)",
    "money_return": "(id, application_id, district, applicant_uscc, amount_yuan, bank_receipt_no, reason, status,"
    f" recorded_by, recorded_at, receipt_key) VALUES ({OF_CASE}, 1, '回', '退', '{{status}}', 'x', {NOW}, '回')",
    "clawback_request": "(id, application_id, district, applicant_uscc, ground, clause, amount_yuan, reason, evidence,"
    f" status, requested_by, requested_at, recovered_yuan)"
    f" VALUES ({OF_CASE}, 'other', '四（一）1', 1, '追', '证', '{{status}}', 'x', {NOW}, 0)",
    "correction_order": "(id, application_id, district, applicant_uscc, ground, clause, demand, due_on, status,"
    f" ordered_by, ordered_at) VALUES ({OF_CASE}, 'other', '四（一）1', '改', '2024-02-01', '{{status}}', 'x', {NOW})",
    "penalty": "(id, application_id, district, applicant_uscc, kind, ground, authority, document_no, decided_on,"
    " base_yuan, amount_yuan, recorded_by, recorded_at, paid_on, bank_receipt_no)"
    f" SELECT {OF_CASE}, 'fine', 'other', '机关', '决1', '2024-02-01', 1, 1, 'x', {NOW},"
    " CASE WHEN '{status}' = 'paid' THEN date '2024-02-02' END, CASE WHEN '{status}' = 'paid' THEN '回单7' END",
    "approval_change": "(id, application_id, district, applicant_uscc, kind, proposal, reason, status, requested_by,"
    " requested_at, recognised, award_yuan, cut_yuan, recover_yuan, derivation, decided_by, decided_at)"
    f" VALUES ({OF_CASE}, 'site', jsonb_build_object('address', '示例路9号'), '改', '{{status}}', 'x', {NOW}, '[]', 0,"
    " 0, 0, '{{}}',"
    " CASE WHEN '{status}' IN ('approved', 'refused') THEN 'y' END,"
    " CASE WHEN '{status}' IN ('approved', 'refused') THEN timestamptz '2024-02-02 09:00+08' END)",
    "public_money": "(id, district, kind, programme, applicant_uscc, amount_yuan, granted_on, recorded_by, recorded_at,"
    f" entry_key) VALUES ('{RECORD}', '110105', '{{status}}', '租金', '91110000600037341L', 1, '2024-01-01', 'x',"
    f" {NOW}, '键9')",
    "money_bar": "(id, application_id, district, applicant_uscc, money_id, basis, status, evidence, raised_by,"
    f" raised_at) VALUES ({OF_CASE}, '{RECORD}', 'declaration', '{{status}}', '证', 'x', {NOW})",
    "series_batch": "(id, kind, origin, figures, bases, document_title, reason, status, number, entered_by,"
    " entered_by_name, entered_at, decided_at)"
    f""" SELECT '{RECORD}', 'lpr', 'entered', '[{FIGURE}]', '{{{{0}}}}', '公告', '按月', '{{status}}',"""
    f" CASE WHEN '{{status}}' = 'confirmed' THEN 9 END, 'city-officer-1', '经办', {NOW},"
    f" CASE WHEN '{{status}}' <> 'proposed' THEN {NOW} END",
}
ITEM = (
    "INSERT INTO funding.plan_item (id, plan_id, application_id, district, applicant_uscc, status, project_name,"
    " content_and_scale, construction_period, total_investment_yuan, year_investment_yuan, fund_source, mode,"
    f" amount_yuan, year) VALUES ('{RECORD}', '{RECORD}', '{{case}}', '110105', '91110000600037341L', 'planned', '名',"
    " '规模', '期', 1, 1, '源', 'investment_grant', 1, 2024)"
)


def row(table: str, case: UUID, status: str) -> str:
    """Return the statement that inserts the record of a table for a case."""
    return f"INSERT INTO funding.{table} {ROWS[table].format(case=case, status=status)}"


def item(case: UUID) -> str:
    """Return the statement that inserts the case's place in the plan of the record's id."""
    return ITEM.format(case=case)


async def add(world: World, table: str, case: UUID, status: str) -> None:
    """Insert the record of a table for a case."""
    await world.database.admin.execute(row(table, case, status))


async def add_planned(world: World, case: UUID) -> None:
    """Put the case, with a payee account, into an issued plan."""
    await add(world, "payee_account", case, "confirmed")
    await add(world, "investment_plan", case, "issued")
    await world.database.admin.execute(item(case))
