"""The final state of every case in every table, against the model."""

from collections.abc import Iterator, Mapping
from typing import Any

from faults.checker.cases import Case, Parked, Replay
from faults.checker.reading import Act, Snapshot
from faults.model.application import CLAWED, HELD_EVENT, RELEASED, SENT_BACK
from faults.model.history import Difference

INTAKE_ACTS = {
    "eligibility.declaration_assessed.v1": "learn_assessment", "eligibility.review_passed.v1": "learn_review",
    "eligibility.review_rejected.v1": "learn_review", "eligibility.pool_entered.v1": "learn_pool_entry",
    "funding.funds_approved.v1": "learn_approval", RELEASED: "learn_release", HELD_EVENT: "learn_hold",
    CLAWED: "learn_clawback", SENT_BACK: "learn_sent_back",
}  # fmt: skip
"""Acts that intake records for events of other services."""


def compare(replayed: Replay, acts: Mapping[tuple[str, str], list[Act]]) -> Iterator[Difference]:
    """Yield rows that are missing, superfluous or different. `acts` are the recorded acts of the services."""
    snapshot, parked = replayed.snapshot, replayed.parked
    for case in replayed.cases:
        yield from _learned_by_intake(case, acts["intake", case.id], parked)
        yield from _at_intake(case, snapshot)
        yield from _at_eligibility(case, snapshot)
        yield from _at_funding(case, snapshot)
        yield from _at_monitoring(case, snapshot, parked)
    for document in replayed.documents:
        row = snapshot.states["appropriation"].get(document) or snapshot.states["investment_plan"].get(document)
        yield from _equal(f"document {document}", row and row["status"], replayed.documents[document].status)
    for release, payment in replayed.payments.items():
        row = snapshot.states["payment"].get(release)
        yield from _equal(f"payment of {release}", row and row["status"], payment.status or None)
    yield from _ranks(snapshot)


def _equal(label: str, actual: Any, model: Any) -> Iterator[Difference]:
    if actual != model:
        yield Difference("state", f"{label} is {actual}; in the model it is {model}")


def _learned_by_intake(case: Case, acts: list[Act], parked: Parked) -> Iterator[Difference]:
    """Check that intake recorded the events of each service once and in order."""
    for source, state in (("eligibility", case.review), ("funding", case.application)):
        expected = [INTAKE_ACTS[event] for event in (state.events if state else ()) if event in INTAKE_ACTS]
        recorded = [act.act for act in acts if act.act in set(expected)]
        if ("intake", source, case.id) in parked:
            expected = expected[: len(recorded)]
        yield from _equal(f"intake's acts on {case.id} for events of {source}", recorded, expected)


def _at_intake(case: Case, snapshot: Snapshot) -> Iterator[Difference]:
    row, model = snapshot.states["declaration"].get(case.id), case.declaration
    yield from _equal(f"declaration {case.id}", row and (row["stage"], row["round"]), (model.stage, model.round))


def _at_eligibility(case: Case, snapshot: Snapshot) -> Iterator[Difference]:
    row, model = snapshot.states["review"].get(case.id), case.review
    yield from _equal(f"review {case.id}", row and row["stage"], model and model.stage)
    sheets = snapshot.states["sheets"].get(case.id)
    yield from _equal(f"scores of {case.id}", sheets["many"] if sheets else 0, len(model.scores) if model else 0)
    entry = snapshot.states["pool"].get(case.id)
    pooled = model is not None and model.stage == "in_pool"
    score = model.score_hundredths if model is not None and pooled else None
    yield from _equal(f"score of {case.id} in the pool", entry and int(entry["score"] * 100), score)


def _at_funding(case: Case, snapshot: Snapshot) -> Iterator[Difference]:
    row, model = snapshot.states["application"].get(case.id), case.application
    if row is None or model is None:
        yield from _equal(f"application {case.id}", row and row["status"], model and model.status)
        return
    award = model.award_fen if model.status != "received" else 0
    figures = [
        int((row[name] or 0) * 100) for name in ("award_yuan", "released_yuan", "demanded_yuan", "recovered_yuan")
    ]
    expected = [award, model.released_fen, model.demanded_fen, model.recovered_fen]
    yield from _equal(f"application {case.id}", (row["status"], *figures), (model.status, *expected))


def _at_monitoring(case: Case, snapshot: Snapshot, parked: Parked) -> Iterator[Difference]:
    """Check the project file, which opens with the first payment, and its fund movements."""
    row, model = snapshot.states["file"].get(case.id), case.application
    if ("monitoring", "funding", case.id) in parked:
        return
    moved = _movements(model.events if model else ())
    listed = snapshot.states["movements"].get(case.id)
    yield from _equal(f"movements of {case.id} in monitoring", list(listed["kinds"]) if listed else [], moved)
    if row is not None and model is not None:
        figures = [int(row[name] * 100) for name in ("released_yuan", "demanded_yuan", "recovered_yuan")]
        expected = [model.released_fen, model.demanded_fen, model.recovered_fen]
        yield from _equal(f"file {case.id}", (row["held"], *figures), (model.holds > 0, *expected))


def _movements(events: tuple[str, ...]) -> list[str]:
    """Return the kinds of movements from the first payment on; earlier holds have no file yet."""
    if RELEASED not in events:
        return []
    since = events[events.index(RELEASED) :]
    clawed = ["demanded", "recovered"][: since.count(CLAWED)]
    counted = {"released": RELEASED, "sent_back": SENT_BACK, "held": HELD_EVENT}
    return sorted([*clawed, *(kind for kind, event in counted.items() for _ in range(since.count(event)))])


def _ranks(snapshot: Snapshot) -> Iterator[Difference]:
    """Check that ranks in the pool run from 1 without a gap, by score."""
    pool = sorted(snapshot.states["pool"].values(), key=lambda row: row["rank"])
    yield from _equal("the pool's ranks", [row["rank"] for row in pool], list(range(1, len(pool) + 1)))
    scores = [row["score"] for row in pool]
    yield from _equal("the pool's order", scores, sorted(scores, reverse=True))
