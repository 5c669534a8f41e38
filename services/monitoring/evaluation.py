"""Computation and issue of evaluations from the service's records and the district's statement (三（三）)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.monitoring.credit import raise_ground
from services.monitoring.models.evaluation import Evaluation, IssuedEvaluation
from services.monitoring.models.files import ProjectFile
from services.monitoring.models.inspections import Finding
from services.monitoring.models.quarters import ProjectQuarter, QuarterSubmission
from services.monitoring.rules.areas import AreaCheck
from services.monitoring.rules.delivery import check_reference_day, evaluation_years
from services.monitoring.rules.evaluation.actuals import Actuals, occupancy_rate
from services.monitoring.rules.evaluation.calculation import ProjectState, area_checks, evaluate
from services.monitoring.rules.evaluation.report import build_report
from services.monitoring.rules.quarters import ComponentLetting
from shared.contracts.monitoring import EvaluationIssued, TargetResult
from shared.deadlines import quarter_end
from shared.errors import Invalid
from shared.events.outbox import emit
from shared.policy import Ruleset, resolve
from shared.storage.session import actor_of, now, settings_of, today


async def compute_evaluation(session: AsyncSession, file: ProjectFile, actuals: Actuals) -> dict[str, Any]:
    """Return the evaluation result as of its reference date. Raises WrongStatus or Invalid."""
    ruleset = resolve(file.as_of, file.district, settings_of(session).interpretations)
    _check_reference(file, actuals.reference_on, today(session), ruleset)
    _check_lettings(file, actuals)
    state = await _project_state(session, file, ruleset)
    _check_areas(actuals, area_checks(actuals, state, ruleset))
    return evaluate(actuals, state, ruleset)


def _check_areas(actuals: Actuals, checks: Sequence[AreaCheck]) -> None:
    """Raise Invalid for an area that differs from the award without a reason, and for a reason without an area."""
    roof = actuals.roof
    if roof.roof_projection_m2 is not None and (roof.pv_projection_m2 or 0) > roof.roof_projection_m2:
        raise Invalid("光伏组件水平投影不得大于全部屋面水平投影，请核对", field="/body/roof/pv_projection_m2")
    given = {item.field for item in actuals.area_reasons}
    for check in checks:
        if check.agrees is False and check.pointer not in given:
            way = f"请核对；确有变化的，在 area_reasons 中填写 {check.pointer} 的差异理由"
            raise Invalid(f"{check.sentence}，{way}", field=f"/body{check.pointer}")
    if unknown := given - {check.pointer for check in checks}:
        raise Invalid(f"没有需要说明的面积字段 {min(unknown)}", field="/body/area_reasons")


def _check_reference(file: ProjectFile, on: date, today: date, ruleset: Ruleset) -> None:
    """Raise WrongStatus before delivery, Invalid for a reference date that I20 does not allow."""
    delivered_on = file.expect_delivered()
    assert file.evaluation_due_on is not None
    last = min(today, file.evaluation_due_on)
    years = evaluation_years(file.as_of, file.district)
    check_reference_day(on, delivered_on, last, ruleset.interpretations["target_moment"], years)


def _check_lettings(file: ProjectFile, actuals: Actuals) -> None:
    seen: set[int] = set()
    for place, item in enumerate(actuals.lettings):
        pointer = f"/body/lettings/{place}"
        if item.index >= len(file.components) or item.index in seen:
            raise Invalid(f"组成序号须为 0 至 {len(file.components) - 1}，每项组成只填一次", field=f"{pointer}/index")
        seen.add(item.index)
        if file.components[item.index]["kind"] == "infrastructure":
            raise Invalid("配套基础设施不计入驻率，请只填楼宇和厂房", field=f"{pointer}/index")
        if item.moved_in_area_m2 > item.leasable_area_m2 or item.signed_area_m2 > item.leasable_area_m2:
            raise Invalid(
                f"入驻和签约面积不得大于可出租面积 {item.leasable_area_m2} 平方米", field=f"{pointer}/leasable_area_m2"
            )
        if item.units is not None and (item.let_units or 0) > item.units:
            raise Invalid(f"已入驻单元数不得大于可出租单元数 {item.units}", field=f"{pointer}/let_units")


async def _project_state(session: AsyncSession, file: ProjectFile, ruleset: Ruleset) -> ProjectState:
    own = ProjectQuarter.declaration_id == file.declaration_id
    late = or_(ProjectQuarter.late, ProjectQuarter.overdue_since.is_not(None))
    diversion = (Finding.kind == "funds_diverted") & (Finding.state != "closed")
    submitted = (
        await session.scalars(
            select(QuarterSubmission)
            .where(QuarterSubmission.declaration_id == file.declaration_id)
            .order_by(QuarterSubmission.quarter, QuarterSubmission.round)
        )
    ).all()
    return ProjectState(
        facts=file.facts,
        components=file.components,
        district=file.district,
        kept_yuan=file.kept_yuan,
        used_yuan=submitted[-1].subsidy_used_yuan if submitted else Decimal(0),
        late_quarters=await session.scalar(select(func.count()).select_from(ProjectQuarter).where(own, late)) or 0,
        open_diversion=bool(
            await session.scalar(select(Finding.id).where(Finding.declaration_id == file.declaration_id, diversion))
        ),
        best_occupancy=_best_occupancies(file, submitted, ruleset),
        delivery_remark=file.delivery_remark,
    )


def _best_occupancies(file: ProjectFile, submitted: Any, ruleset: Ruleset) -> dict[int, Decimal]:
    """Return the highest occupancy reported for each component in the quarters after delivery (I20)."""
    best: dict[int, Decimal] = {}
    for row in submitted:
        if file.delivered_on is None or quarter_end(row.quarter) < file.delivered_on:
            continue
        for item in map(ComponentLetting.model_validate, row.report["occupancy"]):
            value = occupancy_rate(item, ruleset.interpretations["occupancy_meaning"])
            if value is not None:
                best[item.index] = max(value, best.get(item.index, value))
    return best


async def issue(session: AsyncSession, file: ProjectFile, evaluation: Evaluation) -> None:
    """Issue the evaluation, store its report, end monitoring and emit EvaluationIssued; raise ground G8 or G2."""
    assert file.evaluation_due_on is not None
    evaluation.issue(today(session), file.evaluation_due_on)
    session.add(
        IssuedEvaluation(
            id=evaluation.id,
            declaration_id=file.declaration_id,
            district=file.district,
            applicant_uscc=file.applicant_uscc,
            report=report_for(file, evaluation),
            issued_by=actor_of(session).subject,
            issued_at=now(session),
        )
    )
    await _raise_grounds(session, file, evaluation)
    file.conclude()
    await emit(session, _announcement(file, evaluation))


async def _raise_grounds(session: AsyncSession, file: ProjectFile, evaluation: Evaluation) -> None:
    """Raise ground G8 for missed targets and G2 for misused funds; their effect needs a decision."""
    missed = [target["label"] for target in evaluation.result["targets"] if target["met"] is False]
    grounds = [("G8", "评价未达目标：" + "、".join(missed))] if missed else []
    if evaluation.actuals["funds"]["misused"]:
        grounds.append(("G2", "评价认定补助资金存在挪用"))
    for code, detail in grounds:
        await raise_ground(
            session,
            code,  # type: ignore[arg-type]
            f"evaluation:{evaluation.id}",
            file.applicant_uscc,
            file.district,
            today(session),
            detail,
            declaration_id=file.declaration_id,
        )


def report_for(file: ProjectFile, evaluation: Evaluation) -> dict[str, Any]:
    """Return the report of an evaluation, issued or not."""
    names = ("project_name", "declaration_no", "project_code", "address", "applicant_name", "applicant_uscc", "mode")
    amounts = ("award_yuan", "released_yuan", "returned_yuan", "recovered_yuan")
    project = {
        **{name: getattr(file, name) for name in names},
        **{name: f"{getattr(file, name):.2f}" for name in amounts},
        "district": file.district,
        "delivered_on": str(file.delivered_on),
        "evaluation_due_on": str(file.evaluation_due_on),
        "simulated": file.simulated,
    }
    basis = {
        "reference_on": evaluation.reference_on.isoformat(),
        "issued_on": evaluation.issued_on and evaluation.issued_on.isoformat(),
        "late": evaluation.late,
        "evaluated_by": evaluation.evaluated_by,
        "advice": evaluation.actuals.get("advice"),
    }
    return build_report(project, evaluation.result, basis)


def _announcement(file: ProjectFile, evaluation: Evaluation) -> EvaluationIssued:
    assert evaluation.issued_on is not None
    rows = evaluation.result["targets"]
    names = ("clause", "label", "target", "actual", "met", "gap")
    return EvaluationIssued(
        declaration_id=file.declaration_id,
        district=file.district,
        applicant_uscc=file.applicant_uscc,
        evaluation_id=evaluation.id,
        score=evaluation.score,
        grade=evaluation.grade,
        targets=tuple(TargetResult(**{name: row[name] for name in names}) for row in rows),
        targets_met=evaluation.targets_met is True,
        undetermined=tuple(evaluation.result.get("undetermined", ())),
        issued_on=evaluation.issued_on,
        late=bool(evaluation.late),
    )
