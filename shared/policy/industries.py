"""Tenants judged by two dated lists: the fields of 二（二）1, and the industries that are prohibited or restricted.

Both lists are figures of the register (`industry_class`, `industry_restriction`), by codes of GB/T 4754. The first may
name a section, division, group or class, of which the narrowest counts; a restriction counts at every width. What is
not mapped is for a person to decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from shared.districts import CITY
from shared.industry_codes import FIELDS, broader
from shared.policy.parameters import parameter
from shared.series.figures import Figure, current, expect_received, note

CLASSES: Final = "industry_class"
RESTRICTIONS: Final = "industry_restriction"
LEVELS: Final[Mapping[str, str]] = {"prohibited": "禁止", "restricted": "限制"}
STAGES: Final[Mapping[str, str]] = {"intended": "拟引入", "contracted": "已签约"}


def tenant_facts(facts: Mapping[str, Any], on: date) -> dict[str, Any]:
    """Return what the lists of a day say of a project's tenants, as facts for the rules; nothing without tenants.

    `tenants_supported` holds if the fields of all tenants are supported, `tenants_any_supported` if those of one are,
    `tenants_admitted` if no tenant is of a prohibited or restricted industry of the district. None is for a person to
    decide. Raises FiguresNotReceived.
    """
    tenants = facts.get("tenants") or ()
    if not tenants:
        return {}
    found = [_tenant(tenant, facts.get("district"), on) for tenant in tenants]
    supported = [each["supported"] for each in found]
    return {
        "tenants_named": True,
        "tenants_supported": _all(supported),
        "tenants_any_supported": _any(supported),
        "tenants_admitted": _all([each["admitted"] for each in found]),
        "tenant_findings": found,
        "tenant_remarks": _remarks(found, on),
    }


def _tenant(tenant: Mapping[str, Any], district: str | None, on: date) -> dict[str, Any]:
    """Return what the lists say of one tenant, with the names of the entries and a Chinese sentence."""
    code = tenant["industry_code"]
    listed, barred = _entry(CLASSES, code, on), _barred(code, district, on)
    fields = None if listed is None else list(listed.value)
    return {
        **{name: tenant.get(name) for name in ("name", "industry_code", "area_m2", "share", "stage")},
        "fields": fields,
        "supported": None if fields is None else bool(fields),
        "admitted": _admitted(barred),
        "entries": [figure.name for figure in (listed, *(figure for figure, _ in barred or ())) if figure],
        "sentence": f"{tenant['name']}（{code}，{_stage(tenant)}）：{_fields(fields)}；{_bars(barred)}",
    }


def _entry(kind: str, code: str, on: date) -> Figure | None:
    """Return the narrowest entry of a list that contains a code; its use is noted."""
    expect_received(kind)
    register = current()
    found = next(filter(None, (register.in_force(kind, each, on) for each in broader(code))), None)
    note([found.name] if found else [])
    return found


def _barred(code: str, district: str | None, on: date) -> list[tuple[Figure, Mapping[str, Any]]] | None:
    """Return the entries that bar a code in a district, at any width; None if no list is in force on the day."""
    expect_received(RESTRICTIONS)
    register = current()
    if not any(register.in_force(RESTRICTIONS, key, on) for key in register.keys(RESTRICTIONS)):
        return None
    figures = [figure for each in broader(code) if (figure := register.in_force(RESTRICTIONS, each, on))]
    found = [(figure, bar) for figure in figures for bar in figure.value if {district, CITY} & {*bar["districts"]}]
    note(figure.name for figure, _ in found)
    return found


def _admitted(barred: Sequence[tuple[Figure, Mapping[str, Any]]] | None) -> bool | None:
    """Return whether a tenant is admitted: restrictions, and a list that is missing, are for a person to decide."""
    if barred is None:
        return None
    levels = {bar["level"] for _, bar in barred}
    return False if "prohibited" in levels else None if levels else True


def _stage(tenant: Mapping[str, Any]) -> str:
    return STAGES[tenant.get("stage") or "intended"]


def _fields(fields: Sequence[str] | None) -> str:
    if fields is None:
        return "对照表未列该行业，待定，由市发展改革委认定"
    return f"属于{'、'.join(FIELDS[field] for field in fields)}" if fields else "不属于支持的产业门类"


def _bars(barred: Sequence[tuple[Figure, Mapping[str, Any]]] | None) -> str:
    if barred is None:
        return "尚未登记禁止和限制目录，待定"
    told = "；".join(f"{LEVELS[bar['level']]}（{figure.key}）：{bar['text']}" for figure, bar in barred)
    return f"列入禁止和限制目录——{told}" if told else "未列入禁止和限制目录"


def _remarks(found: Sequence[Mapping[str, Any]], on: date) -> list[str]:
    """Return a remark if the tenants of supported industries take less than the set share of the space (I26)."""
    share, line = supported_share(found), parameter("mapped_industry_area_share", on)
    if share is None or share >= line:
        return []
    told, wanted = (f"{number * 100:.2f}%" for number in (share, line))
    return [f"属于支持门类的企业占所列面积 {told}，低于提示线 {wanted}，请核实产业定位"]


def supported_share(found: Sequence[Mapping[str, Any]]) -> Decimal | None:
    """Return the part of the tenants' space that those of supported industries take, by area, or else by share.

    None if one of them states neither, or a tenant's industry is undetermined.
    """
    for name in ("area_m2", "share"):
        sizes = [None if each[name] is None else Decimal(str(each[name])) for each in found]
        total = None if None in sizes else sum((size or Decimal(0) for size in sizes), Decimal(0))
        if total and not any(each["supported"] is None for each in found):
            own = (size or Decimal(0) for size, each in zip(sizes, found, strict=True) if each["supported"])
            return sum(own, Decimal(0)) / total
    return None


def _all(values: Iterable[bool | None]) -> bool | None:
    known = set(values)
    return False if False in known else None if None in known else True


def _any(values: Iterable[bool | None]) -> bool | None:
    known = set(values)
    return True if True in known else None if None in known else False
