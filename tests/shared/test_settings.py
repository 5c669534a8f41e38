"""Settings from the environment and from secret files."""

from pathlib import Path

import pytest

from shared.settings import Settings


def test_a_service_may_have_a_database_login_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENGHUAN_FUNDING_DATABASE_URL", "postgresql://app_funding:geheim@db.invalid/th")
    monkeypatch.setenv("TENGHUAN_DATABASE_URL", "postgresql://admin:geheim@all.invalid/th")
    settings = Settings()
    assert settings.service_url("funding").host == "db.invalid"
    assert settings.service_url("intake").host == "all.invalid"
    assert settings.service_url("funding", "relay").username == "relay_funding"
    assert settings.redacted()["service_database_urls"] == "***"
    assert "geheim" not in str(settings.redacted())


def test_a_login_may_come_from_a_secret_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tenghuan_intake_database_url").write_text("postgresql://app_intake@file.invalid/th\n")
    monkeypatch.setitem(Settings.model_config, "secrets_dir", str(tmp_path))
    assert Settings().service_url("intake").host == "file.invalid"
