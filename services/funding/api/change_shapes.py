"""Requests and answers of changes of an approval. 二（四）, 三（二）"""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.funding.api.shapes import TIME, YUAN, Shape
from services.funding.api.signature_shapes import SignatureOut
from services.funding.rules.change_codes import ChangeKind, ChangeStatus
from services.funding.rules.changes import proposal_of
from shared.attachments import Attached
from shared.audiences import Handler, Internal
from shared.days import PlannedDay
from shared.identifiers import Uscc
from shared.money import Area, Money
from shared.policy.remedies import Remedy, remedy_at
from shared.text import Line, Paragraph


class ChangedComponent(BaseModel):
    """Component of the project, by its position, with its investment and area after the change."""

    model_config = ConfigDict(extra="forbid")

    position: int = Field(title="组成部分序号", description="按资金申请所列次序，从 1 起", ge=1, le=200)
    fixed_investment_yuan: Money = Field(title="变更后固定资产投资", description=YUAN)
    renovated_area_m2: Area | None = Field(None, title="变更后改造面积", description="平方米；不变的不填")


class RecognisedComponent(BaseModel):
    """Component with the investment that the city recognises after the change."""

    model_config = ConfigDict(extra="forbid")

    position: int = Field(title="组成部分序号", ge=1, le=200)
    fixed_investment_yuan: Money = Field(title="核定固定资产投资", description=YUAN)


class ChangeIn(BaseModel):
    """Request for a change of one kind, with the fields of that kind, reasons and evidence."""

    model_config = ConfigDict(extra="forbid")

    kind: ChangeKind = Field(title="变更类别", description="支持方式不得变更")
    content_and_scale: Paragraph | None = Field(None, title="变更后建设内容和规模", description="建设内容变更时填写")
    components: list[ChangedComponent] | None = Field(
        None, title="变更的组成部分", description="建设内容变更时填写", min_length=1, max_length=200
    )
    applicant_name: Line | None = Field(None, title="变更后单位名称", description="项目单位变更时填写")
    successor_uscc: Uscc | None = Field(None, title="承继单位统一社会信用代码", description="合并、分立时填写")
    address: Line | None = Field(None, title="变更后建设地点", description="建设地点变更时填写")
    planned_started_on: PlannedDay | None = Field(
        None, title="变更后计划开工日期", description="建设工期变更时可以填写"
    )
    planned_completed_on: PlannedDay | None = Field(None, title="变更后计划完工日期", description="建设工期变更时填写")
    reason: Paragraph = Field(title="变更理由")
    attachments: Attached

    def proposal(self) -> dict[str, Any]:
        """Return the fields of the kind. Raises ModeFixed or Invalid."""
        return proposal_of(self.kind, self.model_dump(mode="json", exclude={"kind", "reason", "attachments"}))


class OpinionIn(BaseModel):
    """Opinion of the office that checks a change."""

    model_config = ConfigDict(extra="forbid")

    opinion: Paragraph = Field(title="核查意见")


class ReviewIn(BaseModel):
    """Opinion of the city officer with the recognised investment of each changed component."""

    model_config = ConfigDict(extra="forbid")

    opinion: Paragraph = Field(title="审核意见")
    recognised: list[RecognisedComponent] = Field(
        default_factory=list, title="核定投资", description="建设内容变更时逐项填写；金额由系统计算", max_length=200
    )


class ReasonIn(BaseModel):
    """Reason for which a change is returned, withdrawn or refused."""

    model_config = ConfigDict(extra="forbid")

    reason: Paragraph = Field(title="理由")


class ChangeOut(Shape):
    """Change of an approval with its checks and its effect on the award."""

    id: UUID = Field(title="变更申请编号")
    application_id: UUID = Field(title="资金申请编号")
    district: str = Field(title="所在区", description="行政区划代码，6 位")
    kind: ChangeKind = Field(title="变更类别")
    proposal: dict[str, Any] = Field(title="变更内容", description="按变更类别填写的字段")
    reason: str = Field(title="变更理由")
    status: ChangeStatus = Field(title="状态")
    requested_by: Handler = Field(title="申请人")
    requested_at: datetime = Field(title="申请时间", description=TIME)
    checked_by: Handler = Field(title="区级核查人")
    checked_at: datetime | None = Field(title="区级核查时间", description=TIME)
    check_opinion: Internal = Field(title="区级核查意见", description="仅工作人员可见")
    reviewed_by: Handler = Field(title="市级审核人")
    reviewed_at: datetime | None = Field(title="市级审核时间", description=TIME)
    review_opinion: Internal = Field(title="市级审核意见", description="仅工作人员可见")
    award_yuan: Money | None = Field(title="变更后批复金额", description=f"{YUAN}；不高于变更前")
    cut_yuan: Money = Field(title="核减未拨付金额", description=YUAN)
    recover_yuan: Money = Field(title="已拨付须退回或追回的金额", description=YUAN)
    derivation: list[str] = Field(title="金额计算过程")
    decided_by: Handler = Field(title="决定人")
    decided_at: datetime | None = Field(title="决定时间", description=TIME)
    signatures: list[SignatureOut] = Field(default_factory=list, title="已有的签署", description="按先后排列")
    missing_signatures: list[str] = Field(default_factory=list, title="尚缺的签署", description="为空即不缺")
    decision_reason: str | None = Field(title="不予批准的理由")
    return_reason: str | None = Field(title="最近一次退回的理由")
    attachments: list[UUID] = Field(default_factory=list, title="附件编号", description="申请所附的有效附件")
    remedy: Remedy | None = Field(None, title="救济途径", description="不予批准时列示；其他为空")

    def model_post_init(self, context: Any) -> None:
        self.remedy = remedy_at("city", self.decided_at) if self.status == "refused" else None
