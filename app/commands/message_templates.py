"""Write one's own words for a kind of notice, and go back to those that came with the program."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlmodel import Session

from app.commands.audit import actor_of, note
from app.domain.audit import Subject
from app.domain.channels import Channel
from app.domain.errors import RefusedError, StaleVersionError
from app.domain.message_templates import MessageEvent, check_texts
from app.domain.text import printable
from app.store.message_templates import MessageTemplateRow, template_versions
from app.store.organisation import the_organisation


def save_message_template(
    session: Session,
    channel: Channel,
    event: MessageEvent,
    language: str,
    texts: Mapping[str, str],
    *,
    segments: Callable[[str], int],
    now: datetime,
    version: int = 0,
) -> int:
    """Use these texts from the next notice on; notices already written keep theirs. Returns the new version.

    `texts` is {"text": ...} for SMS, {"subject": ..., "opening": ...} for mail. `segments` tells how
    many text messages a text becomes; `version` is the newest one the editor was opened with, 0 for none.

    Raises:
        RefusedError: a text cannot be sent; the reason under its name.
        StaleVersionError: somebody saved another version meanwhile.
    """
    organisation = the_organisation(session)
    if language not in organisation.languages:
        raise RefusedError({"language": "The page does not speak this language."})
    cleaned = {name: "\n".join(printable(line).strip() for line in text.splitlines()) for name, text in texts.items()}
    known = {"who": organisation.short_name or organisation.name, "url": organisation.status_site}
    check_texts(channel, event, cleaned, known={k: v for k, v in known.items() if v}, segments=segments)
    return _add(session, channel, event, language, cleaned, now, version)


def drop_message_template(
    session: Session,
    channel: Channel,
    event: MessageEvent,
    language: str,
    *,
    now: datetime,
    version: int = 0,
) -> int:
    """Go back to the words that came with the program; the version that says so.

    Raises:
        StaleVersionError: somebody saved another version meanwhile.
    """
    return _add(session, channel, event, language, {}, now, version)


def _add(
    session: Session,
    channel: Channel,
    event: MessageEvent,
    language: str,
    texts: dict[str, str],
    now: datetime,
    version: int,
) -> int:
    newest = next(iter(template_versions(session, channel, event, language)), None)
    current = (newest.id or 0) if newest else 0
    if current != version:
        raise StaleVersionError("Somebody has changed these words meanwhile.", current=current)
    row = MessageTemplateRow(
        channel=channel,
        event=event,
        language=language,
        texts=texts,
        saved_at=now,
        account_id=actor_of(session).account_id,
    )
    session.add(row)
    session.flush()
    before = newest.texts if newest else {}
    act = "message_template.saved" if texts else "message_template.dropped"
    subject = Subject("message_template", f"{channel}/{event}/{language}")
    note(session, act, subject, before=before, after=texts, now=now)
    return row.id or 0
