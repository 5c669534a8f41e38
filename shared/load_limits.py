"""Settings of what a caller may cost: sizes, rates, connections and times."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings

Rate = Annotated[str, Field(pattern=r"^$|^[1-9][0-9]{0,8}/(second|minute|hour|day)$")]


class Rates(BaseModel):
    """Most requests of one caller by kind, written 1200/minute; empty: any number.

    A caller is an account or a key; an address for `anonymous` and `sign_in_failures`, which an office may share.
    """

    model_config = ConfigDict(extra="forbid")

    anonymous: Rate = "1200/minute"
    """Requests without sign-in."""
    sign_in_failures: Rate = "120/minute"
    """Requests with a wrong token or key."""
    reads: Rate = "3000/minute"
    acts: Rate = "1200/minute"
    uploads: Rate = "240/minute"
    exports: Rate = "60/minute"
    pushes: Rate = "240/minute"


UNLIMITED = Rates(**dict.fromkeys(Rates.model_fields, ""))
"""For a demonstration or a measurement, in which a few callers do the work of a city."""


class LoadLimits(BaseSettings):
    """The fields of `Settings` that bound what a caller may cost."""

    body_limit_bytes: int = Field(default=256 * 1024, ge=1024)
    """Maximum size of the body of an act. Lists of an act hold some hundreds of entries
    of a few hundred bytes; a body of this size that consists of errors alone is refused within a moment."""
    declaration_files: int = Field(default=500, ge=1)
    """Maximum number of present files of one party in a declaration; a removed file does not count."""
    declaration_files_bytes: int = Field(default=2 * 1024**3, ge=1)
    """Maximum size of the present files of one party in a declaration."""
    applicant_files_bytes: int = Field(default=20 * 1024**3, ge=1)
    """Maximum size of all files that an applicant stored, removed ones included; equal content counts once."""
    json_limit_bytes: int = 8 * 1024 * 1024
    """Maximum size of a push of rows. One of 1000 rows takes about 3 MB."""
    trusted_proxies: list[str] = []
    """Addresses or networks (CIDR) of proxies whose X-Forwarded-For and X-Forwarded-Proto count; others' do not."""
    rates: Rates = Rates()
    """Limits of each process: TENGHUAN_RATES__ACTS=600/minute."""
    rate_store: str = "async+memory://"
    """Store of the counters, by the address form of the `limits` library. In memory each process counts for itself;
    async+redis://host:6379 counts for all replicas, and needs the package `coredis`."""
    connection_limit: int = Field(default=1000, ge=10)
    """Maximum number of open connections of a service; one address, unless a proxy's, may have half of them."""
    head_seconds: float = Field(default=10.0, gt=0)
    """Time in which a client must send the head of its request."""
    body_seconds: float = Field(default=30.0, gt=0)
    """Time for the body of a request, beside that which it takes at `body_rate_bytes`."""
    body_rate_bytes: int = Field(default=16 * 1024, ge=1)
    """Slowest rate, in bytes a second, at which a body may arrive."""
    write_seconds: float = Field(default=30.0, gt=0)
    """Time after which a client that takes nothing of its answer is disconnected."""
    keep_alive_seconds: int = Field(default=5, ge=0)
    """Time for which an idle connection stays open."""
