"""Keep the register of vendors and contracts, and raise the alarm before it is too late to leave one (R67)."""

from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from app.commands.audit import note
from app.commands.incidents import components_named
from app.commands.staff_messages import tell_staff
from app.domain.accounts import Role
from app.domain.audit import Subject
from app.domain.errors import NotFoundError
from app.domain.text import printable
from app.domain.vendors import Contract, Vendor, check_vendor, stage_due
from app.store.organisation import organisation_row, the_organisation
from app.store.vendors import ContractRow, VendorRow, all_vendors, raise_alarm, the_vendor

RESPONSIBLE = (Role.SERVICE_MANAGER,)
"""Who sees to it that contracts are reviewed in time; the owner's name stands in the message."""


def save_vendor(session: Session, vendor: Vendor, *, now: datetime) -> None:
    """Keep a vendor and its contract under its key.

    Raises:
        RefusedError: no name, a component that is not here, or dates and days that cannot be.
    """
    vendor = _cleaned(vendor)
    check_vendor(vendor)
    components_named(session, vendor.supplies)
    before = the_vendor(session, vendor.key)
    _put(session, VendorRow, vendor.key, {"key": vendor.key, **_own_facts(vendor)})
    if vendor.contract:
        _put(session, ContractRow, vendor.key, {"vendor_key": vendor.key, **asdict(vendor.contract)})
    session.flush()
    subject = Subject("vendor", vendor.key)
    note(session, "vendor.saved", subject, before=_facts(before) if before else None, after=_facts(vendor), now=now)


def note_review(session: Session, key: str, today: date, next_on: date, *, now: datetime) -> Vendor:
    """Say that a contract was reviewed today, and when it is looked at next.

    Raises:
        NotFoundError: there is no such vendor, or no contract with it.
        RefusedError: the next review is not after today.
    """
    vendor = the_vendor(session, key)
    if vendor is None or vendor.contract is None:
        raise NotFoundError("There is no contract with this vendor.")
    reviewed = replace(vendor, contract=replace(vendor.contract, last_review_on=today, next_review_on=next_on))
    save_vendor(session, reviewed, now=now)
    return reviewed


def tend_contracts(session: Session, *, now: datetime) -> list[Vendor]:
    """The contracts whose next alarm has come; those responsible are told, once however many workers look."""
    if organisation_row(session) is None:
        return []
    today = now.astimezone(the_organisation(session).zone).date()
    fresh = [vendor for vendor in all_vendors(session) if _raised(session, vendor, today, now)]
    if fresh:
        tell_staff(session, RESPONSIBLE, _subject(fresh), _text(fresh, today), now=now)
    return fresh


def _raised(session: Session, vendor: Vendor, today: date, now: datetime) -> bool:
    stage = stage_due(vendor.contract, today) if vendor.contract else None
    if stage is None or vendor.contract is None or not raise_alarm(session, vendor, stage, now):
        return False
    facts = {"name": vendor.name, "notice_by": vendor.contract.notice_by, "days": stage}
    note(session, "contract.alarmed", Subject("vendor", vendor.key), after=facts, now=now)
    return True


def _subject(vendors: list[Vendor]) -> str:
    if len(vendors) > 1:
        return f"{len(vendors)} contracts renew themselves unless you give notice"
    return f"The contract with {vendors[0].name} renews itself unless you give notice"


def _text(vendors: list[Vendor], today: date) -> str:
    lines = (_line(vendor, vendor.contract, today) for vendor in vendors if vendor.contract)
    return "\n".join(
        ("The last day for giving notice comes near:", *lines, "Review them under Vendors in the console.")
    )


def _line(vendor: Vendor, contract: Contract, today: date) -> str:
    ahead = (contract.notice_by - today).days
    when = "today" if ahead == 0 else "tomorrow" if ahead == 1 else f"in {ahead} days"
    owner = f" Owner: {vendor.owner}." if vendor.owner else ""
    return f"- {vendor.name}: notice by {_day(contract.notice_by)}, {when}; it ends {_day(contract.ends_on)}.{owner}"


def _day(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _cleaned(vendor: Vendor) -> Vendor:
    return replace(
        vendor,
        name=printable(vendor.name).strip(),
        escalation=printable(vendor.escalation).strip(),
        status_page=printable(vendor.status_page).strip(),
        owner=printable(vendor.owner).strip(),
    )


def _own_facts(vendor: Vendor) -> dict[str, object]:
    names = ("name", "escalation", "status_page", "owner")
    return {"supplies": list(vendor.supplies)} | {name: getattr(vendor, name) for name in names}


def _facts(vendor: Vendor) -> dict[str, object]:
    return _own_facts(vendor) | (asdict(vendor.contract) if vendor.contract else {})


def _put(session: Session, kind: type[VendorRow] | type[ContractRow], key: str, facts: dict[str, Any]) -> None:
    row = session.get(kind, key)
    if row is None:
        session.add(kind(**facts))
        session.flush()
        return
    for name, value in facts.items():
        setattr(row, name, value)
