"""What intake announces: the ledger and library of the districts, and declarations on their way to the city."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.base import Event, Hand
from shared.contracts.facts import ProjectFacts
from shared.contracts.library import LibraryRow, ResourceRow
from shared.contracts.pushes import BookName, Mode, RowProblem, RowResult
from shared.money import Money


class ResourceRecorded(Event, type="intake.resource_recorded.v1", about="resource", key="resource_id"):
    """A row of the resource ledger is new or has changed. 四（一）2"""

    resource_id: UUID
    version: int
    change_reason: str | None
    row: ResourceRow


class LibraryEntryChanged(Event, type="intake.library_entry_changed.v1", about="library_entry", key="entry_id"):
    """A project of the reserve library is new, has changed or has left. 四（一）2"""

    entry_id: UUID
    version: int
    change_reason: str | None
    row: LibraryRow


class LibraryUpdateAnswered(Event, type="intake.library_update_answered.v1", about="library_update", key="update_id"):
    """A district's system sent an update to the topic `district.library-updates`; this is what became of it. 四（一）2

    Each district is told of its own rows, and a long answer comes in several parts: `part` of `parts`, from 1, with
    the counts and rows of this part. `request_id` is the id that the sender gave the update.
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
    """A project is known to have had money from another programme of the city, which excludes it. 二（五）

    Without a project code it is known by its entity, and where so read that excludes it too (I27).
    """

    record_id: UUID
    programme: str
    project_code: str | None
    entity_uscc: str
    entity_name: str
    amount_yuan: Money
    funded_on: date
    source: str
    registered_by: str


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
    certified_by: str
    certified_at: datetime


class Project(BaseModel):
    """What identifies a declared project wherever it is spoken of."""

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


class DeclarationSubmitted(Event, type="intake.declaration_submitted.v1", about="declaration", key="declaration_id"):
    """The project owner filed a declaration, or filed it again after correction. 三（一）"""

    declaration_id: UUID
    project: Project
    round: int
    facts: ProjectFacts
    submitted_on: date


class DeclarationWithdrawn(Event, type="intake.declaration_withdrawn.v1", about="declaration", key="declaration_id"):
    """The project owner took the declaration back. 三（一）"""

    declaration_id: UUID
    reason: str


class CorrectionReason(BaseModel):
    """One thing to put right: which field or material, by which clause, and how."""

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
    """The district ended a declaration at first review, with the clauses. 三（一）"""

    declaration_id: UUID
    clauses: tuple[str, ...]
    reason: str


class OpinionGiven(Event, type="intake.opinion_given.v1", about="declaration", key="declaration_id"):
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
    hands: tuple[Hand, ...] = ()


class DeclarationReceived(Event, type="intake.declaration_received.v1", about="declaration", key="declaration_id"):
    """The city took the declaration in, having checked again that the project is not completed. 三（一）, 二（五）"""

    declaration_id: UUID
    received_on: date
    construction_status: str
    hands: tuple[Hand, ...] = ()
