"""Domain errors, each with a stable code, an HTTP status and a Chinese title (members of RFC 9457)."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field


class FieldProblem(BaseModel):
    """A problem with one field: JSON pointer, stable code, and what to do."""

    pointer: str = Field(description="JSON 指针，例如 /body/amount_yuan 或 /query/limit")
    code: str = Field(description="此项错误的代码")
    detail: str = Field(description="此项的问题和填写要求")


class DomainError(Exception):
    """Base class of refusals. `field` is the JSON pointer of the field that caused the refusal, if any."""

    status: int = 409
    code: str = "conflict"
    title: str = "当前状态不允许此操作"
    headers: Mapping[str, str] = {}
    """Headers of the answer, beside those of every answer."""

    def __init__(self, detail: str = "", *, field: str | None = None, **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.field = field
        self.extra = extra


class NotFound(DomainError):
    status, code, title = 404, "not_found", "未找到该记录"


class Unauthenticated(DomainError):
    status, code, title = 401, "unauthenticated", "请先登录"
    headers: Mapping[str, str] = {"www-authenticate": "Bearer"}


class Forbidden(DomainError):
    status, code, title = 403, "forbidden", "无权进行此操作"


class SameOfficer(DomainError):
    """The person holds a duty on the case that excludes the one that the act takes (segregation of duties)."""

    status, code, title = 403, "same_officer", "同一人不得在同一事项中承担相互排斥的职责"


class WrongStatus(DomainError):
    status, code, title = 409, "wrong_status", "当前状态不允许此操作"


class Stale(DomainError):
    status, code, title = 412, "stale", "记录已被他人修改，请刷新后重试"


class PreconditionRequired(DomainError):
    status, code, title = 428, "precondition_required", "缺少 If-Match 请求头"


class Invalid(DomainError):
    """A well-formed value violates a rule of its field."""

    status, code, title = 422, "invalid", "填报内容不符合要求"


class Duplicate(DomainError):
    status, code, title = 409, "duplicate", "记录已存在"
