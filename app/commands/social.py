"""Note that a person posted the text of a notice on a social network (R28)."""

from datetime import datetime

from sqlmodel import Session

from app.commands.audit import actor_of, note
from app.commands.message_plan import tell_now
from app.domain.audit import Subject
from app.domain.errors import RefusedError
from app.domain.message_plan import Audience, Medium
from app.domain.social import Network
from app.store.social import SocialPostRow, notice_and_posts


def note_social_post(session: Session, notice_id: int, network: Network, link: str, *, now: datetime) -> None:
    """Note it, and tick the social post of the incident's communications plan. The same again changes nothing.

    Raises:
        NotFoundError: there is no such notice.
        RefusedError: it is a drill, of which nobody outside hears.
    """
    notice, posts = notice_and_posts(session, notice_id)
    if notice.is_drill:
        raise RefusedError("This is a drill. Nothing of it is posted where members would read it.")
    if any((post.network, post.link) == (network, link) for post in posts):
        return
    by = actor_of(session).account_id or None
    session.add(SocialPostRow(notice_id=notice_id, network=network, link=link, posted_at=now, account_id=by))
    if notice.incident_id:
        tell_now(session, notice.incident_id, Audience.MEMBERS, Medium.SOCIAL, now=now)
    facts = {"network": network, "link": link}
    note(session, "social_post.noted", Subject("notice", str(notice_id)), after=facts, now=now)
