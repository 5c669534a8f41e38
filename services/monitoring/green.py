"""Green registrations: carbon account, announcement and export for the green exchange (四（二）1)."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.models.evaluation import Evaluation
from services.monitoring.models.files import ProjectFile
from services.monitoring.models.green import GreenRecord
from services.monitoring.rules.code_lists import FACTOR_SETS, GREEN_STATES, FactorSet
from services.monitoring.rules.energy import EnergyComparison, carbon_account
from shared.clock import uuid7
from shared.contracts.library import LABELS as LIBRARY_LABELS
from shared.contracts.monitoring import GreenRegistered
from shared.errors import Duplicate, Invalid
from shared.events.outbox import emit
from shared.policy import parameter
from shared.storage.session import now, today
from shared.text import STORED


async def create_record(
    session: AsyncSession,
    file: ProjectFile,
    purpose: str,
    factor_set: FactorSet | None,
    energy: EnergyComparison | None,
) -> GreenRecord:
    """Create a record by today's factors; the purpose selects the factor set by default. Raises Duplicate, Invalid."""
    live = GreenRecord.state != "returned"
    own = GreenRecord.declaration_id == file.declaration_id
    if await session.scalar(select(GreenRecord.id).where(own, live)):
        raise Duplicate("该项目已有绿色登记；只有被退回的登记可以重新建立")
    on = today(session)
    chosen: FactorSet = factor_set or parameter("carbon_factor_sets", on)[purpose][0]
    result = carbon_account(energy or await _evaluated_energy(session, file), chosen, on)
    green = GreenRecord(
        id=uuid7(now(session)),
        declaration_id=file.declaration_id,
        district=file.district,
        applicant_uscc=file.applicant_uscc,
        round=1 + (await session.scalar(select(func.count()).select_from(GreenRecord).where(own)) or 0),
        state="pending",
        purpose=purpose,
        factor_set=chosen,
        accounted_on=on,
        account=result,
        before_tco2=result["before"]["total_tco2"],
        after_tco2=result["after"]["total_tco2"],
        reduction_tco2=result["reduction_tco2"],
    )
    session.add(green)
    return green


async def _evaluated_energy(session: AsyncSession, file: ProjectFile) -> EnergyComparison:
    actuals = await session.scalar(select(Evaluation.actuals).where(Evaluation.declaration_id == file.declaration_id))
    if not actuals or not actuals.get("energy"):
        raise Invalid("评价中没有能耗数据，请填写基准期和报告期能耗", field="/body/energy")
    return EnergyComparison.model_validate(actuals["energy"], context=STORED)


async def announce_record(session: AsyncSession, green: GreenRecord) -> None:
    """Emit GreenRegistered with the record's state."""
    await emit(
        session,
        GreenRegistered(
            declaration_id=green.declaration_id,
            district=green.district,
            applicant_uscc=green.applicant_uscc,
            state=green.state,
            emissions_before_tco2=green.before_tco2,
            emissions_after_tco2=green.after_tco2,
            reduction_tco2=green.reduction_tco2,
            factor_set=green.factor_set,
        ),
    )


async def exchange_export(session: AsyncSession, file: ProjectFile, green: GreenRecord) -> dict[str, Any]:
    """Return the export for the exchange: carbon in tCO2, energy by carrier, factors, PV apart."""
    result = await session.scalar(select(Evaluation.result).where(Evaluation.declaration_id == file.declaration_id))
    energy = green.account["energy"]
    return {
        "entity": {
            "uscc": file.applicant_uscc,
            "name": file.applicant_name,
            "industries": [LIBRARY_LABELS[word] for word in file.facts.get("industries") or ()],
        },
        "project": _project(file),
        "energy": energy,
        "emissions": {key: green.account[key] for key in ("before", "after", "reduction_tco2")},
        "factors": {
            "set": green.factor_set,
            "label": FACTOR_SETS[green.factor_set],
            "values": green.account["factors"],
        },
        "pv_used_kwh": energy["report"]["pv_used_kwh"],
        "energy_saving_ratio": ((result or {}).get("energy") or {}).get("ratio"),
        "verifier": green.verifier,
        "attachments": green.attachments,
        "state": {"code": green.state, "label": GREEN_STATES[green.state]},
        "accounted_on": green.accounted_on.isoformat(),
        "exchange_no": green.exchange_no,
        "neutrality_certificate_no": green.neutrality_certificate_no,
        "simulated": file.simulated,
    }


def _project(file: ProjectFile) -> dict[str, Any]:
    measures = ("green_retrofit_simultaneous", "renewable_planned", "green_materials", "pv_roof_share")
    return {
        "declaration_no": file.declaration_no,
        "code": file.project_code,
        "name": file.project_name,
        "address": file.address,
        "renovated_area_m2": [component.get("renovated_area_m2") for component in file.components],
        "investment_yuan": [component["assessed_investment_yuan"] for component in file.components],
        "green_measures": {name: file.facts.get(name) for name in measures},
    }
