"""Rows of invitations to the console, and the queries that name them."""

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Field, Session, SQLModel, col, select

from app.store.columns import Moment, new_id
from app.store.vault import Vault

INVITATION = "/admin/invitation/"

_PURPOSE = "invitation"
_SIZE = 24


class InvitationRow(SQLModel, table=True):
    """Somebody who was asked to join. The link is signed over the id and this `nonce`; it works once."""

    __tablename__ = "invitation"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    email: str = Field(index=True)
    name: str
    role: str
    nonce: str
    invited_by: str | None = Field(default=None, foreign_key="account.id")
    created_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    mailed_at: datetime | None = Field(default=None, sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)


def open_invitations(session: Session) -> list[InvitationRow]:
    """Invitations that were neither taken up nor withdrawn, the newest first; the old ones too."""
    wanted = select(InvitationRow).where(col(InvitationRow.ended_at).is_(None))
    return list(session.exec(wanted.order_by(col(InvitationRow.created_at).desc(), col(InvitationRow.id))))


def invitations_to(session: Session, email: str) -> list[InvitationRow]:
    """The open invitations to one address."""
    wanted = select(InvitationRow).where(InvitationRow.email == email, col(InvitationRow.ended_at).is_(None))
    return list(session.exec(wanted))


def owed_invitations(session: Session, now: datetime, most: int) -> list[InvitationRow]:
    """Invitations whose mail has not been handed over, the oldest first; locked where the database can."""
    wanted = select(InvitationRow).where(
        col(InvitationRow.mailed_at).is_(None), col(InvitationRow.ended_at).is_(None), InvitationRow.expires_at > now
    )
    return list(
        session.exec(wanted.order_by(col(InvitationRow.created_at)).limit(most).with_for_update(skip_locked=True))
    )


def forget_old_invitations(session: Session, before: datetime) -> None:
    """Drop invitations that ended, or ran out, before a moment: names and addresses of people who never came."""
    row = InvitationRow
    is_over = (col(row.ended_at) < before) | (col(row.expires_at) < before)
    session.execute(delete(row).where(is_over))


def invitation_link(vault: Vault, console_url: str, row: InvitationRow) -> str:
    """The address to hand to whoever is invited."""
    return f"{console_url}{INVITATION}{row.id}.{vault.signature(_PURPOSE, _signed(row), _SIZE)}"


def is_invitation(vault: Vault, row: InvitationRow, signature: str) -> bool:
    """Whether that is the signature of this invitation."""
    return vault.is_signed(_PURPOSE, _signed(row), signature)


def _signed(row: InvitationRow) -> str:
    return f"{row.id} {row.nonce}"
