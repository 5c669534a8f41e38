"""Checks of deploy/containers/compose.yaml and the Dockerfile that need no container engine."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.kafka.configuration import CONTAINER_IMAGE
from deploy.local.kafka.jars import POM
from services import SERVICES
from shared.settings import ROLE_KINDS, ROOT, Settings

COMPOSE = ROOT / "deploy" / "containers" / "compose.yaml"
DOCKERFILE = ROOT / "deploy" / "containers" / "Dockerfile"


def faults(compose: Path) -> str:
    """Return the errors that the published schema of compose files finds."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(compose)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def test_the_compose_file_is_valid_and_a_typo_in_it_would_be_found(tmp_path: Path) -> None:
    assert faults(COMPOSE) == ""
    spoilt = tmp_path / "compose.yaml"
    spoilt.write_text(COMPOSE.read_text().replace("healthcheck:", "healtcheck:", 1))
    assert "healtcheck" in faults(spoilt)


def test_one_image_serves_the_four_services_after_migrations_and_topics(services: dict[str, Any]) -> None:
    for name in SERVICES:
        assert services[name]["image"] == services["migrations"]["image"] == services["topics"]["image"]
        assert services[name]["command"] == ["deploy.serve", name]
        assert services[name]["depends_on"] == {"topics": {"condition": "service_completed_successfully"}}
        assert services[name]["healthcheck"]["test"][-1] == str(8701 + SERVICES.index(name))
    assert "migrations" in services["topics"]["depends_on"]


def test_nothing_is_published_beyond_loopback(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
        assert name in SERVICES or "ports" not in service


def secrets_of(service: dict[str, Any]) -> set[str]:
    """Return the variables of the secrets file that a container's environment holds."""
    found = re.findall(r"\$\{(\w+)", str(service["environment"]))
    return {name for name in found if name.endswith(("PASSWORD", "SEAL_KEY"))}


APP = {f"{name.upper()}_APP_PASSWORD" for name in SERVICES}
PASSWORDS = {f"{name.upper()}_{kind.upper()}_PASSWORD" for name in SERVICES for kind in ROLE_KINDS}


def test_each_container_holds_the_secrets_of_its_own_roles_alone(services: dict[str, Any]) -> None:
    """Secrets of administrators are for the migrations and the database, and for the broker and its scripts."""
    logins = {f"{name.upper()}_KAFKA_PASSWORD" for name in SERVICES}
    assert secrets_of(services["migrations"]) == {"POSTGRES_PASSWORD", *PASSWORDS}
    assert secrets_of(services["postgres"]) == {"POSTGRES_PASSWORD"}
    assert secrets_of(services["kafka"]) == {"KAFKA_ADMIN_PASSWORD"}
    assert secrets_of(services["access"]) == {"KAFKA_ADMIN_PASSWORD", *logins}
    assert secrets_of(services["topics"]) == {"KAFKA_ADMIN_PASSWORD", *APP}
    for name in SERVICES:
        own = {f"{name.upper()}_{kind.upper()}_PASSWORD" for kind in (*ROLE_KINDS, "kafka")}
        assert secrets_of(services[name]) == own | {f"{name.upper()}_SEAL_KEY"}
        public = services[name]["environment"]["TENGHUAN_SEAL_PUBLIC_KEYS"].splitlines()
        names = [f"${{{each.upper()}_SEAL_PUBLIC_KEY" for each in SERVICES]
        assert [line.partition(":")[0] for line in public] == names
        assert "TENGHUAN_DATABASE_URL" not in services[name]["environment"]


def test_the_example_names_every_secret_that_the_compose_file_takes() -> None:
    named = set(re.findall(r"^(\w+)=$", (COMPOSE.parent / "compose.env.example").read_text(), re.M))
    assert named == set(re.findall(r"\$\{(\w+)", COMPOSE.read_text()))


def test_the_settings_of_a_container_give_a_service_its_logins(
    services: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SERVICES:
        with monkeypatch.context() as patch:
            for variable, value in services[name]["environment"].items():
                patch.setenv(variable, str(value).replace("${", "").partition(":?")[0])
            settings = Settings()
        for kind in ROLE_KINDS:
            url = settings.service_url(name, kind)
            assert (url.username, url.password) == (f"{kind}_{name}", f"{name}_{kind}_PASSWORD".upper())
            assert (url.host, url.database) == ("postgres", "tenghuan")


def test_each_container_logs_in_to_the_broker_under_its_own_name(services: dict[str, Any]) -> None:
    for name in (*SERVICES, "topics"):
        given, login = services[name]["environment"], "admin" if name == "topics" else name
        assert (given["TENGHUAN_KAFKA_SECURITY"], given["TENGHUAN_KAFKA_USERNAME"]) == ("SASL_PLAINTEXT", login)
        secret = "KAFKA_ADMIN_PASSWORD" if name == "topics" else f"{name.upper()}_KAFKA_PASSWORD"
        assert given["TENGHUAN_KAFKA_PASSWORD"].startswith(f"${{{secret}:")
    assert services["topics"]["depends_on"]["access"] == {"condition": "service_completed_successfully"}


def test_the_broker_has_no_listener_without_a_login_beyond_its_own_container() -> None:
    text = (COMPOSE.parent / "kafka" / "server.properties").read_text()
    settings = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    addresses = dict(each.split("://") for each in settings["listeners"].split(","))
    protocols = dict(each.split(":") for each in settings["listener.security.protocol.map"].split(","))
    open_to_all = {name for name, address in addresses.items() if not address.startswith("127.0.0.1:")}
    assert {protocols[name] for name in open_to_all} == {"SASL_PLAINTEXT"}
    assert settings["allow.everyone.if.no.acl.found"] == "false"


def test_every_setting_the_compose_file_names_exists(services: dict[str, Any]) -> None:
    named = {name for service in services.values() for name in service.get("environment", ())}
    ours = {name.removeprefix("TENGHUAN_").lower() for name in named if name.startswith("TENGHUAN_")}
    by_service = {f"{name}_database_url" for name in SERVICES} | {name.lower() for name in PASSWORDS}
    assert ours <= {*Settings.model_fields, *by_service}


def test_the_containers_run_the_releases_that_the_tests_run(services: dict[str, Any]) -> None:
    brought = set(re.findall(r"<groupId>org.apache.kafka</groupId>\s*<artifactId>kafka[\w.-]*</artifactId>\s*"
                             r"<version>([\d.]+)</version>", POM.read_text()))  # fmt: skip
    assert {f"apache/kafka:{version}" for version in brought} == {CONTAINER_IMAGE, services["kafka"]["image"]}
    assert services["postgres"]["image"] == "postgres:18"


def test_the_image_is_installed_with_hashes_runs_without_rights_and_copies_what_there_is() -> None:
    said = DOCKERFILE.read_text()
    assert "--require-hashes -r" in said
    assert re.findall(r"^USER (.+)$", said, re.M) == ["10001:10001"]
    sources = re.findall(r"^COPY (?!--from)(\S+) ", said, re.M)
    assert sources == ["requirements.lock", "shared", "services", "deploy"]
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert let_through == set(sources)
    assert all((ROOT / source).exists() for source in sources)
