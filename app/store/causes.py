"""Rows of causes: suspected, found, ruled out (R49)."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from app.store.columns import Moment, new_id


class CauseRow(SQLModel, table=True):
    """One cause of an incident; `judged_at` is when its state was last set."""

    __tablename__ = "cause"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    incident_id: str = Field(foreign_key="incident.id", index=True, max_length=12)
    words: str
    state: str
    account_id: str | None = Field(default=None, foreign_key="account.id", max_length=12)
    author: str = ""
    created_at: datetime = Field(sa_type=Moment)
    judged_at: datetime = Field(sa_type=Moment)
