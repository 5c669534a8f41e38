"""Every filter, bound, search column and sort of eligibility's lists, each with rows that it must leave out."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from services.eligibility.models import Assessment, Base, DistrictStandard, PoolEntry, Review
from shared.actors import system_actor
from tests.enumeration import app, filters_of, operations
from tests.world import World

OWNERS = ("91110000600037341L", "91110108551385082Q", "91110000802100433B")
OFFICER = "city-officer-1"


def key(number: int) -> UUID:
    return UUID(int=number)


def table(columns: str, *rows: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [dict(zip(columns.split(), row, strict=True)) for row in rows]


def march(day: int) -> date:
    return date(2024, 3, day)


# Rows 3 and 4 have the same acceptance date; rows 1, 4 and 5 have no conclusion.
REVIEWS = table(
    "district declaration_no project_name applicant_name stage decision accepted_on concluded_on applicant_uscc",
    ("110105", "N3", "东城 Tower", "甲一", "in_review", "eligible", date(2024, 2, 1), None, OWNERS[0]),
    ("110106", "N1", "Zeta", "乙二", "rejected", "ineligible", date(2024, 2, 2), march(5), OWNERS[1]),
    ("BDA", "N4", "Beta", "丙三", "passed", "undetermined", date(2024, 2, 3), march(4), OWNERS[0]),
    ("110108", "N2", "Gamma", "丁四", "in_pool", "eligible", date(2024, 2, 3), None, OWNERS[2]),
    ("110107", "N9", "Alpha", "戊五", "closed", "undetermined", date(2024, 1, 1), None, OWNERS[0]),
)
# Row 4 is of another year and row 5 has left; rows 2 and 3 have the same score.
ENTRIES = table(
    "district declaration_no project_name applicant_name rank score assessed declared entered_on left_on "
    "applicant_uscc",
    ("110105", "N3", "东城 Tower", "甲一", 3, "70.00", "50.00", "51.00", march(1), None, OWNERS[0]),
    ("110106", "N1", "Zeta", "乙二", 1, "80.00", "40.00", "99.00", march(3), None, OWNERS[1]),
    ("BDA", "N4", "Beta", "丙三", 2, "80.00", "60.00", "61.00", march(2), None, OWNERS[0]),
    ("110105", "N5", "Zeta", "乙二", 1, "90.00", "40.00", "99.00", date(2025, 3, 3), None, OWNERS[1]),
    ("110105", "N6", "Zeta", "乙二", 1, "95.00", "40.00", "99.00", march(3), march(9), OWNERS[1]),
)
STANDARDS = table(
    "number district parameter value valid_from document_no",
    (1, "110106", "low_occupancy", "0.5", date(2024, 2, 2), "丰台〔2024〕2号"),
    (1, "110105", "low_tax_yuan_per_m2", "200", date(2024, 2, 3), "朝阳〔2024〕1号"),
    (2, "110105", "low_occupancy", "0.4", date(2024, 2, 1), "朝阳〔2024〕3号"),
)
ASKED: Sequence[tuple[str, dict[str, Any], list[int]]] = [
    ("list_assessments", {}, [4, 3, 2, 1, 5]),
    ("list_assessments", {"decision": "eligible"}, [4, 1]),
    ("list_assessments", {"decision": ["ineligible", "undetermined"]}, [3, 2, 5]),
    ("list_assessments", {"district": "BDA"}, [3]),
    ("list_assessments", {"stage": "rejected"}, [2]),
    ("list_assessments", {"stage": ["in_review", "in_pool"], "decision": "eligible", "district": "110105"}, [1]),
    ("list_assessments", {"applicant_uscc": OWNERS[2]}, [4]),
    ("list_assessments", {"accepted_on_from": "2024-02-02"}, [4, 3, 2]),
    ("list_assessments", {"accepted_on_to": "2024-02-02"}, [2, 1, 5]),
    ("list_assessments", {"concluded_on_from": "2024-03-05"}, [2]),
    ("list_assessments", {"concluded_on_to": "2024-03-04"}, [3]),
    ("list_assessments", {"q": "tower"}, [1]),
    ("list_assessments", {"q": "n1"}, [2]),
    ("list_assessments", {"q": "丁"}, [4]),
    ("list_assessments", {"sort": "accepted_on"}, [5, 1, 2, 3, 4]),
    ("list_assessments", {"sort": "concluded_on"}, [3, 2, 1, 4, 5]),
    ("list_assessments", {"sort": "-concluded_on"}, [2, 3, 5, 4, 1]),
    ("list_assessments", {"sort": "declaration_no"}, [2, 4, 1, 3, 5]),
    ("list_assessments", {"sort": "project_name", "stage": ["rejected", "passed", "in_pool"]}, [3, 4, 2]),
    ("list_assessments", {"sort": "-district"}, [3, 4, 5, 2, 1]),
    ("list_pool", {"year": 2024}, [2, 3, 1]),
    ("list_pool", {"year": 2025}, [4]),
    ("list_pool", {"year": 2023}, []),
    ("list_pool", {"year": 2024, "district": "110105"}, [1]),
    ("list_pool", {"year": 2024, "applicant_uscc": OWNERS[1]}, [2]),
    ("list_pool", {"year": 2024, "entered_on_from": "2024-03-02"}, [2, 3]),
    ("list_pool", {"year": 2024, "entered_on_to": "2024-03-02"}, [3, 1]),
    ("list_pool", {"year": 2024, "q": "tower"}, [1]),
    ("list_pool", {"year": 2024, "q": "N4"}, [3]),
    ("list_pool", {"year": 2024, "q": "乙"}, [2]),
    ("list_pool", {"year": 2024, "sort": "-rank"}, [1, 3, 2]),
    ("list_pool", {"year": 2024, "sort": "score"}, [1, 2, 3]),
    ("list_pool", {"year": 2024, "sort": "-score"}, [3, 2, 1]),
    ("list_pool", {"year": 2024, "sort": "assessed_investment_yuan"}, [2, 1, 3]),
    ("list_pool", {"year": 2024, "sort": "entered_on"}, [1, 3, 2]),
    ("list_pool", {"year": 2024, "sort": "district"}, [1, 2, 3]),
    ("list_district_standards", {}, [2, 3, 1]),
    ("list_district_standards", {"district": "110106"}, [1]),
    ("list_district_standards", {"parameter": "low_occupancy"}, [3, 1]),
    ("list_district_standards", {"valid_from_from": "2024-02-02"}, [2, 1]),
    ("list_district_standards", {"valid_from_to": "2024-02-02"}, [3, 1]),
    ("list_district_standards", {"q": "〔2024〕3号"}, [3]),
    ("list_district_standards", {"sort": "valid_from"}, [3, 1, 2]),
    ("list_district_standards", {"sort": "-set_at"}, [3, 2, 1]),
    ("list_records", {}, [1, 2, 3]),
    ("list_records", {"decision": "eligible"}, [2]),
    ("list_records", {"sort": "-number"}, [3, 2, 1]),
    ("list_records", {"sort": "-made_at"}, [1, 3, 2]),
]
OWN = {"list_assessments", "list_pool", "list_district_standards", "list_records"}


def review(row: int, **fields: Any) -> Review:
    return Review(declaration_id=key(row), project={}, facts={}, exceptions={}, round=1, **fields)


def entry(row: int, *, assessed: str, declared: str, score: str, **fields: Any) -> PoolEntry:
    money = {"assessed_investment_yuan": Decimal(assessed), "declared_investment_yuan": Decimal(declared)}
    return PoolEntry(declaration_id=key(row), year=fields["entered_on"].year, score=Decimal(score), **money, **fields)


def standard(row: int, *, value: str, **fields: Any) -> DistrictStandard:
    at = datetime(2024, 3, row, tzinfo=UTC)
    return DistrictStandard(id=key(row), value=Decimal(value), set_by="x", set_by_name="y", set_at=at, **fields)


def records(of: int, *decisions: str) -> list[Base]:
    """Return the decision records of a case: number 2 made first, number 1 last."""
    minutes = {1: 3, 2: 1, 3: 2}
    return [
        Assessment(
            id=key(of * 100 + number), declaration_id=key(of), number=number, district="110105",
            applicant_uscc=OWNERS[0], round=1, occasion="reassessed", as_of=date(2024, 2, 1), decision=decision,
            as_of_kind="district_acceptance", edition="2023", ruleset=None, engine="1", summary="", made_by="x",
            made_at=datetime(2024, 3, 1, 0, minutes[number], tzinfo=UTC), record=RECORD | {"decision": decision},
        )
        for number, decision in enumerate(decisions, 1)
    ]  # fmt: skip


RECORD: dict[str, Any] = {
    "phase": "declare", "as_of": "2024-02-01", "district": "110105", "edition": "2023", "doc_no": "", "ruleset": "",
    "engine": "1", "findings": [], "unmet": [], "open": [], "needs_reason": [], "missing": [], "amounts": {},
    "facts": {}, "settled": {}, "interpretations": {},
}  # fmt: skip


async def fill(world: World) -> None:
    """Store the rows, and the records of two cases."""
    rows: list[Base] = [entry(row, **fields) for row, fields in enumerate(ENTRIES, 1)]
    rows += [standard(row, **fields) for row, fields in enumerate(STANDARDS, 1)]
    rows += [*records(1, "undetermined", "eligible", "ineligible"), *records(2, "eligible")]
    async with world.instances["eligibility"].database.session(system_actor("eligibility")) as session:
        session.add_all(review(row, **fields) for row, fields in enumerate(REVIEWS, 1))
        await session.flush()
        session.add_all(rows)


def shown(name: str, item: dict[str, Any]) -> int:
    """Return the number of the row that an item shows."""
    if name == "list_records":
        return int(item["number"])
    return UUID(item["id" if name == "list_district_standards" else "declaration_id"]).int


async def ask(world: World, name: str, **query: Any) -> Any:
    path = operations("eligibility")[name].path_format.replace("{declaration_id}", str(key(1)))
    return await world.get("eligibility", f"{path}?{urlencode(query, doseq=True)}", OFFICER)


async def walked(world: World, name: str, **query: Any) -> list[int]:
    """Return the rows of a list, read one a page."""
    numbers: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = await ask(world, name, **query, **cursor, limit=1)
        numbers += [shown(name, item) for item in page["items"]]
        if page["next_cursor"] is None:
            return numbers
        cursor = {"cursor": page["next_cursor"]}


async def test_each_filter_bound_search_and_sort_selects_its_rows(world: World) -> None:
    await fill(world)
    for name, query, expected in ASKED:
        page = await ask(world, name, **query, include_total="true")
        assert [shown(name, item) for item in page["items"]] == expected, (name, query)
        assert page["total"] == len(expected), (name, query)
        assert await walked(world, name, **query) == expected, (name, query)


def test_the_table_names_every_filter_and_sort() -> None:
    asked = {(name, field) for name, query, _ in ASKED for field in query}
    assert asked - {(name, "sort") for name in OWN} == {pair for pair in filters_of("eligibility") if pair[0] in OWN}
    document = app("eligibility").openapi()
    for name in OWN:
        path = operations("eligibility")[name].path_format
        (sort,) = (one for one in document["paths"][path]["get"]["parameters"] if one["name"] == "sort")
        used = {query.get("sort", sort["schema"]["default"]) for own, query, _ in ASKED if own == name}
        assert {field.removeprefix("-") for field in used} == {field.lstrip("-") for field in sort["schema"]["enum"]}
