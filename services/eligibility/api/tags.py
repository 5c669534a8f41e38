"""Groups of the endpoints of eligibility with their descriptions in the API document."""

from typing import Final

TAGS: Final = {
    "条件审查": "支持条件逐条判定、人工认定、版本选择和审查结论",
    "入库评估": "利益冲突申明、评分、投资认定和入库",
    "区级标准": "各区公布的低效认定标准",
    "政策自测": "按拟申报内容试算条件和金额；不留存",
    "政策": "政策版本、条款、参数、口径和规则集",
    "政策测算": "假设调整参数或口径时对既往判定的影响",
    "数据登记": "LPR、政策参数、口径、因子、年历等按日施行的数据：登记、确认、更正和使用记录",
}
