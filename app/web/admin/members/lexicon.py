"""The pronunciation lexicon: how words of the organisation's own are read aloud, and how a sentence then sounds."""

from collections.abc import Mapping
from math import ceil

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.pronunciations import drop_pronunciation, save_pronunciation
from app.domain.errors import RefusedError
from app.publish.previews import READ_ALOUD
from app.publish.speech import SpokenLanguage, spoken
from app.store.pronunciations import pronunciations
from app.web.admin.settings.organisation import SettingsEditor
from app.web.auth import Reader
from app.web.posted import PostedForm
from app.web.visit import Visit

LEXICON = "/admin/lexicon"
HEARD_MOST = 1_000

router = APIRouter(prefix=LEXICON)


@router.get("")
def lexicon(visit: Reader, heard: str = "", language: str = "en") -> Response:
    """Every entry, and a sentence as it would be read aloud."""
    return _page(visit, heard=heard, language=language)


@router.post("")
def save_entry(visit: SettingsEditor, posted: PostedForm) -> Response:
    """Add a word, or say another way to read it."""
    language, written, said = posted.text("language"), posted.text("written"), posted.text("spoken")
    try:
        with visit.transaction() as session:
            save_pronunciation(session, language, written, said, now=visit.now)
    except RefusedError as error:
        return _page(visit, language=language, written=written, said=said, problems=error.problems)
    return visit.see_other(f"{LEXICON}?saved=1")


@router.post("/{pronunciation_id}/removal")
def remove_entry(visit: SettingsEditor, pronunciation_id: str) -> Response:
    """Read the word as it is written again."""
    with visit.transaction() as session:
        drop_pronunciation(session, pronunciation_id, now=visit.now)
    return visit.see_other(LEXICON)


def _page(
    visit: Visit,
    *,
    heard: str = "",
    language: str = "en",
    written: str = "",
    said: str = "",
    problems: Mapping[str, str] | None = None,
) -> Response:
    language = language if language in visit.organisation.languages else visit.organisation.languages[0]
    heard = heard[:HEARD_MOST]
    with visit.database.read() as session:
        entries = pronunciations(session)
    aloud = spoken(heard, SpokenLanguage(language, visit.zone), entries) if heard else ""
    return visit.page(
        "organisation/lexicon.html",
        status=422 if problems else 200,
        entries=entries,
        heard=heard,
        aloud=aloud,
        seconds=ceil(len(aloud) / READ_ALOUD),
        language=language,
        written=written,
        said=said,
        problems=problems or {},
        saved=visit.is_after("saved"),
    )
