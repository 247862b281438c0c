"""Rows of what members answered after an outage. Who answered is not kept (R47)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from app.domain.survey import Answer, SurveyAnswer
from app.store.columns import Moment, new_id


class SurveyAnswerRow(SQLModel, table=True):
    """What one member answered about one incident."""

    __tablename__ = "survey_answer"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=12)
    incident_id: str = Field(foreign_key="incident.id", index=True, max_length=12)
    told: str
    worked: str
    words: str = ""
    language: str
    at: datetime = Field(sa_type=Moment)


def survey_answers(session: Session, incident_ids: Collection[str]) -> Mapping[str, list[SurveyAnswer]]:
    """The answers about these incidents, newest first, by incident; those without any are missing."""
    found: defaultdict[str, list[SurveyAnswer]] = defaultdict(list)
    wanted = select(SurveyAnswerRow).where(col(SurveyAnswerRow.incident_id).in_(incident_ids))
    for row in session.exec(wanted.order_by(col(SurveyAnswerRow.at).desc(), col(SurveyAnswerRow.id))):
        answer = SurveyAnswer(Answer(row.told), Answer(row.worked), row.words, row.language, row.at)
        found[row.incident_id].append(answer)
    return dict(found)
