"""Filters and sort columns of the lists of the resource ledger and the reserve library (四（一）2)."""

from services.intake.models.library_status import APART, LIBRARY_STATUS
from services.intake.models.registers import LibraryEntry, LibraryEntryVersion, Resource, ResourceVersion
from services.intake.rules.library_status import LibraryStatus
from shared.contracts.library import DistrictCode, ProjectType, Quarter, ResourceKind, ResourceStatus, SupportMode
from shared.identifiers import ProjectCode, Uscc
from shared.web.filters import flag, moments, one_of, search, since
from shared.web.paging import Listing

RESOURCES = Listing(
    one_of("district", Resource.district, DistrictCode, "所在区"),
    one_of("kind", Resource.kind, ResourceKind, "资源类别"),
    one_of("status", Resource.status, ResourceStatus, "状态"),
    one_of("type", Resource.planned_type, ProjectType, "拟改造类型"),
    one_of("quarter", Resource.quarter, Quarter, "数据所属季度"),
    flag("simulated", Resource.simulated, "是否含模拟数据"),
    moments("changed_at", Resource.changed_at, "最近变动时间"),
    since("updated_since", Resource.changed_at, "只要此时刻起有变动的记录，须带时区"),
    search("名称、编号或地址", Resource.name, Resource.external_id, Resource.content["address"].astext),
    sorts={
        "id": Resource.id,
        "name": Resource.name,
        "external_id": Resource.external_id,
        "district": Resource.district,
        "gross_floor_area_m2": Resource.gross_floor_area_m2,
        "planned_type": Resource.planned_type,
        "changed_at": Resource.changed_at,
    },
    key=Resource.id,
    default="id",
)
ENTRIES = Listing(
    one_of("district", LibraryEntry.district, DistrictCode, "所在区"),
    one_of("status", LIBRARY_STATUS, LibraryStatus, "状态"),
    flag("apart", APART, "登记与事项进展是否不一致"),
    one_of("type", LibraryEntry.project_type, ProjectType, "项目类型"),
    one_of("support_mode", LibraryEntry.support_mode, SupportMode, "拟申请支持方式"),
    one_of("entity_uscc", LibraryEntry.entity_uscc, Uscc, "实施主体统一社会信用代码"),
    one_of("project_code", LibraryEntry.project_code, ProjectCode, "项目代码"),
    flag("simulated", LibraryEntry.simulated, "是否含模拟数据"),
    moments("changed_at", LibraryEntry.changed_at, "最近变动时间"),
    since("updated_since", LibraryEntry.changed_at, "只要此时刻起有变动的记录，须带时区"),
    search("项目名称、编号或地址", LibraryEntry.name, LibraryEntry.external_id, LibraryEntry.content["address"].astext),
    sorts={
        "id": LibraryEntry.id,
        "name": LibraryEntry.name,
        "external_id": LibraryEntry.external_id,
        "district": LibraryEntry.district,
        "fixed_investment_yuan": LibraryEntry.fixed_investment_yuan,
        "renovated_area_m2": LibraryEntry.renovated_area_m2,
        "changed_at": LibraryEntry.changed_at,
    },
    key=LibraryEntry.id,
    default="id",
)
RESOURCE_VERSIONS = Listing(
    one_of("quarter", ResourceVersion.quarter, Quarter, "数据所属季度"),
    moments("recorded_at", ResourceVersion.recorded_at, "登记时间"),
    sorts={"version": ResourceVersion.version, "recorded_at": ResourceVersion.recorded_at},
    key=ResourceVersion.version,
    default="-version",
)
ENTRY_VERSIONS = Listing(
    one_of("quarter", LibraryEntryVersion.quarter, Quarter, "数据所属季度"),
    moments("recorded_at", LibraryEntryVersion.recorded_at, "登记时间"),
    sorts={"version": LibraryEntryVersion.version, "recorded_at": LibraryEntryVersion.recorded_at},
    key=LibraryEntryVersion.version,
    default="-version",
)
