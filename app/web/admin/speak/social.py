"""What to post on social networks: the text of a notice to copy, and a note of where it was posted (R28)."""

from collections.abc import Mapping

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.social import note_social_post
from app.domain.channels import Channel
from app.domain.errors import RefusedError
from app.domain.social import Network, network_of, post_link
from app.publish.message_slots import facts_of
from app.publish.message_templates import Templates
from app.publish.messages import message_of
from app.publish.previews import social_text
from app.publish.snapshot import PublicSnapshot
from app.store.components import live_components
from app.store.incidents import open_incidents
from app.store.message_templates import written_templates
from app.store.notices import NoticeRow
from app.store.social import notice_and_posts
from app.web.auth import Poster, Reader
from app.web.posted import PostedForm, RowNumber
from app.web.visit import Visit

SOCIAL = "/admin/notices/{notice_id}/social"

router = APIRouter()


@router.get(SOCIAL)
def social(visit: Reader, notice_id: RowNumber) -> Response:
    """The text to copy, and what has been posted of it."""
    return _page(visit, notice_id)


@router.post(SOCIAL)
def posted_by_hand(visit: Poster, notice_id: RowNumber, posted: PostedForm) -> Response:
    """Note that it was posted."""
    network, link = posted.text("network"), posted.text("link")
    try:
        with visit.transaction() as session:
            note_social_post(session, notice_id, network_of(network), post_link(link), now=visit.now)
    except RefusedError as error:
        if not error.problems:
            raise
        return _page(visit, notice_id, network=network, link=link, problems=error.problems)
    return visit.see_other(f"/admin/notices/{notice_id}/social?noted")


def _page(
    visit: Visit, notice_id: int, *, network: str = "", link: str = "", problems: Mapping[str, str] | None = None
) -> Response:
    with visit.database.read() as session:
        notice, posts = notice_and_posts(session, notice_id)
        text = _text(session, visit, notice)
    return visit.page(
        "deliveries/social.html",
        status=422 if problems else 200,
        notice=notice,
        text=text,
        posts=posts,
        networks=list(Network),
        network=network,
        link=link,
        problems=problems or {},
    )


def _text(session: Session, visit: Visit, notice: NoticeRow) -> str:
    """The same words as the composer showed, also when it is over: a notice is read as it stood when it was said."""
    snapshot = PublicSnapshot(
        organisation=visit.organisation,
        public_url=visit.parts.public_url,
        as_of=visit.now,
        groups=(),
        components=tuple(live_components(session)),
        incidents=tuple(open_incidents(session)),
        maintenances=(),
    )
    own = visit.organisation.languages[0]
    mail = message_of(notice.content, snapshot, Channel.EMAIL, own, Templates(written_templates(session)))
    return social_text(facts_of(notice.content, snapshot, own), mail)
