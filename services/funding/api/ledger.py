"""Endpoint that verifies the ledger against itself, documents, cases, acts and events. 三（二）, 四（一）1"""

from dataclasses import asdict

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from services.funding.api.shapes import Shape
from services.funding.ledger.reconciliation import reconcile_snapshot
from services.funding.ledger.rule_names import RULES
from services.funding.ledger.verify import Drift
from shared.runtime import Instance
from shared.web.auth import FinanceOrAuditor
from shared.web.idempotency import ActRoute

router = APIRouter(route_class=ActRoute, tags=["账簿"])


class LedgerDriftOut(Shape):
    """Violation of an invariant: its name, the account, transfer or case, and the figures."""

    invariant: str = Field(title="核对规则", description="被违反的核对规则的代码")
    rule: str = Field(title="核对规则名称")
    subject: str = Field(title="对象", description="账户、转账或资金申请的标识")
    figures: str = Field(title="数据", description="不一致的数据；金额单位为分或元，随文注明")


class LedgerVerification(BaseModel):
    """Violations found on one snapshot; none in a consistent ledger."""

    sound: bool = Field(title="是否一致")
    drifts: list[LedgerDriftOut] = Field(title="不一致之处")


@router.get(
    "/v1/ledger/verify",
    name="verify_ledger",
    summary="核对账簿",
    description="财务、审计人员核对资金台账自身是否一致，以及台账与预算文件、批复、投资计划、拨付、退回追回、办理记录和已公布事件是否相符，逐项列出不一致之处。依据：三（二）、四（一）1。",
)
async def verify_ledger(request: Request, actor: FinanceOrAuditor) -> LedgerVerification:
    """Verify the ledger, and its agreement with documents, cases, acts and events. 三（二）, 四（一）1"""
    instance: Instance = request.app.state.instance
    drifts = await reconcile_snapshot(instance.database.engine, instance.settings.ledger_verify_seconds)
    return LedgerVerification(sound=not drifts, drifts=[_shown(drift) for drift in drifts])


def _shown(drift: Drift) -> LedgerDriftOut:
    return LedgerDriftOut(rule=RULES[drift.invariant], **asdict(drift))
