"""Frozen DDL of identity: scopes of API keys, revoked tokens, the directory of people, stream tickets."""

from collections.abc import Sequence
from typing import Any

from shared.storage.ddl import append_only

_IDENTITY = """
ALTER TABLE api_key ADD COLUMN scopes TEXT[], ADD COLUMN expires_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN last_used_on DATE;

UPDATE api_key SET scopes = {reads} || CASE WHEN writes THEN {writes} ELSE ARRAY[]::text[] END,
    districts = CASE WHEN districts = ARRAY[]::text[] THEN ARRAY['110000'] ELSE districts END,
    expires_at = greatest(now(), created_at) + interval '365 days';

ALTER TABLE api_key ALTER COLUMN scopes SET NOT NULL, ALTER COLUMN expires_at SET NOT NULL, DROP COLUMN writes,
    ADD CONSTRAINT ck_api_key_granted CHECK (cardinality(districts) > 0 AND cardinality(scopes) > 0);

CREATE TABLE revoked_token (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    token_id TEXT,
    subject TEXT,
    revoked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    operator TEXT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_revoked_token PRIMARY KEY (id),
    CONSTRAINT ck_revoked_token_one_thing CHECK ((token_id IS NULL) <> (subject IS NULL))
);

CREATE INDEX ix_revoked_token_until ON revoked_token (until);

CREATE TABLE person (
    subject TEXT NOT NULL,
    name TEXT NOT NULL,
    roles TEXT[] NOT NULL,
    districts TEXT[] NOT NULL,
    uscc TEXT,
    recorded_by TEXT,
    seen_on DATE,
    closed_at TIMESTAMP WITH TIME ZONE,
    closed_by TEXT,
    closed_reason TEXT,
    CONSTRAINT pk_person PRIMARY KEY (subject),
    CONSTRAINT ck_person_closed CHECK ((closed_at IS NULL) = (closed_by IS NULL)),
    CONSTRAINT ck_person_closed_reason CHECK ((closed_at IS NULL) = (closed_reason IS NULL))
);

CREATE TABLE stream_ticket (
    ticket_hash BYTEA NOT NULL,
    actor JSONB NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_stream_ticket PRIMARY KEY (ticket_hash)
);

REVOKE ALL ON revoked_token, person, stream_ticket FROM {app};

GRANT SELECT, INSERT ON revoked_token TO {app};

GRANT SELECT, INSERT ON person TO {app};

GRANT UPDATE (name, roles, districts, uscc, recorded_by, seen_on, closed_at, closed_by, closed_reason)
    ON person TO {app};

GRANT SELECT, INSERT, DELETE ON stream_ticket TO {app};

GRANT UPDATE (last_used_on) ON api_key TO {app}
"""


def create_identity(op: Any, service: str, reads: Sequence[str], writes: Sequence[str]) -> None:
    """Give API keys scopes, districts and an end; create revocations, the directory of people, and stream tickets.

    An existing key keeps what it could do: all `reads`, a writing one also the `writes`, for a year.
    """
    filled = _IDENTITY.format(app=f"app_{service}", reads=_array(reads), writes=_array(writes))
    for statement in filled.split(";"):
        op.execute(statement)
    append_only(op, "revoked_token", service)


def _array(scopes: Sequence[str]) -> str:
    return f"ARRAY[{', '.join(map(repr, scopes))}]::text[]"
