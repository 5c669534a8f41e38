"""Events of intake about rows of the resource ledger and the reserve library."""

from typing import Any
from uuid import UUID, uuid5

from shared.contracts.intake import LibraryEntryChanged, ResourceRecorded
from shared.contracts.library import LibraryRow, ResourceRow
from tests.intake.sample_rows import project, resource

SPACE = UUID("6f1c7a52-9d1b-4f0e-8f5f-1f2d3c4b5a69")


def ledger_resource(
    external_id: str, version: int = 1, occupancy: str | None = None, **fields: Any
) -> ResourceRecorded:
    """Return the event of a version of a ledger row."""
    row = ResourceRow.model_validate(resource(external_id, occupancy=occupancy, **fields))
    key = uuid5(SPACE, f"{row.district}/{external_id}")
    return ResourceRecorded(resource_id=key, version=version, change_reason=None, row=row, district=row.district)


def library_entry(external_id: str, version: int = 1, saving: str | None = None, **fields: Any) -> LibraryEntryChanged:
    """Return the event of a version of a library row."""
    row = LibraryRow.model_validate(project(external_id, energy_saving_ratio=saving, **fields))
    key = uuid5(SPACE, f"{row.district}/{external_id}")
    return LibraryEntryChanged(entry_id=key, version=version, change_reason=None, row=row, district=row.district)
