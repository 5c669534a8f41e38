"""Request fields that name attachments."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

_TOLD = "附件编号，先用 POST /v1/attachments 上传"
Attached = Annotated[list[UUID], Field(min_length=1, max_length=20, title="附件", description=_TOLD)]
"""Papers that an act demands: at least one."""
AttachedOptional = Annotated[list[UUID], Field(max_length=20, title="附件", description=f"{_TOLD}；可以没有")]
"""Papers that an act may name."""
