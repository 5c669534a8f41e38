"""Each filter and each sort of each list of monitoring: which rows it answers, and in which order."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.monitoring.api import router
from tests.enumeration import app, filters_of, lists_of, routes_of
from tests.monitoring.fixtures import OTHER
from tests.monitoring.listed import populate
from tests.monitoring.rows import ONE, PLAN, TWO
from tests.world import World


@dataclass(frozen=True)
class ListCase:
    """A list with the rows that must answer to each query, numbered by the last digit of `key`."""

    path: str
    filters: Mapping[str, str]
    sorts: Mapping[str, str]
    key: str = "id"


LISTS = {
    "list_files": ListCase(
        "/v1/files",
        {
            "district=110105": "13",
            "district=110106&district=110112": "24",
            "status=delivered": "14",
            "evaluation_state=upcoming": "4",
            f"applicant_uscc={OTHER}": "23",
            "held=true": "1",
            "held=false": "234",
            "first_released_on_from=2024-01-03": "24",
            "first_released_on_to=2024-01-02": "13",
            "delivered_on_from=2024-02-02": "34",
            "delivered_on_to=2024-02-02": "14",
            "evaluation_due_on_from=2025-05-02": "13",
            "evaluation_due_on_to=2025-05-02": "14",
            "q=楼宇": "123",
            "status=delivered&held=true": "1",
        },
        {
            "declaration_id": "1234", "declaration_no": "2341", "project_name": "3412", "award_yuan": "4123",
            "released_yuan": "2413", "first_released_on": "3142", "delivered_on": "1432", "evaluation_due_on": "4132",
        },
        key="declaration_id",
    ),
    "list_quarters": ListCase(
        "/v1/quarters",
        {
            "district=110106": "13",
            "quarter=2024Q1": "23",
            "quarter=2024Q2&quarter=2024Q3": "14",
            "state=returned": "3",
            f"declaration_id={ONE}": "24",
            "overdue=true": "23",
            "overdue=false": "14",
            "late=true": "4",
            "late=false": "123",
            "due_on_from=2024-04-15": "12",
            "due_on_to=2024-04-14": "34",
            "submitted_at_from=2024-10-25T16:00:00%2B08:00": "34",
            "submitted_at_to=2024-10-25T16:00:00%2B08:00": "14",
        },
        {"id": "1234", "quarter": "2314", "district": "2413", "due_on": "4321", "submitted_at": "1432"},
    ),
    "list_file_quarters": ListCase(
        f"/v1/files/{ONE}/quarters", {"state=open": "2"}, {"quarter": "24", "due_on": "42"}
    ),
    "list_quarter_submissions": ListCase(
        f"/v1/files/{TWO}/quarters/2024Q2/submissions", {}, {"round": "12", "submitted_at": "21"}
    ),
    "list_meters": ListCase(f"/v1/files/{ONE}/meters", {"kind=gas_m3": "2"}, {"meter_no": "21", "kind": "12"}),
    "list_readings": ListCase(
        f"/v1/meters/{ONE}/readings",
        {
            "measured_at_from=2024-04-02T16:00:00%2B08:00": "23",
            "measured_at_to=2024-04-02T16:00:00%2B08:00": "12",
            "out_of_range=true": "2",
            "out_of_range=false": "13",
        },
        {"measured_at": "123"},
        key="measured_at",
    ),
    "list_reading_findings": ListCase(
        "/v1/reading-findings",
        {
            "district=110106": "2",
            f"declaration_id={ONE}": "13",
            "state=open": "13",
            "state=closed": "2",
            "measured_on_from=2024-04-02": "13",
            "measured_on_to=2024-04-02": "23",
        },
        {"id": "123", "measured_on": "231"},
    ),
    "list_inspections": ListCase(
        "/v1/inspections",
        {
            "district=110106": "24",
            "state=completed": "34",
            f"declaration_id={ONE}": "13",
            f"plan_id={PLAN}": "23",
            "inspector=inspector-1": "24",
            "inspected_on_from=2024-04-05": "3",
            "inspected_on_to=2024-04-04": "4",
        },
        {"id": "1234", "risk_score": "2314", "inspected_on": "4312"},
    ),
    "list_findings": ListCase(
        "/v1/findings",
        {
            "district=110105": "13",
            "state=rectified": "2",
            "kind=safety": "23",
            f"declaration_id={TWO}": "24",
            "grave=true": "24",
            "grave=false": "13",
            "overdue=true": "1",
            "overdue=false": "234",
            "found_on_from=2024-03-03": "13",
            "found_on_to=2024-03-02": "24",
            "rectify_by_from=2024-04-05": "24",
            "rectify_by_to=2024-04-03": "13",
            "q=停工": "1",
        },
        {"id": "1234", "found_on": "2431", "rectify_by": "3142", "closed_on": "4312"},
    ),
    "list_ratings": ListCase(
        "/v1/credit-ratings",
        {
            "state=noticed": "1",
            f"applicant_uscc={OTHER}": "2",
            "objection_due_on_from=2024-03-17": "13",
            "objection_due_on_to=2024-03-17": "12",
        },
        {"id": "123", "noticed_on": "312", "objection_due_on": "213"},
    ),
}  # fmt: skip
MADE_IN_MEMORY = {"list_inspection_risks", "list_credit_effects", "read_overview"}


async def labels(world: World, case: ListCase, query: str) -> str:
    """Return the last digits of the rows' ids, or of the day for readings, in the order of the answer."""
    items = (await world.get("monitoring", f"{case.path}?{query}", "auditor-1"))["items"]
    return "".join(item[case.key][9] if case.key == "measured_at" else item[case.key][-1] for item in items)


async def test_each_filter_and_sort_of_each_list_answers_its_rows(world: World) -> None:
    await populate(world)
    for name, case in LISTS.items():
        found = {query: "".join(sorted(await labels(world, case, query))) for query in case.filters}
        assert found == case.filters, name
        assert {sort: await labels(world, case, f"sort={sort}") for sort in case.sorts} == case.sorts, name


def own_lists() -> set[str]:
    """Return the lists that monitoring declares itself, without those of the shared parts that it includes."""
    own = {route.name for route in routes_of(router) if route.endpoint.__module__.startswith("services.")}
    return own & set(lists_of("monitoring"))


def test_every_filter_of_every_list_is_asked() -> None:
    asked = {(name, pair.split("=")[0]) for name, case in LISTS.items() for q in case.filters for pair in q.split("&")}
    assert {pair for pair in filters_of("monitoring") if pair[0] in own_lists()} == asked
    assert own_lists() == set(LISTS) | MADE_IN_MEMORY


def test_every_sort_of_every_list_is_asked() -> None:
    paths = app("monitoring").openapi()["paths"]
    declared = {}
    for name in LISTS:
        parameters = paths[lists_of("monitoring")[name].path_format]["get"]["parameters"]
        (sort,) = (each["schema"]["enum"] for each in parameters if each["name"] == "sort")
        declared[name] = {word.removeprefix("-") for word in sort}
    assert declared == {name: set(case.sorts) for name, case in LISTS.items()}


VISIBLE: dict[str, dict[str, str | int]] = {
    "finance-1": {
        "list_files": "1234", "list_quarters": "1234", "list_reading_findings": "123", "list_inspections": "1234",
        "list_findings": "1234", "list_ratings": "123", "list_file_quarters": "24", "list_meters": "12",
    },
    "110106-officer-1": {
        "list_files": "2", "list_quarters": "13", "list_reading_findings": "2", "list_inspections": "24",
        "list_findings": "24", "list_ratings": 403, "list_file_quarters": 404, "list_meters": 404,
    },
    "owner": {
        "list_files": "23", "list_quarters": "13", "list_reading_findings": "2", "list_inspections": 403,
        "list_findings": "24", "list_ratings": "2", "list_file_quarters": 404, "list_meters": 404,
    },
}  # fmt: skip


async def test_a_caller_sees_the_rows_of_its_district_or_its_own(world: World) -> None:
    await populate(world)
    for who, expected in VISIBLE.items():
        caller = world.owner(OTHER, "另一单位") if who == "owner" else who
        seen: dict[str, str | int] = {}
        for name in expected:
            answer = await world.call("monitoring", "GET", LISTS[name].path, caller)
            items = answer.json().get("items", [])
            seen[name] = "".join(sorted(item[LISTS[name].key][-1] for item in items)) or answer.status_code
        assert seen == expected, who
