"""The end of every case in every table that keeps one, against the end in the model."""

from collections.abc import Iterator, Mapping
from typing import Any

from faults.checker.cases import Case, Parked, Replay
from faults.checker.reading import Act, Found
from faults.model.application import CLAWED, HELD_EVENT, RELEASED
from faults.model.history import Difference

LEARNED = {
    "eligibility.declaration_assessed.v1": "learn_assessment", "eligibility.review_passed.v1": "learn_review",
    "eligibility.review_rejected.v1": "learn_review", "eligibility.pool_entered.v1": "learn_pool_entry",
    "funding.funds_approved.v1": "learn_approval", RELEASED: "learn_release", HELD_EVENT: "learn_hold",
    CLAWED: "learn_clawback",
}  # fmt: skip
"""What intake records of the news of others."""


def compare(replayed: Replay, acts: Mapping[tuple[str, str], list[Act]]) -> Iterator[Difference]:
    """Rows that are not there, are there too many, or say something else. `acts` are the services' records."""
    found, parked = replayed.found, replayed.parked
    for case in replayed.cases:
        yield from _learned(case, acts["intake", case.id], parked)
        yield from _at_intake(case, found)
        yield from _at_eligibility(case, found)
        yield from _at_funding(case, found)
        yield from _at_monitoring(case, found, parked)
    for paper in replayed.papers:
        row = found.states["appropriation"].get(paper) or found.states["investment_plan"].get(paper)
        yield from _equal(f"paper {paper}", row and row["status"], replayed.papers[paper].status)
    yield from _ranks(found)


def _equal(what: str, found: Any, model: Any) -> Iterator[Difference]:
    if found != model:
        yield Difference("state", f"{what} is {found}; in the model {model}")


def _learned(case: Case, acts: list[Act], parked: Parked) -> Iterator[Difference]:
    """The news of each service came to the district once, and in its order."""
    for source, state in (("eligibility", case.review), ("funding", case.application)):
        told = [LEARNED[event] for event in (state.events if state else ()) if event in LEARNED]
        heard = [act.act for act in acts if act.act in set(told)]
        if ("intake", source, case.id) in parked:
            told = told[: len(heard)]
        yield from _equal(f"what intake heard of {case.id} from {source}", heard, told)


def _at_intake(case: Case, found: Found) -> Iterator[Difference]:
    row, model = found.states["declaration"].get(case.id), case.declaration
    yield from _equal(f"declaration {case.id}", row and (row["stage"], row["round"]), (model.stage, model.round))


def _at_eligibility(case: Case, found: Found) -> Iterator[Difference]:
    row, model = found.states["review"].get(case.id), case.review
    yield from _equal(f"review {case.id}", row and row["stage"], model and model.stage)
    sheets = found.states["sheets"].get(case.id)
    yield from _equal(f"scores of {case.id}", sheets["many"] if sheets else 0, len(model.scores) if model else 0)
    entry = found.states["pool"].get(case.id)
    pooled = model is not None and model.stage == "in_pool"
    score = model.score_hundredths if model is not None and pooled else None
    yield from _equal(f"place of {case.id} in the pool", entry and int(entry["score"] * 100), score)


def _at_funding(case: Case, found: Found) -> Iterator[Difference]:
    row, model = found.states["application"].get(case.id), case.application
    if row is None or model is None:
        yield from _equal(f"application {case.id}", row and row["status"], model and model.status)
        return
    award = model.award_fen if model.status != "received" else 0
    figures = [
        int((row[name] or 0) * 100) for name in ("award_yuan", "released_yuan", "demanded_yuan", "recovered_yuan")
    ]
    expected = [award, model.released_fen, model.demanded_fen, model.recovered_fen]
    yield from _equal(f"application {case.id}", (row["status"], *figures), (model.status, *expected))


def _at_monitoring(case: Case, found: Found, parked: Parked) -> Iterator[Difference]:
    """The file that opens with the first payment, and what moved on it since."""
    row, model = found.states["file"].get(case.id), case.application
    if ("monitoring", "funding", case.id) in parked:
        return
    moved = _movements(model.events if model else ())
    listed = found.states["movements"].get(case.id)
    yield from _equal(f"movements of {case.id} in monitoring", list(listed["kinds"]) if listed else [], moved)
    if row is not None and model is not None:
        figures = [int(row[name] * 100) for name in ("released_yuan", "demanded_yuan", "recovered_yuan")]
        expected = [model.released_fen, model.demanded_fen, model.recovered_fen]
        yield from _equal(f"file {case.id}", (row["held"], *figures), (model.holds > 0, *expected))


def _movements(events: tuple[str, ...]) -> list[str]:
    """What monitoring lists, from the first payment on; what was held before has no file yet."""
    if RELEASED not in events:
        return []
    since = events[events.index(RELEASED) :]
    clawed = ["demanded", "recovered"][: since.count(CLAWED)]
    return sorted(["released", *clawed, *["held"] * since.count(HELD_EVENT)])


def _ranks(found: Found) -> Iterator[Difference]:
    """Places in the pool run from 1 without a gap, by score."""
    pool = sorted(found.states["pool"].values(), key=lambda row: row["rank"])
    yield from _equal("the pool's ranks", [row["rank"] for row in pool], list(range(1, len(pool) + 1)))
    scores = [row["score"] for row in pool]
    yield from _equal("the pool's order", scores, sorted(scores, reverse=True))
