"""Requests and answers of the dated figures."""

from base64 import b64decode
from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator

from shared.audiences import Handler, Internal
from shared.days import DoneDay, FigureDay
from shared.series.codes import ChangeCode, KindCode, Origin, Status
from shared.text import STORABLE, Cleaned, Line, Paragraph, clean_line, clean_paragraph

BatchKey = Annotated[UUID, Path(title="登记批次标识")]
Key = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=STORABLE), Cleaned(clean_line)]
VersionName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=STORABLE), Cleaned(clean_line)]
Base64 = Annotated[str, StringConstraints(max_length=2_000_000, pattern=r"^[A-Za-z0-9+/]*={0,2}$")]
_DEPTH, _LIMIT = 4, 10**18


def _checked(value: Any, depth: int = 0) -> Any:
    """Return a JSON value whose numbers are finite and bounded and whose text can be stored. Raises ValueError."""
    if isinstance(value, str):
        return _TEXT.validate_python(value)
    if isinstance(value, (int, float)) and not -_LIMIT < value < _LIMIT:
        raise ValueError("数值须为有限的数，且不超过 18 位")
    if isinstance(value, (list, dict)) and depth == _DEPTH:
        raise ValueError(f"对象和数组最多 {_DEPTH} 层")
    if isinstance(value, list):
        return [_checked(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_TEXT.validate_python(key): _checked(item, depth + 1) for key, item in value.items()}
    return value


_TEXT: TypeAdapter[str] = TypeAdapter(
    Annotated[str, StringConstraints(max_length=4000, pattern=STORABLE), Cleaned(clean_paragraph)]
)
_VALUE = "数值：数字写作字符串，如 LPR 3.00（百分数）；比例写作小数；多项的为对象或数组；null 为未公布"


class FigureIn(BaseModel):
    """One figure to be entered."""

    model_config = ConfigDict(extra="forbid")

    key: Key = Field(title="数据名", description="LPR 为 1Y 或 5Y；参数和口径为其代码；年历为年份；版本为版本号")
    valid_from: FigureDay = Field(title="施行日期", description="自该日起适用；LPR 为公布日")
    value: Annotated[Any, AfterValidator(_checked)] = Field(None, title="数值", description=_VALUE)
    unverified: bool = Field(False, title="未经核实", description="用到该数据的计算都会标明")
    struck: bool = Field(False, title="撤销", description="登记有误、该日期本无此数据的，撤销原数据")
    source: Line | None = Field(None, title="来源")
    ref: Line | None = Field(None, title="条款", description="版本号#条款，如 2026#二（四）1；通知所定的数值必填")
    quote: Paragraph | None = Field(None, title="原文摘录", description="通知所定的数值必填，逐字摘录")
    note: Line | None = Field(None, title="说明")


class FiguresIn(BaseModel):
    """Figures of one kind with their document: either row by row or as a CSV file."""

    model_config = ConfigDict(extra="forbid")

    kind: KindCode = Field(title="数据类别")
    figures: list[FigureIn] | None = Field(None, title="逐项登记", min_length=1, max_length=500)
    file: Base64 | None = Field(None, title="CSV 文件", description="Base64；UTF-8 或 GBK")
    document_title: Line = Field(title="依据文件", description="如 全国银行间同业拆借中心公告")
    document_no: Line | None = Field(None, title="文号")
    documented_on: DoneDay | None = Field(None, title="文件日期")
    reason: Line = Field(title="登记理由")
    attachments: list[UUID] = Field(
        default_factory=list,
        title="附件",
        description="依据文件扫描件的附件标识，先用 POST /v1/attachments 上传，类别 series_document",
        max_length=20,
    )

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.figures is None) == (self.file is None):
            raise ValueError("figures 和 file 须填且只填一项")
        return self

    def content(self) -> bytes | None:
        """Return the bytes of the file. Raises ValueError."""
        return None if self.file is None else b64decode(self.file, validate=True)


class BatchReason(BaseModel):
    """Reason of an act on a batch."""

    model_config = ConfigDict(extra="forbid")

    reason: Line = Field(title="理由")


class FigureOut(BaseModel):
    """A version of a figure."""

    name: str = Field(title="版本名", description="类别/数据名/施行日期/版本号；计算和判定以此注明所用数据")
    kind: KindCode = Field(title="数据类别")
    key: str = Field(title="数据名")
    valid_from: date = Field(title="施行日期")
    value: Any = Field(title="数值", description=_VALUE)
    version: int = Field(title="版本号")
    newest: bool = Field(title="是否现行版本")
    struck: bool = Field(title="是否已撤销")
    unverified: bool = Field(title="是否未经核实")
    source: str | None = Field(title="来源")
    ref: str | None = Field(title="条款")
    quote: str | None = Field(title="原文摘录")
    batch: int = Field(title="登记批次号", description="该类别内的批次号；0 为随软件发布、尚未入册")


class FigureChangeOut(BaseModel):
    """Change that a row of a batch makes."""

    row: int = Field(title="行号", description="文件的数据行或列表的项，从 1 起")
    key: str = Field(title="数据名")
    valid_from: date = Field(title="施行日期")
    change: ChangeCode = Field(title="变动")
    base: int = Field(title="原版本号", description="0 为新增")
    before: Any = Field(title="原数值")
    after: Any = Field(title="新数值")


class RowErrorOut(BaseModel):
    """Error in a field of a row."""

    row: int = Field(title="行号", description="0 为整个文件")
    field: str = Field(title="字段")
    detail: str = Field(title="问题和改法")


class AffectedOut(BaseModel):
    """A case that has used what a batch changes."""

    case_id: UUID = Field(title="事项标识")
    district: str = Field(title="所在区", description="行政区划代码")
    label: str = Field(title="事项")
    before: str | None = Field(title="原结果", description="null 为本系统不能预先推算")
    after: str | None = Field(title="新结果", description="null 为须重新计算后才知道")
    kept: bool = Field(title="维持原决定", description="已作决定的不因数据变动改变，如需变更另行办理")


class PreviewOut(BaseModel):
    """Changes that a batch would make if it were confirmed now; nothing is stored."""

    changes: list[FigureChangeOut] = Field(title="变动")
    errors: list[RowErrorOut] = Field(title="问题", description="有问题的批次不能登记")
    affected: list[AffectedOut] = Field(title="本系统结果会变的事项", description="至多 200 项")


class BatchOut(BaseModel):
    """A batch of figures that were entered together."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(title="登记批次标识")
    kind: KindCode = Field(title="数据类别")
    origin: Origin = Field(title="登记方式")
    number: int | None = Field(title="批次号", description="确认后编号")
    figures: list[dict[str, Any]] = Field(title="数据")
    document_title: str = Field(title="依据文件")
    document_no: str | None = Field(title="文号")
    documented_on: date | None = Field(title="文件日期")
    reason: Internal = Field(title="登记理由")
    status: Status = Field(title="状态")
    entered_by: Handler = Field(title="登记人账号")
    entered_by_name: Handler = Field(title="登记人姓名")
    entered_at: datetime = Field(title="登记时间")
    decided_by: Handler = Field(title="确认人账号")
    decided_by_name: Handler = Field(title="确认人姓名")
    decided_at: datetime | None = Field(title="确认、退回或撤回的时间")
    decision_reason: Internal = Field(title="退回或撤回的理由")
    attachments: list[UUID] = Field(default_factory=list, title="附件", description="依据文件扫描件的附件标识")


class UseOut(BaseModel):
    """Figures that an act or decision has read."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(title="序号")
    case_id: UUID = Field(title="事项标识")
    district: str = Field(title="所在区")
    act: str = Field(title="办理")
    at: datetime = Field(title="时间")
    figures: list[str] = Field(title="所用数据的版本名")


class RecomputeIn(BaseModel):
    """Cases to compute again."""

    model_config = ConfigDict(extra="forbid")

    case_ids: list[UUID] = Field(title="事项标识", min_length=1, max_length=200)
    reason: Line = Field(title="理由")


class RecomputedOut(BaseModel):
    """Result of a case that was computed again."""

    case_id: UUID = Field(title="事项标识")
    result: str = Field(title="结果")


class RecomputationOut(BaseModel):
    """Results of the cases that were computed again."""

    cases: list[RecomputedOut] = Field(title="各事项的结果")
