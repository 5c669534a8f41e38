"""Inbound topic for updates that districts' systems push to the topic: verification, recording, answers (四（一）2).

Only the signature proves the sender of a record in the topic. The id that the sender gave counts after the signature
is verified; before that, the id is derived from the content. A forgery can therefore neither displace the real update
nor be answered in its place.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from fastapi.exceptions import RequestValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.registers import answers
from services.intake.registers.answers import UpdateRef, fallback_district_of
from services.intake.registers.parsing import Push, parse_update
from services.intake.registers.push import RowsRefused, record_pushes
from shared.actors import key_holder, signature
from shared.contracts.base import Event
from shared.contracts.pushes import MOST_ROWS, REQUESTED, RowProblem, RowResult, signed_content
from shared.days import received_by
from shared.errors import DomainError, FieldProblem, Unauthenticated
from shared.events.bus import Message, Record
from shared.events.handlers import InboundTopic
from shared.events.inbox import claim
from shared.events.outbox import emit
from shared.settings import Settings
from shared.storage.session import acting_as, actor_of, begin_savepoint, now, settings_of
from shared.storage.tables import api_key
from shared.web.field_messages import field_problems

_NAMESPACE = UUID("6033eec3-48c9-5781-8e42-9942f8beae9e")
AHEAD = timedelta(minutes=10)
"""By how much the signed time of an update may be ahead of the service's clock."""
_HEADERS = {"ce_specversion", "ce_type", "ce_id", "ce_time", "keyid", "signature"}
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_KEY_ID = re.compile(r"[0-9a-f]{12}")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")


class TooLarge(DomainError):
    """Refusal of an update over `json_limit_bytes`."""

    status, code, title = 413, "too_large", "内容过大"


def read_update(record: Record) -> Message:
    """Parse an update, CloudEvents 1.0 in Kafka's binary mode. The message id is derived from the content.

    Raises KeyError or ValueError for a record that cannot be answered.
    """
    given = {name: value.decode() for name, value in record.headers if name in _HEADERS}
    if (given["ce_specversion"], given["ce_type"]) != ("1.0", REQUESTED):
        raise ValueError(f"unsupported type {given['ce_type']} in CloudEvents {given['ce_specversion']}")
    if not (_ID.fullmatch(given["ce_id"]) and _TIME.fullmatch(given["ce_time"])):
        raise ValueError("ce_id is not a UUID, or ce_time is not an RFC 3339 timestamp")
    value = record.value or b""
    headers = {
        "requestid": given["ce_id"],
        "requesttime": given["ce_time"],
        "keyid": _value_or_empty(_KEY_ID, given.get("keyid", "")),
        "signature": _value_or_empty(_SIGNATURE, given.get("signature", "")),
    }
    digest = hashlib.sha256("\n".join([*headers.values(), ""]).encode() + value)
    own = uuid5(_NAMESPACE, digest.hexdigest())
    at = datetime.fromisoformat(given["ce_time"])
    return Message(own, REQUESTED, "district", "library_update", own, 1, at, value, headers)


def _value_or_empty(form: re.Pattern[str], value: str) -> str:
    """Return the value, or an empty one if its form is wrong: such an update can still be answered."""
    return value if form.fullmatch(value) else ""


async def handle_updates(session: AsyncSession, messages: Sequence[Message]) -> None:
    """Record the verified updates of each key in order, acting as the key's holder, and answer every update."""
    keys = await _keys(session, {message.headers["keyid"] for message in messages})
    verified: dict[str, dict[UUID, Message]] = {}
    rejected: list[Event] = []
    for message in messages:
        key = keys.get(message.headers["keyid"])
        if key is not None and key.expires_at > now(session) and _is_signed(message, key):
            verified.setdefault(key.id, {}).setdefault(_update_id(message), message)
        else:
            rejected += _unauthenticated_answer(message, key)
    await emit(session, *rejected)
    fresh = await claim(session, [update_id for own in verified.values() for update_id in own])
    for key_id, own in verified.items():
        async with acting_as(session, key_holder(keys[key_id])):
            await _answer(session, [message for update_id, message in own.items() if update_id in fresh])


def untimely(message: Message, now: datetime, settings: Settings) -> str:
    """Return a reason if the time that the sender signed is past `update_max_age_days`, or ahead of the clock.

    A time far ahead would keep an update fresh after the inbox has forgotten it. A story's clock is behind everybody's.
    """
    if message.time > now + AHEAD and not settings.story_clock:
        return (
            f"the update is of {message.headers['requesttime']}, more than {AHEAD.seconds // 60} minutes ahead of this "
            "service's clock; the sender must set its clock and send it again with a new time and id"
        )
    if now - message.time <= timedelta(days=settings.update_max_age_days):
        return ""
    return (
        f"the update is of {message.headers['requesttime']}, more than {settings.update_max_age_days} days old "
        "(TENGHUAN_UPDATE_MAX_AGE_DAYS); the sender must send it again with a new time and id"
    )


UPDATES = InboundTopic(REQUESTED, read_update, handle_updates, untimely)


async def _keys(session: AsyncSession, key_ids: Iterable[str]) -> Mapping[str, Any]:
    rows = await session.execute(select(api_key).where(api_key.c.id.in_(list(key_ids))))
    return {row.id: row for row in rows}


def _is_signed(message: Message, key: Any) -> bool:
    headers = message.headers
    expected = signature(key.secret_hash, signed_content(headers["requestid"], headers["requesttime"], message.data))
    return key.revoked_at is None and hmac.compare_digest(expected.encode(), headers["signature"].encode())


def _update_id(message: Message) -> UUID:
    return uuid5(_NAMESPACE, f"{message.headers['keyid']}/{UUID(message.headers['requestid'])}")


def _unauthenticated_answer(message: Message, key: Any) -> Sequence[Event]:
    """Return the answer to an update without a valid signature, under the id derived from its content."""
    ref = _update_ref(message, message.id, fallback_district_of(key and key_holder(key)))
    return answers.refusal_answers(
        ref,
        _problem(Unauthenticated("接口密钥无效、已停用或已过期，或签名不符；请核对 keyid，并按接口说明重新计算签名")),
    )


def _update_ref(message: Message, update_id: UUID, fallback_district: str) -> UpdateRef:
    return UpdateRef(update_id, UUID(message.headers["requestid"]), message.headers["keyid"], fallback_district)


@dataclass(frozen=True, slots=True)
class _ParsedUpdate:
    ref: UpdateRef
    push: Push


async def _answer(session: AsyncSession, messages: Sequence[Message]) -> None:
    """Parse, record and answer the updates of one key; the session acts as the key's holder."""
    parsed: list[_ParsedUpdate] = []
    events: list[Event] = []
    for message in messages:
        ref = _update_ref(message, _update_id(message), fallback_district_of(actor_of(session)))
        try:
            parsed.append(_ParsedUpdate(ref, _read(session, message)))
        except (DomainError, RequestValidationError) as error:
            events += answers.refusal_answers(ref, _problem(error))
    for run in _mergeable_runs(parsed):
        events += await _record(session, run)
    await emit(session, *events)


def _read(session: AsyncSession, message: Message) -> Push:
    if len(message.data) > settings_of(session).json_limit_bytes:
        raise TooLarge(f"一次更新不得超过 {settings_of(session).json_limit_bytes} 字节，请分批报送")
    with received_by(session.info["clock"].today):
        push = parse_update(message.data)
    actor_of(session).check_scope(push.register.scope)
    return push


def _mergeable_runs(updates: Sequence[_ParsedUpdate]) -> Iterator[list[_ParsedUpdate]]:
    """Group consecutive updates to record together: one register, no repeated key, at most MOST_ROWS rows."""
    run: list[_ParsedUpdate] = []
    keys: set[tuple[str, str]] = set()
    for each in updates:
        own = each.push.keys()
        if run and (each.push.register is not run[0].push.register or keys & own or len(keys) + len(own) > MOST_ROWS):
            yield run
            run, keys = [], set()
        run.append(each)
        keys |= own
    if run:
        yield run


async def _record(session: AsyncSession, run: Sequence[_ParsedUpdate]) -> list[Event]:
    """Record a run of updates; if one is refused as a whole, record each half separately to isolate it."""
    try:
        async with await begin_savepoint(session):
            results = await record_pushes(session, [each.push for each in run])
    except RowsRefused as refused:
        if len(run) == 1:
            problem = _malformed(
                f"{len(refused.results)} 行不符合要求，整批未记录；请按 rows 中各行的问题改正后重新报送", []
            )
            return _result_answers(session, run[0], refused.results, problem)
        half = len(run) // 2
        return await _record(session, run[:half]) + await _record(session, run[half:])
    answered = [_result_answers(session, each, own, None) for each, own in zip(run, results, strict=True)]
    return [event for events in answered for event in events]


def _result_answers(
    session: AsyncSession, each: _ParsedUpdate, results: Sequence[RowResult], problem: RowProblem | None
) -> list[Event]:
    return list(answers.result_answers(each.ref, each.push, results, actor_of(session).districts, problem))


def _problem(error: DomainError | RequestValidationError) -> RowProblem:
    """Return the same problem that the HTTP push answers."""
    if isinstance(error, DomainError):
        return RowProblem(status=error.status, code=error.code, detail=error.detail, errors=[])
    errors = [FieldProblem(**each) for each in field_problems(error.errors())]
    return _malformed(errors[0].detail, errors)


def _malformed(detail: str, errors: list[FieldProblem]) -> RowProblem:
    return RowProblem(status=422, code="malformed", detail=detail, errors=errors)
