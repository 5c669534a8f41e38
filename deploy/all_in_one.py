"""`make run`: the whole suite in one process, the sample city in it, and one story told from end to end."""

import time

BEGAN = time.perf_counter()  # before the imports below, which a newcomer waits for too

import argparse
import asyncio
import sys
from contextlib import ExitStack
from dataclasses import dataclass

import uvloop
from pydantic import SecretStr
from rich.console import Console

from deploy.hosting import PortTaken, address, apps_of, bind_all, interruptible, on_stop_signal, served, suite
from deploy.personas import Signer
from deploy.setting_up import database_settings, kept_signer, migrated
from deploy.story.report import show_table, show_way_in
from deploy.story.stage import Stage
from deploy.story.tale import tell
from shared.bus.inprocess import InProcessBus
from shared.clock import Clock
from shared.settings import Settings

screen = Console(width=None if sys.stdout.isatty() else 140)


@dataclass(frozen=True)
class Wishes:
    """What the command line asked for."""

    once: bool
    port: int | None


async def run(settings: Settings, signer: Signer, wishes: Wishes) -> int:
    """Migrate, serve, tell the story; then go on serving unless asked for once. Returns the exit code."""
    listeners = bind_all(settings.host, settings.port)
    with screen.status("正在建立数据库结构 migrating"):
        await migrated(settings)
    clock = Clock()
    asked = on_stop_signal()
    async with suite(settings, clock, InProcessBus()) as instances, served(apps_of(instances), listeners):
        addresses = {name: address(listener) for name, listener in listeners.items()}
        ready = time.perf_counter() - BEGAN
        screen.print(f"[green]四个服务已就绪 ready after {ready:.1f} s[/green]")
        async with Stage(addresses, signer, settings) as stage:
            telling = asyncio.create_task(tell(stage, screen))
            stopping = asyncio.create_task(asked.wait())
            await asyncio.wait({telling, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not telling.done():
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)
                screen.print("已停止；再次运行将从中断处继续 stopped; the next run goes on from here")
                return 130
            outcome = await telling
            show_table(screen, outcome, time.perf_counter() - BEGAN)
            if not wishes.once:
                show_way_in(screen, addresses, signer, settings, clock.now())
                await asked.wait()
                screen.print("正在停止 stopping")
    return 0 if outcome.as_expected else 1


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make run ARGS=…", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the story; exit 0 only if all went as it should")
    parser.add_argument("--port", type=int, help="first port of five (8700); 0 takes any free ones, as --once does")
    chosen = parser.parse_args(arguments)
    wishes = Wishes(chosen.once, chosen.port)
    interruptible()
    try:
        signer = kept_signer()
        with ExitStack() as stack:
            with screen.status("正在启动数据库 starting PostgreSQL"):
                settings = stack.enter_context(database_settings())
            return uvloop.run(run(for_the_story(settings, signer, wishes), signer, wishes))
    except PortTaken as error:
        screen.print(f"[red]{error}[/red]")
        return 4
    except KeyboardInterrupt:
        screen.print("启动已中止 start given up")
        return 130


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


if __name__ == "__main__":
    sys.exit(main())
