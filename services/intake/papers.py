"""Papers that records of intake may carry beside the materials of a declaration: who adds and who reads them."""

from services.intake.models.declarations import Declaration
from shared.storage.papers import OFFICIALS, Carrier, Paper, Papers

_OFFICES = ("district_officer", "city_officer", "city_supervisor")

PAPERS = Papers(
    (
        Carrier(
            "declaration",
            "申报",
            (
                Paper("bar_evidence", "重复支持认定依据", _OFFICES, OFFICIALS),
                Paper("duplicate_evidence", "重复申报认定依据", _OFFICES, OFFICIALS),
            ),
            Declaration,
            case="id",
        ),
        Carrier(
            "register",
            "台账和其他市级资金",
            (
                Paper("funding_document", "其他市级财政资金文件", _OFFICES, OFFICIALS),
                Paper("programme_document", "专项资金管理办法", _OFFICES, OFFICIALS),
            ),
        ),
    )
)
