"""`make run`: the four services in one process, the sample city in them, and one story told from end to end."""

import time

BEGAN = time.perf_counter()  # before the imports below, which a newcomer waits for too

from deploy.local.signals import STOPPED, exit_on_signals, stop_signals
from deploy.local.signals import run as run_until_signal

if __name__ == "__main__":
    exit_on_signals()

import sys
from contextlib import ExitStack

from deploy.demo.personas import Signer, kept_signer
from deploy.demo.run import Arguments, parsed, screen, story_settings, tell_and_serve
from deploy.demo.story.client import StoryClient
from deploy.local.locks import FolderInUse, run_lock
from deploy.local.listeners import PortTaken
from deploy.local.settings import database_settings, migrated, settings_given
from shared import logs
from shared.settings import Settings

_PARAMETERS = {"synchronous_commit": "off"}
"""For this demonstration alone: a crash of the machine may lose its last moments, which the story tells again."""


def import_services() -> None:
    """Import what `run` needs; a second that passes beside the start of PostgreSQL."""
    from services import load_all

    load_all()


async def run(settings: Settings, signer: Signer, arguments: Arguments) -> int:
    """Migrate, serve and tell the story; then serve unless `once` is set. Return the exit code."""
    from deploy.local.listeners import address, bind_all
    from deploy.local.servers import apps_of, served, tune_garbage_collector, suite
    from shared.clock import Clock
    from shared.events.bus.inprocess import InProcessBus
    from shared.exporter import exporting

    listeners = bind_all(settings.host, settings.port)
    addresses = {name: address(listener) for name, listener in listeners.items()}
    with screen.status("正在建立数据库结构 migrating"):
        await migrated(settings, "inprocess")
    async with (
        suite(settings, Clock(), InProcessBus()) as instances,
        exporting(settings, instances.values()),
        served(apps_of(instances), listeners),
        StoryClient(addresses, signer, settings) as client,
    ):
        tune_garbage_collector()
        return await tell_and_serve(client, addresses, settings, arguments)


def main(command_line: list[str] | None = None) -> int:
    """Run the suite until it is stopped; return the exit code."""
    arguments = parsed("make run", __doc__, BEGAN, command_line)
    with stop_signals():
        return _run(arguments)


def _run(arguments: Arguments) -> int:
    try:
        with ExitStack() as stack:
            stack.enter_context(run_lock(settings_given().data_dir))
            signer = kept_signer()
            with screen.status("正在启动数据库 starting PostgreSQL"):
                settings = stack.enter_context(database_settings(import_services, _PARAMETERS))
            logs.configure(settings, usual_level="warning")
            return run_until_signal(run(story_settings(settings, signer, arguments), signer, arguments))
    except (PortTaken, FolderInUse) as error:
        screen.print(f"[red]{error}[/red]")
        return 4
    except KeyboardInterrupt:
        screen.print("启动已中止 the start was stopped")
        return STOPPED


if __name__ == "__main__":
    sys.exit(main())
