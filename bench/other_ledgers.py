"""Other ways to keep a ledger in PostgreSQL, written for comparison: an ORM, balances with entries, legs with sums.

Each moves the two sides of a project, budget to payee and award to commitment, in a transaction of its own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from uuid import uuid4

import asyncpg
from sqlalchemy import ForeignKey, make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.storage.session import is_transient

BUDGET, COMMITMENT, FIRST_AWARD, FIRST_PAID = 1, 2, 1_000, 100_000
START, PART = Decimal(10**9), Decimal(10)


class Base(DeclarativeBase):
    """Base of the ORM's tables."""


class Account(Base):
    __tablename__ = "orm_account"
    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[Decimal]
    pending: Mapped[Decimal]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class Entry(Base):
    __tablename__ = "orm_transfer"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    debit_id: Mapped[int] = mapped_column(ForeignKey("orm_account.id"))
    credit_id: Mapped[int] = mapped_column(ForeignKey("orm_account.id"))
    amount: Mapped[Decimal]


# Of pgledger's kind: a balance in the account, an entry for each side with the balance before and after.
_BALANCES = """
CREATE TABLE bal_account (id text PRIMARY KEY, balance numeric NOT NULL, version bigint NOT NULL DEFAULT 0,
    may_be_negative boolean NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE bal_transfer (id text PRIMARY KEY, giver text NOT NULL REFERENCES bal_account,
    taker text NOT NULL REFERENCES bal_account, amount numeric NOT NULL CHECK (amount > 0), created_at timestamptz,
    event_at timestamptz, metadata jsonb);
CREATE INDEX ON bal_transfer (giver);
CREATE INDEX ON bal_transfer (taker);
CREATE INDEX ON bal_transfer (event_at);
CREATE TABLE bal_entry (id text PRIMARY KEY, account text NOT NULL REFERENCES bal_account,
    transfer text NOT NULL REFERENCES bal_transfer, amount numeric NOT NULL, before numeric NOT NULL,
    after numeric NOT NULL, version bigint NOT NULL, created_at timestamptz);
CREATE INDEX ON bal_entry (account);
CREATE INDEX ON bal_entry (transfer);
CREATE FUNCTION bal_move(p_giver text, p_taker text, p_amount numeric) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    identity text := 't_' || gen_random_uuid();
    one record;
BEGIN
    PERFORM FROM bal_account WHERE id IN (p_giver, p_taker) ORDER BY id FOR UPDATE;
    INSERT INTO bal_transfer VALUES (identity, p_giver, p_taker, p_amount, now(), now());
    FOR one IN SELECT * FROM (VALUES (p_giver, -p_amount), (p_taker, p_amount)) s(account, change) LOOP
        UPDATE bal_account SET balance = balance + one.change, version = version + 1, updated_at = now()
        WHERE id = one.account;
        INSERT INTO bal_entry SELECT 'e_' || gen_random_uuid(), id, identity, one.change, balance - one.change, balance,
            version, now() FROM bal_account WHERE id = one.account;
    END LOOP;
    IF EXISTS (SELECT FROM bal_account WHERE id IN (p_giver, p_taker) AND balance < 0 AND NOT may_be_negative) THEN
        RAISE EXCEPTION 'negative balance';
    END IF;
    RETURN identity;
END $$
"""

# Of django-hordak's kind: a transaction has legs that sum to zero, checked at commit; a balance is the sum of legs.
_LEGS = """
CREATE TABLE leg_account (id bigint PRIMARY KEY, name text);
CREATE TABLE leg_transaction (id uuid PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), description text);
CREATE TABLE leg (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, transaction_id uuid NOT NULL
    REFERENCES leg_transaction, account_id bigint NOT NULL REFERENCES leg_account, amount numeric(13, 2) NOT NULL);
CREATE INDEX ON leg (transaction_id);
CREATE INDEX ON leg (account_id);
CREATE FUNCTION leg_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(amount) FROM leg WHERE transaction_id = NEW.transaction_id) <> 0 THEN
        RAISE EXCEPTION 'legs do not sum to zero';
    END IF;
    RETURN NEW;
END $$;
CREATE CONSTRAINT TRIGGER legs_balance AFTER INSERT ON leg DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    EXECUTE FUNCTION leg_check()
"""


class Others:
    """The other ledgers, each with one hot budget and the accounts of the projects."""

    def __init__(self, dsn: str, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.engine = create_async_engine(make_url(dsn).set(drivername="postgresql+asyncpg"))

    async def prepare(self, projects: int) -> None:
        """Create the schemas, and the accounts with their money."""
        numbers = [BUDGET, COMMITMENT, *(first + n for first in (FIRST_AWARD, FIRST_PAID) for n in range(projects))]
        async with self.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(self.engine) as session, session.begin():
            session.add_all([Account(id=n, balance=START, pending=START, version=1) for n in numbers])
        for schema in (_BALANCES, _LEGS):
            await self.connection.execute(schema)
        texts = [(str(n), START) for n in numbers]
        await self.connection.executemany("INSERT INTO bal_account VALUES ($1, $2, 0, false)", texts)
        await self.connection.executemany("INSERT INTO leg_account VALUES ($1, '')", [(n,) for n in numbers])
        opening = uuid4()
        await self.connection.execute("ALTER TABLE leg DISABLE TRIGGER legs_balance")
        await self.connection.execute("INSERT INTO leg_transaction (id) VALUES ($1)", opening)
        legs = [(opening, n, START) for n in numbers]
        await self.connection.executemany(
            "INSERT INTO leg (transaction_id, account_id, amount) VALUES ($1, $2, $3)", legs
        )
        await self.connection.execute("ALTER TABLE leg ENABLE TRIGGER legs_balance")

    async def by_orm(self, projects: int) -> None:
        """Release each project through locked objects: read, check, change, flush, commit."""
        for number in range(projects):
            async with AsyncSession(self.engine) as session, session.begin():
                sides = _sides(number)
                wanted = sorted({account for side in sides for account in side})
                rows = await session.scalars(
                    select(Account).where(Account.id.in_(wanted)).order_by(Account.id).with_for_update()
                )
                accounts = {row.id: row for row in rows}
                for debit, credit in sides:
                    if accounts[debit].balance < PART:
                        raise ValueError("overdrawn")
                    accounts[debit].balance -= PART
                    accounts[debit].pending -= PART
                    accounts[credit].balance += PART
                    session.add(Entry(debit_id=debit, credit_id=credit, amount=PART))
                    await session.flush()

    async def by_balances(self, projects: int) -> None:
        """Release each project by one call for each of its two transfers."""
        for number in range(projects):
            async with self.connection.transaction():
                for debit, credit in _sides(number):
                    await self.connection.fetchval("SELECT bal_move($1, $2, $3)", str(debit), str(credit), PART)

    async def by_legs(self, projects: int) -> None:
        """Release each project by a transaction with two legs a side, after the sum of the debited account's legs."""
        for number in range(projects):
            async with self.connection.transaction():
                for debit, credit in _sides(number):
                    await self._legs(debit, credit)

    async def _legs(self, debit: int, credit: int) -> None:
        run, identity = self.connection.execute, uuid4()
        await run("SELECT FROM leg_account WHERE id = $1 FOR UPDATE", debit)
        if await self.connection.fetchval("SELECT sum(amount) FROM leg WHERE account_id = $1", debit) < PART:
            raise ValueError("overdrawn")
        await run("INSERT INTO leg_transaction (id) VALUES ($1)", identity)
        for account, amount in ((debit, -PART), (credit, PART)):
            await run(
                "INSERT INTO leg (transaction_id, account_id, amount) VALUES ($1, $2, $3)", identity, account, amount
            )


def _sides(number: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the accounts of a project's two transfers: budget to payee, award to commitment."""
    return (BUDGET, FIRST_PAID + number), (FIRST_AWARD + number, COMMITMENT)


@asynccontextmanager
async def opened(dsn: str, projects: int = 200) -> AsyncIterator[Others]:
    """Yield the other ledgers in the same database."""
    connection = await asyncpg.connect(dsn)
    others = Others(dsn, connection)
    try:
        await others.prepare(projects)
        yield others
    finally:
        await others.engine.dispose()
        await connection.close()


def is_lost(error: Exception) -> bool:
    """Return whether an error is that of a killed backend."""
    return isinstance(error, (DBAPIError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)) or is_transient(
        error
    )
