"""Bodies of the evaluation endpoints (三（三）)."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.monitoring.rules.code_lists import (
    EvaluationGrade,
    EvaluationState,
)
from shared.audiences import Handler


class EvaluationOut(BaseModel):
    """An evaluation; `result` holds targets, indicators, energy, funds, problems and the chosen readings."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="记录标识，UUID")
    declaration_id: UUID = Field(title="申报标识", description="项目申报的标识，UUID")
    district: str = Field(title="所属区", description="区代码，如 110105")
    state: EvaluationState = Field(
        title="评价状态", description="computed 已计算，待签发；issued 已签发；acknowledged 市级已签收"
    )
    reference_on: date = Field(title="评价基准日", description="格式 2024-06-30")
    score: Decimal = Field(title="评价得分", description="分，两位小数，满分 100")
    grade: EvaluationGrade = Field(title="评价等级", description="excellent 优；good 良；passed 合格；failed 不合格")
    targets_met: bool | None = Field(title="目标是否全部达到", description="为空表示待定")
    result: dict[str, Any] = Field(title="评价结果", description="目标对照、五项得分、能耗、资金、问题和所用口径")
    actuals: dict[str, Any] = Field(title="填报的实际情况", description="字段同计算评价时提交的 Actuals")
    evaluated_by: Handler = Field(title="评价人账号")
    issued_on: date | None = Field(title="签发日期", description="格式 2024-06-30；未签发为空")
    late: bool | None = Field(title="是否逾期签发", description="未签发为空")
    acknowledged_on: date | None = Field(title="市级签收日期", description="格式 2024-06-30；未签收为空")
