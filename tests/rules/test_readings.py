"""Every reading of interpretations.toml changes an outcome: a decision, an amount, a date or a report."""

import pytest

from deploy.checks.citations import reading_cases
from shared.policy import readings
from tests.rules import readings_declaration, readings_evaluation, readings_money
from tests.rules.switches import Switch

SWITCHES = (*readings_declaration.SWITCHES, *readings_money.SWITCHES, *readings_evaluation.SWITCHES)
CASES = [
    pytest.param(switch, option, id=f"{switch.key}={option}: {switch.outcome}")
    for switch in SWITCHES
    for option in switch.expected
]


@pytest.mark.parametrize(("switch", "option"), CASES)
def test_a_choice_gives_its_outcome(switch: Switch, option: str) -> None:
    assert switch.result(option) == switch.expected[option]


def test_every_choice_of_every_reading_changes_an_outcome() -> None:
    changing = {
        (switch.key, option)
        for switch in SWITCHES
        for option, outcome in switch.expected.items()
        if outcome != switch.expected[readings()[switch.key].default]
    }
    known = {(key, option) for key, reading in readings().items() for option in reading.options}
    defaults = {(key, reading.default) for key, reading in readings().items()}
    assert changing == known - defaults


def test_the_page_of_readings_names_every_case() -> None:
    found = reading_cases()
    assert found.keys() == readings().keys()
    assert all(switch.outcome in found[switch.key] for switch in SWITCHES)
