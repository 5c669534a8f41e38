"""Stored decisions judged again: those of a file with their rule sets, or those of a service by its own replay."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import httpx

from deploy.cli.output import Row
from deploy.cli.policy.facts_file import Unreadable
from deploy.cli.policy.shown import Shown
from deploy.cli.series_work import answer_of
from services.eligibility.rules.reviews import judge
from shared.policy import Decision, replay

_SECONDS: Final = 60.0
_LIMIT: Final = 200
DIFFERS: Final = 3


def replayed_file(file: Path) -> Shown:
    """Judge the decisions of a file again by the rule sets that stand in them. Raises Unreadable, UnknownRuleset."""
    try:
        records = json.loads(file.read_text("utf-8"))
        records = records if isinstance(records, list) else [records]
        return _shown([_repeated(number, record) for number, record in enumerate(records, 1)])
    except (ValueError, KeyError, TypeError) as problem:
        raise Unreadable(f"{file.name}：不是 tenghuan policy check --json 写出的判定（{problem}）") from None


def replayed_service(url: str, token: str) -> Shown:
    """Ask a service to judge all its decisions again that the person may see. Raises Refused, httpx.HTTPError."""
    headers = {"authorization": f"Bearer {token}"} if token else {}

    async def work() -> list[Row]:
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=_SECONDS) as client:
            return await replayed_cases(client)

    return _shown(asyncio.run(work()))


async def replayed_cases(client: httpx.AsyncClient) -> list[Row]:
    """Return a row for each decision record of each case, with what differs when it is judged again."""
    rows: list[Row] = []
    async for case in _items(client, "/v1/assessments"):
        path = f"/v1/assessments/{case['declaration_id']}"
        async for record in _items(client, f"{path}/records"):
            again = answer_of(await client.get(f"{path}/replay", params={"number": record["number"]}))
            rows.append(
                _row(f"{case['declaration_no']} 第{record['number']}次", record["decision"], again["differs_in"])
            )
    return rows


async def _items(client: httpx.AsyncClient, path: str) -> AsyncIterator[Any]:
    cursor: str | None = None
    while True:
        page = answer_of(await client.get(path, params={"limit": _LIMIT, **({"cursor": cursor} if cursor else {})}))
        for item in page["items"]:
            yield item
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _repeated(number: int, record: Mapping[str, Any]) -> Row:
    then, now = Decision.from_json(record).to_json(), _again(record).to_json()
    return _row(f"第{number}项", then["decision"], [name for name, value in then.items() if now[name] != value])


def _again(record: Mapping[str, Any]) -> Decision:
    """Judge a record by its rule set; one without, of a day between the editions, by what is in force then."""
    if record["ruleset"]:
        return replay(record)
    return judge(record["facts"], date.fromisoformat(record["as_of"]), record["interpretations"]).decision


def _row(case: str, decision: str, differs: Sequence[str]) -> Row:
    return {"case": case, "decision": decision, "equal": not differs, "differs_in": list(differs)}


def _shown(rows: list[Row]) -> Shown:
    different = [row for row in rows if not row["equal"]]
    told = f"重算 {len(rows)} 次判定，不一致 {len(different)} 次"
    value = {"replayed": len(rows), "different": len(different), "records": rows}
    return Shown(value, ((told, different),), DIFFERS if different else 0)
