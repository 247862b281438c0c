"""Send a finished report to the people on its list, and note who has read it (R62)."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from app.commands.audit import note
from app.commands.report import begun_report
from app.commands.staff_messages import tell_accounts
from app.domain.audit import Subject
from app.domain.errors import RefusedError
from app.store.accounts import AccountRow
from app.store.circulation import ReportReaderRow, reader_of, reader_rows
from app.store.incidents import IncidentRow
from app.store.vault import Vault


def circulate(
    session: Session,
    vault: Vault,
    incident_id: str,
    account_ids: Collection[str],
    outside: Sequence[tuple[str, str]],
    *,
    now: datetime,
) -> int:
    """Put people on the list and send them the report; how many are new. `outside` are names and addresses.

    Staff find it in the console; the others get a link of their own. Who is on the list already gets nothing again.

    Raises:
        NotFoundError: there is no such incident.
        RefusedError: the report is not finished, or nobody was named.
    """
    row = begun_report(session, incident_id, now=now)
    if row.finished_at is None:
        raise RefusedError("Finish the report first; then it can go to people.")
    known = reader_rows(session, row.incident_id)
    addresses = {vault.open(each.email_cipher) for each in known if each.email_cipher}
    accounts = _accounts(session, set(account_ids) - {each.account_id for each in known})
    fresh = [_inside(row.incident_id, account, now) for account in accounts]
    fresh += [
        ReportReaderRow(incident_id=row.incident_id, name=name, email_cipher=vault.seal(address), added_at=now)
        for name, address in {address: (name, address) for name, address in outside}.values()
        if address not in addresses
    ]
    if not fresh and not known:
        raise RefusedError({"outside": "Choose somebody, or write an address."})
    session.add_all(fresh)
    session.flush()
    _tell(session, row.incident_id, [account.id for account in accounts], now)
    note(session, "report.circulated", Subject("incident", row.incident_id), after={"people": len(fresh)}, now=now)
    return len(fresh)


def confirm_reading(session: Session, vault: Vault, token: str, *, now: datetime) -> ReportReaderRow:
    """Note that the person behind a signed link says that they read it; the first time counts.

    Raises:
        NotFoundError: the link was not made here.
    """
    row = reader_of(session, vault, token, lock=True)
    _read(session, row, now)
    return row


def note_reading(session: Session, incident_id: str, account_id: str, *, now: datetime) -> None:
    """Note that somebody of the staff says in the console that they read it, when they are on the list."""
    wanted = select(ReportReaderRow).where(
        ReportReaderRow.incident_id == incident_id, ReportReaderRow.account_id == account_id
    )
    row = session.exec(wanted.with_for_update()).first()
    if row is not None:
        _read(session, row, now)


def _read(session: Session, row: ReportReaderRow, now: datetime) -> None:
    if row.read_at is None:
        row.read_at = now
        note(session, "report.read", Subject("incident", row.incident_id), after={"reader": row.name}, now=now)


def _accounts(session: Session, ids: Collection[str]) -> list[AccountRow]:
    here = select(AccountRow).where(col(AccountRow.id).in_(ids), col(AccountRow.disabled_at).is_(None))
    return list(session.exec(here.order_by(col(AccountRow.name))))


def _inside(incident_id: str, account: AccountRow, now: datetime) -> ReportReaderRow:
    return ReportReaderRow(
        incident_id=incident_id, name=account.name, account_id=account.id, added_at=now, mailed_at=now
    )


def _tell(session: Session, incident_id: str, account_ids: Sequence[str], now: datetime) -> None:
    incident = session.get(IncidentRow, incident_id)
    if incident is not None:
        text = f"The report on “{incident.title}” is finished. Read it in the console, then press “I have read it”."
        tell_accounts(session, account_ids, f"Report to read: {incident.title}", text, now=now)
