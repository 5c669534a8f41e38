"""Dated figures over HTTP, in the name of the person whose token is given."""

import base64
from typing import Any
from uuid import uuid4

import httpx

from deploy.cli.output import Row
from shared.series import KINDS

OWNERS = {"lpr": "funding", "factor": "monitoring"}
"""Services that own a kind; eligibility owns the others."""
DESKS = {"eligibility": "policy", "funding": "treasury", "monitoring": "data"}
"""Records of each service to which the document of a batch is attached."""
_LIMIT = 200
Paper = tuple[str, bytes]
"""Name and content of the file of a document."""


class Refused(Exception):
    """The service refused the request; the message is its Chinese explanation, each wrong field on a line."""


def owner_of(kind: str) -> str:
    """Return the service at which a kind is entered. Raises ValueError for an unknown kind."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind}; one of {', '.join(KINDS)}")
    return OWNERS.get(kind, "eligibility")


async def listed(client: httpx.AsyncClient, kind: str, *, versions: bool = False) -> list[Row]:
    """Return the confirmed figures of a kind."""
    rows: list[Row] = []
    cursor: str | None = None
    while True:
        asked: dict[str, Any] = {"kind": kind, "limit": _LIMIT, "versions": versions}
        asked |= {"cursor": cursor} if cursor else {}
        page = answer_of(await client.get("/v1/series", params=asked))
        shown = ("key", "valid_from", "value", "version", "unverified", "struck", "batch")
        rows += [{name: item[name] for name in shown} for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return rows


async def imported(
    client: httpx.AsyncClient, body: dict[str, Any], content: bytes, paper: Paper | None = None, *, dry_run: bool
) -> list[Row]:
    """Enter the figures of a CSV file with the document's file and return what each row changes.

    Raises Refused, with nothing entered.
    """
    sent = body | {"file": base64.b64encode(content).decode()}
    preview = answer_of(await client.post("/v1/series/preview", json=sent))
    if preview["errors"]:
        raise Refused("\n".join(f"第 {each['row']} 行 {each['field']}：{each['detail']}" for each in preview["errors"]))
    rows: list[Row] = [
        {name: change[name] for name in ("row", "key", "valid_from", "change", "before", "after")}
        for change in preview["changes"]
    ]
    if dry_run:
        return rows
    sent |= {"attachments": [await attached(client, str(body["kind"]), paper)]} if paper else {}
    entered = answer_of(await client.post("/v1/series/batches", json=sent, headers=_key()))
    return [row | {"batch": entered["id"]} for row in rows]


async def attached(client: httpx.AsyncClient, kind: str, paper: Paper) -> str:
    """Upload the document of a batch to the desk of the kind's owner and return its id. Raises Refused."""
    name, content = paper
    place = {"record": DESKS[owner_of(kind)], "kind": "series_document", "filename": name}
    answer = await client.post("/v1/attachments", params=place, content=content, headers=_key())
    return str(answer_of(answer)["id"])


async def confirmed(client: httpx.AsyncClient, batch: str) -> list[Row]:
    """Confirm a batch as it is now and return it. Raises Refused, for its author too."""
    read = await client.get(f"/v1/series/batches/{batch}")
    answer_of(read)
    tag = {"if-match": read.headers["etag"], **_key()}
    done = answer_of(await client.post(f"/v1/series/batches/{batch}/confirm", headers=tag))
    return [{name: done[name] for name in ("id", "kind", "number", "status", "document_title")}]


def _key() -> dict[str, str]:
    return {"idempotency-key": str(uuid4())}


def answer_of(response: httpx.Response) -> Any:
    """Return the body of an answer. Raises Refused with the explanation of a refusal."""
    if response.is_success:
        return response.json()
    try:
        problem = response.json()
        told = [str(problem["detail"]), *(str(each["detail"]) for each in problem.get("errors", []))]
    except (ValueError, KeyError, TypeError):
        told = [f"HTTP {response.status_code}"]
    raise Refused("\n".join(dict.fromkeys(told)))
