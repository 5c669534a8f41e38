"""Projects of a file judged, in words and as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from deploy.cli.output import Row
from deploy.cli.policy.facts_file import Unreadable, read_facts
from deploy.cli.policy.rules import Terms
from deploy.cli.policy.shown import Section, Shown
from services.eligibility.rules.dry_run import grant_of
from services.eligibility.rules.reviews import Judgement, judge
from shared.policy import record_of
from shared.policy.picture import drawing, flowchart, nested_list, outline
from shared.policy.picture.listing import MARKS
from shared.policy.picture.outline import STATES

CODES: Final = {"eligible": 0, "ineligible": 3, "undetermined": 5}
WORDS: Final = {"eligible": "符合", "ineligible": "不符合", "undetermined": "待定"}
_DRAWERS: Final = {".svg": drawing, ".mmd": flowchart, ".txt": nested_list}
_PROVIDERS: Final = {"applicant": "项目单位", "district": "区发展改革委", "city": "市发展改革委"}


def checked(file: Path, terms: Terms, picture: Path | None) -> Shown:
    """Judge each project of a file and, for a single one, draw the decision. Raises Unreadable."""
    projects = read_facts(file)
    if picture and (len(projects) > 1 or picture.suffix not in _DRAWERS):
        raise Unreadable(f"--picture：须为 {'、'.join(_DRAWERS)} 文件，且只有一个项目（现有 {len(projects)} 个）")
    judged = [_judged(facts, terms) for facts in projects]
    if picture:
        tree = outline(judged[0].decision, judged[0].ruleset)
        picture.write_text(_DRAWERS[picture.suffix](tree), encoding="utf-8")
    sections = _one(judged[0]) if len(judged) == 1 else (("各项目", [_line(*pair) for pair in enumerate(judged, 1)]),)
    codes = [CODES[each.decision.decision] for each in judged]
    return Shown([_record(each) for each in judged], sections, next((c for c in (3, 5) if c in codes), 0))


def _judged(facts: dict[str, Any], terms: Terms) -> Judgement:
    """Judge facts as if accepted on the day, unless they state an acceptance date."""
    own = {"district": terms.district} if terms.district else {}
    return judge({"accepted_on": terms.day.isoformat(), **facts, **own}, terms.day, terms.readings)


def _record(judged: Judgement) -> dict[str, Any]:
    """Return the decision as `replay` reads it, with its summary."""
    record = record_of(judged.decision, judged.ruleset) if judged.ruleset else judged.record
    return {**record, "summary": judged.summary}


def _one(judged: Judgement) -> tuple[Section, ...]:
    decision = judged.decision
    findings = [
        {"": MARKS["skipped" if found.applies is False else STATES[found.effective]], "判定": found.sentence[2:]}
        for found in decision.findings
    ]
    missing = [
        {"字段": item.field, "名称": item.label, "由谁提供": _PROVIDERS[item.who], "条款": item.clause}
        for item in decision.missing
    ]
    sections = ((judged.summary, findings), ("尚缺", missing), ("支持金额", _amounts(judged)))
    return tuple(section for section in sections if section[1] or section[0] == judged.summary)


def _amounts(judged: Judgement) -> Sequence[Row]:
    given = grant_of(judged.decision.facts, judged.ruleset) if judged.ruleset and judged.decision.amounts else None
    if given is None:
        return ()
    return [{"支持方式": given.label, "金额（元）": given.award_yuan or "待定", "计算": "；".join(given.derivation)}]


def _line(number: int, judged: Judgement) -> Row:
    decision = judged.decision
    awards = [award.award_yuan for award in decision.amounts.values()]
    return {
        "项目": number,
        "结论": WORDS[decision.decision],
        "未满足": "、".join(decision.unmet),
        "待定": "、".join(decision.open),
        "须说明理由": "、".join(decision.needs_reason),
        "支持金额（元）": awards[0] if awards else None,
    }
