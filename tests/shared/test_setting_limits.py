"""Limits of the settings: values at each bound that are taken, and values beyond it that are refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.settings import Settings

LIMITS: dict[str, tuple[list[Any], list[Any]]] = {
    "connection_limit": ([10], [9]),
    "payee_waiting_working_days": ([1, 30], [0, 31]),
    "payment_answer_working_days": ([1, 60], [0, 61]),
    "head_seconds": ([0.1], [0]),
    "body_seconds": ([0.1], [0]),
    "body_rate_bytes": ([1], [0]),
    "write_seconds": ([0.1], [0]),
    "keep_alive_seconds": ([0], [-1]),
    "body_limit_bytes": ([1024], [1023, 0]),
    "metrics_port": ([0, 65535], [-1, 65536]),
    "metrics_seconds": ([0.1], [0, -1]),
    "release_request_days": ([1, 366], [0, 367]),
    "seal_seconds": ([0.1], [0, -1]),
    "seal_full_seconds": ([1], [0, -1]),
    "seal_announce_seconds": ([0, 60], [-1]),
    "ledger_verify_seconds": ([0.1], [0, -1]),
    "retention_seconds": ([0.1], [0, -1]),
    "idempotency_keep_days": ([1], [0]),
    "keep_people_days": ([365], [364]),
    "keep_keys_days": ([365], [364]),
    "keep_revocations_days": ([183], [182]),
    "keep_letters_days": ([30], [29]),
    "keep_drafts_days": ([180], [179]),
    "traces_ratio": ([0, 1], [-0.01, 1.01]),
    "instance": (["", "a.B_9-" * 10], ["a b", "\u4e00", "x" * 61]),
    "kafka_partitions": ([1, 1000], [0, 1001]),
    "kafka_replication": ([1, 7], [0, 8]),
    "kafka_batch": ([1, 5000], [0, 5001]),
    "kafka_session_seconds": ([1, 300], [0.9, 300.1]),
    "declaration_files": ([1], [0]),
    "unreferenced_keep_hours": ([1], [0]),
    "declaration_files_bytes": ([1], [0]),
    "applicant_files_bytes": ([1], [0]),
    "pool_reviewers_min": ([1, 50], [0, 51]),
    "jwt_keys_refresh_seconds": ([30, 3600], [29.9, 3600.1]),
    "update_max_age_days": ([1, 90], [0, 91]),
    "inbox_keep_days": ([1, 3660], [0, 3661]),
    "revocation_refresh_seconds": ([0, 60], [-0.1, 60.1]),
    "api_key_days": ([1, 3660], [0, 3661]),
    "api_key_days_max": ([1, 3660], [0, 3661]),
    "interest_offset_limit_yuan": ([0, 1], [-1]),
    "jwt_lifetime_hours": ([0.1, 100_000], [0, 100_001]),
    "log_level": (["debug", "error"], ["trace"]),
    "log_format": (["auto", "json", "console"], ["text"]),
    "tls_check_seconds": ([0.1], [0, -1]),
    "bus": (["none", "kafka"], ["inprocess"]),
    "kafka_security": (["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], ["TLS"]),
}


@pytest.mark.parametrize("name", LIMITS)
def test_the_limits_of_a_setting(name: str) -> None:
    taken, refused = LIMITS[name]
    for value in taken:
        assert getattr(Settings(**{name: value}), name) == value
    for value in refused:
        with pytest.raises(ValidationError, match=name):
            Settings(**{name: value})


def test_every_limited_setting_is_tested() -> None:
    limited = {
        name
        for name, field in Settings.model_fields.items()
        if field.metadata or str(field.annotation).startswith("typing.Literal")
    }
    assert limited == set(LIMITS)
