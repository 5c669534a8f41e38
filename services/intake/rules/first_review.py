"""Items and outcomes of the first review, and positions of the government's opinion (三（一）¶1)."""

from typing import Final, Literal

ReviewItem = Literal["truthfulness", "compliance", "construction_conditions", "declaration_conditions", "materials"]
ReviewOutcome = Literal["pass", "correct", "fail"]
OpinionPosition = Literal["agree", "disagree"]

REVIEW_ITEM_LABELS: Final[dict[str, str]] = {
    "truthfulness": "真实性",
    "compliance": "合规性",
    "construction_conditions": "建设条件",
    "declaration_conditions": "申报条件",
    "materials": "申报材料",
}
"""The five items that the district reviews first. 三（一）"""
REVIEW_OUTCOME_LABELS: Final[dict[str, str]] = {"pass": "通过", "correct": "需补正", "fail": "不通过"}
OPINION_POSITION_LABELS: Final[dict[str, str]] = {"agree": "同意", "disagree": "不同意"}
