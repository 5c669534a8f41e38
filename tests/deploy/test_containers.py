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
from shared.settings import ROOT, Settings

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


def test_nothing_is_published_beyond_loopback_and_no_service_knows_the_administrator(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
        assert name in SERVICES or "ports" not in service
    for name in SERVICES:
        assert "TENGHUAN_DATABASE_URL" not in services[name]["environment"]


def test_every_setting_the_compose_file_names_exists(services: dict[str, Any]) -> None:
    named = {name for service in services.values() for name in service.get("environment", ())}
    ours = {name.removeprefix("TENGHUAN_").lower() for name in named if name.startswith("TENGHUAN_")}
    assert ours <= {*Settings.model_fields, *(f"{name}_database_url" for name in SERVICES)}


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
