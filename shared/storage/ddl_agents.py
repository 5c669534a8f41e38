"""Frozen DDL of authorised agents."""

from typing import Any

from shared.storage.ddl import protect

_AGENT = """
CREATE TABLE agent (
    id UUID NOT NULL,
    applicant_uscc TEXT NOT NULL,
    district TEXT NOT NULL,
    subject TEXT NOT NULL,
    name TEXT NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    reason TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    granted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    withdrawn_by TEXT,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    withdrawn_reason TEXT,
    CONSTRAINT pk_agent PRIMARY KEY (id),
    CONSTRAINT ck_agent_period CHECK (starts_on <= ends_on),
    CONSTRAINT ck_agent_withdrawn CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
);

CREATE INDEX ix_agent_subject ON agent (subject, applicant_uscc);

REVOKE ALL ON agent FROM {app};

GRANT SELECT, INSERT ON agent TO {app};

GRANT UPDATE (withdrawn_by, withdrawn_at, withdrawn_reason) ON agent TO {app}
"""


def create_agents(op: Any, service: str) -> None:
    """Create the authorisations of agents, which their owner and the city see."""
    for statement in _AGENT.format(app=f"app_{service}").split(";"):
        op.execute(statement)
    protect(op, "agent", service, applicant=True)
