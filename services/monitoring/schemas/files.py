"""Bodies of the project file endpoints (二（三）1, 四（一）1)."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.monitoring.rules.code_lists import (
    EvaluationDeadline,
    FileStatus,
    MovementKind,
    SupportMode,
)
from shared.contracts.library import ComponentKind
from shared.days import DoneDay
from shared.money import Money, SignedMoney
from shared.text import Line


class FileOut(BaseModel):
    """A funded project and its amounts in yuan."""

    model_config = ConfigDict(from_attributes=True)

    declaration_id: UUID = Field(title="申报标识", description="项目申报的标识，UUID")
    declaration_no: str = Field(title="申报编号")
    project_name: str = Field(title="项目名称")
    project_code: str | None = Field(title="项目代码", description="投资项目在线审批监管平台代码；没有时为空")
    address: str | None = Field(title="项目地址")
    applicant_name: str = Field(title="项目单位名称")
    applicant_uscc: str = Field(title="项目单位统一社会信用代码", description="18 位")
    entity_id: UUID = Field(title="单位标识", description="由统一社会信用代码生成的 UUID")
    district: str = Field(title="所属区", description="区代码，如 110105")
    mode: SupportMode = Field(title="支持方式", description="investment_grant 投资补助；interest_subsidy 贷款贴息")
    award_yuan: Money = Field(title="核定金额", description="元，两位小数")
    released_yuan: Money = Field(title="累计已拨付", description="元，两位小数")
    returned_yuan: Money = Field(title="累计主动退回", description="元，两位小数")
    demanded_yuan: Money = Field(title="累计要求追回", description="元，两位小数")
    recovered_yuan: Money = Field(title="累计追回到账", description="元，两位小数")
    kept_yuan: SignedMoney = Field(title="留用金额", description="已拨付减退回和追回到账，元，两位小数")
    held: bool = Field(title="是否暂停拨付")
    hold_reason: str | None = Field(title="暂停拨付原因")
    simulated: list[str] = Field(title="模拟环节", description="由演示程序代替外部系统办理的环节")
    first_released_on: date = Field(title="首次拨付日期", description="格式 2024-06-30")
    status: FileStatus = Field(title="项目状态", description="under_way 实施中；delivered 已交付；evaluated 已评价")
    delivered_on: date | None = Field(
        title="交付日期", description="竣工验收（备案）日期，格式 2024-06-30；尚未交付为空"
    )
    delivery_remark: str | None = Field(
        title="交付提示", description="交付时最近一期季报的形象进度与竣工交付不一致之处；没有时为空"
    )
    evaluation_due_on: date | None = Field(
        title="评价期限", description="评价的最后一日，格式 2024-06-30；尚未交付为空"
    )
    evaluation_state: EvaluationDeadline | None = Field(
        title="评价期限状态", description="running 未到提醒期；upcoming 即将到期；overdue 已逾期；issued 已签发"
    )


class FundMovementOut(BaseModel):
    """One payment, return, demand, recovery or hold."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="标识", description="记录标识，UUID")
    kind: MovementKind = Field(
        title="变动类别",
        description=(
            "released 拨付；held 暂停拨付；lifted 恢复拨付；returned 主动退回；demanded 要求追回；recovered 追回到账"
        ),
    )
    amount_yuan: Money | None = Field(title="金额", description="元，两位小数")
    on: date = Field(title="日期", description="格式 2024-06-30")
    ground: str | None = Field(title="事由", description="信用事由代码或问题类别")
    clause: str | None = Field(title="所涉条款", description="如 四（一）1")
    reason: str | None = Field(title="理由")


class PublicMoneyOut(BaseModel):
    """Public money of the project against its investment; `over` is a warning only. 四（二）2, I28"""

    municipal_yuan: SignedMoney = Field(title="市级补助留用金额", description="元，两位小数")
    district_yuan: Money = Field(title="区级配套支持", description="元，两位小数")
    investment_yuan: Money = Field(title="固定资产投资", description="审定数，元，两位小数")
    share: Decimal | None = Field(title="财政资金占投资比例", description="0 至 1 的小数，四位小数；没有投资数为空")
    over: bool = Field(title="是否超过提示线", description="仅作提示")
    first_set_equipment_yuan: Money = Field(title="首台（套）产品采购额", description="元，两位小数")


class FundedComponent(BaseModel):
    """A component of the project with the investment that funding recognised."""

    kind: ComponentKind = Field(title="组成类别")
    name: str | None = Field(None, title="名称")
    declared_investment_yuan: Money = Field(title="申报固定资产投资", description="元，两位小数")
    assessed_investment_yuan: Money = Field(title="审定固定资产投资", description="元，两位小数")
    renovated_area_m2: Decimal | None = Field(None, title="改造面积", description="平方米")
    leasable_area_m2: Decimal | None = Field(None, title="可出租面积", description="平方米")
    planned_occupancy: Decimal | None = Field(None, title="计划入驻率", description="0 至 1 的小数")


class RenovationTarget(BaseModel):
    """A target of the project. 二（三）"""

    key: str = Field(title="目标代码")
    clause: str = Field(title="依据条款", description="如 二（三）1")
    label: str = Field(title="目标名称")
    target: Decimal | None = Field(title="目标值", description="0 至 1 的小数；未公布数值或不以数值衡量为空")
    promised: str | bool | None = Field(title="申报承诺", description="小数写作字符串，或是否；未承诺为空")
    component: int | None = Field(None, title="组成序号", description="从 0 起；不属于某一组成为空")


class FileDetailOut(FileOut):
    """A project file with components, targets, rule set and fund movements."""

    components: list[FundedComponent] = Field(title="项目组成")
    targets: list[RenovationTarget] = Field(title="改造目标")
    ruleset: str = Field(title="规则集", description="内容摘要（SHA-256）")
    as_of: date = Field(title="政策基准日", description="按该日有效的政策办理，格式 2024-06-30")
    delivery_proof: str | None = Field(title="交付证明")
    movements: list[FundMovementOut] = Field(title="资金变动")
    public_money: PublicMoneyOut = Field(title="各级财政资金")


class DeliveryIn(BaseModel):
    """Days of completion acceptance, handover and opening, one of which is the delivery (I18), and its proof."""

    model_config = ConfigDict(extra="forbid")

    delivered_on: DoneDay = Field(
        title="竣工验收（备案）日期", description="格式 2024-06-30；不得早于受理日期，不得晚于今日"
    )
    handed_over_on: DoneDay | None = Field(
        None, title="移交日期", description="格式 2024-06-30；口径 delivery_meaning 选用 handover 时必填，作为交付日"
    )
    opened_on: DoneDay | None = Field(
        None, title="开业日期", description="格式 2024-06-30；口径 delivery_meaning 选用 opening 时必填，作为交付日"
    )
    proof: Line = Field(title="竣工验收备案文号或材料编号")
