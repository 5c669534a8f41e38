"""Frozen DDL of retention: what may be erased by age, and never before its end."""

from typing import Any


def let_age_erase(op: Any) -> None:
    """Let a revocation go once it has ended, and a dead letter once it was settled; neither before."""
    op.execute("DROP TRIGGER revoked_token_append_only ON revoked_token")
    op.execute(
        "CREATE TRIGGER revoked_token_append_only BEFORE UPDATE OR TRUNCATE ON revoked_token "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    for table, needed in (("revoked_token", "OLD.until > now()"), ("dead_letter", "OLD.settled_at IS NULL")):
        op.execute(
            f"CREATE TRIGGER {table}_in_force BEFORE DELETE ON {table} FOR EACH ROW "
            f"WHEN ({needed}) EXECUTE FUNCTION refuse_change()"
        )


def keep_again(op: Any) -> None:
    """Undo `let_age_erase`."""
    for table in ("revoked_token", "dead_letter"):
        op.execute(f"DROP TRIGGER {table}_in_force ON {table}")
    op.execute("DROP TRIGGER revoked_token_append_only ON revoked_token")
    op.execute(
        "CREATE TRIGGER revoked_token_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON revoked_token "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
