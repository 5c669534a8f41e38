"""`tenghuan ledger`: whether the ledger agrees with what was decided, recorded and announced."""

from typing import TYPE_CHECKING

import typer

from deploy.cli.options import Format, Operator, Output

if TYPE_CHECKING:
    from deploy.cli.operation import Operation, Result

app = typer.Typer(help="The ledger of funding.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Make a group of commands even while it has a single one."""


@app.command("verify")
def verify_ledger(form: Output = Format.table, operator: Operator = "") -> None:
    """Print every contradiction between ledger, documents, cases, acts and events; exit 3 where there is one."""
    from deploy.cli.operation import Command, Result, run_command, say

    async def work(operation: "Operation") -> "Result":
        from dataclasses import asdict

        from services.funding.ledger.reconciliation import CHECKS, reconcile_snapshot

        engine = operation.database("funding").engine
        drifts = await reconcile_snapshot(engine, operation.settings.ledger_verify_seconds)
        say(f"{len(CHECKS)} invariants, {len(drifts)} contradictions")
        found = {drift.invariant for drift in drifts}
        detail = {"contradictions": len(drifts), "invariants": sorted(found)}
        return Result([asdict(drift) for drift in drifts], "check_failed" if drifts else "done", detail)

    run_command(Command("ledger verify", ("funding",), {}, operator, form=form), work)
