"""Taking an invitation up: a name, a password, and then the way to a second factor."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.commands.invitations import Invited, accept, invited_by
from app.domain.audit import Actor, Means
from app.domain.errors import RefusedError
from app.domain.second_factors import Proof
from app.store.invitations import INVITATION
from app.store.organisation import organisation_row, the_organisation
from app.web.auth import FOR_ANYONE
from app.web.posted import Posted, PostedForm
from app.web.sign_in import password_in, signed_in
from app.web.sign_in_form import OWN_ACCOUNT
from app.web.templating import Clock
from app.web.visit import Parts, client_network, parts_of, render

router = APIRouter(dependencies=FOR_ANYONE)


@router.get(INVITATION + "{token}")
def invitation(request: Request, token: str) -> Response:
    """Who is invited to what, and the form. Looking uses nothing up: mail programs look first."""
    parts = parts_of(request)
    with parts.database.read() as session:
        invited = invited_by(session, parts.vault, token, now=parts.clock())
    return _form(parts, invited, token, invited.name)


@router.post(INVITATION + "{token}")
def accept_invitation(request: Request, token: str, posted: PostedForm) -> Response:
    """Make the account, sign in, and lead to the second factor."""
    parts, name = parts_of(request), posted.text("name")
    now = parts.clock()
    with parts.database.read() as session:
        invited = invited_by(session, parts.vault, token, now=now)
    by = Actor(None, name or invited.name, Means.CONSOLE, client_network(request))
    try:
        with parts.database.transaction(by=by) as session:
            account = accept(session, parts.vault, token, name, password_in(posted), now=now)
    except RefusedError as error:
        return _form(parts, invited, token, name, error.problems)
    return signed_in(request, account, None, Posted((("next", f"{OWN_ACCOUNT}?first"),)), Proof.INVITATION)


def _form(parts: Parts, invited: Invited, token: str, name: str, problems: dict[str, str] | None = None) -> Response:
    with parts.database.read() as session:
        organisation = the_organisation(session) if organisation_row(session) else None
    context = {
        "invited": invited,
        "token": token,
        "name": name,
        "problems": problems or {},
        "organisation": organisation,
        "until": Clock(parts.clock(), organisation.zone).when(invited.expires_at) if organisation else "",
    }
    return render(parts, "accounts/accept.html", status=422 if problems else 200, context=context)
