"""Floor of the write benchmarks: pgbench with four prepared statements, 1.4 kB and an outbox row."""

import asyncpg

from deploy.local.postgres import Embedded

TABLES = """
CREATE TABLE declaration (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL);
CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL);
"""
SCRIPT = """
BEGIN;
INSERT INTO declaration (body) VALUES (repeat('x', 1400));
INSERT INTO outbox (body) VALUES (repeat('x', 300));
COMMIT;
"""


async def prepare_floor(server: Embedded) -> None:
    """Create the tables that pgbench writes, in the server's own database."""
    admin = await asyncpg.connect(server.dsn())
    await admin.execute(TABLES)
    await admin.close()


def transactions_per_second(server: Embedded, seconds: float) -> float:
    """Return pgbench's transactions per second with 8 clients. Raises RuntimeError when it fails."""
    script = server.site.beside("floor.sql")
    script.write_text(SCRIPT)
    script.chmod(0o644)
    run = server.site.run(
        "pgbench", "--no-vacuum", "--protocol=prepared", "--client=8", "--jobs=2", f"--time={seconds:.0f}",
        f"--file={script}", server.dsn(),
    )  # fmt: skip
    script.unlink()
    line = next((line for line in run.stdout.splitlines() if line.startswith("tps = ")), None)
    if line is None:
        raise RuntimeError(f"pgbench: {run.stderr}")
    return float(line.split()[2])
