"""The service manager's copy of everything that members are told (R23)."""

from datetime import datetime

from sqlmodel import Session, select

from app.commands.addresses import normal_address
from app.commands.subscribers import new_row, note
from app.domain.channels import Channel
from app.domain.consent import ConsentAct, Means
from app.domain.subscribers import SubscriptionStatus
from app.store.consents import last_beginning
from app.store.subscribers import SERVICE_MANAGER, SubscriptionRow, key_of, subscription_by_address
from app.store.vault import Vault


def keep_service_manager(session: Session, vault: Vault, address: str, *, now: datetime) -> None:
    """See to it that the service manager gets every notice by mail, drills too; `address` may be empty.

    The copy is one delivery of the ledger like any other: an address has one subscription, so that
    nobody is told twice. One that subscribes already keeps its own choices; they rest while it has
    the part, and hold again afterwards. Leaving is not offered. Whoever had the part before is let go.

    Raises:
        RefusedError: the address is no mailbox.
    """
    wanted = _wanted(session, vault, address, now) if address else None
    for row in session.exec(select(SubscriptionRow).where(SubscriptionRow.source == SERVICE_MANAGER)):
        if row is not wanted:
            _let_go(session, row, now)
    if wanted is not None:
        _begin(session, wanted, now)


def _wanted(session: Session, vault: Vault, address: str, now: datetime) -> SubscriptionRow:
    mailbox = normal_address(Channel.EMAIL, address)
    row = subscription_by_address(session, vault, Channel.EMAIL, mailbox, lock=True)
    if row is None:
        row = new_row(vault, Channel.EMAIL, mailbox, source=SERVICE_MANAGER, now=now)
        session.add(row)
    row.source = SERVICE_MANAGER
    session.flush()
    return row


def _begin(session: Session, row: SubscriptionRow, now: datetime) -> None:
    if row.status == SubscriptionStatus.ACTIVE:
        return
    row.outages = row.maintenance = row.all_components = row.is_test = True
    row.quiet_from = row.quiet_until = row.held_at = None
    row.status, row.confirmed_at, row.ended_at = SubscriptionStatus.ACTIVE, now, None
    note(session, row, ConsentAct.OPTED_IN, Means.STAFF, now=now, words="The service manager's copy (R23).")


def _let_go(session: Session, row: SubscriptionRow, now: datetime) -> None:
    """What began with the part ends with it; what the person had agreed to goes on."""
    row.source = ""
    if last_beginning(session, key_of(row)) is not Means.STAFF:
        return
    row.is_test = False
    row.status, row.ended_at = SubscriptionStatus.OPTED_OUT, now
    note(session, row, ConsentAct.OPTED_OUT, Means.STAFF, now=now, words="No longer the service manager.")
