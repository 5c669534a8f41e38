"""Tables of the resource ledger, the reserve library, their histories and the quarterly submissions (四（一）2)."""

from alembic import op

from shared.storage.ddl import append_only, protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEPT = """
    district text NOT NULL,
    external_id text NOT NULL,
    quarter text NOT NULL,
    content jsonb NOT NULL,
    content_sha256 bytea NOT NULL,
    version integer NOT NULL,
    change_reason text,
    recorded_at timestamptz NOT NULL,
"""


def table(name: str, columns: str) -> None:
    """Create a row table with its history."""
    key = f"{name.removeprefix('library_')}_id"
    op.execute(
        f"CREATE TABLE {name} (id uuid CONSTRAINT pk_{name} PRIMARY KEY, {KEPT} changed_at timestamptz NOT NULL, "
        f"changed_by text NOT NULL, {columns}, "
        "simulated boolean NOT NULL GENERATED ALWAYS AS (jsonb_array_length(content -> 'simulated') > 0) STORED, "
        f"CONSTRAINT uq_{name}_district_external_id UNIQUE (district, external_id))"
    )
    op.execute(
        f"CREATE TABLE {name}_version ({key} uuid NOT NULL CONSTRAINT fk_{name}_version_{key}_{name} REFERENCES {name},"
        f"{KEPT} recorded_by text NOT NULL, recorder_name text NOT NULL, role text NOT NULL, "
        f"CONSTRAINT pk_{name}_version PRIMARY KEY ({key}, version))"
    )
    op.create_index(f"ix_{name}_changed_at", name, ["changed_at"])
    op.create_index(f"ix_{name}_district_id", name, ["district", "id"])
    op.create_index(f"ix_{name}_version_district", f"{name}_version", ["district"])
    protect(op, name, "intake")
    protect(op, f"{name}_version", "intake")
    append_only(op, f"{name}_version", "intake")


def sent(column: str, field: str = "", null: str = "NOT NULL ") -> str:
    return f"{column} text {null}GENERATED ALWAYS AS (content ->> '{field or column}') STORED"


LIBRARY_STATUS = "CASE WHEN content ->> 'left_on' IS NULL THEN 'in_library' ELSE 'left' END"

LINKS = """
CREATE TABLE library_resource (
    entry_id uuid NOT NULL CONSTRAINT fk_library_resource_entry_id_library_entry REFERENCES library_entry,
    resource_external_id text NOT NULL,
    district text NOT NULL,
    CONSTRAINT pk_library_resource PRIMARY KEY (entry_id, resource_external_id)
)
"""

SUBMISSIONS = """
CREATE TABLE quarter_submission (
    id uuid CONSTRAINT pk_quarter_submission PRIMARY KEY,
    district text NOT NULL,
    quarter text NOT NULL,
    submission_no integer NOT NULL,
    status text NOT NULL CONSTRAINT ck_quarter_submission_status CHECK (status IN ('open', 'prepared', 'certified')),
    due_on date NOT NULL,
    opened_at timestamptz NOT NULL,
    opened_by text NOT NULL,
    reopen_reason text,
    prepared_at timestamptz,
    prepared_by text,
    prepared_sha256 text,
    certified_at timestamptz,
    certified_by text,
    late boolean,
    resource_count integer,
    library_count integer,
    snapshot_sha256 text,
    version integer NOT NULL,
    CONSTRAINT uq_quarter_submission_district_quarter_submission_no UNIQUE (district, quarter, submission_no),
    CONSTRAINT ck_quarter_submission_certified CHECK ((status = 'certified') = (certified_at IS NOT NULL))
)
"""

SNAPSHOTS = """
CREATE TABLE quarter_snapshot (
    submission_id uuid CONSTRAINT pk_quarter_snapshot PRIMARY KEY
        CONSTRAINT fk_quarter_snapshot_submission_id_quarter_submission REFERENCES quarter_submission,
    district text NOT NULL,
    content jsonb NOT NULL
)
"""


def upgrade() -> None:
    resource = [sent("name"), sent("kind"), sent("status"), sent("planned_type", null="")]
    table("resource", ", ".join(["gross_floor_area_m2 numeric(11, 2) NOT NULL", *resource]))
    entry = ["fixed_investment_yuan numeric(18, 2) NOT NULL", "renovated_area_m2 numeric(18, 2) NOT NULL"]
    entry += [sent("name", "project_name"), sent("project_type"), sent("project_code", null=""), sent("entity_uscc")]
    entry += [sent("support_mode", null=""), sent("maturity")]
    entry += [f"status text NOT NULL GENERATED ALWAYS AS ({LIBRARY_STATUS}) STORED"]
    table("library_entry", ", ".join(entry))
    op.create_index("ix_library_entry_project_code", "library_entry", ["project_code"])
    op.create_index("ix_library_entry_entity_uscc", "library_entry", ["entity_uscc"])
    op.execute(LINKS)
    link = ["district", "resource_external_id"]
    op.create_index("ix_library_resource_district_resource_external_id", "library_resource", link)
    op.execute("GRANT DELETE ON library_resource TO app_intake")
    op.execute(SUBMISSIONS)
    op.execute(
        "CREATE UNIQUE INDEX uq_quarter_submission_under_way ON quarter_submission (district, quarter) "
        "WHERE status <> 'certified'"
    )
    op.execute(SNAPSHOTS)
    for name in ("library_resource", "quarter_submission", "quarter_snapshot"):
        protect(op, name, "intake")
    append_only(op, "quarter_snapshot", "intake")
