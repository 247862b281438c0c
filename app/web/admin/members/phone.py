"""The telephone line: the script staff read from, as text and as sound, and which version they recorded.

Callers of Twilio's number always hear what the page says. A telephone system with a recording of its
own does not: whoever reads it in says so here, and is told when it has grown old.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from fastapi import APIRouter
from starlette.responses import Response

from app.commands.recordings import note_recording
from app.domain.errors import NotFoundError, UnavailableError
from app.publish.audio import AudioForm, speech
from app.publish.documents import TEXT
from app.publish.previews import READ_ALOUD
from app.publish.voice import HOOK, STATIC
from app.store.announcements import (
    AnnouncementRow,
    Recording,
    announcement_row,
    newest_announcement,
    newest_recordings,
)
from app.web.auth import Poster, Reader
from app.web.posted import PostedForm
from app.web.visit import Visit

PHONE = "/admin/phone"
PLAIN = "txt"

router = APIRouter(prefix=PHONE)


@dataclass(frozen=True, slots=True)
class Script:
    """The newest words in one language, how long they take, and what was recorded of them."""

    language: str
    lines: Sequence[str]
    seconds: int
    recording: Recording | None
    is_stale: bool


@router.get("")
def phone(visit: Reader) -> Response:
    """The script in every language."""
    return _page(visit)


@router.post("/recordings")
def record(visit: Poster, posted: PostedForm) -> Response:
    """Note that this version was read into the telephone system."""
    with visit.transaction() as session:
        note_recording(session, visit.account, posted.number("version"), posted.text("language"), now=visit.now)
    return visit.see_other(f"{PHONE}?recorded")


@router.get("/{version}/{language}/{form}")
def download(visit: Reader, version: str, language: str, form: str) -> Response:
    """The words of one version, as a text file, a WAV file or raw mu-law."""
    with visit.database.read() as session:
        row = announcement_row(session, int(version)) if _is_number(version) else None
    if row is None or language not in row.scripts or form not in (PLAIN, *AudioForm):
        raise NotFoundError("There is no such announcement. It may be of another version.")
    name = f"announcement-v{row.version}-{language}.{form}"
    try:
        return _file(name, *_written(visit, row, language, form))
    except UnavailableError as error:
        return _page(visit, problem=str(error))


def _written(visit: Visit, row: AnnouncementRow, language: str, form: str) -> tuple[bytes, str]:
    lines = row.scripts[language]
    if form == PLAIN:
        return ("\r\n".join(lines) + "\r\n").encode(), TEXT
    sound = AudioForm(form)
    return speech(" ".join(lines), language, sound, visit.parts.polly_voices), sound.media_type


def _file(name: str, body: bytes, media_type: str) -> Response:
    return Response(body, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _page(visit: Visit, *, problem: str = "") -> Response:
    with visit.database.read() as session:
        newest = newest_announcement(session)
        recordings = newest_recordings(session)
    return visit.page(
        "phone/index.html",
        status=503 if problem else 200,
        newest=newest,
        scripts=_scripts(newest, recordings) if newest else [],
        hook=f"{visit.parts.public_url}{HOOK}",
        static=STATIC,
        problem=problem,
        recorded=visit.is_after("recorded"),
    )


def _scripts(newest: AnnouncementRow, recordings: Mapping[str, Recording]) -> list[Script]:
    """One for each language; a recording of an older version says something else than the page."""
    scripts = []
    for language, lines in newest.scripts.items():
        recording = recordings.get(language)
        is_stale = recording is not None and recording.version < newest.version
        seconds = ceil(len(" ".join(lines)) / READ_ALOUD)
        scripts.append(Script(language, lines, seconds, recording, is_stale))
    return scripts
