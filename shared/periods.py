"""Settings of how long records are kept that neither the ledger, a seal nor a case needs (I31, docs/privacy.md)."""

from pydantic import Field
from pydantic_settings import BaseSettings


class Periods(BaseSettings):
    """The fields of `Settings` after which retention erases; each run is recorded as an operation `retention`."""

    retention_seconds: float = Field(default=3600.0, gt=0)
    """Interval at which each service erases what is due."""
    idempotency_keep_days: int = Field(default=7, ge=1)
    """Days for which the answer of an act is kept for its repetition."""
    inbox_keep_days: int = Field(default=30, ge=1, le=3660)
    """Days for which the ids of received messages are kept, at least a day longer than `update_max_age_days`."""
    keep_people_days: int = Field(default=1826, ge=365)
    """Days after which the directory forgets the name of somebody who left or no longer signs in,
    and an ended authorisation the name of its agent."""
    keep_keys_days: int = Field(default=1826, ge=365)
    """Days after its end for which an API key keeps its name and the reason of its revocation."""
    keep_revocations_days: int = Field(default=183, ge=183)
    """Days after its end for which the revocation of a token is kept: logs of access last six months at least."""
    keep_letters_days: int = Field(default=365, ge=30)
    """Days for which a dead letter is kept after it was settled."""
    keep_drafts_days: int = Field(default=731, ge=180)
    """Days without a change after which a declaration that was never submitted is emptied."""
    incoming_keep_hours: int = 24
    """Incomplete uploads are removed after this number of hours."""
    unreferenced_keep_hours: int = Field(default=168, ge=1)
    """Stored files to which no record refers, left by a crash, are removed after this number of hours."""
