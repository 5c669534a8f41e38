"""Chinese names of the invariants of the ledger, for auditors. 三（二）"""

RULES = {
    "debits_equal_credits": "各账簿借方合计等于贷方合计",
    "counters_equal_transfers": "账户余额等于其全部转账之和",
    "no_limit_exceeded": "账户不超额度、不透支",
    "pending_resolved_at_most_once": "每笔预留资金至多处理一次",
    "resolutions_match_transfers": "预留资金的处理与转账一致",
    "each_appropriation_is_posted_in_full": "每份已确认的预算文件按其年度足额入账，无文件的不得入账",
    "each_budget_equals_its_appropriations": "年度预算账户等于该年度已确认预算文件之和",
    "each_confirmation_is_recorded": "每次预算确认由两人办理，并有登记和确认的办理记录",
    "each_confirmation_is_announced": "每次预算确认公布一次，内容一致",
    "each_award_is_posted_as_approved": "批复额度与批复文件、资金申请一致",
    "each_cut_of_an_award_is_an_approved_change": "批复额度的核减与已批准的变更一致，资金申请随之核减",
    "each_approved_change_is_recorded_and_announced": "每项已批准的变更有办理记录，并公布一次，内容一致",
    "each_approval_is_recorded_and_announced": "每份批复有办理记录，并公布一次，内容一致",
    "each_planned_project_is_reserved_and_announced": "已列计划的项目按计划金额和年度安排资金，并公布一次",
    "each_plan_is_the_sum_of_its_projects": "投资计划合计等于各项目之和，并公布一次",
    "each_plan_change_is_recorded_and_announced": "每次计划调整由两人办理，有办理记录，并公布一次，内容一致",
    "each_transfer_follows_a_route_within_its_case": "转账只在规定的账户之间、同一项目之内进行",
    "each_money_event_is_one_transfer": "每笔公布的拨付、追回、退回对应一笔转账，金额、项目、收款单位一致",
    "each_paid_request_is_one_posted_transfer": "每笔已拨付的申请对应一笔拨付转账",
    "each_demand_is_one_posted_transfer": "每项应退资金对应一笔转账",
    "each_receipt_is_one_posted_transfer": "每笔到账凭证对应一笔转账",
    "each_clawback_equals_its_receipts": "已收回金额等于到账凭证之和",
    "each_case_equals_its_accounts": "资金申请的金额等于其各账户",
}
"""Names by invariant."""
