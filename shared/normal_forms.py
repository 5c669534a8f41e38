"""Normal forms of what people type: two spellings of one document, place, name or bank have one form.

A form is a key for comparison and for unique indexes, stored beside the original, never shown. Identifiers of
documents, contracts, receipts and accounts keep every digit: zeros count. Places and names are read as people read
them: numbers by their value, an address without the city it is in. Every form is idempotent. Traditional characters
and variants become those in use (OpenCC, `t2s`).
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from opencc import OpenCC

from shared.districts import BDA, DISTRICTS

_SIMPLIFIED: Final = OpenCC("t2s")
_HIDDEN: Final = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\U000e0100-\U000e01ef]"
)
"""Characters that show nothing. Variation selectors are among them: they choose a glyph, not a character."""
_DASHES: Final = re.compile("[-\u2010-\u2015\u2043\u2212\u2e3a\u2e3b\u30fc\u2796]+")
_OPENING: Final = re.compile("[\\[{<〔【〖〘〚〈《「『\u2772⟦⟨]")
_CLOSING: Final = re.compile("[\\]}>〕】〗〙〛〉》」』\u2773⟧⟩]")


_ASCII_UNSEEN: Final = dict.fromkeys([*range(33), 127])
"""Blanks and control characters of ASCII, the characters of most numbers."""


def _settled(step: Callable[[str], str], text: str) -> str:
    """Return text after a step that is repeated until nothing changes."""
    while (changed := step(text)) != text:
        text = changed
    return text


def _folded(text: str) -> str:
    """Return text without width, case, blanks and hidden characters, in simplified characters."""
    if text.isascii():
        return text.lower().translate(_ASCII_UNSEEN)
    shown = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", _HIDDEN.sub("", text)).casefold())
    kept = "".join(each for each in shown if not each.isspace() and unicodedata.category(each) not in ("Cc", "Cf"))
    return str(_SIMPLIFIED.convert(kept))


def normal_identifier(text: str) -> str:
    """Return the form of a number of a document, contract, voucher, certificate or account.

    Width, case, blanks, hidden characters, kinds of dashes and of brackets do not count; everything else does,
    zeros included.
    """
    dashed = _DASHES.sub("-", _settled(_folded, text))
    return _CLOSING.sub(")", _OPENING.sub("(", dashed))


_PUNCTUATION: Final = r"[,.。、;:\-_()“”\"'`#·・•~/|\\!?*+=&@]+"
_NOISE: Final = re.compile(_PUNCTUATION)
_BETWEEN_NUMBERS: Final = re.compile(rf"(?<=\d)(?:{_PUNCTUATION}|[至到])(?=\d)")
_BLANK_BETWEEN_NUMBERS: Final = re.compile(r"(?<=\d)\s+(?=\d)")
_ZEROS: Final = {ord(circle): "零" for circle in "○◯"}
_NUMERAL: Final = re.compile("[零〇一二三四五六七八九十百千廿卅]+")
_DIGITS: Final = {numeral: digit for digit, numeral in enumerate("〇一二三四五六七八九")} | {"零": 0}
_UNITS: Final = {"十": 10, "百": 100, "千": 1000}
_TENS: Final = {"廿": "二十", "卅": "三十"}
_LEADING_ZEROS: Final = re.compile(r"(?<!\d)0+(?=\d)")


def _arabic(numeral: str) -> str:
    """Return a Chinese numeral in Arabic digits: 十二 is 12, 一百零三 is 103, 一〇三 is 103, 廿三 is 23."""
    for word, meaning in _TENS.items():
        numeral = numeral.replace(word, meaning)
    if not any(unit in numeral for unit in _UNITS):
        return "".join(str(_DIGITS[character]) for character in numeral)
    total, digit = 0, 0
    for character in numeral:
        if character in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[character], 0
        else:
            digit = _DIGITS[character]
    return str(total + digit)


def _numbered(text: str) -> str:
    """Return text with numbers by their value and without punctuation, which only keeps two numbers apart."""
    typed = unicodedata.normalize("NFKC", _HIDDEN.sub("", text)).translate(_ZEROS)
    kept = normal_identifier(_BLANK_BETWEEN_NUMBERS.sub("、", typed))
    arabic = _NUMERAL.sub(lambda found: _arabic(found[0]), kept)
    apart = _NOISE.sub("", _BETWEEN_NUMBERS.sub("\0", arabic)).replace("\0", "~")
    return _LEADING_ZEROS.sub("", apart)


_CITY: Final = re.compile("^(?:中国(?=北京)|北京市(?!场)|北京(?![东南西北中]?(?:路|大?街|巷))|市辖区)+")
_FORMER: Final = {"崇文区": "110101", "宣武区": "110102", "密云县": "110118", "延庆县": "110119"}
_BDA_NAMES: Final = ("经济技术开发区", "亦庄经济技术开发区", "亦庄开发区", "经开区")
_BDA_STANDS_IN: Final = "110115"
_NAMES: Final = {
    **{unit.name: code for code, unit in DISTRICTS.items() if code != BDA},
    **_FORMER,
    **dict.fromkeys(_BDA_NAMES, _BDA_STANDS_IN),
}
_DISTRICT: Final = re.compile(f"^(?:{'|'.join(_NAMES)})")
_SUBDISTRICT: Final = re.compile(r"^[^\d~区县]{2,6}(?:街道办事处|地区办事处|街道)(?=[^\d~])")
_BUILDING: Final = re.compile(r"(?<=\d)号?[栋幢]楼?")
_NUMBER_SIGN: Final = re.compile(r"(?<=\d)\s*[#\uff03](?!\s*\d)")


def normal_name(text: str) -> str:
    """Return the form of a name of works, a programme or an authority.

    Besides what an identifier leaves out: punctuation, leading zeros, how a number is written, and the name of the
    city at the beginning.
    """
    return _settled(lambda name: _CITY.sub("", _numbered(name)) or _numbered(name), text)


@lru_cache(maxsize=8192)
def normal_place(text: str | None, district: str | None = None) -> str | None:
    """Return the form of an address, with its district; None if nothing but city and district is left of it.

    Besides what a name leaves out: city, subdistrict, and 栋 or 幢 for 号楼. An address that names no district is in
    `district`, a code. The development area lies for the most part in Daxing and is addressed by either name, so both
    are one. Numbers apart stay apart: 1-2号 is not 12号.
    """
    place = _settled(lambda address: _placed(address, district), text or "")
    return place if place and place not in _NAMES else None


def _placed(text: str, district: str | None) -> str:
    rest = _CITY.sub("", _numbered(_NUMBER_SIGN.sub("号", text)))
    named = _DISTRICT.match(rest)
    code = _NAMES[named[0]] if named else _BDA_STANDS_IN if district == BDA else district or ""
    rest = _SUBDISTRICT.sub("", rest[named.end() :] if named else rest)
    return f"{DISTRICTS[code].name if code in DISTRICTS else ''}{_BUILDING.sub('号楼', rest)}"


_LEGAL_FORM: Final = re.compile("股份有限公司|有限责任公司|有限公司|股份公司|总行")
_HEAD_OFFICE: Final = re.compile("^.+?(?:银行|信用合作联社|信用合作社|信用联社|信用社)")
_BRANCH: Final = re.compile("(?:分行|支行|营业部|营业室|营业中心|分理处|储蓄所|信贷部|事业部|中国)$")
_SHORT_NAMES: Final = {
    "工行": "工商银行",
    "农行": "农业银行",
    "中行": "中国银行",
    "建行": "建设银行",
    "交行": "交通银行",
    "邮储": "邮政储蓄银行",
    "邮储银行": "邮政储蓄银行",
    "国开行": "国家开发银行",
    "农发行": "农业发展银行",
    "进出口行": "进出口银行",
    "招行": "招商银行",
    "中信": "中信银行",
    "浦发银行": "上海浦东发展银行",
    "浦发": "上海浦东发展银行",
    "光大": "光大银行",
    "民生": "民生银行",
    "广发": "广发银行",
    "北京农商行": "北京农村商业银行",
    "北京农商银行": "北京农村商业银行",
}
_NATIONAL: Final = re.compile(
    "^中国(?=工商银行|农业银行|建设银行|邮政储蓄银行|农业发展银行|进出口银行|光大银行|民生银行)"
)
_SHORT_BRANCH: Final = re.compile(f"^({'|'.join(sorted(_SHORT_NAMES, key=len, reverse=True))})(.*)$")


def normal_bank(text: str) -> str:
    """Return the form of a bank: the legal person, whatever its legal form, short name or branch.

    A branch is no legal person (商业银行法 art. 22) and is left out in many papers, so it does not keep two entries
    apart; the number of a contract does, and it carries the mark of the branch where the bank numbers by branch.
    """
    return _settled(_head_office, text)


def _head_office(text: str) -> str:
    name = _LEGAL_FORM.sub("", _NOISE.sub("", normal_identifier(text)))
    short = _SHORT_BRANCH.match(name)
    if short and (not short[2] or _BRANCH.search(short[2])):
        return _SHORT_NAMES[short[1]]
    head = _HEAD_OFFICE.match(name)
    if head and _BRANCH.search(name[head.end() :]):
        name = head[0]
    return _NATIONAL.sub("", name)
