"""The page on which the people of one incident work: what is missing first, then checks, causes, notes, files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from app.domain.causes import CauseState
from app.domain.errors import RefusedError
from app.domain.findings import findings_owed, findings_wanted
from app.domain.known_issues import looks_like
from app.domain.recovery import CheckItem, Purpose
from app.domain.stages import GUIDES, Fix, Stage, missing_outputs
from app.domain.timeline import WRITTEN, EntryKind
from app.domain.work import facts_of
from app.store.known_issues import known_issues
from app.store.timeline import timeline_of
from app.store.work import work_of
from app.web.admin.speak.incident_forms import existing_incident
from app.web.posted import Posted
from app.web.visit import Visit

SHOWN_AT_ONCE = 8
"""Entries of the timeline that stand open; the others are one tap away."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What was not accepted: the form it stood in, what was typed, and a sentence for each field."""

    form: str
    said: Posted
    problems: Mapping[str, str]


NOTHING = Refused("", Posted(), {})


def work_path(incident_id: str) -> str:
    """The address of the page."""
    return f"/admin/incidents/{incident_id}/work"


def work_page(visit: Visit, incident_id: str, refused: Refused = NOTHING) -> Response:
    """The page, with what was not accepted in one of its forms."""
    with visit.database.read() as session:
        context = _context(session, visit, incident_id)
    return visit.page("incidents/work.html", status=422 if refused.problems else 200, refused=refused, **context)


def acted(
    visit: Visit, incident_id: str, posted: Posted, form: str, act: Callable[[Session], object], *, to: str = ""
) -> Response:
    """Do what one of the forms asks for and show the page; or show it with what was not accepted."""
    try:
        with visit.transaction() as session:
            act(session)
    except RefusedError as error:
        return work_page(visit, incident_id, Refused(form, posted, error.problems))
    return visit.see_other(f"{work_path(incident_id)}?kept={form}#{to or form}")


def _context(session: Session, visit: Visit, incident_id: str) -> dict[str, Any]:
    incident = existing_incident(session, incident_id)
    work = work_of(session, incident.id, visit.now)
    facts = facts_of(incident, work, visit.now)
    stage = incident.stage
    text = " ".join((incident.title, *(update.body for update in incident.updates[:1])))
    slugs = [item.slug for item in incident.components]
    return {
        "incident": incident,
        "work": work,
        "facts": facts,
        "missing": missing_outputs(stage, facts) if stage else (),
        "guide": GUIDES[stage] if stage else None,
        "last_stage": Stage.REVIEW,
        "issues": looks_like(known_issues(session), text, slugs),
        "entries": list(reversed(timeline_of(session, incident.id))),
        "shown": SHOWN_AT_ONCE,
        "kinds": WRITTEN,
        "recover": _by_component(work.checks, Purpose.RECOVER),
        "verify": _by_component(work.checks, Purpose.VERIFY),
        "cause_states": tuple(CauseState),
        "fixes": tuple(Fix),
        "wanted": findings_wanted(incident.severity),
        "owed": findings_owed(work.findings, incident.severity),
        "own_kind": EntryKind.ACTION,
        "relieved_guess": incident.monitoring_at or incident.resolved_at,
        "kept": visit.request.query_params.get("kept", "") if visit.request.method == "GET" else "",
    }


def _by_component(items: Any, purpose: Purpose) -> dict[str, list[CheckItem]]:
    found: dict[str, list[CheckItem]] = {}
    for item in items:
        if item.purpose is purpose:
            found.setdefault(item.component, []).append(item)
    return found
