"""Rows of vendors, their contracts and the alarms that were raised, and the queries that name them (R67)."""

from collections.abc import Collection
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import JSON
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.vendors import Contract, Vendor
from app.store.columns import Moment


class VendorRow(SQLModel, table=True):
    """One vendor; `supplies` are slugs of components."""

    __tablename__ = "vendor"

    key: str = Field(primary_key=True, max_length=40)
    name: str
    supplies: list[str] = Field(default_factory=list, sa_type=JSON)
    escalation: str = ""
    status_page: str = ""
    owner: str = ""


class ContractRow(SQLModel, table=True):
    """What was agreed with a vendor."""

    __tablename__ = "contract"

    vendor_key: str = Field(foreign_key="vendor.key", primary_key=True, max_length=40)
    ends_on: date
    notice_days: int
    last_review_on: date | None = None
    next_review_on: date | None = None
    uptime_promise: str = ""
    outage_notice: str = ""
    export_tested_on: date | None = None
    exit_help_days: int = 0
    fallback: str = ""


class ContractAlarmRow(SQLModel, table=True):
    """One alarm that was raised: there is never a second one of its stage for a notice deadline."""

    __tablename__ = "contract_alarm"

    vendor_key: str = Field(foreign_key="vendor.key", primary_key=True, max_length=40)
    notice_by: date = Field(primary_key=True)
    days: int = Field(primary_key=True)
    raised_at: datetime = Field(sa_type=Moment)


def all_vendors(session: Session) -> list[Vendor]:
    """Every vendor with its contract, by name, in one statement."""
    joined = select(VendorRow, ContractRow).join(ContractRow, isouter=True)
    return [_vendor(row, contract) for row, contract in session.exec(joined.order_by(col(VendorRow.name)))]


def the_vendor(session: Session, key: str) -> Vendor | None:
    """One vendor by its key."""
    row = session.get(VendorRow, key)
    return _vendor(row, session.get(ContractRow, key)) if row else None


def vendors_of(session: Session, slugs: Collection[str]) -> list[Vendor]:
    """Whoever supplies one of these components, by name: whom to call, and where they say how they are."""
    return [vendor for vendor in all_vendors(session) if set(slugs) & set(vendor.supplies)]


def raise_alarm(session: Session, vendor: Vendor, days: int, now: datetime) -> bool:
    """Note an alarm; False where it was raised before, by whatever worker."""
    notice_by = vendor.contract.notice_by if vendor.contract else None
    values = {"vendor_key": vendor.key, "notice_by": notice_by, "days": days, "raised_at": now}
    return bool(session.execute(_RAISE, values).rowcount)  # type: ignore[attr-defined]


_RAISE = sa.text(
    "INSERT INTO contract_alarm (vendor_key, notice_by, days, raised_at) "
    "VALUES (:vendor_key, :notice_by, :days, :raised_at) ON CONFLICT DO NOTHING"
).bindparams(sa.bindparam("notice_by", type_=sa.Date()), sa.bindparam("raised_at", type_=Moment))


def _vendor(row: VendorRow, contract: ContractRow | None) -> Vendor:
    return Vendor(
        key=row.key,
        name=row.name,
        supplies=tuple(row.supplies),
        escalation=row.escalation,
        status_page=row.status_page,
        owner=row.owner,
        contract=Contract(**contract.model_dump(exclude={"vendor_key"})) if contract else None,
    )
