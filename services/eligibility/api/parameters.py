"""Path parameters of eligibility, each with its Chinese name."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

DeclarationId = Annotated[UUID, Path(title="申报标识", description="项目申报的标识，UUID")]
