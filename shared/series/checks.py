"""Conditions that a figure must meet before it is entered, by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from shared.districts import CITY, DISTRICTS
from shared.industry_codes import InvalidIndustryCode, validate_industry_code
from shared.series.figures import Figure, Register
from shared.series.kinds import KINDS
from shared.series.package import FOLDER, definitions, kind_of, reading_definitions

Fault = tuple[str, str]
"""Field and what is wrong with it."""
HIGHEST_LPR_PCT: Final = Decimal(10)
"""Quotations of this percentage and above are taken for slips of the pen; the highest published LPR is 4.90."""
MOST_PARAGRAPHS: Final = 20
LONGEST_PARAGRAPH: Final = 1000
_SATURDAY: Final = 5
_QUOTATION_DAY: Final = 20


@dataclass(frozen=True, slots=True)
class Context:
    """Day of the entry, its document's number, day and file, the readings that settings fix, and the whole batch."""

    today: date
    document_no: str | None = None
    documented_on: date | None = None
    attached: bool = False
    fixed: frozenset[str] = frozenset()
    batch: tuple[Figure, ...] = ()


def faults_of(figure: Figure, register: Register, context: Context) -> Iterator[Fault]:
    """Yield the fields that are wrong and what is wrong with them."""
    if figure.struck and register.newest(figure.place) is None:
        yield "struck", "没有这一数据，无从撤销"
    elif figure.struck and not KINDS[figure.kind].removable and len(register.series(figure.kind, figure.key)) < 2:
        yield "struck", "这是唯一的数据，不能撤销；请改登正确的数值"
    else:
        yield from _CHECKS[figure.kind](figure, register, context)


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def _lpr(figure: Figure, register: Register, context: Context) -> Iterator[Fault]:
    if figure.key not in ("1Y", "5Y"):
        yield "key", "期限应为 1Y 或 5Y"
        return
    rate = _number(figure.value)
    if not figure.struck and (rate is None or not 0 < rate < HIGHEST_LPR_PCT or rate.as_tuple().exponent < -2):  # type: ignore[operator]
        yield "value", f"报价应为百分数，大于 0、小于 {HIGHEST_LPR_PCT}，至多两位小数，如 3.00；现为“{figure.value}”"
    if figure.valid_from > context.today:
        yield "valid_from", f"{figure.valid_from} 尚未到来，报价公布后再登记"
    if figure.valid_from.day < _QUOTATION_DAY:
        yield "valid_from", f"LPR 每月 {_QUOTATION_DAY} 日（遇节假日顺延）公布，{figure.valid_from} 不是公布日"
    for other in register.series("lpr", figure.key):
        if _is_beside(other, figure):
            yield (
                "valid_from",
                f"该月已登记 {other.valid_from} 的 {other.key} 报价 {other.value}；日期有误的请先撤销原数据",
            )
    for other in context.batch:
        if _is_beside(other, figure):
            yield "valid_from", f"同一批中该月另有 {other.valid_from} 的 {other.key} 报价；一月只有一个公布日"


def _is_beside(other: Figure, figure: Figure) -> bool:
    """Return whether two quotations of a tenor are of one month and of different days."""
    one_month = other.valid_from.replace(day=1) == figure.valid_from.replace(day=1)
    return (
        one_month
        and other.key == figure.key
        and other.valid_from != figure.valid_from
        and not (other.struck or figure.struck)
    )


def _value(figure: Figure, register: Register, context: Context) -> Iterator[Fault]:
    entry = definitions().get(figure.key)
    if entry is None or kind_of(figure.key) != figure.kind:
        yield "key", f"没有参数 {figure.key}；可用的见 GET /v1/series?kind={figure.kind}"
        return
    if entry.get("prospective") and figure.valid_from <= context.today:
        yield "valid_from", f"已作决定的文字不能改变，施行日期须晚于今日（{context.today}）"
    if not figure.struck:
        yield from _shape(figure, register, entry)
    yield from _quoted(figure, register, context)


def _shape(figure: Figure, register: Register, entry: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield faults of a value that is not shaped as its definition says, or as the earlier values of its key."""
    if entry.get("form") == "paragraphs":
        yield from _paragraphs(figure.value)
        return
    unit = entry["unit"]
    known = [each.value for each in register.series(figure.kind, figure.key) if each.value is not None]
    pattern = known[-1] if known else "0"
    if isinstance(pattern, Mapping):
        if not isinstance(figure.value, Mapping) or figure.value.keys() != pattern.keys():
            yield "value", f"应为 JSON 对象，含 {'、'.join(pattern)}"
        else:
            for name, item in figure.value.items():
                yield from _leaf(item, pattern[name], unit, f"value/{name}")
    else:
        yield from _leaf(figure.value, pattern, unit, "value")


def _paragraphs(value: Any) -> Iterator[Fault]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_PARAGRAPHS:
        yield "value", f'应为 JSON 数组，一段一项，最多 {MOST_PARAGRAPHS} 段，如 ["第一段", "第二段"]'
    elif not all(isinstance(text, str) and 0 < len(text.strip()) <= LONGEST_PARAGRAPH for text in value):
        yield "value", f"每段须为文字，不得为空，最多 {LONGEST_PARAGRAPH} 字"


def _leaf(value: Any, pattern: Any, unit: str, field: str) -> Iterator[Fault]:
    if isinstance(pattern, list):
        if not isinstance(value, list) or not value or not all(isinstance(word, str) and word for word in value):
            yield field, '应为 JSON 数组，如 ["per_m2"]'
        return
    number = _number(value)
    if number is None:
        yield field, f"应为数字，现为“{value}”"
    elif unit == "%" and not 0 <= number <= 1:
        yield field, "比例须为 0 至 1 的小数，如 0.30"
    elif number < 0 and _number(pattern) is not None and Decimal(pattern) >= 0:
        yield field, "不得为负数"


def _quoted(figure: Figure, register: Register, context: Context) -> Iterator[Fault]:
    """Yield faults of a figure that the notice fixes: it changes with a registered edition and its document only."""
    held = register.series(figure.kind, figure.key)
    if not any(each.details.get("quote") or (each.details.get("ref") and "basis" not in each.details) for each in held):
        return
    edition = figure.details.get("ref", "").partition("#")[0]
    known = register.in_force("edition", edition, date.max) if edition else None
    if known is None:
        yield (
            "ref",
            "该数值引自通知原文，只随通知版本变更：请先登记版本（kind=edition），再写明 ref，如 2026#二（四）1",
        )
        return
    if not figure.details.get("quote"):
        yield "quote", "请摘录通知原文中的这一数值"
    elif (text := _text_of(known)) is not None and figure.details["quote"] not in text:
        yield "quote", f"版本 {edition} 的原文中没有这句话，请逐字摘录"
    if known.value["doc_no"] != context.document_no:
        yield "document_no", f"依据文件须是该版本的文号 {known.value['doc_no']}"
    if figure.valid_from < known.valid_from:
        yield "valid_from", f"版本 {edition} 自 {known.valid_from} 起施行，数值不得早于该日"


def _text_of(edition: Figure) -> str | None:
    """Return the text of an edition: of a registered one, or of the package's source; None if neither has it."""
    if "text" in edition.value:
        return str(edition.value["text"])
    file = FOLDER / "source" / f"{edition.key}.txt"
    return file.read_text("utf-8") if file.is_file() else None


def _reading(figure: Figure, register: Register, context: Context) -> Iterator[Fault]:
    entry = reading_definitions().get(figure.key)
    if entry is None:
        yield "key", f"没有口径 {figure.key}；可用的见 docs/policy.md"
        return
    if not figure.struck and figure.value not in entry["options"]:
        yield "value", f"可选：{'、'.join(entry['options'])}"
    if figure.valid_from <= context.today:
        yield "valid_from", f"口径只对以后受理的项目适用，施行日期须晚于今日（{context.today}）"
    if figure.key in context.fixed:
        yield "key", "本系统以设置 TENGHUAN_INTERPRETATIONS 固定了该口径，请先由运维取消该设置"


def _calendar(figure: Figure, register: Register, context: Context) -> Iterator[Fault]:
    if not figure.key.isdigit() or figure.valid_from != date(int(figure.key), 1, 1):
        yield "valid_from", "年历的 key 为年份，施行日期为该年 1 月 1 日"
        return
    if figure.struck:
        return
    if not isinstance(figure.value, Mapping) or figure.value.keys() != {"holidays", "make_up_days"}:
        yield "value", "应含 holidays（放假）和 make_up_days（调休上班）两组日期"
        return
    try:
        rest, work = ({date.fromisoformat(day) for day in figure.value[name]} for name in ("holidays", "make_up_days"))
    except (ValueError, TypeError):
        yield "value", "日期应写作 2027-01-01"
        return
    if not rest:
        yield "value", "没有放假日期；请按国务院办公厅通知登记全年"
    if outside := sorted(day for day in rest | work if day.year != int(figure.key)):
        yield "value", f"{outside[0]} 不在 {figure.key} 年"
    if both := sorted(rest & work):
        yield "value", f"{both[0]} 既放假又上班"
    if weekdays := sorted(day for day in work if day.weekday() < _SATURDAY):
        yield "value", f"调休上班日 {weekdays[0]} 不是周末"


def _edition(figure: Figure, register: Register, context: Context) -> Iterator[Fault]:
    if (FOLDER / "editions" / f"{figure.key}.toml").is_file():
        yield "key", f"版本 {figure.key} 随软件发布，不能改登；修改通知的文件请用新的版本号登记"
        return
    if figure.struck:
        return
    value = figure.value if isinstance(figure.value, Mapping) else {}
    for name, label in (("doc_no", "文号"), ("title", "标题"), ("amends", "修改的版本"), ("text", "修改内容原文")):
        if not str(value.get(name, "")).strip():
            yield f"value/{name}", f"请填写{label}"
    if value.get("amends") and register.in_force("edition", str(value["amends"]), date.max) is None:
        yield "value/amends", f"没有版本 {value['amends']}"
    if value.get("doc_no") != context.document_no:
        yield "document_no", "依据文件须是该版本自己的文号"


def _listed(figure: Figure, context: Context) -> Iterator[Fault]:
    """Yield faults of the code and the document of an entry of a list; the document once for a batch."""
    try:
        if validate_industry_code(figure.key) != figure.key:
            yield "key", f"行业代码请写作 {validate_industry_code(figure.key)}（不带门类字母）"
    except InvalidIndustryCode as fault:
        yield "key", str(fault)
    if context.batch and figure is not context.batch[0]:
        return
    for name, present, label in (
        ("document_no", context.document_no, "文号"),
        ("documented_on", context.documented_on, "文件日期"),
        ("attachments", context.attached, "原文件（先用 POST /v1/attachments 上传，再填附件标识）"),
    ):
        if not present:
            yield name, f"目录须注明来源：请填写{label}"


def _industry_class(figure: Figure, register: Register, context: Context) -> Iterator[Fault]:
    yield from _listed(figure, context)
    supported = {each for held in register.series("industry", "supported_industries") for each in held.value}
    if not figure.struck and not (isinstance(figure.value, list) and set(figure.value) <= supported):
        yield "value", f"应为门类代码的数组，可选：{'、'.join(sorted(supported))}；不属于支持门类的为空数组 []"


def _industry_restriction(figure: Figure, register: Register, context: Context) -> Iterator[Fault]:
    yield from _listed(figure, context)
    if figure.struck:
        return
    bars = figure.value if isinstance(figure.value, list) else []
    if not bars:
        yield "value", '应为数组，如 [{"level": "restricted", "districts": ["110101"], "text": "目录原文"}]'
    for place, bar in enumerate(bars):
        yield from ((f"value/{place}/{field}", told) for field, told in _bar(bar))


def _bar(bar: Any) -> Iterator[Fault]:
    """Yield faults of one restriction: level, districts and text."""
    told = bar if isinstance(bar, Mapping) else {}
    if told.get("level") not in ("prohibited", "restricted"):
        yield "level", "应为 prohibited（禁止）或 restricted（限制，含附条件的禁止）"
    districts = told.get("districts")
    if not isinstance(districts, list) or not districts or not {*districts} <= {CITY, *DISTRICTS}:
        yield "districts", f"应为区代码的数组，全市为 {CITY}"
    if not str(told.get("text") or "").strip():
        yield "text", "请摘录目录原文"


_CHECKS: Final[Mapping[str, Callable[[Figure, Register, Context], Iterator[Fault]]]] = {
    "lpr": _lpr,
    "parameter": _value,
    "industry": _value,
    "factor": _value,
    "interpretation": _reading,
    "calendar": _calendar,
    "edition": _edition,
    "industry_class": _industry_class,
    "industry_restriction": _industry_restriction,
}
