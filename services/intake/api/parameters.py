"""Path and header parameters shared by the endpoints of intake."""

from typing import Annotated
from uuid import UUID

from fastapi import Header, Path

DeclarationId = Annotated[UUID, Path(title="申报标识", description="UUID，即申报的 id")]
MaterialId = Annotated[UUID, Path(title="材料标识", description="UUID，即材料的 id")]
EntryId = Annotated[UUID, Path(title="储备库项目标识", description="UUID，即储备库项目的 id")]
IfMatch = Annotated[str | None, Header(title="版本条件", description='读取记录时响应头 ETag 的值，如 "3"')]
