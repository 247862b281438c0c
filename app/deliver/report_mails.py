"""Mailing finished reports to people outside. Each is marked before it is sent: one can be lost, none comes twice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.store.circulation import owed_reports_by_mail, reading_link
from app.store.incidents import IncidentRow
from app.store.session import Database
from app.store.vault import Vault

BATCH = 20


@dataclass(frozen=True, slots=True)
class ReportToSend:
    """What to say to somebody outside who is sent a report."""

    id: str
    address: str
    name: str
    title: str
    link: str


Send = Callable[[ReportToSend], object]


def send_owed_reports(database: Database, vault: Vault, public_url: str, send: Send, *, now: datetime) -> int:
    """Send every report that is owed to somebody outside; the number handed to `send`."""
    handed = 0
    while batch := _claim(database, vault, public_url, now):
        for report in batch:
            send(report)
        handed += len(batch)
    return handed


def _claim(database: Database, vault: Vault, public_url: str, now: datetime) -> list[ReportToSend]:
    with database.transaction() as session:
        found = []
        for row in owed_reports_by_mail(session, BATCH):
            row.mailed_at = now
            incident = session.get(IncidentRow, row.incident_id)
            if row.email_cipher and incident is not None:
                link = reading_link(vault, public_url, row.id)
                found.append(ReportToSend(row.id, vault.open(row.email_cipher), row.name, incident.title, link))
        return found
