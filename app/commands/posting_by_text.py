"""Draft, read back, and publish what somebody on call texts (continuity.md, "Break-glass"; R53 to R55).

The command is given texts of people who may publish; what it does not answer goes the way of any
member's text, so that a wrong code looks like no code at all.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.commands.audit import note
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.posting_codes import find_posting_code, use_posting_code
from app.commands.rehearsal import rehearse
from app.commands.staff_messages import announce_break_glass
from app.domain.accounts import Account
from app.domain.audit import Subject
from app.domain.channels import Channel, Programme
from app.domain.components import Component, ComponentStatus
from app.domain.composing import suggested_title
from app.domain.errors import RefusedError
from app.domain.event_words import EVENT_WORDS, EventWords, filled
from app.domain.incidents import Headings, Incident, IncidentStatus, UpdateDraft
from app.domain.message_templates import MessageEvent
from app.domain.organisation import Organisation
from app.domain.posting_by_text import (
    DRAFT_LASTS,
    WRONG_MOST,
    WRONG_WITHIN,
    Asked,
    is_yes,
    read_asked,
    read_back,
    split_code,
)
from app.domain.promises import suggested_promise
from app.domain.severity import Kind, Severity
from app.store.accounts import SignInAttemptRow, attempts_since
from app.store.components import live_components
from app.store.incidents import open_incidents
from app.store.maintenance import unfinished_maintenances
from app.store.organisation import the_organisation
from app.store.posting_by_text import TextedDraftRow, texted_draft
from app.store.progress import audience_counts
from app.store.vault import Vault

_RE_SEAL = "One of their printed codes is used up; ask them to print new ones."

_STATES = {
    MessageEvent.LIMITED_SERVICE: ComponentStatus.PARTIAL_OUTAGE,
    MessageEvent.ISOLATED: ComponentStatus.DEGRADED_PERFORMANCE,
    MessageEvent.SECURITY_RESET: ComponentStatus.OPERATIONAL,
    MessageEvent.VENDOR_CLOSING: ComponentStatus.OPERATIONAL,
}
"""What a kind of event says of the components that are named; the others say that they are down."""


def take_text(session: Session, vault: Vault, account: Account, text: str, *, page: str, now: datetime) -> str | None:
    """What to answer this person; None when the text has nothing to do with publishing.

    `account` may post; `page` is the page's host as members type it.

    Raises:
        RefusedError: the code is right and the rest cannot be published; the code stays good.
        StaleVersionError: somebody else posted between the read-back and the YES.
    """
    waiting = texted_draft(session, account.id)
    if waiting is not None:
        session.delete(waiting)
        session.flush()
        if is_yes(text):
            return _publish(session, account, waiting, page, now)
    code = split_code(text)
    if code is not None and not _has_guessed(session, account, now):
        row = find_posting_code(session, vault, account.id, code[0])
        if row is not None:
            used_for, answer = _draft(session, account, code[1], page, now)
            return answer if use_posting_code(session, row, used_for, now=now) else None
        session.add(SignInAttemptRow(bucket=_bucket(account), at=now))
    if waiting is not None:
        return _cancelled(session, account, now)
    return None


def drop_texted_draft(session: Session, account: Account, *, now: datetime) -> None:
    """Forget what waits for this person's YES: they texted STOP."""
    waiting = texted_draft(session, account.id)
    if waiting is not None:
        session.delete(waiting)
        _cancelled(session, account, now)


def _cancelled(session: Session, account: Account, now: datetime) -> str:
    note(session, "texted_draft.cancelled", Subject("account", account.id), now=now)
    return "Cancelled. Nothing was published. Begin again with your next code."


def _has_guessed(session: Session, account: Account, now: datetime) -> bool:
    return len(attempts_since(session, _bucket(account), now - WRONG_WITHIN)) >= WRONG_MOST


def _bucket(account: Account) -> str:
    return f"posting:{account.id}"


def _draft(session: Session, account: Account, text: str, page: str, now: datetime) -> tuple[str, str]:
    """Keep what the text asks for until the YES; what it is for in a few words, and the read-back."""
    components = live_components(session)
    asked = read_asked(text, [item.slug for item in components])
    opened = [incident for incident in open_incidents(session) if not incident.is_drill]
    incident = _incident(asked, opened)
    draft = _composed(asked, incident, components, the_organisation(session), now)
    counts = _counts(session, draft, incident, opened, now)
    organisation, until = the_organisation(session), now + DRAFT_LASTS
    kept = TextedDraftRow(account_id=account.id, draft=_packed(draft, incident), created_at=now, expires_at=until)
    session.add(kept)
    said = draft.first_update
    answer = read_back(
        draft.title,
        said.headings.what_happened,
        is_new=incident is None,
        status=said.status.value,
        page=page,
        counts=counts,
        until=_clock(until, organisation),
    )
    note(session, "texted_draft.read_back", Subject("account", account.id), after=kept.draft, now=now)
    return f"{asked.event.value}: {draft.title}", answer


def _incident(asked: Asked, opened: Sequence[Incident]) -> Incident | None:
    """The open incident that is meant: the newest about one of the components; without any, the only one."""
    if asked.components:
        touching = (item for item in opened if {each.slug for each in item.components} & set(asked.components))
        return max(touching, key=lambda item: item.number, default=None)
    if len(opened) > 1:
        raise RefusedError("Nothing was published. Several incidents are open: name the component that you mean.")
    return opened[0] if opened else None


def _composed(
    asked: Asked, incident: Incident | None, components: Sequence[Component], organisation: Organisation, now: datetime
) -> IncidentDraft:
    words = EVENT_WORDS[asked.event]
    _check_fits(asked, words, incident)
    slugs = asked.components or tuple(item.slug for item in (incident.components if incident else ()))
    named = [item for item in components if item.slug in slugs]
    began_at = incident.started_at if incident else now
    fresh = filled(words, [item.short_name for item in named], _clock(began_at, organisation))
    states = {slug: _STATES.get(asked.event, ComponentStatus.MAJOR_OUTAGE) for slug in asked.components}
    status = incident.status if incident and incident.status in words.statuses else words.statuses[0]
    update = UpdateDraft(
        status=status,
        headings=Headings(asked.words or fresh.what_happened, f"{fresh.done} {fresh.next_step}".strip()),
        components=states if status.is_open and states else None,
        event=asked.event,
    )
    title = incident.title if incident else suggested_title(components, states) or words.label
    return IncidentDraft(title, update, kind=(incident.kind if incident else words.kind) or Kind.OUTAGE)


def _check_fits(asked: Asked, words: EventWords, incident: Incident | None) -> None:
    if incident is None and not words.is_first:
        raise RefusedError("Nothing was published. No incident is open that this could continue.")
    if incident is None and not asked.components:
        raise RefusedError(f"Nothing was published. Name what fails after “{asked.event.value}”.")
    if incident is not None and not words.is_later:
        raise RefusedError("Nothing was published. This can only open an incident, and one is open.")


def _counts(
    session: Session, draft: IncidentDraft, incident: Incident | None, opened: Sequence[Incident], now: datetime
) -> dict[Channel, int]:
    severity = (incident and incident.severity) or Severity.HIGH
    works = unfinished_maintenances(session)
    rehearsal = rehearse(session, draft, incident, live_components(session), opened, works, severity=severity, now=now)
    return audience_counts(session, Programme.OUTAGES, sorted(rehearsal.audience))


def _packed(draft: IncidentDraft, incident: Incident | None) -> dict[str, Any]:
    said = draft.first_update
    return {
        "incident_id": incident.id if incident else None,
        "version": incident.version if incident else None,
        "title": draft.title,
        "kind": draft.kind.value,
        "event": said.event.value if said.event else None,
        "status": said.status.value,
        "headings": list(said.headings.as_tuple()),
        "components": {slug: state.value for slug, state in (said.components or {}).items()},
    }


def _publish(session: Session, account: Account, waiting: TextedDraftRow, page: str, now: datetime) -> str:
    if now >= waiting.expires_at:
        raise RefusedError("Too late: nothing was published. Begin again with your next code.")
    kept = waiting.draft
    said = _update(kept, the_organisation(session), now)
    if kept["incident_id"] is None:
        draft = IncidentDraft(kept["title"], said, kind=Kind(kept["kind"]))
        incident = open_incident(session, draft, now=now, author_id=account.id)
    else:
        incident = post_update(
            session, kept["incident_id"], said, now=now, author_id=account.id, expected_version=kept["version"]
        )
    announce_break_glass(session, account.name, "by text", incident.title, _RE_SEAL, now=now)
    return f"Published on {page}: {incident.title}. Subscribers are being told. Your code is used up."


def _update(kept: dict[str, Any], organisation: Organisation, now: datetime) -> UpdateDraft:
    status = IncidentStatus(kept["status"])
    promise = (
        suggested_promise(organisation.urgency_of(Severity.CRITICAL), now, organisation.day) if status.is_open else None
    )
    return UpdateDraft(
        status=status,
        headings=Headings(*kept["headings"]),
        components={slug: ComponentStatus(state) for slug, state in kept["components"].items()} or None,
        next_update_at=promise,
        event=MessageEvent(kept["event"]) if kept["event"] else None,
        override="Resolved by text, without the console.",
    )


def _clock(moment: datetime, organisation: Organisation) -> str:
    return f"{moment.astimezone(organisation.zone):%I:%M %p}".lstrip("0")
