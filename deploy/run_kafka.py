"""`make run-kafka`: the suite as in production, four processes and an Apache Kafka between them; the same story."""

import time

BEGAN = time.perf_counter()  # before the imports below, which a newcomer waits for too

from deploy.local.signals import STOPPED, exit_on_signals, stop_signals
from deploy.local.signals import run as run_until_signal

if __name__ == "__main__":
    exit_on_signals()

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from aiokafka.errors import KafkaError

from deploy.local.kafka.jars import BrokerError
from deploy.local.kafka.node import start
from deploy.demo.personas import STORY_BEGINNING, Signer, kept_signer
from deploy.local.listeners import PortTaken, bind_all
from deploy.local.ports import is_free
from deploy.local.processes import Processes, StartFailed, service_program
from deploy.local.locks import FolderInUse, run_lock
from deploy.local.settings import database_settings, migrated, settings_given
from deploy.demo.story.client import StoryClient
from deploy.demo.run import Arguments, parsed, screen, story_settings, tell_and_serve
from shared import logs
from shared.events.bus.topics import ensure_topics
from services import SERVICES

from shared.settings import Settings


KAFKA_PORT = 9092
"""Kafka's usual port, which the commands in the documents name."""


@contextmanager
def broker_settings(settings: Settings, arguments: Arguments) -> Iterator[Settings]:
    """Yield settings with a broker: the operator's TENGHUAN_KAFKA_SERVERS, or a node below var/.

    The node listens on KAFKA_PORT unless it is taken or any ports will do; then on a free port.
    Exits with one clear line when there is neither.
    """
    if "kafka_servers" in settings.model_fields_set:
        yield settings.model_copy(update={"bus": "kafka"})
        return
    try:
        node = start(
            settings.data_dir / "kafka", port=0 if arguments.any_ports or not is_free(KAFKA_PORT) else KAFKA_PORT
        )
    except BrokerError as error:
        raise SystemExit(str(error)) from error
    try:
        found = {"bus": "kafka", "kafka_servers": node.servers, "kafka_replication": 1}
        yield settings.model_copy(update=found)
    finally:
        node.stop()


async def run(settings: Settings, signer: Signer, arguments: Arguments) -> int:
    """Migrate, create the topics, start the processes, tell the story. Return the exit code."""
    for listener in bind_all(settings.host, settings.port).values():
        listener.close()
    programs = [service_program(name, settings) for name in SERVICES]
    addresses = {program.name: program.address for program in programs}
    with screen.status("正在建立数据库结构与主题 migrating, making topics"):
        await migrated(settings, "kafka")
        await _with_topics(settings)

    def clock() -> Sequence[str]:
        """Return the story's time: a service restarted during the story would take today's date for it."""
        return ("--story-now", client.now.isoformat()) if client.now > STORY_BEGINNING else ()

    screen.print("正在启动四个服务进程 starting four processes")
    async with (
        StoryClient(addresses, signer, settings) as client,
        Processes(programs, settings.data_dir / "logs", say=screen.print, at_start=clock),
    ):
        return await tell_and_serve(client, addresses, settings, arguments)


async def _with_topics(settings: Settings) -> None:
    try:
        await ensure_topics(settings, SERVICES)
    except (KafkaError, OSError) as error:
        which = f"{settings.kafka_servers} (TENGHUAN_KAFKA_SERVERS)"
        raise SystemExit(f"The brokers {which} refuse or cannot be reached: {error!r}") from None


def main(command_line: list[str] | None = None) -> int:
    """Run the suite until it is stopped; return the exit code."""
    arguments = parsed("make run-kafka", __doc__, BEGAN, command_line)
    with stop_signals():
        return _run(arguments)


def _run(arguments: Arguments) -> int:
    try:
        signer = kept_signer()
        with ExitStack() as stack:
            stack.enter_context(run_lock(settings_given().data_dir))
            with screen.status("正在启动数据库与消息系统 starting PostgreSQL and Kafka"):
                settings = stack.enter_context(broker_settings(stack.enter_context(database_settings()), arguments))
            logs.configure(settings, usual_level="warning")
            return run_until_signal(run(story_settings(settings, signer, arguments), signer, arguments))
    except (PortTaken, FolderInUse) as error:
        screen.print(f"[red]{error}[/red]")
        return 4
    except StartFailed as error:
        screen.print(f"[red]{error}[/red]", highlight=False)
        return 1
    except KeyboardInterrupt:
        screen.print("启动已中止 the start was stopped")
        return STOPPED


if __name__ == "__main__":
    sys.exit(main())
