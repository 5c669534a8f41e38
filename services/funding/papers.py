"""Papers that records of funding may carry: who adds and who reads them (政府投资条例 arts. 29 and 35)."""

from services.funding.models.applications import Application
from shared.storage.papers import OFFICIALS, Carrier, Paper, Papers

_OWNER = ("applicant",)
_OFFICES = ("district_officer", "city_officer", "city_supervisor", "finance")
_PARTIES = ("applicant", "district_officer", "city_officer")
_CITY = ("city_officer", "city_supervisor", "finance")

PAPERS = Papers(
    (
        Carrier(
            "application",
            "资金申请",
            (
                Paper("loan_contract", "借款合同", ("applicant", "finance", "city_officer")),
                Paper("loan_extension", "展期或变更协议", ("applicant", "finance", "city_officer")),
                Paper("drawdown_voucher", "放款凭证", ("applicant", "finance", "city_officer")),
                Paper("repayment_voucher", "还款凭证", ("applicant", "finance", "city_officer")),
                Paper("bank_statement", "银行结息单", ("applicant", "finance", "city_officer")),
                Paper("payee_account", "收款账户证明", ("applicant", "district_officer", "finance")),
                Paper("change_request", "变更申请", _OWNER),
                Paper("change_evidence", "变更依据", _PARTIES),
                Paper("approval_evidence", "批复依据", _OFFICES, OFFICIALS),
                Paper("release_evidence", "拨付依据", _OFFICES, OFFICIALS),
                Paper("bank_receipt", "银行回单", ("applicant", "finance")),
                Paper("final_accounts", "竣工财务决算", ("applicant", "district_officer", "city_officer")),
                Paper("leftover_receipt", "结余资金上缴凭证", ("applicant", "finance")),
                Paper("correction_order", "责令改正通知", _CITY),
                Paper("correction_proof", "整改证明", _PARTIES),
                Paper("clawback_evidence", "追回依据", _CITY, OFFICIALS),
                Paper("clawback_decision", "追回决定", _CITY),
                Paper("penalty_decision", "行政处罚决定书", _CITY),
                Paper("hold_evidence", "暂停或解除暂停的依据", _OFFICES, OFFICIALS),
                Paper("other_money_evidence", "其他财政资金的依据", _OFFICES, OFFICIALS),
                Paper("bar_evidence", "重复支持认定依据", _OFFICES, OFFICIALS),
                Paper("support_document", "区级配套支持文件", ("district_officer", "city_officer", "finance")),
                Paper("consent", "项目单位授权或同意书", _PARTIES),
            ),
            Application,
        ),
        Carrier(
            "treasury",
            "预算和国库",
            (
                Paper("budget_document", "预算文件", _CITY, OFFICIALS),
                Paper("transfer_document", "预算调剂文件", _CITY, OFFICIALS),
                Paper("freeze_document", "资金冻结文件", _CITY, OFFICIALS),
                Paper("plan_document", "投资计划文件", _CITY, OFFICIALS),
                Paper("bank_file", "银行回单或对账文件", _CITY, OFFICIALS),
                Paper("closing_document", "结账说明", _CITY, OFFICIALS),
                Paper("series_document", "数据来源文件", _CITY, OFFICIALS),
                Paper("threshold_document", "分级审批规定", _CITY, OFFICIALS),
            ),
        ),
    )
)
