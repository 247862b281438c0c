"""Rows of who gets a report and who has read it, and the signed links that say so (R62)."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.audit import masked
from app.domain.circulation import Reader
from app.domain.errors import NotFoundError
from app.store.accounts import AccountRow
from app.store.columns import Moment, new_id
from app.store.vault import Vault

READING = "/reading/"
_SIZE = 18


class ReportReaderRow(SQLModel, table=True):
    """One reader of one report: an account, or an address outside, which is sealed.

    `mailed_at` is set when the mail is taken in hand; `read_at` once, by the reader's own press of a button.
    """

    __tablename__ = "report_reader"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    incident_id: str = Field(foreign_key="incident.id", index=True, max_length=12)
    name: str
    account_id: str | None = Field(default=None, foreign_key="account.id", max_length=12)
    email_cipher: bytes | None = Field(default=None, sa_type=LargeBinary)
    added_at: datetime = Field(sa_type=Moment)
    mailed_at: datetime | None = Field(default=None, sa_type=Moment)
    read_at: datetime | None = Field(default=None, sa_type=Moment)


def reader_rows(session: Session, incident_id: str) -> list[ReportReaderRow]:
    """Everybody on the list of one report, in the order added."""
    row = ReportReaderRow
    wanted = select(row).where(row.incident_id == incident_id)
    return list(session.exec(wanted.order_by(col(row.added_at), col(row.name), col(row.id))))


def readers_and_others(session: Session, vault: Vault, incident_id: str) -> tuple[list[Reader], list[AccountRow]]:
    """Who is on the list of one report, in the order added and addresses masked, and the accounts by name that might
    be put on it."""
    row = ReportReaderRow
    is_theirs = (col(row.account_id) == col(AccountRow.id)) & (col(row.incident_id) == incident_id)
    wanted = (
        select(row, AccountRow)
        .join(AccountRow, is_theirs, isouter=True, full=True)
        .where((col(row.incident_id) == incident_id) | col(row.id).is_(None) & col(AccountRow.disabled_at).is_(None))
        .order_by(col(row.added_at), col(row.name), col(row.id), col(AccountRow.name), col(AccountRow.email))
    )
    found: list[tuple[ReportReaderRow | None, AccountRow | None]] = list(session.exec(wanted).all())
    readers = [_frozen(reader, vault) for reader, _ in found if reader]
    return readers, [account for reader, account in found if account and not reader]


def _frozen(row: ReportReaderRow, vault: Vault) -> Reader:
    return Reader(
        id=row.id,
        name=row.name,
        account_id=row.account_id,
        address=masked(vault.open(row.email_cipher)) if row.email_cipher else "",
        sent_at=row.mailed_at,
        read_at=row.read_at,
    )


def owed_reports_by_mail(session: Session, most: int) -> list[ReportReaderRow]:
    """Readers outside whose mail has not been handed over, oldest first; locked where the database can."""
    row = ReportReaderRow
    owed = select(row).where(col(row.mailed_at).is_(None), col(row.email_cipher).is_not(None))
    return list(
        session.exec(owed.order_by(col(row.added_at), col(row.id)).limit(most).with_for_update(skip_locked=True))
    )


def reading_link(vault: Vault, public_url: str, reader_id: str) -> str:
    """The address at which one reader finds the report and says that they read it."""
    return f"{public_url}{READING}{reader_id}.{vault.signature(READING, reader_id, _SIZE)}"


def reader_of(session: Session, vault: Vault, token: str, *, lock: bool = False) -> ReportReaderRow:
    """The reader that a link names.

    Raises:
        NotFoundError: it was not signed here, or nobody is behind it.
    """
    reader_id, _, signature = token.partition(".")
    if not vault.is_signed(READING, reader_id, signature):
        raise NotFoundError("This link is not complete. Open it from the message itself.")
    wanted = select(ReportReaderRow).where(ReportReaderRow.id == reader_id)
    row = session.exec(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        raise NotFoundError("This report is no longer sent to you.")
    return row
