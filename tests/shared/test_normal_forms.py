"""Tests of normal forms: tables of equal and of different spellings, and properties over generated ones."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.normal_forms import normal_bank, normal_identifier, normal_name, normal_place

pytestmark = pytest.mark.clause("二（五）")

_HIDDEN = "\u200b\u200d\u2060\u00ad\ufeff\ufe0f\u200e"
_BLANKS = " \u3000\u00a0\t"
_WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212－﹣ー"
_BRACKETS = ("()", "（）", "[]", "\uff3b\uff3d", "〔〕", "【】", "〖〗", "{}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("示贷2024-002", "示贷2024－002"),
        ("示贷2024-002", "示贷2\uff10\uff124-0\uff10\uff12"),
        ("示贷2024-002", "示贷2024\u2013002"),
        ("示贷2024-002", "示贷2024——002"),
        ("示贷2024-002", " 示贷 2024-002\u200b"),
        ("京发改〔2025〕7号", "京发改（2025）７号"),
        ("京发改〔2025〕7号", "京发改[2025]7号"),
        ("京发改〔2025〕7号", "京发改【2025】7号"),
        ("京发改〔2025〕7号", "京發改〔2025〕7號"),
        ("abc-1", "ABC-1"),
    ],
)
def test_spellings_of_one_identifier_are_equal(one: str, other: str) -> None:
    assert normal_identifier(one) == normal_identifier(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("西发改〔2025〕7号", "西发改〔2025〕07号"),
        ("示贷2024-002", "示贷2024-0002"),
        ("示贷2024-002", "示贷2024002"),
        ("1-23", "12-3"),
        ("京发改〔2025〕7号", "京发改〔2025〕17号"),
        ("示贷一号", "示贷1号"),
    ],
)
def test_different_identifiers_stay_apart(one: str, other: str) -> None:
    assert normal_identifier(one) != normal_identifier(other)


@pytest.mark.parametrize(
    "address",
    [
        "朝阳区 示例路１号",
        "北京市朝阳区示例路1号",
        "北京朝阳区，示例路1号",
        "朝阳区示例路一号",
        "中国北京市朝阳区示例路1号",
        "北京市市辖区朝阳区示例路1号",
        "（朝阳区）示例路#1号。",
        "朝阳区示例路1#",
        "朝阳区示例路1号\u200b",
        "朝阳区示例\u2060路1号",
        "朝阳区示例路01号",
        "朝陽區示例路1號",
        "示例路1号",
        "北京示例路1号",
        "北京市朝阳区酒仙桥街道示例路1号",
    ],
)
def test_spellings_of_one_place_are_equal(address: str) -> None:
    assert normal_place(address, "110105") == "朝阳区示例路1号"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("示例大街10号", "示例大街十号"),
        ("示例大街10号", "示例大街一〇号"),
        ("示例大街10号", "示例大街一○号"),
        ("23号院5号楼", "二十三号院05号楼"),
        ("23号院5号楼", "廿三号院5栋"),
        ("23号院5号楼", "23号院5幢"),
        ("23号院5号楼", "23号院5#楼"),
        ("103号", "一百零三号"),
        ("1203号", "一千二百零三号"),
        ("示例路1-2号", "示例路１—２号"),
        ("示例路1-2号", "示例路一、二号"),
        ("示例路1-2号", "示例路1至2号"),
        ("示例路1-2号", "示例路1～2号"),
        ("密云区示例路1号", "密云县示例路1号"),
        ("东城区示例路1号", "崇文区示例路1号"),
        ("北京经济技术开发区科创十四街1号", "亦庄开发区科创14街1号"),
        ("北京经济技术开发区科创十四街1号", "北京市大兴区科创十四街1号"),
        ("Ａ座 B-2", "a座b2"),
    ],
)
def test_numbers_and_words_of_a_place_are_read_as_people_read_them(one: str, other: str) -> None:
    assert normal_place(one) == normal_place(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("示例路1-2号", "示例路12号"),
        ("示例路1 2号", "示例路12号"),
        ("示例路十-二号", "示例路12号"),
        ("示例路1号", "示例路11号"),
        ("示例路1号", "示例路10号"),
        ("示例路1号", "示例路1号院2号楼"),
        ("海淀区示例路1号", "示例路1号"),
        ("海淀区示例路1号", "朝阳区示例路1号"),
        ("朝阳区北京路1号", "朝阳区路1号"),
        ("1号楼5层", "1号楼5号"),
        ("甲1号", "1号"),
    ],
)
def test_different_places_stay_apart(one: str, other: str) -> None:
    assert normal_place(one, "110105") != normal_place(other, "110105")


def test_an_address_that_names_no_district_is_in_that_of_its_record() -> None:
    assert normal_place("示例路1号", "110105") != normal_place("示例路1号", "110108")
    assert normal_place("海淀区示例路1号", "110105") == normal_place("示例路1号", "110108")
    assert normal_place("荣华路1号", "BDA") == normal_place("荣华路1号", "110115") == "大兴区荣华路1号"
    assert normal_place("北京路1号") == "北京路1号"


@pytest.mark.parametrize("address", [None, "", " ，", "北京市", "北京", "北京市朝阳区", "中国北京", "经开区", "\u200b"])
def test_an_address_without_a_place_has_no_form(address: str | None) -> None:
    assert normal_place(address) is None
    assert normal_place(address, "110105") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("老旧厂房更新改造奖励", "北京市老旧厂房更新改造奖励"),
        ("老旧厂房更新改造奖励", "老舊廠房更新改造獎勵"),
        ("节能奖励（第二批）", "节能奖励（第2批）"),
        ("节能奖励（第二批）", "节能奖励第2批"),
    ],
)
def test_spellings_of_one_name_are_equal(one: str, other: str) -> None:
    assert normal_name(one) == normal_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("示例银行", "示例银行股份有限公司"),
        ("示例银行", "示例银行股份有限公司北京朝阳支行"),
        ("示例银行", "示例银行北京分行营业部"),
        ("示例银行", "示例銀行（總行）"),
        ("工行", "中国工商银行股份有限公司"),
        ("工商银行", "中国工商银行北京市分行"),
        ("中行", "中国银行股份有限公司北京中关村支行"),
        ("农行朝阳支行", "中国农业银行"),
        ("浦发银行", "上海浦东发展银行股份有限公司"),
        ("北京农商行", "北京农村商业银行股份有限公司"),
        ("汇丰银行", "汇丰银行（中国）有限公司"),
    ],
)
def test_spellings_of_one_bank_are_equal(one: str, other: str) -> None:
    assert normal_bank(one) == normal_bank(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("示例银行", "示范银行"),
        ("北京银行", "中国银行"),
        ("北京银行", "北京农村商业银行"),
        ("中国银行", "中信银行"),
        ("农业银行", "农业发展银行"),
        ("建设银行", "中国民生银行"),
    ],
)
def test_different_banks_stay_apart(one: str, other: str) -> None:
    assert normal_bank(one) != normal_bank(other)


_TYPED = st.text(
    st.one_of(
        st.sampled_from(
            "0123456789一二三零十百千廿北京市朝阳区海淀示例路号號楼栋院中国银行股份有限公司支工-－()〔〕、，#街道开发"
        ),
        st.characters(min_codepoint=0x20, max_codepoint=0xFFFF, exclude_categories=["Cs"]),
    ),
    max_size=24,
)


@pytest.mark.parametrize("form", [normal_identifier, normal_name, normal_bank, lambda text: normal_place(text) or ""])
@given(typed=_TYPED)
def test_a_form_is_its_own_form(form: Callable[[str], str], typed: str) -> None:
    assert form(form(typed)) == form(typed)


@given(typed=st.text(st.characters(codec="ascii")))
def test_an_identifier_of_plain_characters_is_read_as_one_with_others(typed: str) -> None:
    assert normal_identifier(f"元{typed}") == f"元{normal_identifier(typed)}"


@given(typed=_TYPED)
def test_a_place_keeps_its_form_in_its_district(typed: str) -> None:
    once = normal_place(typed, "110105")
    assert normal_place(once, "110105") == once


_WORD = st.text("示例路京发改贷abxyABXY0123456789", min_size=1, max_size=4)


@given(words=st.lists(_WORD, min_size=1, max_size=4), data=st.data())
def test_an_identifier_does_not_depend_on_how_it_is_typed(words: list[str], data: st.DataObject) -> None:
    plain = "-".join(words) + "(2025)7号"
    typed = []
    for character in plain:
        kind = data.draw(st.sampled_from(("as it is", "wide", "upper", "hidden", "blank")), label=character)
        typed.append(
            {
                "as it is": character,
                "wide": character.translate(_WIDE),
                "upper": character.upper(),
                "hidden": data.draw(st.sampled_from(_HIDDEN)) + character,
                "blank": character + data.draw(st.sampled_from(_BLANKS)),
            }[kind]
        )
    spelled = "".join(typed).replace("-", data.draw(st.sampled_from(_DASHES)))
    brackets = data.draw(st.sampled_from(_BRACKETS))
    spelled = spelled.replace("(", brackets[0]).replace(")", brackets[1])
    assert normal_identifier(spelled) == normal_identifier(plain)


_NUMERALS = {1: "一", 2: "二", 10: "十", 11: "十一", 20: "二十", 23: "二十三", 103: "一百零三", 110: "一百一十"}


@given(
    number=st.sampled_from(sorted(_NUMERALS)),
    other=st.sampled_from(sorted(_NUMERALS)),
    city=st.sampled_from(("", "北京", "北京市", "中国北京市")),
    district=st.sampled_from(("", "朝阳区", "朝陽區")),
    way=st.sampled_from(("{}", "0{}", "00{}", " {} ", "\u200b{}")),
    sign=st.sampled_from("号號"),
)
def test_a_place_depends_on_its_number_alone(
    number: int, other: int, city: str, district: str, way: str, sign: str
) -> None:
    spelled = normal_place(f"{city}{district}示例大街{way.format(number)}{sign}", "110105")
    assert spelled == normal_place(f"示例大街{_NUMERALS[number]}号", "110105")
    assert (spelled == normal_place(f"示例大街{other}号", "110105")) is (number == other)


@given(one=st.integers(1, 999), other=st.integers(1, 999), between=st.sampled_from("-－—、，,/ ～至"))
def test_two_numbers_are_never_one(one: int, other: int, between: str) -> None:
    assert normal_place(f"示例路{one}{between}{other}号") != normal_place(f"示例路{one}{other}号")
    assert unicodedata.is_normalized("NFKC", normal_place(f"示例路{one}{between}{other}号") or "")
