"""Answering a page by the link in it: no sign-in, because whoever is called may be far from one (R15).

The link is signed for one page and one person. Opening it shows the question and does nothing, since
mail programs open links before people do; the button answers.
"""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.commands.call_outs import answer_page
from app.deliver.pages import LINK
from app.domain.audit import Actor, Means
from app.domain.errors import NotFoundError
from app.domain.escalation import KeyAnswer
from app.store.escalation import the_call_out
from app.store.organisation import the_organisation
from app.store.pages import PageRow
from app.store.roster import PersonRow
from app.web.admin.forms import member_of
from app.web.auth import FOR_ANYONE
from app.web.posted import PostedForm
from app.web.templating import Clock
from app.web.visit import Parts, client_network, parts_of, render

router = APIRouter(prefix="/admin/pages", dependencies=FOR_ANYONE)


@router.get("/{page_id}/{signature}")
def page(request: Request, page_id: str, signature: str) -> Response:
    """What somebody is called about, and two buttons."""
    return _show(parts_of(request), page_id, signature)


@router.post("/{page_id}/{signature}")
def answer(request: Request, page_id: str, signature: str, posted: PostedForm) -> Response:
    """Take it, or pass it on."""
    parts = parts_of(request)
    _check(parts, page_id, signature)
    chosen = member_of(KeyAnswer, posted.text("answer"))
    if chosen is None:
        return _show(parts, page_id, signature)
    by = Actor(None, "Somebody on duty", Means.CONSOLE, client_network(request))
    with parts.database.transaction(by=by) as session:
        said = answer_page(session, page_id, chosen, "by a link", now=parts.clock())
    return _show(parts, page_id, signature, said)


def _check(parts: Parts, page_id: str, signature: str) -> None:
    if not parts.vault.is_signed(LINK, page_id, signature):
        raise NotFoundError("This link is not complete. Open it from the message itself.")


def _show(parts: Parts, page_id: str, signature: str, said: str = "") -> Response:
    _check(parts, page_id, signature)
    with parts.database.read() as session:
        row = session.get(PageRow, page_id)
        call_out = the_call_out(session, row.call_out_id) if row else None
        person = session.get(PersonRow, row.person_id) if row and row.person_id else None
        zone = the_organisation(session).zone
        if row is None or call_out is None or person is None:
            raise NotFoundError("Nobody is called about this any more.")
        context = {
            "page": row,
            "call_out": call_out,
            "person": person.name,
            "action": f"/admin/pages/{page_id}/{signature}",
            "said": said,
            "at": Clock(parts.clock(), zone),
        }
        return render(parts, "pages/answer.html", status=200, context=context)
