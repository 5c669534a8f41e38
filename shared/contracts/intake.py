"""Events of intake: rows of ledger and library, and declarations until the city receives them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.audiences import OFFICIALS_ONLY
from shared.contracts.base import Event, Hand
from shared.contracts.facts import ProjectFacts
from shared.contracts.library import LibraryRow, ResourceRow
from shared.contracts.pushes import BookName, Mode, RowProblem, RowResult
from shared.money import Money


class ResourceRecorded(Event, type="intake.resource_recorded.v1", about="resource", key="resource_id"):
    """A row of the resource ledger was added or changed. 四（一）2"""

    resource_id: UUID
    version: int
    change_reason: str | None
    row: ResourceRow


class LibraryEntryChanged(
    Event, type="intake.library_entry_changed.v1", about="library_entry", key="entry_id", told_to_owners=False
):
    """A project of the reserve library was added, changed or removed. 四（一）2"""

    entry_id: UUID
    version: int
    change_reason: str | None
    row: LibraryRow


class LibraryUpdateAnswered(Event, type="intake.library_update_answered.v1", about="library_update", key="update_id"):
    """Result of an update that a district's system sent to the topic `district.library-updates`. 四（一）2

    Each district receives the results of its own rows. A long result has several parts: `part` of `parts`, from 1,
    with the counts and rows of this part. `request_id` is the sender's id of the update.
    """

    update_id: UUID
    request_id: UUID
    key_id: str
    part: int
    parts: int
    book: BookName | None
    mode: Mode | None
    decision: Literal["accepted", "refused"]
    problem: RowProblem | None
    created: int
    updated: int
    unchanged: int
    refused: int
    rows: tuple[RowResult, ...]


class MunicipalMoneyRegistered(
    Event, type="intake.municipal_money_registered.v1", about="municipal_money", key="record_id"
):
    """Money from another municipal programme was registered for works, or the entry was corrected. 二（五）

    Code, certificate, building (an id of the district's resource ledger) or place with kinds of works identify them;
    the entity excludes its projects only if reading I27 says so. `version` counts the corrections.
    """

    record_id: UUID
    programme: str
    project_code: str | None
    entity_uscc: str
    entity_name: str
    amount_yuan: Money
    funded_on: date
    source: str
    registered_by: Annotated[str, OFFICIALS_ONLY]
    version: int = 1
    title_certificate_no: str | None = None
    building_id: str | None = None
    address: str | None = None
    works: tuple[str, ...] = ()
    document_no: str | None = None
    correction_reason: str | None = None
    corrected_by: Annotated[str | None, OFFICIALS_ONLY] = None


class MunicipalMoneyWithdrawn(
    Event, type="intake.municipal_money_withdrawn.v1", about="municipal_money", key="record_id"
):
    """An entry of other municipal money was mistaken or the money was paid back: it no longer counts. 二（五）"""

    record_id: UUID
    version: int
    reason: str
    withdrawn_by: Annotated[str, OFFICIALS_ONLY]


class DistrictQuarterSubmitted(
    Event, type="intake.district_quarter_submitted.v1", about="district_quarter", key="submission_id"
):
    """A district certified its ledger and library of a quarter and reported them to the city. 四（一）2"""

    submission_id: UUID
    quarter: str
    due_on: date
    late: bool
    resource_count: int
    library_count: int
    snapshot_sha256: str
    certified_by: Annotated[str, OFFICIALS_ONLY]
    certified_at: datetime


class Project(BaseModel):
    """Identification of a declared project: number, name, code, address, owner and district."""

    model_config = ConfigDict(frozen=True)

    declaration_id: UUID
    declaration_no: str
    project_name: str
    project_code: str | None
    address: str | None
    applicant_name: str
    applicant_uscc: str
    district: str
    library_entry_id: UUID | None = None
    simulated: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    """Title certificates of its buildings in the resource ledger, as of the report to the city."""


class DeclarationSubmitted(Event, type="intake.declaration_submitted.v1", about="declaration", key="declaration_id"):
    """The project owner filed a declaration, for the first time or after correction. 三（一）"""

    declaration_id: UUID
    project: Project
    round: int
    facts: ProjectFacts
    submitted_on: date


class DeclarationWithdrawn(Event, type="intake.declaration_withdrawn.v1", about="declaration", key="declaration_id"):
    """The project owner withdrew the declaration. 三（一）"""

    declaration_id: UUID
    reason: str


class CorrectionReason(BaseModel):
    """A correction required of the applicant: field or material, clause, and what to do."""

    model_config = ConfigDict(frozen=True)

    code: str
    subject: str
    clause: str
    explanation: str
    how_to_fix: str


class DeclarationReturned(Event, type="intake.declaration_returned.v1", about="declaration", key="declaration_id"):
    """The district or the city sent a declaration back for correction. 三（一）"""

    declaration_id: UUID
    round: int
    reasons: tuple[CorrectionReason, ...]
    correct_by: date


class DeclarationRefused(Event, type="intake.declaration_refused.v1", about="declaration", key="declaration_id"):
    """The district refused a declaration at first review, citing the clauses. 三（一）"""

    declaration_id: UUID
    clauses: tuple[str, ...]
    reason: str


class OpinionGiven(
    Event, type="intake.opinion_given.v1", about="declaration", key="declaration_id", told_to_owners=False
):
    """The district government (管委会) gave its opinion. 三（一）"""

    declaration_id: UUID
    position: Literal["agree", "disagree"]
    text: str
    given_on: date
    late: bool


class DeclarationForwarded(Event, type="intake.declaration_forwarded.v1", about="declaration", key="declaration_id"):
    """The district reported a reviewed declaration to the city. 三（一）"""

    declaration_id: UUID
    project: Project
    round: int
    facts: ProjectFacts
    accepted_on: date
    first_review_opinion: str
    library_exception_reason: str | None = None
    hands: Annotated[tuple[Hand, ...], OFFICIALS_ONLY] = ()


class DeclarationReceived(Event, type="intake.declaration_received.v1", about="declaration", key="declaration_id"):
    """The city received the declaration and checked again that the project is not completed. 三（一）, 二（五）"""

    declaration_id: UUID
    received_on: date
    construction_status: str
    hands: Annotated[tuple[Hand, ...], OFFICIALS_ONLY] = ()
