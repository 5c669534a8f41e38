"""Model of a declaration at the district and on its way to the city. 三（一）"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from faults.model.duties import NO_DUTIES, Duties, take_duty
from faults.model.history import Step

APPLICANT_MATERIALS = (
    "project_approval", "fund_application_report", "business_licence", "title_deed", "production_ended_proof",
    "area_survey", "industry_positioning", "operating_mechanism", "energy_design", "green_chapter", "permits",
    "investment_estimate", "funding_sources", "credit_report", "site_photos",
)  # fmt: skip
"""Materials that the owner of a factory must upload for a grant; a submission without one of them is refused."""
DISTRICT_MATERIALS = ("request_letter", "first_review_opinion")
EDITABLE = {"draft", "returned"}
UNDER_REVIEW = {"accepted", "opinion_requested", "opinion_given"}
RANKS = {
    "draft": 0, "returned": 5, "submitted": 10, "accepted": 20, "opinion_requested": 30, "opinion_given": 35,
    "forwarded": 40, "received": 50, "assessed": 55, "review_passed": 60, "pooled": 70, "approved": 80,
    "released": 90, "clawback_demanded": 120, "clawback_recovered": 130, "rejected": 200,
}  # fmt: skip
WRONG_STATUS = "wrong_status"


@dataclass(frozen=True, slots=True)
class Declaration:
    """State of a declaration; `events` and `acts` are those that must be published and recorded, in order."""

    stage: str = ""
    round: int = 0
    materials: frozenset[str] = frozenset()
    undertaken: bool = False
    found_in: int = 0
    opinion: bool = False
    assessed: bool = False
    duties: Duties = NO_DUTIES
    events: tuple[str, ...] = ()
    acts: tuple[tuple[str, str], ...] = ()


Rule = Callable[[Declaration, Step], tuple[Declaration, str]]


def apply(state: Declaration, step: Step) -> tuple[Declaration, str]:
    """Return the next state, or the same state and the code of the refusal."""
    after, code = RULES[step.act](state, step)
    if code:
        return state, code
    return replace(after, acts=(*after.acts, (step.act, step.actor))), ""


def _duty_act(duty: str, stages: set[str], change: Rule) -> Rule:
    """Return the rule of an act that takes a duty and is possible at some stages."""

    def rule(state: Declaration, step: Step) -> tuple[Declaration, str]:
        if state.stage not in stages:
            return state, WRONG_STATUS
        changed, code = change(state, step)
        duties, same = take_duty(state.duties, step.actor, duty)
        return (state, code or same) if code or same else (replace(changed, duties=duties), "")

    return rule


def _to_stage(stage: str, *events: str) -> Rule:
    return lambda state, _step: (replace(state, stage=stage, events=state.events + events), "")


def _upload(state: Declaration, step: Step) -> tuple[Declaration, str]:
    """Add a material; one of the applicant's voids the undertaking, which covers the materials."""
    given = replace(state, materials=state.materials | {step.facts["kind"]})
    if step.facts["kind"] in APPLICANT_MATERIALS:
        withdrawn = replace(given, undertaken=False)
        return _duty_act("apply", EDITABLE, lambda _state, _step: (withdrawn, ""))(state, step)
    return _duty_act("first_review", UNDER_REVIEW, lambda _state, _step: (given, ""))(state, step)


def _submit(state: Declaration, _step: Step) -> tuple[Declaration, str]:
    if not state.undertaken or not state.materials.issuperset(APPLICANT_MATERIALS):
        return state, "incomplete"
    return _to_stage("submitted", "intake.declaration_submitted.v1")(replace(state, round=state.round + 1), _step)


def _forward(state: Declaration, step: Step) -> tuple[Declaration, str]:
    complete = state.materials.issuperset(APPLICANT_MATERIALS + DISTRICT_MATERIALS)
    if state.found_in != state.round or not state.opinion or not complete:
        return state, "not_forwardable"
    return _to_stage("forwarded", "intake.declaration_forwarded.v1")(replace(state, assessed=False), step)


def _receive(state: Declaration, step: Step) -> tuple[Declaration, str]:
    return _to_stage("assessed" if state.assessed else "received", "intake.declaration_received.v1")(state, step)


def _learn(state: Declaration, stage: str) -> tuple[Declaration, str]:
    """Move a case forward by an event of the city; never back, and not before the city received it."""
    moves = RANKS["received"] <= RANKS[state.stage] < RANKS[stage]
    return (replace(state, stage=stage) if moves else state), ""


def _learn_assessment(state: Declaration, _step: Step) -> tuple[Declaration, str]:
    known = state.assessed or state.stage in ("forwarded", "received")
    return _learn(replace(state, assessed=known), "assessed")


def _learn_review(state: Declaration, step: Step) -> tuple[Declaration, str]:
    return _learn(state, "review_passed" if step.facts["outcome"] == "passed" else "rejected")


def _learn_clawback(state: Declaration, _step: Step) -> tuple[Declaration, str]:
    """Move to the demand at the first event, to the recovery at the second."""
    before = any(act == "learn_clawback" for act, _ in state.acts)
    return _learn(state, "clawback_recovered" if before else "clawback_demanded")


RULES: dict[str, Rule] = {
    "create_declaration": _duty_act("apply", {""}, _to_stage("draft")),
    "upload_material": _upload,
    "undertake": _duty_act("apply", EDITABLE, lambda state, _step: (replace(state, undertaken=True), "")),
    "edit_declaration": _duty_act("apply", EDITABLE, lambda state, _step: (replace(state, undertaken=False), "")),
    "submit_declaration": _duty_act("apply", EDITABLE, _submit),
    "accept_declaration": _duty_act("first_review", {"submitted"}, _to_stage("accepted")),
    "return_declaration": _duty_act(
        "first_review", {"submitted"} | UNDER_REVIEW, _to_stage("returned", "intake.declaration_returned.v1")
    ),
    "review_declaration": _duty_act(
        "first_review", UNDER_REVIEW, lambda state, _step: (replace(state, found_in=state.round), "")
    ),
    "request_opinion": _duty_act("first_review", {"accepted", "opinion_given"}, _to_stage("opinion_requested")),
    "give_opinion": _duty_act(
        "opinion",
        {"opinion_requested"},
        lambda state, step: _to_stage("opinion_given", "intake.opinion_given.v1")(replace(state, opinion=True), step),
    ),
    "forward_declaration": _duty_act("forward", UNDER_REVIEW, _forward),
    "receive_declaration": _duty_act("receipt", {"forwarded"}, _receive),
    "learn_assessment": _learn_assessment,
    "learn_review": _learn_review,
    "learn_pool_entry": lambda state, _step: _learn(state, "pooled"),
    "learn_approval": lambda state, _step: _learn(state, "approved"),
    "learn_release": lambda state, _step: _learn(state, "released"),
    "learn_hold": lambda state, _step: (state, ""),
    "learn_sent_back": lambda state, _step: (state, ""),
    "learn_clawback": _learn_clawback,
}
