"""Measure the first word to members, and say it where policy allows and nobody else has (R26)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session

from app.commands.audit import note
from app.commands.incidents import IncidentDraft, open_incident, severity_from
from app.commands.suspicions import attach
from app.domain.audit import Subject
from app.domain.components import ComponentStatus
from app.domain.composing import suggested_title
from app.domain.first_word import AutomaticRule, FoundBy, automatic_words, check_rule, found_by, may_speak
from app.domain.incidents import Headings, IncidentStatus, UpdateDraft
from app.domain.severity import Severity
from app.domain.suspicions import Suspicion
from app.store.components import live_components
from app.store.first_words import FirstWordRow, FirstWordRuleRow, first_said_at, first_word_rules, young_incidents
from app.store.incidents import IncidentRow, open_incidents
from app.store.organisation import organisation_row, the_organisation
from app.store.suspicions import open_suspicions, suspicions_of

AUTOMATIC = "automatic_first_word"
"""Under what name the details of an incident say that its first words were nobody's."""

_MEASURED_FOR = timedelta(days=2)
"""How long a suspicion that is attached later still moves the moment of detection."""


def save_rules(session: Session, rules: Mapping[Severity, AutomaticRule], *, now: datetime) -> None:
    """At which severities a first word may go out by itself; none of them is never.

    Raises:
        RefusedError: a wait or a promise out of bounds.
    """
    for rule in rules.values():
        check_rule(rule)
    session.execute(delete(FirstWordRuleRow))
    session.add_all(
        FirstWordRuleRow(severity=rule.severity, wait_minutes=rule.wait_minutes, confirm_minutes=rule.confirm_minutes)
        for rule in rules.values()
    )
    facts: dict[str, object] = {rule.severity: [rule.wait_minutes, rule.confirm_minutes] for rule in rules.values()}
    note(session, "first_word_rule.saved", Subject("organisation", "1"), after=facts, now=now)


def tend_first_words(session: Session, *, now: datetime) -> int:
    """Say what has to be said by itself, and measure every young incident; how many were opened."""
    if organisation_row(session) is None:
        return 0
    rules = first_word_rules(session)
    opened = sum(_speak(session, each, rules, now) for each in open_suspicions(session)) if rules else 0
    for row in young_incidents(session, now, _MEASURED_FOR):
        _measure(session, row)
    return opened


def _speak(session: Session, suspicion: Suspicion, rules: Mapping[Severity, AutomaticRule], now: datetime) -> bool:
    """Open the incident of a suspicion with a labelled first word, where its rule says so."""
    states = dict.fromkeys(suspicion.slugs, ComponentStatus.MAJOR_OUTAGE)
    severity = severity_from(session, states) if states else Severity.MEDIUM
    kinds = {incident.kind for incident in open_incidents(session)}
    rule = may_speak(rules, suspicion, severity, kinds, now)
    if rule is None:
        return False
    components = live_components(session)
    names = [item.short_name for item in components if item.slug in states]
    since = f"{suspicion.opened_at.astimezone(the_organisation(session).zone):%I:%M %p}".lstrip("0")
    happened, doing = automatic_words(names, since, rule)
    draft = IncidentDraft(
        title=suggested_title(components, states),
        severity=severity,
        started_at=suspicion.opened_at,
        detected_by="monitoring",
        first_update=UpdateDraft(
            status=IncidentStatus.INVESTIGATING,
            headings=Headings(happened, doing),
            components=states,
            next_update_at=now + timedelta(minutes=rule.confirm_minutes),
        ),
    )
    incident = open_incident(session, draft, now=now)
    row = session.get_one(IncidentRow, incident.id)
    row.details = row.details | {AUTOMATIC: True}
    attach(session, suspicion.id, incident.id, now=now)
    note(session, "first_word.said", Subject("incident", incident.id), after={"waited": rule.wait_minutes}, now=now)
    return True


def _measure(session: Session, row: IncidentRow) -> None:
    """When it was detected and by whom, and when members first heard; written once and corrected when more is known."""
    suspicions = suspicions_of(session, row.id)
    signs = sorted((sign for each in suspicions for sign in each.signs), key=lambda sign: sign.began_at)
    detected_at = min((each.opened_at for each in suspicions), default=row.started_at)
    first = {sign.kind for sign in signs[:1]}
    known = session.get(FirstWordRow, row.id)
    kept = known or FirstWordRow(incident_id=row.id, detected_at=detected_at, found_by=FoundBy.US)
    found = found_by(first, row.details.get("detected_by", ""))
    now_is = (detected_at, first_said_at(session, row.id), found.value, bool(row.details.get(AUTOMATIC)))
    if known is None or now_is != (kept.detected_at, kept.said_at, kept.found_by, kept.is_automatic):
        kept.detected_at, kept.said_at, kept.found_by, kept.is_automatic = now_is
        session.add(kept)
        session.flush()
