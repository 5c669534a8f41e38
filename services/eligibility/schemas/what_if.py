"""Bodies of the what-if endpoints (四（一）2)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.eligibility.rules.code_lists import (
    Answer,
    ProjectOrigin,
)
from shared.contracts.library import DistrictCode
from shared.days import ProcedureDay

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


Number = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,14}(\.[0-9]{1,6})?$")]


Words = Annotated[list[Key], Field(max_length=20)]


class WhatIfIn(BaseModel):
    """Changed parameters and readings; decimals as strings, shares as 0 to 1, lists of codes as lists."""

    model_config = ConfigDict(extra="forbid")

    parameters: dict[Key, Number | Words] = Field(
        default_factory=dict,
        max_length=20,
        title="参数",
        examples=[{"building_renovated_area_m2": "10000"}],
        description='参数代码与新值；数字为字符串，如 "10000"，比例为 0 至 1 的小数；代码列表为数组',
    )
    interpretations: dict[Key, Key] = Field(
        default_factory=dict, max_length=20, title="口径", description=("口径代码与选项")
    )
    as_of: ProcedureDay | None = Field(
        None,
        title="按哪一天的政策",
        description=("格式 2024-06-30；留空为今日"),
    )
    districts: list[DistrictCode] = Field(default_factory=list, max_length=17, title="范围；空为全市")


class WhatIfCellOut(BaseModel):
    """Projects with one pair of old and new answers, and their awards in yuan."""

    before: Answer = Field(
        title="改动前结论", description=("eligible 符合条件；ineligible 不符合条件；undetermined 待定")
    )
    after: Answer = Field(title="改动后结论", description="eligible 符合条件；ineligible 不符合条件；undetermined 待定")
    count: int = Field(title="项目数", description="个")
    award_before_yuan: str = Field(title="改动前支持金额", description="元，两位小数")
    award_after_yuan: str = Field(title="改动后支持金额", description="元，两位小数")


class WhatIfProjectOut(BaseModel):
    """A project whose answer changed to or from eligible."""

    id: UUID = Field(title="项目标识", description="申报标识或储备库项目标识，UUID")
    origin: ProjectOrigin = Field(title="项目来源", description="declaration 申报项目；library 储备库项目")
    project_name: str = Field(title="项目名称")
    district: str = Field(title="所属区", description="区代码，如 110105")
    before: Answer = Field(
        title="改动前结论", description=("eligible 符合条件；ineligible 不符合条件；undetermined 待定")
    )
    after: Answer = Field(title="改动后结论", description="eligible 符合条件；ineligible 不符合条件；undetermined 待定")
    award_before_yuan: str | None = Field(title="改动前支持金额", description="元，两位小数；不能计算为空")
    award_after_yuan: str | None = Field(title="改动后支持金额", description="元，两位小数；不能计算为空")


class WhatIfMovementOut(BaseModel):
    """Number of changed projects, and the first of them."""

    count: int = Field(title="项目数", description="个")
    projects: list[WhatIfProjectOut] = Field(title="项目清单", description="最多 500 项")


class AwardIntervalOut(BaseModel):
    """Awards of eligible projects, and with undetermined projects added."""

    certain_yuan: str = Field(title="确定金额", description="符合条件项目合计，元，两位小数")
    possible_yuan: str = Field(title="可能金额", description="另加待定项目，元，两位小数")
    unpriced: int = Field(
        title="未能计价的项目数", description="符合条件或待定、金额尚不能计算的项目，不在两项金额内，个"
    )


class DistrictAwardsOut(AwardIntervalOut):
    """Counts and awards of one district."""

    eligible: int = Field(title="符合条件", description="个")
    undetermined: int = Field(title="待定", description="个")


class WhatIfDistrictOut(BaseModel):
    """One district before and after the change."""

    district: str = Field(title="所属区", description="区代码，如 110105")
    before: DistrictAwardsOut = Field(title="改动前")
    after: DistrictAwardsOut = Field(title="改动后")


class BlockingRuleOut(BaseModel):
    """A condition with the number of projects that it refuses, alone or with others."""

    rule: str = Field(title="规则编号")
    clause: str = Field(title="条款", description="如 二（一）1")
    label: str = Field(title="名称")
    refused: int = Field(title="不满足的项目", description="个")
    alone: int = Field(title="仅此一项不满足的项目", description="个")


class AffectedRuleOut(BaseModel):
    """A rule or amount that the change can affect."""

    rule: str = Field(title="规则编号")
    clause: str = Field(title="条款", description="如 二（一）1")
    label: str = Field(title="名称")


class WhatIfOut(BaseModel):
    """The population under the current and the changed rules; nothing is decided."""

    as_of: date = Field(title="政策基准日", description="格式 2024-06-30")
    edition: str = Field(title="政策版本", description="如 2023；没有有效版本为空串")
    rulesets: list[str] = Field(title="规则集", description="各区所用")
    declarations: int = Field(title="申报项目数", description="个")
    library: int = Field(title="储备库项目数", description="个")
    touched: list[AffectedRuleOut] = Field(title="受影响的规则和金额")
    table: list[WhatIfCellOut] = Field(title="改动前后对照", description="九格")
    gained: WhatIfMovementOut = Field(title="转为符合条件的项目")
    lost: WhatIfMovementOut = Field(title="不再符合条件的项目")
    before: AwardIntervalOut = Field(title="改动前")
    after: AwardIntervalOut = Field(title="改动后")
    by_district: list[WhatIfDistrictOut] = Field(title="分区结果")
    blocking_before: list[BlockingRuleOut] = Field(title="改动前未满足的条件", description="按不满足项目数")
    blocking_after: list[BlockingRuleOut] = Field(title="改动后未满足的条件", description="按不满足项目数")
