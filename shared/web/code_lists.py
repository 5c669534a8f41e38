"""`GET /v1/code-lists`: the codes in requests, answers and events, with their Chinese labels."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from shared.contracts.code_lists import CODE_LISTS, CodeLists
from shared.runtime import Service
from shared.web.memory_paging import MemoryListing, MemoryPageRequest
from shared.web.paging import Page
from shared.web.parameters import KnownParametersRoute

router = APIRouter(route_class=KnownParametersRoute, tags=["代码"])


class Code(BaseModel):
    """A code and its label."""

    code: str = Field(description="代码，接口和事件中所用")
    label: str = Field(description="中文含义")


class CodeList(BaseModel):
    """The codes of one kind."""

    name: str = Field(description="代码表名称，例如 district")
    codes: list[Code] = Field(description="各代码及其含义")


LISTS = MemoryListing(CodeList, "name", key="name", default="name")


def code_lists_of(service: Service) -> CodeLists:
    """Return the code lists of a service, those that every service has included."""
    return {**CODE_LISTS, **service.papers.code_lists(), **service.code_lists}


@router.get(
    "/v1/code-lists",
    name="list_code_lists",
    summary="代码表",
    description="列出本服务接口和事件中的全部代码及其中文含义；不需登录。",
)
async def list_code_lists(request: Request, asked: Annotated[MemoryPageRequest, Depends(LISTS)]) -> Page[CodeList]:
    """Return the code lists of this service by name."""
    return asked.page(
        [
            CodeList(name=name, codes=[Code(code=code, label=label) for code, label in labels.items()])
            for name, labels in code_lists_of(request.app.state.instance.service).items()
        ]
    )
