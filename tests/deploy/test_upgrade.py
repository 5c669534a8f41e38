"""A data folder of the version before the modules moved (commit 4691bbb) is upgraded without loss.

`data/told_at_4691bbb.sql.xz` is a pg_dump of the database in which that version told its story to the end, less the
mass of pushed rows of 16 districts.
"""

import asyncio
import lzma
import subprocess
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.demo.personas import TOKEN_HOURS, Signer, kept_signer
from deploy.demo.story.client import StoryClient
from deploy.local.listeners import address, bind_all
from deploy.local.postgres import start
from deploy.local.postgres_site import wheel_programs
from deploy.local.servers import apps_of, served, suite
from deploy.local.settings import database_settings, migrated
from services import SERVICES
from services.funding.ledger.reconciliation import reconcile_snapshot
from shared.clock import Clock
from shared.events.bus.inprocess import InProcessBus
from shared.settings import Settings
from shared.storage.migrate import admin_engine
from shared.storage.roles import create_roles
from shared.storage.session import Database

DUMP = Path(__file__).parent / "data" / "told_at_4691bbb.sql.xz"
_COLUMNS = """
SELECT format('%I.%I', table_schema, table_name), string_agg(quote_ident(column_name), ', ' ORDER BY column_name)
FROM information_schema.columns
WHERE table_schema IN ('intake', 'eligibility', 'funding', 'funding_ledger', 'monitoring')
AND table_name <> 'alembic_version' AND (table_name, column_name) <> ('api_key', 'writes')
AND table_schema || '.' || table_name IN (SELECT schemaname || '.' || tablename FROM pg_tables)
GROUP BY 1
"""
"""Columns by table, less what became the scopes of a key."""
Digests = dict[str, tuple[int, str]]
EARLIER_DUTIES = {
    ("finance-3", "book_recovery"), ("finance-3", "submit_statement"), ("city-officer-6", "draft_plan"),
    ("city-supervisor-3", "issue_plan"), ("city-supervisor-1", "draft_budget"), ("110102-officer-1", "first_review"),
}  # fmt: skip
"""Some of the duties that acts of that version took, and some that these acts take only now."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create a data folder with that version's database and keys, as it laid them out."""
    data = tmp_path / "var"
    server = start(data / "postgres", {"fsync": "off"})
    try:
        asyncio.run(_create_all_roles(Settings(database_url=server.dsn())))
        command = [str(wheel_programs() / "psql"), "--quiet", "--set=ON_ERROR_STOP=1", server.dsn()]
        subprocess.run(command, input=lzma.decompress(DUMP.read_bytes()), stdout=subprocess.DEVNULL, check=True)
    finally:
        server.stop()
    (data / "role-password").write_text("as-it-was")
    (data / "signing-key.json").write_text(Signer().private_jwk())
    monkeypatch.setenv("TENGHUAN_DATA_DIR", str(data))
    return data


async def _create_all_roles(settings: Settings) -> None:
    engine = admin_engine(settings)
    async with engine.begin() as connection:
        for service in SERVICES:
            await create_roles(connection, service, settings)
    await engine.dispose()


async def columns_of(connection: AsyncConnection) -> dict[str, str]:
    return {row[0]: row[1] for row in await connection.execute(text(_COLUMNS))}


async def digests(settings: Settings, columns: dict[str, str] | None = None) -> tuple[dict[str, str], Digests]:
    """Return each table's columns, and its rows in these columns as count and hash."""
    engine = admin_engine(settings)
    found: Digests = {}
    async with engine.connect() as connection:
        columns = columns or await columns_of(connection)
        for table, names in columns.items():
            query = f"SELECT md5(ROW({names})::text) AS row FROM {table}"
            counted = f"SELECT count(*), coalesce(md5(string_agg(row, '' ORDER BY row)), '') FROM ({query})"
            many, digest = (await connection.execute(text(counted))).one()
            found[table] = (many, digest)
    await engine.dispose()
    return columns, found


def test_every_row_is_there_after_the_upgrade_and_is_served(folder: Path) -> None:
    keys = {name: (folder / name).read_text() for name in ("role-password", "signing-key.json")}
    with database_settings() as settings:
        columns, before = asyncio.run(digests(settings))
        assert sum(many for many, _ in before.values()) > 3000
        asyncio.run(migrated(settings, "inprocess"))
        after = asyncio.run(digests(settings, columns))[1]
        assert _without_additions(after) == _without_additions(before)
        assert asyncio.run(_duties(settings)) >= EARLIER_DUTIES
        asyncio.run(_read(settings))
    assert {name: (folder / name).read_text() for name in keys} == keys


def _without_additions(found: Digests) -> Digests:
    """Leave out what the upgrade adds: duties, the operation that explains them, programmes known from the start."""
    added = (".duty", ".operation", ".municipal_fund_programme")
    return {table: digest for table, digest in found.items() if not table.endswith(added)}


async def _duties(settings: Settings) -> set[tuple[str, str]]:
    """Return each duty that someone holds in funding or monitoring, with its holder."""
    engine = admin_engine(settings)
    async with engine.connect() as connection:
        held = "SELECT actor, duty FROM funding.duty UNION SELECT actor, duty FROM monitoring.duty"
        rows = {(row[0], row[1]) for row in await connection.execute(text(held))}
        explained = "SELECT count(*) FROM funding.operation o JOIN funding.duty d ON d.xmin = o.xmin"
        assert (await connection.execute(text(explained))).scalar()
    await engine.dispose()
    return rows


def test_the_earlier_ledger_rests_on_its_documents_and_agrees_with_them(folder: Path) -> None:
    with database_settings() as settings:
        asyncio.run(migrated(settings, "inprocess"))
        asyncio.run(_reconciled(settings))


_CLAIMED = """
SELECT c.status, c.amount_yuan::text, s.status, l.number, l.facts -> 'payments' -> 0 ->> 'paid_yuan', v.number,
       n.drawdowns -> 0 ->> 'amount_yuan', n.contract_key, (r.claim_id = c.id AND r.statement_id = c.id)
FROM funding.interest_statement s
JOIN funding.interest_claim c ON c.id = s.id
JOIN funding.interest_line l ON l.claim_id = c.id
JOIN funding.loan n ON n.id = l.loan_id
JOIN funding.loan_version v ON v.loan_id = n.id
LEFT JOIN funding.release_request r ON r.claim_id = c.id
"""


def test_an_earlier_statement_is_a_decided_claim_with_its_lines_and_its_payment(folder: Path) -> None:
    with database_settings() as settings:
        asyncio.run(migrated(settings, "inprocess"))
        asyncio.run(_claimed(settings))


async def _claimed(settings: Settings) -> None:
    engine = admin_engine(settings)
    async with engine.connect() as connection:
        rows = (await connection.execute(text(_CLAIMED))).all()
    await engine.dispose()
    paid, drawn, key = "1993333.33", "200000000.00", "示例银行|示贷2024-002"
    assert [tuple(row) for row in rows] == [("decided", "1729444.44", "computed", 1, paid, 1, drawn, key, True)]


async def _reconciled(settings: Settings) -> None:
    engine = admin_engine(settings)
    async with engine.connect() as connection:
        funded = "SELECT document_no, announced FROM funding_ledger.transfer t JOIN funding.appropriation a"
        rows = (await connection.execute(text(f"{funded} ON a.id = t.document_id"))).all()
    await engine.dispose()
    assert [tuple(row) for row in rows] == [("示例预算〔2024〕1号", False)]
    funding = Database("funding", settings.service_url("funding"), Clock(), settings)
    assert await reconcile_snapshot(funding.engine, 60) == []
    await funding.close()


async def _read(settings: Settings) -> None:
    """Start the services on the upgraded data and read the story's end with tokens of the kept key."""
    signer = kept_signer()
    settings = settings.model_copy(
        update={
            "jwt_keys": SecretStr(signer.jwks()),
            "jwt_lifetime_hours": float(TOKEN_HOURS),
            "story_clock": True,
            "port": 0,
        }
    )
    listeners = bind_all("127.0.0.1", 0)
    addresses = {name: address(listener) for name, listener in listeners.items()}
    subsidised = dict[str, int]()
    async with (
        suite(settings, Clock(), InProcessBus()) as instances,
        served(apps_of(instances), listeners),
        StoryClient(addresses, signer, settings) as client,
    ):
        await client.move_to(date(2026, 3, 1))
        listed = await client.get("intake", "/v1/declarations", "auditor-1")
        stages = {item["project_name"]: item["stage_label"] for item in listed["items"]}
        for case in (await client.get("funding", "/v1/applications", "auditor-1"))["items"]:
            path = f"/v1/applications/{case['id']}"
            claims = (await client.get("funding", path, "auditor-1"))["interest_claims"]
            for claim in claims:
                await client.get("funding", f"/v1/interest-claims/{claim['id']}", "auditor-1")
            subsidised.update({case["project_name"]: len(claims)} if claims else {})
        ledger = await client.get("funding", "/v1/ledger/verify", "auditor-1")
    assert subsidised == {"新华1949文化金融与创新产业园二期": 1}
    assert len(stages) == 9  # the one refused at the door is its owner's draft
    assert stages["示例挪用资金厂房"] == "资金已追回"
    assert ledger == {"sound": True, "drifts": []}
