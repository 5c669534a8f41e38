"""Other municipal money: programmes known from the start, corrections, and entries registered once. 二（五）

Keys are those that rows written from now on have. Entries that are equal to an earlier one keep their row, with their
id in the key, and say so in `repeat_reason`.
"""

import sqlalchemy as sa
from alembic import op

from shared.storage.ddl_forms import identifier_v1, name_v1, place_v1

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_COLUMNS = """
ALTER TABLE municipal_fund_programme
    ADD COLUMN name_form TEXT, ADD COLUMN closed_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN version INTEGER NOT NULL DEFAULT 1,
    DROP CONSTRAINT uq_municipal_fund_programme_name;
ALTER TABLE project_identity ADD COLUMN name_form TEXT;
ALTER TABLE municipal_funding_record
    ADD COLUMN title_certificate_no TEXT, ADD COLUMN building_id TEXT,
    ADD COLUMN works TEXT[] NOT NULL DEFAULT '{}',
    ADD COLUMN document_no TEXT, ADD COLUMN document_form TEXT, ADD COLUMN payment_key TEXT,
    ADD COLUMN repeat_reason TEXT, ADD COLUMN withdrawn_by TEXT,
    ADD COLUMN withdrawn_at TIMESTAMP WITH TIME ZONE, ADD COLUMN withdraw_reason TEXT,
    ADD COLUMN version INTEGER NOT NULL DEFAULT 1
"""
_INDEXES = """
ALTER TABLE municipal_fund_programme
    ALTER COLUMN name_form SET NOT NULL,
    ADD CONSTRAINT uq_municipal_fund_programme_name_form UNIQUE (name_form);
ALTER TABLE municipal_funding_record ALTER COLUMN payment_key SET NOT NULL;
CREATE INDEX ix_municipal_funding_record_document_form ON municipal_funding_record (document_form);
CREATE UNIQUE INDEX uq_municipal_funding_record_payment_key ON municipal_funding_record (payment_key)
    WHERE withdrawn_at IS NULL
"""
_PROGRAMMES = (
    ("老旧厂房更新改造奖励", "市经济和信息化局", "列入老旧厂房改造再利用台账的厂房，最高 3000 万元"),
    ("中关村存量空间资源改造支持资金", "中关村科技园区管理委员会", "园区不小于 3 万平方米、改造不小于 2 万平方米"),
    ("公共建筑节能绿色化改造奖励", "市住房和城乡建设委员会", "每平方米不超过 20 元，不超过改造费用的 30%"),
    ("超低能耗建筑奖励", "市住房和城乡建设委员会", None),
    ("装配式建筑奖励", "市住房和城乡建设委员会", None),
    ("热泵系统应用市级支持资金", "市发展和改革委员会", None),
    ("光伏发电应用市级支持资金", "市发展和改革委员会", None),
)
"""Programmes that fund the same kinds of works; officers add, correct and close them. Namespace of ids: the table."""
_NAMESPACE = "0198a000-0000-7000-8000-00000000000"
_FENCED = ("municipal_funding_record", "declaration")
_ADD = sa.text(
    "INSERT INTO municipal_fund_programme (id, name, name_form, authority, note, added_by, added_at) "
    "SELECT CAST(:id AS uuid), :name, :name_form, :authority, :note, 'intake', '2026-11-30T00:00:00Z' "
    "WHERE NOT EXISTS (SELECT FROM municipal_fund_programme WHERE name_form = :name_form)"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in _FENCED:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in _COLUMNS.split(";"):
        op.execute(statement)
    _name_programmes()
    _key_records()
    _renew_places()
    _name_projects()
    for statement in _INDEXES.split(";"):
        op.execute(statement)
    for table in _FENCED:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for number, (name, authority, note) in enumerate(_PROGRAMMES, 1):
        said = {"name": name, "name_form": name_v1(name), "authority": authority, "note": note}
        op.get_bind().execute(_ADD, {"id": f"{_NAMESPACE}{number}", **said})


def _name_programmes() -> None:
    """Give each programme the form of its name; later spellings of one name keep their id in it."""
    seen: set[str] = set()
    for row in op.get_bind().execute(sa.text("SELECT id, name FROM municipal_fund_programme ORDER BY added_at, id")):
        form = name_v1(row.name)
        values = {"id": row.id, "form": f"{form}|{row.id}" if form in seen else form}
        seen.add(form)
        op.get_bind().execute(sa.text("UPDATE municipal_fund_programme SET name_form = :form WHERE id = :id"), values)


def _key_records() -> None:
    seen: set[str] = set()
    update = "UPDATE municipal_funding_record SET payment_key = :key, repeat_reason = :repeat WHERE id = :id"
    for row in op.get_bind().execute(sa.text("SELECT * FROM municipal_funding_record ORDER BY registered_at, id")):
        key = _payment_key(row)
        values = {"id": row.id, "key": f"{key}|{row.id}", "repeat": "升级前已登记，与另一条记录相同，请核对"}
        kept = values if key in seen else {"id": row.id, "key": key, "repeat": None}
        op.get_bind().execute(sa.text(update), kept)
        seen.add(key)


def _renew_places() -> None:
    """Bring the search keys of places into today's form."""
    update = sa.text("UPDATE municipal_funding_record SET entity_place = :place WHERE id = :id")
    for row in op.get_bind().execute(sa.text("SELECT * FROM municipal_funding_record")):
        place = _entity_place(row.entity_uscc, row.address, row.district)
        op.get_bind().execute(update, {"id": row.id, "place": place})


def _name_projects() -> None:
    """Give each declared project the form of its name, and its place that of today."""
    declared = "SELECT p.declaration_id, p.entity_uscc, p.entity_place, p.district, d.project_name "
    declared += "FROM project_identity p LEFT JOIN declaration d ON d.id = p.declaration_id"
    update = "UPDATE project_identity SET name_form = :name, entity_place = :place WHERE declaration_id = :id"
    for row in op.get_bind().execute(sa.text(declared)):
        place = _renewed_place(row.entity_place, row.district)
        name = None if row.project_name is None else name_v1(row.project_name)
        op.get_bind().execute(sa.text(update), {"id": row.declaration_id, "name": name, "place": place})


def _entity_place(uscc: str, address: str | None, district: str) -> str | None:
    """Return the search key of an entity at an address."""
    place = place_v1(address, district)
    return f"{uscc}|{place}" if place else None


def _renewed_place(place: str | None, district: str) -> str | None:
    """Return a stored search key in today's form."""
    uscc, _, address = (place or "").partition("|")
    return _entity_place(uscc, address, district)


def _payment_key(row: sa.Row[*tuple[object, ...]]) -> str:
    """Return what makes two entries one: programme, document, works, amount and day."""
    document = identifier_v1(row.document_no) if row.document_no else ""
    certificate = identifier_v1(row.title_certificate_no) if row.title_certificate_no else ""
    place = place_v1(row.address, row.district) or ""
    works = (row.entity_uscc, row.project_code or "", certificate, row.building_id or "", place)
    return "|".join((str(row.programme_id), document, *works, f"{row.amount_yuan:.2f}", row.funded_on.isoformat()))
