"""Dependency that records refusals of a submission, report or receipt as acts."""

from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import Depends, Request

from services.intake.api.parameters import DeclarationId
from services.intake.models.declarations import Declaration
from services.intake.rules import refusals
from shared.errors import DomainError
from shared.runtime import Instance
from shared.storage.audit import case_of, record_act
from shared.storage.session import found


async def recorded_refusals(request: Request, declaration_id: DeclarationId) -> AsyncIterator[None]:
    """Record a refusal in a transaction of its own: that of the refused act is rolled back."""
    try:
        yield
    except refusals.RECORDED_REFUSALS as refusal:
        await _record_refusal(request, declaration_id, refusal)
        raise


async def _record_refusal(request: Request, declaration_id: UUID, refusal: DomainError) -> None:
    instance: Instance = request.app.state.instance
    act = str(request.scope["route"].name)
    async with instance.database.session(request.state.actor) as session:
        declaration = await found(session, Declaration, declaration_id)
        await record_act(
            session,
            f"{act}_refused",
            case_of(declaration),
            round=declaration.round,
            reason=refusal.detail,
            code=refusal.code,
        )


RefusalsRecorded = Depends(recorded_refusals, scope="function")
