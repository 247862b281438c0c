"""The words of texts and mails, event by event: the organisation's own or ours, as members would get them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from app.commands.message_templates import drop_message_template, save_message_template
from app.domain.channels import Channel
from app.domain.components import Component, ComponentStatus
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.domain.message_templates import SLOTS, TEXTS, MessageEvent
from app.domain.slots import slots_of
from app.publish.message_templates import Templates, texts_of
from app.publish.messages import Message, message_of
from app.publish.sms_text import phone_text, segments
from app.publish.snapshot import PublicSnapshot
from app.store.components import component_groups, live_components
from app.store.message_templates import newest_versions, written_templates
from app.web.admin.forms import member_of
from app.web.admin.settings.organisation import SettingsEditor
from app.web.auth import Reader
from app.web.posted import PostedForm
from app.web.visit import Visit

TEMPLATES = "/admin/templates"
CHANNELS = (Channel.SMS, Channel.EMAIL)

router = APIRouter(prefix=TEMPLATES)


@dataclass(frozen=True, slots=True)
class Editor:
    """One template being edited: its texts, and whether they are the organisation's own."""

    channel: Channel
    texts: Mapping[str, str]
    is_own: bool
    version: int
    problems: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Edited:
    """What came back from a form: for one channel, its texts and what was wrong with them."""

    channel: Channel
    texts: Mapping[str, str]
    problems: Mapping[str, str]


@router.get("")
def templates(visit: Reader) -> Response:
    """Every event, with the languages and channels in which the organisation has words of its own."""
    with visit.database.read() as session:
        own = written_templates(session)
    return visit.page("organisation/templates.html", events=list(MessageEvent), own=set(own), channels=CHANNELS)


@router.get("/{event}/{language}")
def template(visit: Reader, event: str, language: str) -> Response:
    """The text and the mail of one event in one language."""
    return _page(visit, _event(event), _language(visit, language))


@router.post("/{event}/{language}/{channel}")
def save(visit: SettingsEditor, event: str, language: str, channel: str, posted: PostedForm) -> Response:
    """Use these words from the next notice on, look at them first, or go back to ours."""
    which, code, where = _event(event), _language(visit, language), _channel(channel)
    texts = {name: posted.text(name) for name in TEXTS[where]}
    if posted.has("check"):
        return _page(visit, which, code, Edited(where, texts, {}))
    try:
        with visit.transaction() as session:
            if posted.has("drop"):
                drop_message_template(session, where, which, code, now=visit.now, version=posted.number("version"))
            else:
                save_message_template(
                    session,
                    where,
                    which,
                    code,
                    texts,
                    segments=lambda text: segments(phone_text(text)),
                    now=visit.now,
                    version=posted.number("version"),
                )
    except RefusedError as error:
        return _page(visit, which, code, Edited(where, texts, error.problems), status=422)
    except StaleVersionError as error:
        words = f"{error} Theirs stand on the page; yours are kept here."
        return _page(visit, which, code, Edited(where, texts, {"": words}), status=409)
    return visit.see_other(f"{TEMPLATES}/{event}/{language}?saved=1#{where.value}")


def _page(
    visit: Visit, event: MessageEvent, language: str, edited: Edited | None = None, *, status: int = 200
) -> Response:
    with visit.database.read() as session:
        written = written_templates(session)
        snapshot = _example_page(session, visit)
        versions = newest_versions(session, event, language)
    stored = {channel: _texts(written, channel, event, language) for channel in CHANNELS}
    mine = {edited.channel: edited} if edited else {}
    editors = [
        Editor(
            channel=channel,
            texts=mine[channel].texts if channel in mine else stored[channel],
            is_own=(channel, event, language) in written,
            version=versions.get(channel, 0),
            problems=mine[channel].problems if channel in mine else {},
        )
        for channel in CHANNELS
    ]
    return visit.page(
        "organisation/template.html",
        status=status,
        event=event,
        language=language,
        editors=editors,
        stands=edited.channel if edited and status == 409 else "",
        stored=stored,
        shown={editor.channel: _shown(visit, snapshot, event, language, editor) for editor in editors},
        segments=segments,
        slots=SLOTS,
        used={name for editor in editors for text in editor.texts.values() for name in slots_of(text)},
        saved=visit.is_after("saved"),
    )


def _texts(
    written: Mapping[tuple[str, str, str], Mapping[str, str]], channel: Channel, event: MessageEvent, language: str
) -> Mapping[str, str]:
    return written.get((channel, event, language)) or texts_of(channel, event, language)


def _example_page(session: Session, visit: Visit) -> PublicSnapshot:
    return PublicSnapshot(
        visit.organisation,
        visit.parts.public_url,
        visit.now,
        component_groups(session),
        live_components(session),
        incidents=(),
        maintenances=(),
    )


def _shown(
    visit: Visit, snapshot: PublicSnapshot, event: MessageEvent, language: str, editor: Editor
) -> Message | None:
    """The message about trouble with the component that most others hang on, made by the code that sends.

    None while the words hold a slot that there is not.
    """
    if any(slots_of(text) - SLOTS.keys() for text in editor.texts.values()):
        return None
    templates = Templates({(editor.channel, event, language): editor.texts})
    return message_of(_example(visit, snapshot, event), snapshot, editor.channel, language, templates)


def _example(visit: Visit, snapshot: PublicSnapshot, event: MessageEvent) -> dict[str, object]:
    later = {hours: (visit.now + timedelta(hours=hours)).isoformat() for hours in (-1, 1, 24, 26, 72)}
    failing = max(snapshot.components, key=lambda item: _followers(item, snapshot), default=None)
    broken = {"old": ComponentStatus.OPERATIONAL.value, "new": ComponentStatus.MAJOR_OUTAGE.value}
    return {
        "event": event.value,
        "kind": "outage",
        "id": "example",
        "title": f"{failing.short_name} is down" if failing else "An example",
        "status": "resolved" if event in _LAST_WORDS else "investigating",
        "body": "",
        "update_number": 1,
        "is_first": True,
        "said_at": visit.now.isoformat(),
        "started_at": later[-1],
        "next_update_at": None if event in _LAST_WORDS else later[1],
        "scheduled_for": later[24],
        "scheduled_until": later[26],
        "deadline_at": later[72],
        "components": [{"slug": failing.slug, "name": failing.name} | broken] if failing else [],
    }


_LAST_WORDS = (MessageEvent.RESOLVED, MessageEvent.REPORT)
"""Events after which nothing more is promised."""


def _followers(component: Component, snapshot: PublicSnapshot) -> int:
    return sum(component.slug in (*item.requires, *item.reached_via) for item in snapshot.components)


def _event(text: str) -> MessageEvent:
    found = member_of(MessageEvent, text)
    if found is None:
        raise NotFoundError(f"No notice tells of “{text[:40]}”.")
    return found


def _channel(text: str) -> Channel:
    found = next((channel for channel in CHANNELS if channel.value == text), None)
    if found is None:
        raise NotFoundError(f"There are no words for “{text[:40]}”.")
    return found


def _language(visit: Visit, code: str) -> str:
    if code not in visit.organisation.languages:
        raise NotFoundError(f"The page does not speak “{code[:10]}”.")
    return code
