"""Choice of brokers without Java or Maven: the mock on a developer's machine, a failure in CI."""

import shutil

import pytest

from deploy.local.kafka import jars
from tests.broker import choice as choosing


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise jars.BrokerError("Java is missing")

    monkeypatch.setattr(choosing, "java", missing)
    monkeypatch.delenv("TENGHUAN_TESTS_ON", raising=False)


@pytest.mark.parametrize(("ci", "kind"), [("", "mock"), ("true", "node")])
def test_a_missing_java_leaves_tests_out_only_where_a_person_looks_on(
    ci: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    made = choosing.choice.__wrapped__()
    assert (made.kind, made.why) == (kind, "Java is missing")
    assert "Java is missing" in made.header()


def test_a_missing_maven_counts_only_until_the_broker_was_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "")
    monkeypatch.setattr(choosing, "java", lambda: "java")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(choosing, "installed", lambda: False)
    assert choosing.choice.__wrapped__().kind == "mock"
    monkeypatch.setattr(choosing, "installed", lambda: True)
    assert choosing.choice.__wrapped__().kind == "node"
