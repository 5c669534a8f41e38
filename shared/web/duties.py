"""`GET /v1/duties`: the roles that an operation admits, and the duty on the case that it takes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.routing import BaseRoute

from shared.actors import ROLES
from shared.storage.audit import DUTIES
from shared.web.auth import RoleCheck, current_actor
from shared.web.code_lists import Code
from shared.web.memory_paging import ORDER, MemoryListing, MemoryPageRequest
from shared.web.paging import Page
from shared.web.parameters import KnownParametersRoute

router = APIRouter(route_class=KnownParametersRoute, tags=["运行"])
FILE = "duties.json"
"""The duties of a service's operations, generated from its source by deploy/checks/duties.py."""


class OperationDuty(BaseModel):
    """An operation with the roles that it admits and the duties that it may take."""

    operation: str = Field(description="操作标识，即接口文档中的 operationId")
    method: str = Field(description="HTTP 方法")
    path: str = Field(description="接口路径")
    summary: str = Field(description="操作名称")
    signed_in: bool = Field(description="是否须登录")
    roles: list[Code] = Field(description="可办理的角色")
    duties: list[Code] = Field(description="办理时在本事项中承担的职责；多于一项的按办理人角色确定其一，空为不承担职责")


OPERATIONS = MemoryListing(OperationDuty, ORDER, "operation", "path", key="operation", default=ORDER)


def read_duties(package: str) -> Mapping[str, Sequence[str]]:
    """Return the duties of a service's operations from the file in its package."""
    duties: dict[str, list[str]] = json.loads((files(package) / FILE).read_text(encoding="utf-8"))
    return duties


def operation_duties(routes: Sequence[BaseRoute], duties: Mapping[str, Sequence[str]]) -> Iterator[OperationDuty]:
    """Yield every documented operation of the routes with its roles and duties, in their order."""
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
                duties=[Code(code=duty, label=DUTIES[duty]) for duty in duties.get(route.name, ())],
            )


def _dependencies(dependant: Dependant) -> Iterator[object]:
    for each in dependant.dependencies:
        yield each.call
        yield from _dependencies(each)


@router.get(
    "/v1/duties",
    name="list_duties",
    summary="角色与职责",
    description=(
        "列出本服务的全部操作、可办理的角色和办理时承担的职责；不需登录。"
        "同一人在同一事项中只能承担一项职责，跨服务有效：已承担一项的，再办理另一项职责的操作以 403 same_officer 拒绝。"
        "另外，年度预算、投资计划和退款的拟办人或登记人不得自行确认，核查人员不得复核自己发现的问题。"
    ),
)
async def list_duties(
    request: Request, asked: Annotated[MemoryPageRequest, Depends(OPERATIONS)]
) -> Page[OperationDuty]:
    """Return the operations of this service with their roles and duties."""
    service = request.app.state.instance.service
    return asked.page(list(operation_duties(request.app.routes, service.duties)))
