"""Chinese messages for what pydantic refuses: each says what the field takes, from the error's own limits."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from shared.contracts import event_types

Message = str | Callable[[Mapping[str, Any]], str]

_EVENT_TYPE = next(event_types()).type
_DATE = "须为日期，写作 2008-06-30"
_TIME = "须为带时区的时间，写作 2026-07-01T09:00:00+08:00"
_TEXT = "须为文字（JSON 字符串）"
_LIST = "须为列表（JSON 数组）"
_OBJECT = "须为对象（JSON 对象）"
_NUMBER = '须为数字，例如 12.5；金额和面积写作字符串，例如 "1250000.00"'
_INTEGER = "须为整数，例如 12"
_BOOLEAN = "须为 true 或 false"
_UUID = "须为标识，例如 018df7bd-6100-7aa0-a81c-e035755609a8"

PATTERNS: dict[str, str] = {
    r"^20[0-9]{2}Q[1-4]$": "须为季度，例如 2026Q3",
    r"^20[0-9]{2}(Q[1-4]|H[12])$": "须为季度或半年，例如 2026Q3",
    r"^20[0-9]{2}-(0[1-9]|1[0-2])$": "须为月份，例如 2026-09",
    r"^[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6}$": "须为项目代码，例如 2024-110105-70-03-000001",
    r"^([A-T]|[A-T]?[0-9]{2,4})$": "须为 GB/T 4754-2017 的行业代码，例如 6510 或 I6510",
    r"^[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}$": "须为 18 位统一社会信用代码，例如 91110000600037341L",
    r"^[0-9A-Za-z][0-9A-Za-z._:-]{0,63}$": "须为 1 至 64 位字母、数字或 . _ : -，以字母或数字开头，例如 R-0001",
    r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$": "不得含控制字符；请删去不可见字符后重新填写",
    r"^[\x21-\x7e]+$": "须为可见的英文字符，不含空格，例如 3f2c8a10",
    r"^[A-Za-z0-9_-]{1,100}$": "须为 POST /v1/stream-tickets 答复中的凭单，原样填写",
    r"^11[5-7]\.[0-9]{1,6}$": "须为北京市域内的经度，最多 6 位小数，例如 116.397128",
    r"^(39|40|41)\.[0-9]{1,6}$": "须为北京市域内的纬度，最多 6 位小数，例如 39.916527",
    r"^\d{1,9}(\.\d{1,2})?$": '须为面积（平方米），最多 2 位小数，写作字符串，例如 "25000.00"',
    r"^(0(\.\d{1,6})?|1(\.0{1,6})?)$": '须为 0 至 1 的比例，最多 6 位小数，写作字符串，例如 "0.15"',
    r"^\d{1,15}(\.\d{1,2})?$": '须为金额（元），最多 2 位小数，写作字符串，例如 "1250000.00"',
    r"^-?\d{1,15}(\.\d{1,2})?$": '须为金额（元），可为负，最多 2 位小数，写作字符串，例如 "-1250000.00"',
    r"^\d{1,14}(\.\d{1,4})?$": '须为不为负的数，最多 4 位小数，写作字符串，例如 "120.5"',
    r"^[0-9]{1,14}(\.[0-9]{1,6})?$": '须为不为负的数，最多 6 位小数，写作字符串，例如 "0.5"',
    r"^(/[a-z0-9_]{1,40}){1,3}$": "须为面积所在字段，见差异的 field，例如 /lettings/0/leasable_area_m2",
    r"^[a-z_]{1,40}$": "须为材料类别代码，见材料清单的 code，例如 area_survey",
    r"^[a-z][a-z_]{0,39}$": "须为记录类别，可证明的类别见 docs/audit.md，例如 approval",
    r"^[a-z][a-z0-9_]{0,63}$": "须为代码：小写字母开头，只含小写字母、数字和下划线，例如 fixed_investment_yuan",
    r"^[a-z_]+\.[a-z_]+\.v[0-9]+$": f"须为事件类型，例如 {_EVENT_TYPE}，见 /docs/events",
    r"^\d{1,18}$": "须为事件位置（整数），即上次收到的事件的 id",
    r"^[0-9a-f]{12}$": "须为 12 位密钥编号，见 GET /v1/api-keys 的 id",
    r"^(read|write):[a-z-]{1,40}$": "须为权限范围，例如 read:events，全部范围见 docs/identity.md",
    r"^[\x21-\x7e]{1,255}$": "须为账号，即登录令牌的 sub，例如 officer-7",
    r"^[A-Za-z0-9+/]*={0,2}$": "须为 Base64 编码的文件内容，不换行，例如 a2V5LHZhbHVl",
    r"^[0-9a-f]{32}$": "须为 32 位核对意见标识，见贴息申请的未认可核对意见（key）",
    r"^[0-9a-f]{64}$": "须为 64 位小写十六进制的规则集编号，见审查记录的 ruleset",
}
"""The way out for each pattern that the API documents contain."""

MESSAGES: dict[str, Message] = {
    "missing": "必填，请填写此项",
    "extra_forbidden": "没有这个字段，请核对字段名或删去",
    "invalid_key": "字段名须为文字",
    "json_invalid": "不是有效的 JSON，请检查引号、逗号和括号是否成对",
    "json_type": "须为 JSON 文本",
    "recursion_loop": "内容不得引用自身",
    "recursion_depth_exceeded": "内容嵌套过深，请减少层数",
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dataclass_type": _OBJECT,
    "dict_type": _OBJECT,
    "mapping_type": _OBJECT,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "iterable_type": _LIST,
    "too_short": lambda limits: f"至少 {limits['min_length']} 项，现为 {limits['actual_length']} 项",
    "too_long": lambda limits: f"最多 {limits['max_length']} 项，请分次提交或删减",
    "string_type": _TEXT,
    "string_unicode": "文字编码有误，请用 UTF-8",
    "string_too_short": lambda limits: f"至少 {limits['min_length']} 个字符（首尾空格和不可见字符不计）",
    "string_too_long": lambda limits: f"最多 {limits['max_length']} 个字符，请精简",
    "string_pattern_mismatch": lambda limits: PATTERNS.get(limits["pattern"], f"格式须符合 {limits['pattern']}"),
    "string_not_ascii": "只能用英文字母、数字和英文标点",
    "enum": lambda limits: f"须为下列之一：{_options(limits['expected'])}",
    "literal_error": lambda limits: f"须为下列之一：{_options(limits['expected'])}",
    "none_required": "须为空（null）",
    "bool_type": _BOOLEAN,
    "bool_parsing": _BOOLEAN,
    "int_type": _INTEGER,
    "int_parsing": _INTEGER,
    "int_parsing_size": "整数过大，请核对位数",
    "int_from_float": "须为整数，不得有小数",
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": "须为有限的数，不得为无穷大或非数",
    "decimal_type": _NUMBER,
    "decimal_parsing": _NUMBER,
    "decimal_max_digits": lambda limits: f"最多 {limits['max_digits']} 位数字",
    "decimal_max_places": lambda limits: f"最多 {limits['decimal_places']} 位小数",
    "decimal_whole_digits": lambda limits: f"小数点前最多 {limits['whole_digits']} 位数字",
    "greater_than": lambda limits: f"须大于 {limits['gt']}",
    "greater_than_equal": lambda limits: f"不得小于 {limits['ge']}",
    "less_than": lambda limits: f"须小于 {limits['lt']}",
    "less_than_equal": lambda limits: f"不得大于 {limits['le']}",
    "multiple_of": lambda limits: f"须为 {limits['multiple_of']} 的倍数",
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "date_past": "须为今日以前的日期",
    "date_future": "须为今日以后的日期",
    "time_type": "须为时刻，写作 09:00:00",
    "time_parsing": "须为时刻，写作 09:00:00",
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_object_invalid": _TIME,
    "datetime_from_date_parsing": _TIME,
    "datetime_past": "须为已过去的时间",
    "datetime_future": "须为将来的时间",
    "timezone_naive": "时间不得带时区",
    "timezone_aware": _TIME,
    "timezone_offset": _TIME,
    "time_delta_type": "须为时长，例如 P1DT2H",
    "time_delta_parsing": "须为时长，例如 P1DT2H",
    "union_tag_invalid": lambda limits: f"{limits['discriminator']} 须为下列之一：{_options(limits['expected_tags'])}",
    "union_tag_not_found": lambda limits: f"缺少 {limits['discriminator']}，请填写",
    "url_type": "须为网址，例如 https://www.example.cn/notice",
    "url_parsing": "须为网址，例如 https://www.example.cn/notice",
    "url_syntax_violation": "须为网址，例如 https://www.example.cn/notice",
    "url_too_long": lambda limits: f"网址最多 {limits['max_length']} 个字符",
    "url_scheme": lambda limits: f"网址须以下列之一开头：{_options(limits['expected_schemes'])}",
    "uuid_type": _UUID,
    "uuid_parsing": _UUID,
    "uuid_version": _UUID,
    "bytes_type": _TEXT,
    "bytes_too_short": lambda limits: f"至少 {limits['min_length']} 字节",
    "bytes_too_long": lambda limits: f"最多 {limits['max_length']} 字节",
    "bytes_invalid_encoding": "文字编码有误，请用 UTF-8",
}
_OWN = ("value_error", "assertion_error")
MOST_REPORTED = 100
"""Findings that one answer reports; it says how many there are."""
_MOST_COUNTED = 2000
_LONGEST_POINTER, _LONGEST_DETAIL = 300, 500


def findings(error: ValidationError) -> list[Any]:
    """Return pydantic's findings without the values; of very many a single one that says so.

    Pydantic makes all of them or none: half a million unknown fields would take a gigabyte.
    """
    count = error.error_count()
    if count <= _MOST_COUNTED:
        return list(error.errors(include_input=False, include_url=False))
    told = f"共有 {count} 处错误，请对照接口文档核对字段名和结构后重新提交"
    return [{"type": "too_many_errors", "loc": (), "msg": told, "told": True}]


def field_problems(errors: Sequence[Any], *before: str | int) -> list[dict[str, str]]:
    """Return pydantic's first findings as pointers with Chinese details, both of a bounded length.

    `before` leads to where the checked value stands.
    """
    return [
        {
            "pointer": cut("/" + "/".join(str(part) for part in (*before, *item["loc"])), _LONGEST_POINTER),
            "code": item["type"],
            "detail": cut(message_of(item), _LONGEST_DETAIL),
        }
        for item in errors[:MOST_REPORTED]
    ]


def cut(text: str, longest: int) -> str:
    """Return a text cut to a length: names of unknown fields and values in messages come from the caller."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def message_of(item: Any) -> str:
    """Return the Chinese message for one finding; a validator of ours, or one marked `told`, speaks for itself."""
    if item.get("told") or item["type"] in _OWN:
        return str(item["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    message = MESSAGES.get(item["type"], "内容不符合要求，请对照接口文档核对此项")
    return message if isinstance(message, str) else message(item.get("ctx", {}))


def _options(expected: str) -> str:
    """Return the options that pydantic lists in English, as `'a', 'b' or 'c'`, in Chinese."""
    return "、".join(re.findall(r"'([^']*)'", expected) or [expected.replace(" or ", "、")])
