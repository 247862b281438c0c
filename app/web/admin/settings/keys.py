"""Keys for programs that post here: what each may do, when it was last used, and taking one away."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from app.commands.api_keys import create_api_key, revoke_api_key
from app.domain.accounts import Permission
from app.domain.api_keys import DEFAULT_PER_MINUTE, MANAGE_SCOPES, NAME_LIMIT, ApiKey, Scope
from app.domain.errors import RefusedError
from app.store.api_keys import api_key_rows, frozen_api_key
from app.web.admin.forms import member_of
from app.web.auth import Allow, Reauthenticated
from app.web.posted import Posted, PostedForm
from app.web.visit import Visit

KEYS = "/admin/keys"

KeyKeeper = Annotated[Visit, Depends(Allow(Permission.MANAGE_KEYS))]
ConfirmedKeyKeeper = Annotated[Visit, Depends(Reauthenticated(Permission.MANAGE_KEYS))]

router = APIRouter(prefix=KEYS)


@router.get("")
def keys(visit: KeyKeeper) -> Response:
    """Every key, those in use first, and the form for a new one."""
    return _page(visit)


@router.post("")
def create(visit: ConfirmedKeyKeeper, posted: PostedForm) -> Response:
    """Make a key and show it, this once."""
    scopes = [scope for word in posted.all("scope") if (scope := member_of(Scope, word))]
    per_minute = posted.number("per_minute")
    try:
        with visit.transaction() as session:
            key, token = create_api_key(session, posted.text("name"), scopes, per_minute=per_minute, now=visit.now)
    except RefusedError as error:
        return _page(visit, posted=posted, problems=error.problems)
    return visit.page("keys/created.html", status=201, key=key, token=token, page_id=visit.organisation.id)


@router.post("/{key_id}/revocation")
def revoke(visit: KeyKeeper, key_id: str) -> Response:
    """Take a key away at once."""
    with visit.transaction() as session:
        revoke_api_key(session, key_id, now=visit.now)
    return visit.see_other(f"{KEYS}?revoked=1")


def _page(visit: Visit, *, posted: Posted | None = None, problems: Mapping[str, str] | None = None) -> Response:
    with visit.database.read() as session:
        listed = [frozen_api_key(row) for row in api_key_rows(session)]
    return visit.page(
        "keys/index.html",
        status=422 if problems else 200,
        in_use=[key for key in listed if key.revoked_at is None],
        revoked=[key for key in listed if key.revoked_at is not None],
        scopes=MANAGE_SCOPES,
        said=said_scopes,
        name=posted.text("name") if posted else "",
        chosen=posted.all("scope") if posted else [],
        per_minute=posted.text("per_minute") if posted else DEFAULT_PER_MINUTE,
        name_limit=NAME_LIMIT,
        problems=problems or {},
    )


def said_scopes(key: ApiKey) -> str:
    """What a key may do, in words and in order."""
    return ", ".join(scope.in_words for scope in Scope if scope in key.scopes)
