"""Code lists of monitoring: the codes as types, each with its Chinese labels beside it."""

from collections.abc import Mapping
from typing import Literal

FileStatus = Literal["under_way", "delivered", "evaluated"]
FILE_STATUSES: dict[str, str] = {"under_way": "实施中", "delivered": "已交付", "evaluated": "已评价"}

EvaluationDeadline = Literal["running", "upcoming", "overdue", "issued"]
EVALUATION_DEADLINES: dict[str, str] = {
    "running": "未到提醒期",
    "upcoming": "即将到期",
    "overdue": "已逾期",
    "issued": "已签发",
}

SupportMode = Literal["investment_grant", "interest_subsidy"]
SUPPORT_MODES: dict[str, str] = {"investment_grant": "投资补助", "interest_subsidy": "贷款贴息"}

MovementKind = Literal["released", "sent_back", "undone", "held", "lifted", "returned", "demanded", "recovered"]
MOVEMENT_KINDS: dict[str, str] = {
    "released": "拨付",
    "sent_back": "银行退票",
    "undone": "更正误登的退票",
    "held": "暂停拨付",
    "lifted": "恢复拨付",
    "returned": "主动退回",
    "demanded": "要求追回",
    "recovered": "追回到账",
}

QuarterState = Literal["open", "submitted", "returned", "confirmed"]
QUARTER_STATES: dict[str, str] = {
    "open": "待填报",
    "submitted": "已报送",
    "returned": "已退回",
    "confirmed": "已确认",
}

RemarkSeverity = Literal["error", "warning"]
REMARK_SEVERITIES: dict[str, str] = {"error": "错误，不得报送", "warning": "提示，可以报送"}

Purpose = Literal[
    "structure", "green_retrofit", "digital_infrastructure", "fit_out", "area_infrastructure", "interest", "other"
]
PURPOSES: dict[str, str] = {
    "structure": "结构加固",
    "green_retrofit": "绿色低碳改造",
    "digital_infrastructure": "数字基础设施",
    "fit_out": "内外部装修",
    "area_infrastructure": "片区基础设施",
    "interest": "贷款利息",
    "other": "其他",
}

MeterKind = Literal["electricity_kwh", "gas_m3", "heat_gj", "pv_output_kwh", "progress_ratio"]
METER_KINDS: dict[str, str] = {
    "electricity_kwh": "用电量（千瓦时）",
    "gas_m3": "天然气用量（立方米）",
    "heat_gj": "用热量（吉焦）",
    "pv_output_kwh": "光伏发电量（千瓦时）",
    "progress_ratio": "形象进度（0 至 1）",
}

MeterPeriod = Literal["hour", "day", "month"]
METER_PERIODS: dict[str, str] = {"hour": "小时", "day": "日", "month": "月"}

ReadingStatus = Literal["recorded", "unchanged", "conflict", "unknown_meter", "in_the_future"]
READING_STATUSES: dict[str, str] = {
    "recorded": "已记录",
    "unchanged": "此前已记录，数值相同",
    "conflict": "此前已记录，数值不同，未改动",
    "unknown_meter": "没有该计量点",
    "in_the_future": "计量时刻晚于当前时间",
}

ReadingFindingState = Literal["open", "closed"]
READING_FINDING_STATES: dict[str, str] = {"open": "待处理", "closed": "已处理"}

InspectionState = Literal["planned", "assigned", "cleared", "completed"]
INSPECTION_STATES: dict[str, str] = {
    "planned": "待指派",
    "assigned": "已指派",
    "cleared": "可核查",
    "completed": "已完成",
}

FindingKind = Literal[
    "funds_diverted",
    "scale_changed",
    "not_started",
    "stopped",
    "targets_at_risk",
    "safety",
    "records_missing",
    "obstructed",
    "false_material",
    "other_municipal_funds",
    "other",
]
FINDING_KINDS: dict[str, str] = {
    "funds_diverted": "挪用补助资金",
    "scale_changed": "擅自变更建设内容或规模",
    "not_started": "未按期开工",
    "stopped": "无正当理由停工",
    "targets_at_risk": "改造目标可能无法实现",
    "safety": "安全或质量问题",
    "records_missing": "台账资料缺失",
    "obstructed": "阻碍监督检查",
    "false_material": "提供虚假材料",
    "other_municipal_funds": "隐瞒已获其他市级资金",
    "other": "其他",
}

FindingState = Literal["open", "rectified", "closed"]
FINDING_STATES: dict[str, str] = {"open": "整改中", "rectified": "已整改，待复核", "closed": "已销号"}

GroundCode = Literal["G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "G9", "G10"]
GROUNDS: dict[str, str] = {
    "G1": "提供虚假材料",
    "G2": "挪用补助资金",
    "G3": "隐瞒已获其他市级资金",
    "G4": "无正当理由未开工或停工",
    "G5": "擅自变更建设内容或实施主体",
    "G6": "季度台账迟报或漏报",
    "G7": "阻碍监督检查",
    "G8": "评价未达改造目标",
    "G9": "安全或质量处罚",
    "G10": "列入失信被执行人或严重失信名单",
}

GroundState = Literal["standing", "withdrawn", "repaired"]
GROUND_STATES: dict[str, str] = {"standing": "有效", "withdrawn": "已撤销", "repaired": "已修复"}

CreditGrade = Literal["A", "B", "C", "D"]
CREDIT_GRADES: dict[str, str] = {"A": "A 级", "B": "B 级", "C": "C 级", "D": "D 级"}

RatingState = Literal["noticed", "objected", "decided"]
RATING_STATES: dict[str, str] = {"noticed": "已告知", "objected": "已申辩", "decided": "已决定"}

RepairState = Literal["requested", "accepted", "rejected"]
REPAIR_STATES: dict[str, str] = {"requested": "待决定", "accepted": "同意修复", "rejected": "不同意修复"}

EvaluationState = Literal["computed", "issued", "acknowledged"]
EVALUATION_STATES: dict[str, str] = {
    "computed": "已计算，待签发",
    "issued": "已签发",
    "acknowledged": "市级已签收",
}

EvaluationGrade = Literal["excellent", "good", "passed", "failed"]
EVALUATION_GRADES: dict[str, str] = {
    "excellent": "优",
    "good": "良",
    "passed": "合格",
    "failed": "不合格",
}

TenantLevel = Literal["national", "city", "district", "below"]
TENANT_LEVELS: dict[str, str] = {
    "national": "国家级",
    "city": "市级",
    "district": "区级",
    "below": "区级以下",
}

EnergyMethod = Literal["METERED", "SIMULATED", "QUOTA"]
ENERGY_METHODS: dict[str, str] = {"METERED": "实测", "SIMULATED": "模拟", "QUOTA": "定额"}

FactorSet = Literal["MEE_PROVINCIAL", "BJ_LOCAL_STANDARD"]
FACTOR_SETS: dict[str, str] = {
    "MEE_PROVINCIAL": "生态环境部省级电力因子",
    "BJ_LOCAL_STANDARD": "北京市地方标准",
}

GreenPurpose = Literal["greenness", "accounting_report"]
GREEN_PURPOSES: dict[str, str] = {"greenness": "绿色项目认定", "accounting_report": "碳排放核算报告"}

GreenState = Literal["pending", "sent", "registered", "returned"]
GREEN_STATES: dict[str, str] = {
    "pending": "待推送",
    "sent": "已推送",
    "registered": "已入库",
    "returned": "退回",
}

ReportFormat = Literal["json", "md"]
REPORT_FORMATS: dict[str, str] = {"json": "JSON 数据", "md": "中文文书（Markdown）"}

CODE_LISTS: Mapping[str, Mapping[str, str]] = {
    "file_status": FILE_STATUSES,
    "evaluation_deadline": EVALUATION_DEADLINES,
    "support_mode": SUPPORT_MODES,
    "movement_kind": MOVEMENT_KINDS,
    "quarter_state": QUARTER_STATES,
    "remark_severity": REMARK_SEVERITIES,
    "purpose": PURPOSES,
    "meter_kind": METER_KINDS,
    "meter_period": METER_PERIODS,
    "reading_status": READING_STATUSES,
    "reading_finding_state": READING_FINDING_STATES,
    "inspection_state": INSPECTION_STATES,
    "finding_kind": FINDING_KINDS,
    "finding_state": FINDING_STATES,
    "credit_ground": GROUNDS,
    "credit_ground_state": GROUND_STATES,
    "credit_grade": CREDIT_GRADES,
    "credit_rating_state": RATING_STATES,
    "credit_repair_state": REPAIR_STATES,
    "evaluation_state": EVALUATION_STATES,
    "evaluation_grade": EVALUATION_GRADES,
    "tenant_level": TENANT_LEVELS,
    "energy_method": ENERGY_METHODS,
    "factor_set": FACTOR_SETS,
    "green_purpose": GREEN_PURPOSES,
    "green_state": GREEN_STATES,
    "report_format": REPORT_FORMATS,
}
"""Every code list by name, as `GET /v1/code-lists` serves them."""
