"""The cost of sealing: plain acts over HTTP with and without the sealer, in turns within one run."""

import asyncio
import statistics
import tempfile
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import SecretStr

from bench.act import OFFICER, send_plain_act, served, wait_until_ready
from bench.writes import run_concurrently
from deploy.demo.personas import PEOPLE, Signer
from deploy.local.postgres import Embedded, start
from deploy.local.settings import passwords_from
from services import load
from shared.clock import Clock
from shared.sealing.note import SigningKey
from shared.settings import Settings
from shared.storage.migrate import upgrade

TURNS = 8
"""Turns, every other one with the sealer, each on the records of those before."""
SEAL_SECONDS = 1.0
"""More often than the default, so that a turn of some seconds holds several passes."""


_BEHIND = """
SELECT (SELECT count(*) FROM intake.act) + (SELECT count(*) FROM intake.event_log WHERE position IS NOT NULL)
       > (SELECT count(*) FROM intake.seal_leaf)
    OR NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'sealer-intake' AND state = 'idle'
                   AND state_change < clock_timestamp() - interval '0.5 seconds')
"""
"""Something is unsealed, or the verification of all records with which a process begins still runs."""


async def _turn(settings: Settings, token: str, connection: asyncpg.Connection) -> dict[str, float]:
    """Measure one turn; with the sealer, once it has sealed what the turn before left to it."""
    with served("app", settings) as (port, _):
        await wait_until_ready(port, token)
        while settings.seal_keys.get_secret_value() and await connection.fetchval(_BEHIND):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        return await run_concurrently(port, token, send_plain_act)


async def _measure(server: Embedded) -> dict[str, Any]:
    signer = Signer()
    plain = Settings(
        database_url=server.dsn(), role_passwords=passwords_from("bench"), jwt_keys=SecretStr(signer.jwks())
    )
    key = SecretStr(SigningKey.new("bench/intake").text())
    sealing = plain.model_copy(update={"seal_keys": key, "seal_seconds": SEAL_SECONDS})
    await upgrade(plain, [load("intake")])
    token = signer.token(PEOPLE[OFFICER], plain, Clock().now())
    connection = await asyncpg.connect(server.dsn())
    turns = [await _turn(sealing if number % 2 else plain, token, connection) for number in range(TURNS)]
    leaves = await connection.fetchval("SELECT count(*) FROM intake.seal_leaf")
    await connection.close()
    result: dict[str, Any] = {"turns": TURNS, "leaves": leaves}
    for name in ("per_second", "p99_ms"):
        without, with_it = (statistics.median(turn[name] for turn in turns[first::2]) for first in (0, 1))
        result[name] = {"without": without, "with": with_it, "change": round(with_it / without - 1, 3)}
    return result


def measure() -> dict[str, Any]:
    """Return acts per second and their latency with and without the sealer, medians of the turns."""
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder) / "postgres")
        try:
            return asyncio.run(_measure(server))
        finally:
            server.stop(keep=False)
