"""Path and header parameters shared by the endpoints of intake."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

DeclarationId = Annotated[UUID, Path(title="申报标识", description="UUID，即申报的 id")]
MaterialId = Annotated[UUID, Path(title="材料标识", description="UUID，即材料的 id")]
EntryId = Annotated[UUID, Path(title="储备库项目标识", description="UUID，即储备库项目的 id")]
