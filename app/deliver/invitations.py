"""Mailing the invitations that are owed. Each is marked before it is sent: one can be lost, none goes out twice.

Whoever invites holds the link as well, so that a lost mail costs nothing but a telephone call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.domain.accounts import Role
from app.store.invitations import invitation_link, owed_invitations
from app.store.session import Database
from app.store.vault import Vault

BATCH = 20


@dataclass(frozen=True, slots=True)
class InvitationToSend:
    """What to say to somebody who is asked to join."""

    id: str
    address: str
    name: str
    role: Role
    link: str
    expires_at: datetime


Send = Callable[[InvitationToSend], None]


def send_owed_invitations(database: Database, vault: Vault, console_url: str, send: Send, *, now: datetime) -> int:
    """Send every invitation that is owed; the number handed to `send`."""
    handed = 0
    while batch := _claim(database, vault, console_url, now):
        for invitation in batch:
            send(invitation)
        handed += len(batch)
    return handed


def _claim(database: Database, vault: Vault, console_url: str, now: datetime) -> list[InvitationToSend]:
    with database.transaction() as session:
        rows = owed_invitations(session, now, BATCH)
        for row in rows:
            row.mailed_at = now
        return [
            InvitationToSend(
                id=row.id,
                address=row.email,
                name=row.name,
                role=Role(row.role),
                link=invitation_link(vault, console_url, row),
                expires_at=row.expires_at,
            )
            for row in rows
        ]
