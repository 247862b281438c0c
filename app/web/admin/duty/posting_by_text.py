"""Somebody's own way to publish by text: the telephone, the printed codes, and what each was used for.

A used code stays on the list as used until new ones are printed: that is how the way is sealed again.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from app.commands.addresses import hidden
from app.commands.posting_codes import new_posting_codes
from app.commands.posting_numbers import drop_posting_number, save_posting_number
from app.domain.accounts import Permission
from app.domain.channels import Channel
from app.domain.errors import RefusedError
from app.domain.event_words import EVENT_WORDS
from app.store.components import live_components
from app.store.posting_by_text import number_row, posting_codes_of
from app.web.auth import Poster, Reauthenticated
from app.web.posted import PostedForm
from app.web.visit import Visit

POSTING_BY_TEXT = "/admin/posting-by-text"
ConfirmedPoster = Annotated[Visit, Depends(Reauthenticated(Permission.POST))]

router = APIRouter(prefix=POSTING_BY_TEXT)


@router.get("")
def own_way(visit: Poster) -> Response:
    """The number, the codes, and how a text is written."""
    return _page(visit)


@router.post("/number")
def save_number(visit: ConfirmedPoster, posted: PostedForm) -> Response:
    """Publish from this telephone from now on."""
    typed = posted.text("address")
    try:
        with visit.transaction() as session:
            save_posting_number(session, visit.parts.vault, visit.account, typed, now=visit.now)
    except RefusedError as error:
        return _page(visit, typed=typed, problems=error.problems)
    return visit.see_other(f"{POSTING_BY_TEXT}?saved")


@router.post("/number/removal")
def drop_number(visit: Poster) -> Response:
    """Publish from no telephone any more."""
    with visit.transaction() as session:
        drop_posting_number(session, visit.account, now=visit.now)
    return visit.see_other(f"{POSTING_BY_TEXT}?removed")


@router.post("/codes")
def print_codes(visit: ConfirmedPoster) -> Response:
    """Ten new codes, shown this once; the older ones are worthless from now on."""
    with visit.transaction() as session:
        codes = new_posting_codes(session, visit.parts.vault, visit.account, now=visit.now)
    return _page(visit, fresh=codes)


def _page(
    visit: Visit, *, typed: str = "", problems: Mapping[str, str] | None = None, fresh: Sequence[str] = ()
) -> Response:
    with visit.database.read() as session:
        row = number_row(session, visit.account.id)
        codes = posting_codes_of(session, visit.account.id)
        components = live_components(session)
    return visit.page(
        "posting_by_text.html",
        status=422 if problems else 200,
        number=hidden(Channel.SMS, visit.parts.vault.open(row.number_cipher)) if row else "",
        codes=codes,
        left=sum(code.used_at is None for code in codes),
        fresh=fresh,
        events=[(event.value, words.label) for event, words in EVENT_WORDS.items()],
        components=components,
        typed=typed,
        problems=problems or {},
        saved=visit.is_after("saved"),
        removed=visit.is_after("removed"),
    )
