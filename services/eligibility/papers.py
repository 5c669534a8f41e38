"""Papers that records of eligibility may carry: who adds and who reads them."""

from services.eligibility.models.reviews import Review
from shared.storage.papers import OFFICIALS, Carrier, Paper, Papers

_CITY = ("city_officer", "city_supervisor")

PAPERS = Papers(
    (
        Carrier(
            "review",
            "条件审查",
            (
                Paper("settlement_evidence", "待定事项认定依据", ("district_officer", *_CITY), OFFICIALS),
                Paper("expert_opinion", "专家评审意见", _CITY, OFFICIALS),
                Paper("investment_evidence", "投资核定依据", ("district_officer", *_CITY), OFFICIALS),
                Paper("conclusion_document", "审查结论文件", _CITY, OFFICIALS),
                Paper("bar_evidence", "重复支持认定依据", ("district_officer", *_CITY), OFFICIALS),
            ),
            Review,
        ),
        Carrier(
            "policy",
            "政策数据",
            (
                Paper("series_document", "数据来源文件", _CITY, OFFICIALS),
                Paper("edition_document", "政策文件", _CITY, OFFICIALS),
                Paper("standard_document", "区级标准文件", ("district_officer", *_CITY), OFFICIALS),
            ),
        ),
    )
)
