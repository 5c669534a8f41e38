"""Every quotation is verbatim in the notice, and every number without a quotation gives its source or basis."""

from __future__ import annotations

import re

from shared.policy.editions import editions
from shared.policy.parameters import FOLDER, history


def text_of(edition: str) -> str:
    return without_whitespace((FOLDER / "source" / f"{edition}.txt").read_text("utf-8"))


def without_whitespace(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_every_quotation_of_a_number_is_in_the_notice() -> None:
    for key, values in history().items():
        for dated in values:
            if dated.quote:
                assert without_whitespace(dated.quote) in text_of(dated.ref.split("#")[0]), key


def test_every_number_of_the_2023_edition_is_quoted() -> None:
    unquoted = [
        key
        for key, values in history().items()
        for dated in values
        if dated.basis == "notice" and dated.ref.startswith("2023#") and not dated.quote
    ]
    assert unquoted == []


def test_every_number_not_quoted_names_its_source_or_says_it_is_a_house_setting() -> None:
    for values in history().values():
        for dated in values:
            assert dated.quote or dated.source or dated.note or dated.basis == "design", dated.key


def test_every_rule_of_the_2023_edition_is_quoted_from_the_notice() -> None:
    edition = {entry["id"]: entry for entry in editions()}["2023"]
    for name, rule in edition["rules"].items():
        assert without_whitespace(rule["quote"]) in text_of("2023"), name
    assert without_whitespace(edition["doc_no"]) in text_of("2023")
    assert without_whitespace(edition["title"]) in text_of("2023")
