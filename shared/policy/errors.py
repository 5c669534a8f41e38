"""Errors of the policy engine: each a DomainError with a stable code."""

from shared.errors import DomainError


class NoEditionInForce(DomainError):
    """No edition covers the date, as from 2023-06-01 to 2023-08-30. This never means "not eligible" (I16)."""

    status, code, title = 422, "no_edition_in_force", "该日期没有施行的政策版本"


class SeveralEditionsInForce(DomainError):
    """Several editions cover the date: the data files are wrong."""

    status, code, title = 500, "several_editions_in_force", "该日期有多个政策版本"


class UnknownParameter(DomainError):
    status, code, title = 404, "unknown_policy_parameter", "没有这项政策参数"


class ParameterNotPublished(DomainError):
    """The parameter exists but has no published value for the date: unknown, not zero."""

    status, code, title = 409, "parameter_not_published", "该参数在该日期尚未公布"


class BeyondKnownSeries(DomainError):
    """The date is outside a registered series such as the LPR; an operator must enter the figure first."""

    status, code, title = 409, "beyond_known_series", "该日期超出已登记的数据序列"


class UnknownInterpretation(DomainError):
    status, code, title = 422, "unknown_interpretation", "没有这项口径或选项"


class UnknownRule(DomainError):
    status, code, title = 422, "unknown_rule", "规则集中没有这条规则"


class UnreadableFact(DomainError):
    """A fact has the wrong type or is not one of its options. An absent fact is unknown, not an error."""

    status, code, title = 422, "unreadable_fact", "事实填写不可识别"


class UnknownRuleset(DomainError):
    """No stored rule set has the hash that a record names."""

    status, code, title = 409, "unknown_ruleset", "找不到该决定所用的规则集"


class MalformedRule(DomainError):
    """A rule text is outside the language. Raised when rules are loaded, never during evaluation."""

    status, code, title = 422, "malformed_rule", "规则文本有误"


class NotForTables(DomainError):
    """The chosen reading needs single components, which a table of totals does not contain."""

    status, code, title = 422, "not_for_tables", "该口径不能批量测算"
