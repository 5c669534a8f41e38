"""Papers that records of monitoring may carry: who adds and who reads them (四（一）2, 四（一）3)."""

from services.monitoring.models.files import ProjectFile
from shared.storage.papers import OFFICIALS, Carrier, Paper, Papers

_PARTIES = ("applicant", "district_officer", "city_officer")
_CITY = ("city_officer", "city_supervisor")

PAPERS = Papers(
    (
        Carrier(
            "file",
            "监测项目",
            (
                Paper("quarter_evidence", "季报佐证材料", ("applicant", "district_officer")),
                Paper("delivery_proof", "交付证明", ("applicant", "district_officer")),
                Paper("reading_evidence", "计量数据佐证", ("applicant", "city_officer", "inspector")),
                Paper("inspection_record", "现场核查记录", ("inspector",), OFFICIALS),
                Paper("inspection_photo", "现场核查照片", ("inspector",), OFFICIALS),
                Paper("rectification_proof", "整改证明", _PARTIES),
                Paper("evaluation_evidence", "评价依据", _PARTIES),
                Paper("energy_audit", "节能审计报告", _PARTIES),
                Paper("green_certificate", "绿色建筑标识或登记证明", _PARTIES),
                Paper("credit_evidence", "信用事由依据", ("district_officer", *_CITY, "inspector"), OFFICIALS),
                Paper("objection", "申辩材料", ("applicant",)),
                Paper("repair_proof", "信用修复证明", ("applicant",)),
            ),
            ProjectFile,
        ),
        Carrier("data", "监测数据", (Paper("series_document", "数据来源文件", _CITY, OFFICIALS),)),
    )
)
