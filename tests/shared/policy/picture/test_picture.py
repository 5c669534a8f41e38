"""Pictures of decisions: what decides, the three forms, their text, their fit on the page."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest

from shared.policy import Decision, Ruleset, assess, evaluate_targets, resolve
from shared.policy.picture import Branch, drawing, flowchart, nested_list, outline
from shared.policy.picture.layout import WIDTH, laid_out
from shared.policy.picture.text import ems, wrapped
from tests.cases.form import base
from tests.shared.policy.random_declarations import declaration, near_passing

NOW, TRIAL = date(2024, 3, 1), date(2022, 3, 1)
SVG = "{http://www.w3.org/2000/svg}"
A4_MM = (190, 277)
"""Width and height of an upright A4 page within margins of 10 mm."""
SMALLEST_PT = 5.5
PT_PER_MM = 2.835


def changed(kind: str = "building", drop: tuple[str, ...] = (), component: Any = None, **other: Any) -> dict[str, Any]:
    facts = {name: value for name, value in {**base(kind), **other}.items() if name not in drop}
    first, *rest = facts["components"]
    return {**facts, "components": [{**first, **(component or {})}, *rest]}


SMALL = {"renovated_area_m2": "15000", "wholly_vacant": False, "occupancy": "0.95", "function_mismatch": False}
CASES: Mapping[str, tuple[Mapping[str, Any], date, str, set[str]]] = {
    # facts, day, conclusion, conditions that decide beside the rules
    "eligible": (changed(), NOW, "符合申报条件", {"整栋空置：是", "产权清晰：是"}),
    "on reason": (
        changed(construction_status="not_ready"), NOW, "符合申报条件，但须逐条说明理由", {"在建或已具备开工条件"},
    ),
    "refused": (
        changed(component=SMALL, other_municipal_funds=True), NOW, "不符合申报条件",
        {"楼宇改造面积超过下限", "曾获其他市级财政性资金：是（须为否）"},
    ),
    "open": (changed(drop=("title_clear",)), NOW, "是否符合申报条件：待定", {"产权清晰：待提供"}),
    "package": (changed("area"), NOW, "符合申报条件", {"位于连片区域内", "任一项成立即可"}),
    "trial edition": (changed(key_area=True), TRIAL, "是否符合申报条件：待定", {"符合原文其余条件"}),
    "trial refused": (changed(key_area=False), TRIAL, "不符合申报条件", {"位于重点区域：否"}),
}  # fmt: skip
each_case = pytest.mark.parametrize("name", CASES)


def drawn(name: str) -> tuple[Decision, Branch]:
    facts, day, _, _ = CASES[name]
    ruleset = resolve(day)
    decision = assess(facts, ruleset)
    return decision, outline(decision, ruleset)


def branches(tree: Branch) -> Iterator[Branch]:
    yield tree
    for part in tree.parts:
        yield from branches(part)


@each_case
def test_the_tree_says_the_conclusion_and_marks_what_decides_it(name: str) -> None:
    _, tree = drawn(name)
    deciding = {branch.text for branch in branches(tree) if branch.decides}
    assert tree.text == CASES[name][2]
    assert CASES[name][3] <= deciding
    assert (
        not {"采用热泵供暖", MISMATCH.format("待提供"), "项目类型 低效楼宇改造，不符：要求等于 片区统筹改造"} & deciding
    )


MISMATCH = "现状功能或业态不符合城市发展功能需求：{}"
GROUNDS = [("any", True, {MISMATCH.format("是")}), ("use_and_mismatch", None, set())]


@pytest.mark.parametrize(("reading", "outcome", "deciding"), GROUNDS)
def test_a_condition_shows_as_the_chosen_reading_leaves_it(
    reading: str, outcome: bool | None, deciding: set[str]
) -> None:
    ruleset = resolve(NOW, interpretations={"building_grounds": reading})
    mismatched = changed(component={"wholly_vacant": False, "function_mismatch": True})
    decision = assess(mismatched, ruleset)
    rule = next(branch for branch in branches(outline(decision, ruleset)) if branch.text == "符合低效楼宇认定情形")
    assert decision.finding("building_inefficient").outcome is outcome
    assert {
        branch.text for branch in branches(rule) if branch.decides and branch.text.startswith("现状功能")
    } == deciding
    assert any(branch.text == "须全部成立" for branch in branches(rule)) is (reading != "any")
    assert "口径：" in rule.note


@each_case
def test_the_three_forms_hold_every_branch(name: str) -> None:
    _, tree = drawn(name)
    listed, chart, image = nested_list(tree), flowchart(tree), ElementTree.fromstring(drawing(tree))
    shown = "".join(element.text or "" for element in image.iter(f"{SVG}text"))
    for branch in branches(tree):
        assert branch.text in listed
        assert re.sub(r"\s", "", branch.text) in re.sub(r"\s", "", shown)
        assert f"｜{branch.text.replace('#', '#35;')}" in chart
    assert len(listed.splitlines()) == len(list(branches(tree)))


@each_case
def test_the_drawing_is_accessible_and_needs_nothing_from_outside(name: str) -> None:
    _, tree = drawn(name)
    source = drawing(tree)
    image = ElementTree.fromstring(source)
    named = [image.find(f"{SVG}*[@id='{part}']") for part in str(image.get("aria-labelledby")).split()]
    title, description = (element.text or "" for element in named if element is not None)
    assert image.get("role") == "img"
    assert tree.text in title
    assert description == nested_list(tree)
    assert not re.search(r"href|url\(|<script|<style|<image|<foreignObject", source)
    assert re.findall(r"https?://[^\"]*", source) == ["http://www.w3.org/2000/svg"]


@each_case
def test_words_fit_their_boxes_and_boxes_do_not_overlap_on_an_upright_page(name: str) -> None:
    layout = laid_out(drawn(name)[1])
    for box in layout.boxes:
        assert box.x + box.width <= WIDTH
        for line in box.lines:
            assert ems(line) * 15 <= box.width - 32
    for number, box in enumerate(layout.boxes):
        for other in layout.boxes[number + 1 :]:
            beside = box.x + box.width <= other.x or other.x + other.width <= box.x
            assert beside or box.bottom <= other.y or other.bottom <= box.y, (box.lines, other.lines)
    # A package of several kinds of components takes two pages.
    if name != "package":
        mm_per_px = min(A4_MM[0] / WIDTH, A4_MM[1] / layout.height)
        assert mm_per_px * PT_PER_MM * 15 >= SMALLEST_PT


def test_colour_is_never_the_only_sign() -> None:
    """Without its colours the drawing still tells the four states apart, and the deciding path."""
    _, tree = drawn("refused")
    grey = re.sub(r'(fill|stroke)="#[0-9a-f]{6}"', "", drawing(tree))
    marks = set(re.findall(r'<g transform="translate\([^)]*\)"[^>]*>(.*?)</g>', grey))
    assert len(marks) == 4
    boxes = {box.branch.decides: box for box in laid_out(tree).boxes}
    widths = {
        decides: re.search(rf'<rect x="{box.x}" y="{box.y}"[^>]*stroke-width="([^"]+)"', grey)
        for decides, box in boxes.items()
    }
    assert {decides: found and found[1] for decides, found in widths.items()} == {True: "2.6", False: "1"}


@pytest.mark.parametrize("day", [NOW, TRIAL])
def test_what_decides_agrees_with_the_decision(day: date) -> None:
    draw, ruleset = Random(7), resolve(day)
    for number in range(200):
        known = near_passing(draw, ruleset, [base("building"), base("area")], 0.02)
        decision = assess(known if number % 2 else declaration(draw, ruleset), ruleset)
        tree = outline(decision, ruleset)
        clauses = {branch.text for branch in tree.parts if branch.decides}
        if decision.decision == "undetermined":
            assert clauses == set(decision.open)
        if decision.decision == "ineligible":
            assert clauses <= set(decision.unmet)
            assert clauses
        for rule in (rule for clause in tree.parts for rule in clause.parts if rule.decides and rule.parts):
            assert any(part.decides and part.state == rule.state for part in rule.parts)


def test_a_settlement_stands_beside_the_open_condition() -> None:
    ruleset = resolve(NOW)
    decision = assess(changed(drop=("title_clear",)), ruleset, {"title_clear": True})
    rule = next(branch for branch in branches(outline(decision, ruleset)) if branch.text == "产权清晰")
    assert (rule.state, rule.note, rule.parts[0].state) == ("yes", "人工认定：符合", "open")
    assert rule.decides
    assert not rule.parts[0].decides


def test_results_after_delivery_are_drawn_in_their_own_words() -> None:
    ruleset = resolve(date(2025, 6, 30))
    decision = evaluate_targets(
        {"key_tenant_introduced": True, "components": [{"kind": "building", "achieved_occupancy": "0.5"}]}, ruleset
    )
    tree = outline(decision, ruleset)
    assert tree.text == "未达到改造目标"
    assert "楼宇入驻率达到目标" in {branch.text for branch in branches(tree) if branch.decides}


def test_each_of_several_buildings_has_its_branch() -> None:
    ruleset = resolve(NOW)
    facts = changed()
    facts["components"] = [*facts["components"], {**facts["components"][0], "completed_on": "2020-01-01"}]
    decision = assess(facts, ruleset)
    age = next(branch for branch in branches(outline(decision, ruleset)) if branch.text == "楼宇建成达到年限")
    assert [(part.text, part.state, part.decides) for part in age.parts] == [
        ("第1项", "yes", False),
        ("第2项", "no", True),
    ]


def test_without_an_edition_the_picture_says_so(decision: Decision) -> None:
    tree = outline(decision, None)
    assert [part.text for part in tree.parts] == ["该日期没有施行的政策版本，须先选定适用版本"]
    assert ElementTree.fromstring(drawing(tree)).get("role") == "img"


@pytest.fixture
def decision() -> Decision:
    """Return the decision of a day between the editions."""
    ruleset: Ruleset = resolve(NOW)
    known = assess(changed(), ruleset).to_json()
    return Decision.from_json({**known, "decision": "undetermined", "doc_no": "", "ruleset": "", "findings": []})


def test_text_cannot_leave_its_place() -> None:
    tree = Branch('甲"]; click n "javascript:x" <b>&\x07`#', "no", True, "注\n释", (Branch("乙", "skipped", False),))
    assert 'n["✘ 不符｜甲#quot;]; click n #quot;javascript:x#quot; #lt;b#gt;#amp;' in flowchart(tree)
    assert "<b>" not in drawing(tree)
    assert ElementTree.fromstring(drawing(tree)) is not None


def test_lines_break_where_chinese_may_break() -> None:
    for most in range(6, 30):
        lines = wrapped("单位面积年区级税收界限 200元/㎡〔2023#二（一）1，2023-08-31起〕，未达：要求低于", most)
        assert all(line[0] not in "，。；：、）〕" and line[-1] not in "（〔" for line in lines)
        assert any("2023-08-31" in line for line in lines)
