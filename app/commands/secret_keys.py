"""After a change of the installation's secret key: what staff and tickets keep sealed comes under the new one.

Printed codes cannot come along: only keyed hashes of them are kept, which nobody can make anew
without the print. They work while the old key is given; `stale_prints` says how many people need new ones.
"""

from datetime import datetime

from sqlmodel import Session, col, select

from app.commands.audit import note
from app.commands.ticket_records import rekey_tickets
from app.domain.audit import Subject
from app.domain.channels import Channel
from app.store.circulation import ReportReaderRow
from app.store.posting_by_text import PostingCodeRow, PostingNumberRow
from app.store.probes import ProbeRow
from app.store.roster import PersonRow
from app.store.second_factors import RecoveryCodeRow, TotpRow
from app.store.vault import Vault


def bring_secrets_along(session: Session, vault: Vault, *, now: datetime) -> int:
    """Seal authenticators, posting numbers, the roster's and readers' addresses and tickets anew; how many rows.

    Raises:
        UnavailableError: one was sealed with a key that the vault was not given.
    """
    number = _authenticators(session, vault) + _posting_numbers(session, vault) + _people(session, vault)
    number += rekey_tickets(session, vault) + _report_readers(session, vault) + _probes(session, vault)
    note(session, "staff_secrets.rekeyed", Subject("installation", "1"), after={"rows": number}, now=now)
    return number


def stale_prints(session: Session) -> int:
    """How many people hold unused printed codes, which are worth nothing once the key they were made under is gone."""
    holders: set[str] = set()
    for row in (RecoveryCodeRow, PostingCodeRow):
        holders |= set(session.exec(select(row.account_id).where(col(row.used_at).is_(None))))
    return len(holders)


def _authenticators(session: Session, vault: Vault) -> int:
    rows = session.exec(select(TotpRow)).all()
    for row in rows:
        row.secret_cipher = vault.re_encrypted(row.secret_cipher)
    return len(rows)


def _posting_numbers(session: Session, vault: Vault) -> int:
    rows = session.exec(select(PostingNumberRow)).all()
    for row in rows:
        row.number_index = vault.index(Channel.SMS, vault.open(row.number_cipher))
        row.number_cipher = vault.re_encrypted(row.number_cipher)
    return len(rows)


def _probes(session: Session, vault: Vault) -> int:
    rows = session.exec(select(ProbeRow).where(ProbeRow.secrets_cipher != b"")).all()
    for row in rows:
        row.secrets_cipher = vault.re_encrypted(row.secrets_cipher)
    return len(rows)


def _people(session: Session, vault: Vault) -> int:
    rows = session.exec(select(PersonRow)).all()
    for row in rows:
        if row.phone_cipher:
            row.phone_index = vault.index(Channel.SMS, vault.open(row.phone_cipher))
            row.phone_cipher = vault.re_encrypted(row.phone_cipher)
        if row.email_cipher:
            row.email_cipher = vault.re_encrypted(row.email_cipher)
        if row.backup_email_cipher:
            row.backup_email_cipher = vault.re_encrypted(row.backup_email_cipher)
    return len(rows)


def _report_readers(session: Session, vault: Vault) -> int:
    rows = session.exec(select(ReportReaderRow).where(col(ReportReaderRow.email_cipher).is_not(None))).all()
    for row in rows:
        if row.email_cipher:
            row.email_cipher = vault.re_encrypted(row.email_cipher)
    return len(rows)
