"""`make run`: the whole suite in one process, the sample city in it, and one story told from end to end."""

import time

BEGAN = time.perf_counter()  # before the imports below, which a newcomer waits for too

from deploy.local.signals import STOPPED, exit_on_signals, stop_signals
from deploy.local.signals import run as run_until_signal

if __name__ == "__main__":
    exit_on_signals()

import sys
from contextlib import ExitStack

from deploy.local.servers import PortTaken, address, apps_of, bind_all, served, steady_memory, suite
from deploy.demo.personas import Signer, kept_signer
from deploy.local.locks import FolderInUse, run_lock
from deploy.local.settings import database_settings, migrated, settings_given
from deploy.demo.story.stage import Stage
from deploy.demo.run import Wishes, for_the_story, screen, tell_and_serve, wishes_of
from shared import logs
from shared.events.bus.inprocess import InProcessBus
from shared.clock import Clock
from shared.exporter import exporting
from shared.settings import Settings


async def run(settings: Settings, signer: Signer, wishes: Wishes) -> int:
    """Migrate, serve, tell the story; then go on serving unless asked for once. Returns the exit code."""
    listeners = bind_all(settings.host, settings.port)
    addresses = {name: address(listener) for name, listener in listeners.items()}
    with screen.status("正在建立数据库结构 migrating"):
        await migrated(settings, "inprocess")
    async with (
        suite(settings, Clock(), InProcessBus()) as instances,
        exporting(settings, instances.values()),
        served(apps_of(instances), listeners),
        Stage(addresses, signer, settings) as stage,
    ):
        steady_memory()
        return await tell_and_serve(stage, addresses, signer, settings, wishes)


def main(arguments: list[str] | None = None) -> int:
    wishes = wishes_of("make run", __doc__, BEGAN, arguments)
    with stop_signals():
        return _run(wishes)


def _run(wishes: Wishes) -> int:
    try:
        signer = kept_signer()
        with ExitStack() as stack:
            stack.enter_context(run_lock(settings_given().data_dir))
            with screen.status("正在启动数据库 starting PostgreSQL"):
                settings = stack.enter_context(database_settings())
            logs.configure(settings, usual_level="warning")
            return run_until_signal(run(for_the_story(settings, signer, wishes), signer, wishes))
    except (PortTaken, FolderInUse) as error:
        screen.print(f"[red]{error}[/red]")
        return 4
    except KeyboardInterrupt:
        screen.print("启动已中止 start given up")
        return STOPPED


if __name__ == "__main__":
    sys.exit(main())
