"""Bodies of the green registration endpoints (四（二）1)."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.monitoring.rules.code_lists import (
    FactorSet,
    GreenPurpose,
    GreenState,
)
from services.monitoring.rules.energy import EnergyComparison
from shared.money import Quantity
from shared.text import Line


class GreenRecordIn(BaseModel):
    """Purpose and energy of a carbon account; without energy that of the evaluation is used."""

    model_config = ConfigDict(extra="forbid")

    purpose: GreenPurpose = Field(
        "greenness", title="用途", description="greenness 绿色项目认定；accounting_report 碳排放核算报告"
    )
    factor_set: FactorSet | None = Field(None, title="因子集", description="留空则按用途")
    energy: EnergyComparison | None = Field(None, title="能耗", description="留空则取评价中的能耗对比")
    verifier: Line | None = Field(None, title="核查机构")
    attachments: Annotated[list[Line], Field(max_length=20)] = Field([], title="附件编号")


class GreenRegistrationIn(BaseModel):
    """The exchange's registration."""

    model_config = ConfigDict(extra="forbid")

    exchange_no: Line = Field(title="入库编号")
    neutrality_certificate_no: Line | None = Field(None, title="碳中和认证编号")


class GreenReturnIn(BaseModel):
    """The exchange's reason for the return."""

    model_config = ConfigDict(extra="forbid")

    reason: Line = Field(title="退回原因")


class GreenRecordOut(BaseModel):
    """A project's record for the exchange; emissions in tCO2."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="记录标识，UUID")
    declaration_id: UUID = Field(title="申报标识", description="项目申报的标识，UUID")
    round: int = Field(title="第几次", description="从 1 起")
    state: GreenState = Field(
        title="登记状态", description="pending 待推送；sent 已推送；registered 已入库；returned 退回"
    )
    purpose: GreenPurpose = Field(title="用途", description="greenness 绿色项目认定；accounting_report 碳排放核算报告")
    factor_set: FactorSet = Field(
        title="因子集", description="MEE_PROVINCIAL 生态环境部省级电力因子；BJ_LOCAL_STANDARD 北京市地方标准"
    )
    accounted_on: date = Field(title="核算日期", description="格式 2024-06-30")
    account: dict[str, Any] = Field(title="碳核算", description="两个年度的排放、能耗和所用因子")
    before_tco2: Quantity = Field(title="改造前年排放", description="吨二氧化碳，四位小数")
    after_tco2: Quantity = Field(title="改造后年排放", description="吨二氧化碳，四位小数")
    reduction_tco2: str = Field(title="年减排量", description="吨二氧化碳，四位小数；可为负")
    verifier: str | None = Field(title="核查机构")
    attachments: list[str] = Field(title="附件编号")
    exchange_no: str | None = Field(title="入库编号", description="绿色交易所给出；未入库为空")
    neutrality_certificate_no: str | None = Field(title="碳中和认证编号")
    return_reason: str | None = Field(title="退回原因")
