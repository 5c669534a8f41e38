"""What `make run` and `make run-kafka` share: their arguments, their settings, telling the story, serving on."""

import argparse
import asyncio
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr
from rich.console import Console

from deploy.demo.personas import Signer
from deploy.demo.story.report import show_table, show_way_in
from deploy.demo.story.stage import Stage
from deploy.demo.story.tale import tell
from deploy.local.signals import STOPPED, stop_event
from shared.settings import Settings

screen = Console(width=None if sys.stdout.isatty() else 140)


@dataclass(frozen=True)
class Wishes:
    """What the command line asked for, and when it came (time.perf_counter)."""

    once: bool
    port: int | None
    began: float

    @property
    def any_ports(self) -> bool:
        """Whether nobody will look for the suite under its usual addresses."""
        return self.once if self.port is None else self.port == 0


def wishes_of(target: str, says: str | None, began: float, arguments: list[str] | None) -> Wishes:
    """The wishes of a command line."""
    parser = argparse.ArgumentParser(prog=f"{target} ARGS=…", description=says)
    parser.add_argument("--once", action="store_true", help="end after the story; exit 0 only if all went as it should")
    parser.add_argument("--port", type=int, help="first port of five (8700); 0 takes any free ones, as --once does")
    chosen = parser.parse_args(arguments)
    return Wishes(chosen.once, chosen.port, began)


def for_the_story(settings: Settings, signer: Signer, wishes: Wishes) -> Settings:
    """The settings with the demonstration's clock and keys; nothing of it is right in production."""
    port = 0 if wishes.once else settings.port
    return settings.model_copy(
        update={
            "port": port if wishes.port is None else wishes.port,
            "jwt_keys": SecretStr(signer.jwks()),
            "story_clock": True,
            "idempotency_keep_days": 36_500,
        }
    )


async def tell_and_serve(
    stage: Stage, addresses: Mapping[str, str], signer: Signer, settings: Settings, wishes: Wishes
) -> int:
    """Tell the story to services that are ready, show its end, go on serving unless asked for once.

    Returns the exit code: 130 when stopped amid the story.
    """
    asked = stop_event()
    ready = time.perf_counter() - wishes.began
    screen.print(f"[green]四个服务已就绪 ready after {ready:.1f} s[/green]")
    telling = asyncio.create_task(tell(stage, screen))
    stopping = asyncio.create_task(asked.wait())
    await asyncio.wait({telling, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not telling.done():
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        screen.print("已停止；再次运行将从中断处继续 stopped; the next run goes on from here")
        return STOPPED
    outcome = await telling
    show_table(screen, outcome, time.perf_counter() - wishes.began)
    if wishes.once:
        stopping.cancel()
    else:
        show_way_in(screen, addresses, signer, settings, stage.now)
        await stopping
        screen.print("正在停止 stopping")
    return 0 if outcome.as_expected else 1
