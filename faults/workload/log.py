"""Log of commands and answers, in memory and line by line in a file: everything the model needs."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NEVER = float("inf")
KEY_PREFIX = "load-"
"""Prefix of every Idempotency-Key of the load; the command's number follows."""


@dataclass(slots=True)
class Command:
    """One command under its Idempotency-Key, with all its attempts. Times are those of the monotonic clock.

    `facts` and `answer` hold what the model needs of the body and of the answer. `status` is None while no attempt was
    answered; attempts that a fault ended do not count as answered, nor do 503 and the 409 of a key in flight.
    """

    number: int
    service: str
    act: str
    case: str
    actor: str
    key: str
    facts: dict[str, Any]
    started: float
    ended: float = NEVER
    attempts: int = 0
    status: int | None = None
    code: str = ""
    replayed: bool = False
    digest: str = ""
    answer: Any = None

    @property
    def accepted(self) -> bool:
        """True when an answer confirmed that the command is done."""
        return self.status is not None and self.status < 300

    def __str__(self) -> str:
        answered = "no answer" if self.status is None else f"{self.status} {self.code}".strip()
        return f"#{self.number} {self.service} {self.act} on {self.case} by {self.actor}: {answered}"


@dataclass(slots=True)
class Resend:
    """A key used again: with the `same` body, which must get the same answer, or another, which is refused."""

    number: int
    kind: str
    status: int
    code: str
    replayed: bool
    digest: str


@dataclass
class CommandLog:
    """Log of a load. `path` gets a line for every command once it is answered or given up."""

    path: Path
    commands: list[Command] = field(default_factory=list)
    resends: list[Resend] = field(default_factory=list)
    stalled: dict[str, str] = field(default_factory=dict)
    """Cases that could not continue, with what they waited for."""
    _open: dict[int, Command] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("w", encoding="utf-8")
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for command in tuple(self._open.values()):
            self.end(command)
        self._file.close()

    @classmethod
    def read(cls, path: Path) -> "CommandLog":
        """Read the log written at `path`."""
        log = cls(path)
        with path.open(encoding="utf-8") as lines:
            for line in map(json.loads, lines):
                if "command" in line:
                    log.commands.append(Command(**line["command"]))
                elif "resend" in line:
                    log.resends.append(Resend(**line["resend"]))
                else:
                    log.stalled[line["stalled"]] = line["waiting_for"]
        log.commands.sort(key=lambda command: command.number)
        return log

    def begin(self, command: Command) -> None:
        """Record a command before it is sent: without an answer it may still have taken effect."""
        self.commands.append(command)
        self._open[command.number] = command

    def end(self, command: Command) -> None:
        """Write a command that is answered or given up."""
        self._open.pop(command.number, None)
        self._write({"command": asdict(command)})

    def record_resend(self, resend: Resend) -> None:
        self.resends.append(resend)
        self._write({"resend": asdict(resend)})

    def record_stall(self, case: str, waiting_for: str) -> None:
        self.stalled[case] = waiting_for
        self._write({"stalled": case, "waiting_for": waiting_for})

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
