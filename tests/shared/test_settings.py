"""Settings from the environment and from secret files."""

from pathlib import Path
from typing import Any

import pytest

from services import SERVICES, load_all
from shared.load_limits import Rates
from shared.settings import ROLE_KINDS, ROOT, NoLogin, Settings
from shared.storage.files import file_store


def test_a_service_may_have_a_database_login_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENGHUAN_FUNDING_DATABASE_URL", "postgresql://app_funding:geheim@db.invalid/th")
    monkeypatch.setenv("TENGHUAN_DATABASE_URL", "postgresql://admin:geheim@all.invalid/th")
    for role in ("INTAKE_APP", "FUNDING_RELAY"):
        monkeypatch.setenv(f"TENGHUAN_{role}_PASSWORD", "geheim")
    settings = Settings()
    assert settings.service_url("funding").host == "db.invalid"
    assert settings.service_url("intake").host == "all.invalid"
    assert settings.service_url("funding", "relay").username == "relay_funding"
    assert settings.redacted()["service_database_urls"] == "***"
    assert "geheim" not in str(settings.redacted())


def test_a_login_may_come_from_a_secret_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tenghuan_intake_database_url").write_text("postgresql://app_intake:x@file.invalid/th\n")
    monkeypatch.setitem(Settings.model_config, "secrets_dir", str(tmp_path))
    assert Settings().service_url("intake").host == "file.invalid"


def test_the_defaults_that_operators_and_the_documents_rely_on() -> None:
    settings = Settings()
    assert {name: getattr(settings, name) for name in DEFAULTS} == DEFAULTS


DEFAULTS = {
    "pool_size": 5,
    "pool_overflow": 5,
    "log_level": "info",
    "metrics_port": 0,
    "metrics_host": "127.0.0.1",
    "host": "127.0.0.1",
    "port": 8700,
    "bus": "none",
    "upload_limit_bytes": 52_428_800,
    "trusted_proxies": [],
    "rates": Rates(
        anonymous="1200/minute",
        sign_in_failures="120/minute",
        reads="3000/minute",
        acts="1200/minute",
        uploads="240/minute",
        exports="60/minute",
        pushes="240/minute",
    ),
    "rate_store": "async+memory://",
    "connection_limit": 1000,
    "head_seconds": 10.0,
    "body_seconds": 30.0,
    "body_rate_bytes": 16_384,
    "write_seconds": 30.0,
    "keep_alive_seconds": 5,
    "body_limit_bytes": 262_144,
    "declaration_files": 500,
    "declaration_files_bytes": 2_147_483_648,
    "applicant_files_bytes": 21_474_836_480,
    "json_limit_bytes": 8_388_608,
    "incoming_keep_hours": 24,
    "unreferenced_keep_hours": 168,
    "jwt_audience": "tenghuan",
    "jwt_keys_url": "",
    "jwt_algorithms": ["RS256", "ES256", "EdDSA", "Ed25519"],
    "jwt_type": "at+jwt",
    "jwt_lifetime_hours": 12.0,
    "revocation_refresh_seconds": 2.0,
    "update_max_age_days": 7,
    "inbox_keep_days": 30,
    "api_key_days": 365,
    "api_key_days_max": 730,
    "interest_offset_limit_yuan": 100_000,
    "jwt_leeway_seconds": 30,
    "story_clock": False,
    "tick_seconds": 60.0,
    "release_request_days": 15,
    "seal_seconds": 5.0,
    "seal_full_seconds": 3600.0,
    "seal_announce_seconds": 60.0,
    "checkpoints_dir": None,
    "ledger_verify_seconds": 60.0,
    "retention_seconds": 3600.0,
    "idempotency_keep_days": 7,
    "keep_people_days": 1826,
    "keep_keys_days": 1826,
    "keep_revocations_days": 183,
    "keep_letters_days": 365,
    "keep_drafts_days": 731,
    "opinion_due_working_days": 10,
    "first_review_due_working_days": 10,
    "correction_due_working_days": 20,
    "city_due_working_days": {"forwarded": 5, "received": 20, "review_passed": 30, "pooled": 20},
    "quarter_due_working_days": 10,
    "rectification_due_days": 30,
    "payee_waiting_working_days": 1,
    "payment_answer_working_days": 5,
    "pool_reviewers_min": 2,
    "kafka_partitions": 12,
    "kafka_replication": 3,
    "interpretations": {},
}

CITY = "postgresql://admin:s3cret@db.invalid:5433/th"
LOGIN = "postgresql+asyncpg://app_funding:own@db.invalid:5433/th"


@pytest.mark.parametrize(
    ("given", "kind", "shown"),
    [
        ({"role_passwords": {"app_funding": "own", "relay_funding": "r"}}, "app", LOGIN),
        (
            {"role_passwords": {"app_funding": "own", "relay_funding": "r"}},
            "relay",
            "postgresql+asyncpg://relay_funding:r@db.invalid:5433/th",
        ),
        ({"next_role_passwords": {"app_funding": "own"}}, "app", LOGIN),
        ({"role_passwords": {"app_funding": "own"}, "next_role_passwords": {"app_funding": "next"}}, "app", LOGIN),
        (
            {"service_database_urls": {"funding": "postgresql://app_funding:y@own.invalid/own"}},
            "app",
            "postgresql+asyncpg://app_funding:y@own.invalid/own",
        ),
        (
            {
                "service_database_urls": {"funding": "postgresql://app_funding:y@own.invalid/own"},
                "role_passwords": {"app_funding": "own"},
            },
            "app",
            "postgresql+asyncpg://app_funding:own@own.invalid/own",
        ),
        (
            {
                "service_database_urls": {"intake": "postgresql://app_intake:y@own.invalid/own"},
                "role_passwords": {"app_funding": "own"},
            },
            "app",
            LOGIN,
        ),
    ],
)
def test_the_login_of_a_service(given: dict[str, Any], kind: str, shown: str) -> None:
    settings = Settings(database_url=CITY, **given)
    assert settings.service_url("funding", kind).render_as_string(hide_password=False) == shown


WITHOUT_LOGIN: list[tuple[dict[str, Any], str]] = [
    ({}, "app"),
    ({}, "relay"),
    ({"role_passwords": {"app_intake": "x", "relay_funding": "x"}}, "app"),
    ({"role_passwords": {"app_funding": "x"}}, "relay"),
    ({"role_passwords": {"app_funding": ""}}, "app"),
    ({"service_database_urls": {"funding": "postgresql://app_funding:y@own.invalid/own"}}, "relay"),
    ({"service_database_urls": {"funding": "postgresql://admin:s3cret@own.invalid/own"}}, "app"),
    ({"service_database_urls": {"funding": "postgresql://app_intake:y@own.invalid/own"}}, "app"),
]


@pytest.mark.parametrize(("given", "kind"), WITHOUT_LOGIN)
def test_no_service_logs_in_with_the_login_of_another_role(given: dict[str, Any], kind: str) -> None:
    settings = Settings(database_url=CITY, **given)
    with pytest.raises(NoLogin, match=f"TENGHUAN_FUNDING_{kind.upper()}_PASSWORD") as refused:
        settings.service_url("funding", kind)
    assert "s3cret" not in str(refused.value)


def test_each_role_has_a_setting_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tenghuan_intake_relay_password").write_text("from-a-file\n")
    monkeypatch.setitem(Settings.model_config, "secrets_dir", str(tmp_path))
    monkeypatch.setenv("TENGHUAN_INTAKE_APP_PASSWORD", "own")
    monkeypatch.setenv("TENGHUAN_INTAKE_APP_NEXT_PASSWORD", "next")
    monkeypatch.setenv("TENGHUAN_KAFKA_PASSWORD", "kafka")
    settings = Settings()
    given = {role: password.get_secret_value() for role, password in settings.role_passwords.items()}
    assert given == {"app_intake": "own", "relay_intake": "from-a-file"}
    assert (settings.next_password("app_intake"), settings.next_password("relay_intake")) == ("next", "")


ALL_ROLES = {f"{kind}_{service}": f"{kind} of {service}" for service in SERVICES for kind in ROLE_KINDS}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_given_the_secrets_of_its_own_roles_alone(service: str) -> None:
    elsewhere = {each: f"postgresql://app_{each}:{each}-url@db.invalid/th" for each in SERVICES[1:]}
    given = Settings(
        database_url=CITY, role_passwords=ALL_ROLES, next_role_passwords=ALL_ROLES, service_database_urls=elsewhere
    )
    own = given.of_service(service)
    for kind in ROLE_KINDS:
        assert own.service_url(service, kind) == given.service_url(service, kind)
    told = str(own.model_dump()) + str({role: value.get_secret_value() for role, value in own.role_passwords.items()})
    others = [password for role, password in ALL_ROLES.items() if not role.endswith(service)]
    others += [f"{each}-url" for each in SERVICES if each != service]
    assert not [secret for secret in ("s3cret", "admin@", *others) if secret in told]
    with pytest.raises(ValueError, match="TENGHUAN_DATABASE_URL"):
        own.admin_url()


def test_an_administrator_is_demanded_where_one_is_needed() -> None:
    assert Settings(database_url=CITY).admin_url().render_as_string(hide_password=False) == (
        "postgresql+asyncpg://admin:s3cret@db.invalid:5433/th"
    )
    with pytest.raises(ValueError, match="TENGHUAN_DATABASE_URL"):
        Settings().admin_url()


def test_settings_are_shown_without_secrets() -> None:
    own = {"intake": "postgresql://h/d?password=s3cret"}
    shown = Settings(
        database_url=CITY, role_passwords={"app_intake": "s3cret"}, next_role_passwords={"app_intake": "s3cret"},
        kafka_password="s3cret", jwt_keys="s3cret",
        service_database_urls=own, files_url="s3://bucket/prefix", kafka_username="reader",
    ).redacted()  # fmt: skip
    assert "s3cret" not in str(shown)
    assert (shown["database_url"], shown["service_database_urls"]) == ("***", "***")
    assert (shown["files_url"], shown["kafka_username"]) == ("s3://bucket/prefix", "reader")


def test_files_are_kept_beside_the_data_unless_a_store_is_named(tmp_path: Path) -> None:
    for area, below in (("", ""), ("funding", "/funding")):
        assert Settings(data_dir=tmp_path).file_store_url(area) == (tmp_path / "files").as_uri() + below
        for url in ("s3://b/p", "s3://b/p/"):
            assert Settings(data_dir=tmp_path, files_url=url).file_store_url(area) == "s3://b/p" + below
    assert Settings().data_dir == ROOT / "var"


def test_each_service_has_the_area_of_its_name_and_intake_the_whole_store(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    areas = {"": "intake"} | {name: name for name in SERVICES if name != "intake"}
    stores = {service.name: service.file_store(settings) for service in load_all()}
    assert stores == {name: file_store(settings.file_store_url(area)) for area, name in areas.items()}


def test_the_environment_comes_before_a_secret_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tenghuan_intake_database_url").write_text("postgresql://file.invalid/th")
    (tmp_path / "unrelated_database_url").write_text("x")
    monkeypatch.setitem(Settings.model_config, "secrets_dir", str(tmp_path))
    monkeypatch.setenv("TENGHUAN_INTAKE_DATABASE_URL", "postgresql://environment.invalid/th")
    assert Settings().service_database_urls == {"intake": "postgresql://environment.invalid/th"}
