"""The newest frozen normal forms are those of the live code: a key filled by a migration meets the key of a new row."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.districts import DISTRICTS
from shared.normal_forms import normal_bank, normal_identifier, normal_name, normal_place
from shared.storage.ddl_forms import bank_v1, identifier_v1, name_v1, place_v1

PARTS = (
    *(unit.name for unit in DISTRICTS.values()),
    *(
        "北京市",
        "中国北京",
        "崇文区",
        "密云县",
        "亦庄开发区",
        "酒仙桥街道",
        "示例路",
        "\uff11",
        "0",
        "十二",
        "廿三",
        "○",
        "号",
    ),
    *(
        "号院",
        "栋",
        "幢",
        "#",
        "-",
        "－",
        "——",
        "至",
        "、",
        " ",
        "\u3000",
        "\u200b",
        "〔",
        "】",
        "（",
        "）",
        "京發改",
        "\uff21",
    ),
    *("工行", "中国工商银行", "股份有限公司", "北京分行", "支行", "农村信用合作社", "国开行", "中信", "营业部"),
)
TEXTS = st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=7).map("".join)


@pytest.mark.parametrize(
    ("frozen", "live"), [(identifier_v1, normal_identifier), (name_v1, normal_name), (bank_v1, normal_bank)]
)
@given(text=TEXTS)
def test_a_form_of_a_migration_is_that_of_a_new_row(
    frozen: Callable[[str], str], live: Callable[[str], str], text: str
) -> None:
    assert frozen(text) == live(text)


@given(text=TEXTS, district=st.sampled_from(sorted(DISTRICTS)))
def test_a_place_of_a_migration_is_that_of_a_new_row(text: str, district: str) -> None:
    assert place_v1(text, district) == normal_place(text, district)
