"""The 17 reporting units by their codes of GB/T 2260, with the offices of 三（一）."""

import pytest

from shared.districts import BDA, CITY, DISTRICTS, UnknownDistrict, district

NAMES = {
    "110101": "东城区",
    "110102": "西城区",
    "110105": "朝阳区",
    "110106": "丰台区",
    "110107": "石景山区",
    "110108": "海淀区",
    "110109": "门头沟区",
    "110111": "房山区",
    "110112": "通州区",
    "110113": "顺义区",
    "110114": "昌平区",
    "110115": "大兴区",
    "110116": "怀柔区",
    "110117": "平谷区",
    "110118": "密云区",
    "110119": "延庆区",
}


@pytest.mark.parametrize(("code", "name"), NAMES.items())
def test_a_district_has_its_code_its_name_and_its_offices(code: str, name: str) -> None:
    unit = district(code)
    assert (unit.code, unit.name) == (code, name)
    assert (unit.reviewing_office, unit.opinion_body) == (f"{name}发展和改革委员会", f"{name}人民政府")


def test_the_development_area_comes_last_and_reviews_through_its_economic_bureau() -> None:
    assert list(DISTRICTS) == [*NAMES, "BDA"]
    area = district(BDA)
    assert (area.code, area.name) == ("BDA", "北京经济技术开发区")
    assert (area.reviewing_office, area.opinion_body) == (
        "北京经济技术开发区经济发展局",
        "北京经济技术开发区管理委员会",
    )


@pytest.mark.parametrize("code", ["110103", CITY, "", "bda"])
def test_another_code_is_refused_with_the_known_ones(code: str) -> None:
    with pytest.raises(UnknownDistrict) as refusal:
        district(code)
    assert refusal.value.code == code
    assert str(refusal.value) == f"没有代码为“{code}”的区。可用代码：{'、'.join([*NAMES, 'BDA'])}"
    assert CITY == "110000"
