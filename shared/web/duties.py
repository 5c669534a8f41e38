"""`GET /v1/duties`: the roles that an operation admits, the duty that it takes, and the duties that exclude it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.routing import BaseRoute

from shared.actors import ROLES
from shared.segregation import SEGREGATION
from shared.web.auth import RoleCheck, current_actor
from shared.web.code_lists import Code
from shared.web.memory_paging import ORDER, MemoryListing, MemoryPageRequest
from shared.web.paging import Page
from shared.web.parameters import KnownParametersRoute

router = APIRouter(route_class=KnownParametersRoute, tags=["运行"])
FILE = "duties.json"
"""The duties of a service's operations, generated from its source by deploy/checks/duties.py."""


class ExclusionOut(BaseModel):
    """Duties whose holder may not take a duty of the operation on the same case, and why."""

    duty: Code = Field(description="办理本操作所承担的职责")
    excluded_by: list[Code] = Field(description="已在本事项中承担其中任一项职责的人不得办理")
    reason: str = Field(description="须由不同人员承担的理由")
    source: str = Field(description="依据的条款或规定")
    since: date = Field(description="生效日期")
    until: date | None = Field(description="失效日期，自该日起不再适用；未定的为空")


class OperationDuty(BaseModel):
    """An operation with the roles that it admits and the duties that it may take."""

    operation: str = Field(description="操作标识，即接口文档中的 operationId")
    method: str = Field(description="HTTP 方法")
    path: str = Field(description="接口路径")
    summary: str = Field(description="操作名称")
    signed_in: bool = Field(description="是否须登录")
    roles: list[Code] = Field(description="可办理的角色")
    duties: list[Code] = Field(description="办理时在本事项中承担的职责；多于一项的按办理人角色确定，空为不承担职责")
    exclusions: list[ExclusionOut] = Field(description="当日有效的职责排斥及其理由")


OPERATIONS = MemoryListing(OperationDuty, ORDER, "operation", "path", key="operation", default=ORDER)


def read_duties(package: str) -> Mapping[str, Sequence[str]]:
    """Return the duties of a service's operations from the file in its package."""
    duties: dict[str, list[str]] = json.loads((files(package) / FILE).read_text(encoding="utf-8"))
    return duties


def operation_duties(
    routes: Sequence[BaseRoute], duties: Mapping[str, Sequence[str]], day: date
) -> Iterator[OperationDuty]:
    """Yield every documented operation with its roles, its duties and what excludes them on a day, in their order."""
    for route in routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            checks = list(_dependencies(route.dependant))
            roles = [role for check in checks if isinstance(check, RoleCheck) for role in check.roles]
            yield OperationDuty(
                operation=route.name,
                method=min(route.methods or {"GET"}),
                path=route.path,
                summary=route.summary or "",
                signed_in=current_actor in checks,
                roles=[Code(code=role, label=ROLES[role]) for role in dict.fromkeys(roles)],
                duties=[_code(duty) for duty in duties.get(route.name, ())],
                exclusions=[each for duty in duties.get(route.name, ()) for each in _exclusions(duty, day)],
            )


def _code(duty: str) -> Code:
    return Code(code=duty, label=SEGREGATION.label(duty))


def _exclusions(duty: str, day: date) -> Iterator[ExclusionOut]:
    """Yield the exclusions of a duty on a day, one for those that share reason and days."""
    shared: dict[tuple[str, str, date, date | None], list[Code]] = {}
    for other, each in SEGREGATION.excluding(duty, day).items():
        shared.setdefault((each.reason, each.source, each.since, each.until), []).append(_code(other))
    for (reason, source, since, until), others in shared.items():
        dated = {"since": since, "until": until}
        yield ExclusionOut(duty=_code(duty), excluded_by=others, reason=reason, source=source, **dated)


def _dependencies(dependant: Dependant) -> Iterator[object]:
    for each in dependant.dependencies:
        yield each.call
        yield from _dependencies(each)


@router.get(
    "/v1/duties",
    name="list_duties",
    summary="角色与职责",
    description=(
        "列出本服务的全部操作、可办理的角色、办理时承担的职责，以及与之排斥的职责和理由；不需登录。"
        "同一人在同一事项中可以承担多项职责，但不得承担相互排斥的两项：以 403 same_officer 拒绝，跨服务有效。"
        "撤回、驳回或更正不解除已承担的职责；接口密钥不得承担职责。"
    ),
)
async def list_duties(
    request: Request, asked: Annotated[MemoryPageRequest, Depends(OPERATIONS)]
) -> Page[OperationDuty]:
    """Return the operations of this service with their roles and duties."""
    instance = request.app.state.instance
    day = instance.clock.today()
    return asked.page(list(operation_duties(request.app.routes, instance.service.duties, day)))
