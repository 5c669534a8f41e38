"""Steps that `make run` and `make run-kafka` share: arguments, settings, telling the story, serving on."""

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr
from rich.console import Console

from deploy.demo.personas import TOKEN_HOURS, Signer
from deploy.demo.story.chapters import tell
from deploy.demo.story.client import StoryClient
from deploy.demo.story.report import print_outcome, print_sign_in
from deploy.local.settings import with_seal_keys
from deploy.local.signals import STOPPED, stop_event
from deploy.local.tls import Unprotected, check_exposure
from shared.load_limits import UNLIMITED
from shared.periods import Periods
from shared.settings import Settings

screen = Console(width=None if sys.stdout.isatty() else 140)


KEPT = ("idempotency_keep_days", *(name for name in Periods.model_fields if name.startswith("keep_")))
"""Periods of retention, in days."""


@dataclass(frozen=True)
class Arguments:
    """The command line, and the time of the start (time.perf_counter)."""

    once: bool
    port: int | None
    began: float

    @property
    def any_ports(self) -> bool:
        """True when free ports will do: the suite need not be at its usual addresses."""
        return self.once if self.port is None else self.port == 0


def parsed(target: str, description: str | None, began: float, command_line: list[str] | None) -> Arguments:
    """Parse a command line. Exits with 2 on wrong usage."""
    parser = argparse.ArgumentParser(prog=f"{target} ARGS=…", description=description)
    parser.add_argument("--once", action="store_true", help="end after the story; exit 0 only if all went as expected")
    parser.add_argument("--port", type=int, help="first port of five (8700); 0 takes any free ones, as --once does")
    arguments = parser.parse_args(command_line)
    return Arguments(arguments.once, arguments.port, began)


def story_settings(settings: Settings, signer: Signer, arguments: Arguments) -> Settings:
    """Return the settings with the demonstration's clock and keys, none of which belongs in production.

    Exits with one line where the suite would be reached from other machines, or is to speak TLS, which it does not.
    """
    if settings.tls_certificate_file:
        raise SystemExit("make run speaks plain HTTP on this machine: unset TENGHUAN_TLS_CERTIFICATE_FILE")
    try:
        check_exposure(settings)
    except Unprotected as error:
        raise SystemExit(str(error)) from None
    port = 0 if arguments.once else settings.port
    return with_seal_keys(settings).model_copy(
        update={
            "port": port if arguments.port is None else arguments.port,
            "jwt_keys": SecretStr(signer.jwks()),
            "jwt_lifetime_hours": float(TOKEN_HOURS),
            "story_clock": True,
            "rates": UNLIMITED,
            # The story's clock passes years; what it leaves stays to be looked at.
            **dict.fromkeys(KEPT, 36_500),
            # The story's clock passes months between two passes of the sealer, which asks what a record rests on.
            "inbox_keep_days": 3660,
            "pool_size": 10,
            "pool_overflow": 0,
        }
    )


async def tell_and_serve(
    client: StoryClient, addresses: Mapping[str, str], settings: Settings, arguments: Arguments
) -> int:
    """Tell the story to services that are ready, print its outcome, then serve unless `once` is set.

    Return the exit code: STOPPED when a signal stopped the story.
    """
    stopped = stop_event()
    ready = time.perf_counter() - arguments.began
    screen.print(f"[green]四个服务已就绪 ready after {ready:.1f} s[/green]")
    telling = asyncio.create_task(tell(client, screen))
    stopping = asyncio.create_task(stopped.wait())
    await asyncio.wait({telling, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not telling.done():
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        screen.print("已停止；再次运行将从中断处继续 stopped; the next run continues from here")
        return STOPPED
    outcome = await telling
    print_outcome(screen, outcome, time.perf_counter() - arguments.began)
    if arguments.once:
        stopping.cancel()
    else:
        print_sign_in(screen, addresses, client, settings)
        await stopping
        screen.print("正在停止 stopping")
    return 0 if outcome.as_expected else 1
