"""Updates that districts' systems push to the topic: who sent them, what is recorded, what is answered (四（一）2).

Nobody can answer for what lies in the topic but the signature. So an update counts as the sender's only once that is
verified: a forgery has an identity of its own and can neither take the place of an update nor be answered as one.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from fastapi.exceptions import RequestValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.registers import answers
from services.intake.registers.answers import Asked, home_of
from services.intake.registers.parsing import Push, update_push
from services.intake.registers.push import RowsRefused, record_pushes
from shared.actors import key_holder, signature
from shared.contracts.base import Event
from shared.contracts.pushes import MOST_ROWS, REQUESTED, RowProblem, RowResult, signed_content
from shared.errors import DomainError, FieldProblem, Unauthenticated
from shared.events.bus import Message, Record
from shared.events.inbox import Inlet, claim
from shared.events.outbox import emit
from shared.storage.session import acting_as, actor_of, settings_of
from shared.storage.tables import api_key
from shared.web.app import field_problems

_SPACE = UUID("6033eec3-48c9-5781-8e42-9942f8beae9e")
_HEADERS = {"ce_specversion", "ce_type", "ce_id", "ce_time", "keyid", "signature"}
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_KEY_ID = re.compile(r"[0-9a-f]{12}")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")


class TooLarge(DomainError):
    status, code, title = 413, "too_large", "内容过大"


def read_update(record: Record) -> Message:
    """An update, CloudEvents 1.0 in Kafka's binary mode. Raises KeyError or ValueError where nothing can be answered.

    Its identity is that of its content: what the sender calls it counts once the signature was verified.
    """
    said = {name: value.decode() for name, value in record.headers if name in _HEADERS}
    if (said["ce_specversion"], said["ce_type"]) != ("1.0", REQUESTED):
        raise ValueError(f"{said['ce_type']} in CloudEvents {said['ce_specversion']}")
    if not (_ID.fullmatch(said["ce_id"]) and _TIME.fullmatch(said["ce_time"])):
        raise ValueError("ce_id is no UUID or ce_time no RFC 3339 instant")
    value = record.value or b""
    headers = {
        "requestid": said["ce_id"],
        "requesttime": said["ce_time"],
        "keyid": _where_it_fits(_KEY_ID, said.get("keyid", "")),
        "signature": _where_it_fits(_SIGNATURE, said.get("signature", "")),
    }
    digest = hashlib.sha256("\n".join([*headers.values(), ""]).encode() + value)
    own = uuid5(_SPACE, digest.hexdigest())
    at = datetime.fromisoformat(said["ce_time"])
    return Message(own, REQUESTED, "district", "library_update", own, 1, at, value, headers)


def _where_it_fits(form: re.Pattern[str], said: str) -> str:
    """What is no key or signature is none: that can still be answered."""
    return said if form.fullmatch(said) else ""


async def answer_updates(session: AsyncSession, messages: Sequence[Message]) -> None:
    """Record what was sent and say what became of it, each key's updates in order and in the name of its holder."""
    keys = await _keys(session, {message.headers["keyid"] for message in messages})
    genuine: dict[str, dict[UUID, Message]] = {}
    strange: list[Event] = []
    for message in messages:
        key = keys.get(message.headers["keyid"])
        if key is not None and _is_signed(message, key):
            genuine.setdefault(key.id, {}).setdefault(_update_id(message), message)
        else:
            strange += _turned_away(message, key)
    await emit(session, *strange)
    fresh = await claim(session, [update_id for own in genuine.values() for update_id in own])
    for key_id, own in genuine.items():
        async with acting_as(session, key_holder(keys[key_id])):
            await _answer(session, [message for update_id, message in own.items() if update_id in fresh])


UPDATES = Inlet(REQUESTED, read_update, answer_updates)


async def _keys(session: AsyncSession, key_ids: Iterable[str]) -> Mapping[str, Any]:
    rows = await session.execute(select(api_key).where(api_key.c.id.in_(list(key_ids))))
    return {row.id: row for row in rows}


def _is_signed(message: Message, key: Any) -> bool:
    said = message.headers
    due = signature(key.secret_hash, signed_content(said["requestid"], said["requesttime"], message.data))
    return key.revoked_at is None and hmac.compare_digest(due.encode(), said["signature"].encode())


def _update_id(message: Message) -> UUID:
    return uuid5(_SPACE, f"{message.headers['keyid']}/{UUID(message.headers['requestid'])}")


def _turned_away(message: Message, key: Any) -> Sequence[Event]:
    """The answer to an update that is not known to be the key holder's, under the identity of the record itself."""
    asked = _asked(message, message.id, home_of(key and key_holder(key)))
    return answers.refusal(asked, _problem(Unauthenticated("接口密钥无效，或签名不符")))


def _asked(message: Message, update_id: UUID, home: str) -> Asked:
    return Asked(update_id, UUID(message.headers["requestid"]), message.headers["keyid"], home)


@dataclass(frozen=True, slots=True)
class _Readable:
    asked: Asked
    push: Push


async def _answer(session: AsyncSession, messages: Sequence[Message]) -> None:
    """Handle updates of one key, by whose holder the session acts."""
    readable: list[_Readable] = []
    events: list[Event] = []
    for message in messages:
        asked = _asked(message, _update_id(message), home_of(actor_of(session)))
        try:
            readable.append(_Readable(asked, _read(session, message)))
        except (DomainError, RequestValidationError) as error:
            events += answers.refusal(asked, _problem(error))
    for run in _runs(readable):
        events += await _record(session, run)
    await emit(session, *events)


def _read(session: AsyncSession, message: Message) -> Push:
    actor_of(session).check_writes()
    if len(message.data) > settings_of(session).json_limit_bytes:
        raise TooLarge()
    return update_push(message.data)


def _runs(updates: Sequence[_Readable]) -> Iterator[list[_Readable]]:
    """Updates that may be recorded together: one after the other, of one book, none repeating another's row."""
    run: list[_Readable] = []
    keys: set[tuple[str, str]] = set()
    for each in updates:
        own = each.push.keys()
        if run and (each.push.book is not run[0].push.book or keys & own or len(keys) + len(own) > MOST_ROWS):
            yield run
            run, keys = [], set()
        run.append(each)
        keys |= own
    if run:
        yield run


async def _record(session: AsyncSession, run: Sequence[_Readable]) -> list[Event]:
    """Record a run; where one of it is refused as a whole, each half by itself, so that the others do not suffer."""
    try:
        async with session.begin_nested():
            results = await record_pushes(session, [each.push for each in run])
    except RowsRefused as refused:
        if len(run) == 1:
            problem = _malformed(f"{len(refused.results)} 行不符合要求，整批未记录", [])
            return _outcome(session, run[0], refused.results, problem)
        half = len(run) // 2
        return await _record(session, run[:half]) + await _record(session, run[half:])
    told = [_outcome(session, each, own, None) for each, own in zip(run, results, strict=True)]
    return [event for events in told for event in events]


def _outcome(
    session: AsyncSession, each: _Readable, results: Sequence[RowResult], problem: RowProblem | None
) -> list[Event]:
    return list(answers.outcome(each.asked, each.push, results, actor_of(session).districts, problem))


def _problem(error: DomainError | RequestValidationError) -> RowProblem:
    """What the HTTP push answers in the same case."""
    if isinstance(error, DomainError):
        return RowProblem(status=error.status, code=error.code, detail=error.detail, errors=[])
    errors = [FieldProblem(**each) for each in field_problems(error.errors())]
    return _malformed(errors[0].detail, errors)


def _malformed(detail: str, errors: list[FieldProblem]) -> RowProblem:
    return RowProblem(status=422, code="malformed", detail=detail, errors=errors)
