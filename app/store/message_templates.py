"""Rows of the words that an organisation wrote for its notices.

Rows are added, never changed: a notice keeps the words that held when it was written, so that its
text is found again in the provider's log whatever was edited since.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import JSON, Index, func
from sqlmodel import Field, Session, SQLModel, col, select

from app.store.columns import Moment
from app.store.subscribers import BIG

Written = Mapping[tuple[str, str, str], Mapping[str, str]]
"""Texts by channel, event and language; what is not in it has the words that came with the program."""


class MessageTemplateRow(SQLModel, table=True):
    """One version of one template. Empty `texts` go back to the words that came with the program."""

    __tablename__ = "message_template"
    __table_args__ = (Index("ix_message_template_which", "channel", "event", "language"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG)
    channel: str
    event: str
    language: str
    texts: dict[str, str] = Field(sa_type=JSON)
    saved_at: datetime = Field(sa_type=Moment)
    account_id: str | None = Field(default=None, foreign_key="account.id")


def written_templates(session: Session, *, at: datetime | None = None) -> Written:
    """The texts that the organisation wrote, as they stood at that moment; now without one."""
    wanted = select(MessageTemplateRow).order_by(col(MessageTemplateRow.id))
    if at is not None:
        wanted = wanted.where(MessageTemplateRow.saved_at <= at)
    newest = {(row.channel, row.event, row.language): row.texts for row in session.exec(wanted)}
    return {which: texts for which, texts in newest.items() if texts}


def template_versions(session: Session, channel: str, event: str, language: str) -> list[MessageTemplateRow]:
    """Every version of one template, newest first."""
    wanted = select(MessageTemplateRow).where(
        MessageTemplateRow.channel == channel,
        MessageTemplateRow.event == event,
        MessageTemplateRow.language == language,
    )
    return list(session.exec(wanted.order_by(col(MessageTemplateRow.id).desc())))


def newest_versions(session: Session, event: str, language: str) -> dict[str, int]:
    """The newest version of an event's words in one language, by channel; channels nobody wrote for are left out."""
    newest = (
        select(MessageTemplateRow.channel, func.max(col(MessageTemplateRow.id)))
        .where(MessageTemplateRow.event == event, MessageTemplateRow.language == language)
        .group_by(col(MessageTemplateRow.channel))
    )
    return {channel: number or 0 for channel, number in session.exec(newest)}
