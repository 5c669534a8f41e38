"""Path parameters, amounts and answers that several endpoints of funding share."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.funding.api.signature_shapes import SignatureOut, missing_of, signatures_of
from services.funding.models.applications import Application
from services.funding.models.approvals import Approval
from services.funding.models.holds import Hold
from services.funding.rules.code_lists import APPLICATION_STATUSES, ApplicationStatus, HoldGround, HoldSeverity
from services.funding.rules.offers import CLAUSES
from shared.audiences import CityInternal, Handler, for_city
from shared.contracts.library import LABELS, ComponentKind, ConstructionStatus, SupportMode
from shared.money import Money, SignedMoney
from shared.policy.remedies import Remedy

ApplicationKey = Annotated[UUID, Path(title="资金申请编号", description="与申报编号相同")]
Exact = Annotated[Decimal, PlainSerializer(lambda value: f"{value:f}", return_type=str)]
"""Decimal other than money (score, rate, share); a string in JSON."""
Yuan = Annotated[Money, Field(gt=0, le=10**13, title="金额", description="单位：元，大于零")]
"""Amount that moves: positive, and far below the limit of the ledger's counters."""

DATE = "日期，格式 2024-06-30"
TIME = "时间，北京时间"
YUAN = "单位：元"


class Shape(BaseModel):
    """Base of answers that are read from a row."""

    model_config = ConfigDict(from_attributes=True)


class ReadingUsed(BaseModel):
    """Reading of the notice that an amount rests on."""

    id: str = Field(title="口径编号", description="如 I6")
    key: str = Field(title="口径代码")
    option: str = Field(title="所选选项")
    text: str = Field(title="所选选项的含义")


class FundedProject(Shape):
    """Identification of the project as eligibility announced it."""

    declaration_id: UUID = Field(title="申报编号")
    declaration_no: str = Field(title="申报号")
    project_name: str = Field(title="项目名称")
    project_code: str | None = Field(title="项目代码")
    address: str | None = Field(title="项目地址")
    applicant_name: str = Field(title="项目单位")
    applicant_uscc: str = Field(title="项目单位统一社会信用代码")
    district: str = Field(title="所在区", description="行政区划代码，6 位")
    library_entry_id: UUID | None = Field(None, title="储备库项目标识")
    simulated: list[str] = Field(default_factory=list, title="模拟字段")


class AssessedComponentOut(Shape):
    """Component of a project with its declared and assessed investment."""

    kind: ComponentKind = Field(title="组成类别")
    name: str | None = Field(None, title="名称")
    declared_investment_yuan: Money = Field(title="申报固定资产投资", description=YUAN)
    assessed_investment_yuan: Money = Field(title="核定固定资产投资", description=YUAN)
    renovated_area_m2: Exact | None = Field(None, title="改造面积", description="平方米")
    leasable_area_m2: Exact | None = Field(None, title="可出租面积", description="平方米")
    planned_occupancy: Exact | None = Field(None, title="计划入驻率", description="0 至 1 的小数")


class Figure(BaseModel):
    """Amount in yuan with its name and clause."""

    key: str = Field(title="金额代码")
    label: str = Field(title="金额名称")
    yuan: SignedMoney | None = Field(title="金额", description="单位：元；尚未确定时为空")
    clause: str = Field(title="依据条款")


class HoldOut(Shape):
    """Hold on payments, in force while `lifted_at` is empty."""

    id: UUID = Field(title="暂停编号")
    application_id: UUID = Field(title="资金申请编号")
    ground: HoldGround = Field(title="暂停事由")
    clause: str = Field(title="依据条款")
    severity: HoldSeverity = Field(title="暂停程度", description="review 可以申请、不得支付；stop 不得申请也不得支付")
    reason: str = Field(title="理由")
    placed_by: Handler = Field(title="暂停人")
    placed_at: datetime = Field(title="暂停时间", description=TIME)
    lifted_by: Handler = Field(title="解除人")
    lifted_at: datetime | None = Field(title="解除时间", description=f"{TIME}；为空即仍在暂停")
    lift_reason: str | None = Field(title="解除理由")


class ApplicationOut(Shape):
    """Fund application with its figures and the holds in force."""

    id: UUID = Field(title="资金申请编号", description="与申报编号相同")
    declaration_no: str = Field(title="申报号")
    project_name: str = Field(title="项目名称")
    project_code: str | None = Field(title="项目代码", description="投资项目在线审批监管平台代码")
    applicant_name: str = Field(title="项目单位")
    applicant_uscc: str = Field(title="项目单位统一社会信用代码")
    district: str = Field(title="所在区", description="行政区划代码，6 位")
    status: ApplicationStatus = Field(title="状态")
    status_label: str = Field("", title="状态名称")
    mode: SupportMode | None = Field(title="支持方式", description="拟办后填写；投资补助与贷款贴息只能择一")
    mode_label: str | None = Field(None, title="支持方式名称")
    score: Exact = Field(title="评审得分", description="单位：分")
    rank: int = Field(title="入池名次")
    entered_on: date = Field(title="入池日期", description=DATE)
    ruleset: str = Field(title="规则版本", description="评审所依据规则的指纹")
    as_of: date = Field(title="规则适用日期", description=DATE)
    budget_year: int | None = Field(title="预算年度")
    justification: CityInternal = Field(title="拟办意见", description="仅市级工作人员可见")
    derivation: list[str] | None = Field(title="金额计算过程")
    clause: str | None = Field(title="依据条款")
    approval_no: str | None = Field(None, title="批复文号")
    approved_on: date | None = Field(title="批复日期", description=DATE)
    signatures: list[SignatureOut] = Field(default_factory=list, title="批复签署", description="已有的签署，按先后排列")
    missing_signatures: list[str] = Field(default_factory=list, title="尚缺的签署", description="为空即不缺")
    construction_status: ConstructionStatus | None = Field(title="建设状态")
    construction_started_on: date | None = Field(title="开工日期", description=DATE)
    completed_on: date | None = Field(title="完工日期", description=DATE)
    progress: Exact | None = Field(title="工程形象进度", description="小数，0.72 即 72%")
    evaluated_on: date | None = Field(title="评价签发日期", description=DATE)
    targets_met: bool | None = Field(title="评价目标是否全部达成")
    instalments_paid: int = Field(title="已拨付期数")
    amounts: list[Figure] = Field(default_factory=list, title="金额", description="按发生顺序排列")
    held: bool = Field(False, title="是否暂停拨付")
    holds: list[HoldOut] = Field(default_factory=list, title="生效中的暂停")
    remedy: Remedy | None = Field(None, title="救济途径", description="不予批复的，在办理结果和详情中列示；其他为空")


DRAFTED = ("mode", "mode_label", "budget_year", "derivation", "clause")
"""Fields that a draft fills in; owner and district see them once the report is approved."""
PROPOSED = ("base", "uncapped", "cap", "award")
"""Amounts of a draft."""


def as_told(shown: ApplicationOut) -> ApplicationOut:
    """Return what the reader may see: no draft of the approval, unless the city or an auditor reads. 三（二）"""
    if for_city() or shown.approved_on is not None:
        return shown
    blank: dict[str, Any] = dict.fromkeys(DRAFTED) | {"signatures": [], "missing_signatures": []}
    blank["amounts"] = [_unknown(each) if each.key in PROPOSED else each for each in shown.amounts]
    if shown.status == "drafted":
        blank |= {"status": "received", "status_label": APPLICATION_STATUSES["received"]}
    return shown.model_copy(update=blank)


def _unknown(figure: Figure) -> Figure:
    return Figure(key=figure.key, label=figure.label, yuan=None, clause="二（四）")


def figures(application: Application) -> list[Figure]:
    """Return the amounts of an application in the order in which they arise."""
    mode = CLAUSES.get(application.mode or "", "二（四）")
    rows = [
        ("base", "投资（贷款）基数", application.base_yuan, mode),
        ("uncapped", "按比例（利率）计算数", application.uncapped_yuan, mode),
        ("cap", "单个项目支持上限", application.cap_yuan, mode),
        ("award", "批复金额", application.award_yuan, "二（四）、三（二）"),
        ("reduced", "批复变更核减", application.reduced_yuan, "二（四）"),
        ("reserved", "已安排未拨付", application.reserved_yuan, "三（二）"),
        ("released", "已拨付", application.released_yuan, "三（二）"),
        ("returned", "主动退回", application.returned_yuan, "四（一）1"),
        ("demanded", "决定追回", application.demanded_yuan, "四（一）1"),
        ("recovered", "追回到账", application.recovered_yuan, "四（一）1"),
        ("net_paid", "拨付净额", application.net_paid_yuan, "三（二）、四（一）1"),
    ]
    return [Figure(key=key, label=label, yuan=yuan, clause=clause) for key, label, yuan, clause in rows]


async def shown(session: AsyncSession, applications: Sequence[Application]) -> list[ApplicationOut]:
    """Return the answers for applications, with approval numbers, signatures and holds in force."""
    await session.flush()
    ids = [application.id for application in applications]
    approvals = await session.scalars(select(Approval).where(Approval.application_id.in_(ids)))
    approval_of = {row.application_id: row for row in approvals}
    holds = await session.scalars(
        select(Hold).where(Hold.application_id.in_(ids), Hold.lifted_at.is_(None)).order_by(Hold.placed_at, Hold.id)
    )
    held: dict[UUID, list[HoldOut]] = {}
    for hold in holds:
        held.setdefault(hold.application_id, []).append(HoldOut.model_validate(hold))
    return [_shown(row, approval_of.get(row.id), held.get(row.id, [])) for row in applications]


def _shown(application: Application, approval: Approval | None, holds: list[HoldOut]) -> ApplicationOut:
    extra: dict[str, Any] = {
        "status_label": application.status_label,
        "mode_label": LABELS.get(application.mode or ""),
        "approval_no": approval and approval.approval_no,
        "signatures": signatures_of(approval, application),
        "missing_signatures": missing_of(application),
        "amounts": figures(application),
        "holds": holds,
        "held": bool(holds),
    }
    return as_told(ApplicationOut.model_validate(application).model_copy(update=extra))


async def shown_one(session: AsyncSession, application: Application) -> ApplicationOut:
    """Return the answer for one application."""
    return (await shown(session, [application]))[0]
