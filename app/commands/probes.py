"""Add, pause and drop probes; take in what they saw, and suspect what fails or falls silent (R7, R9)."""

import random
from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from app.commands.audit import note
from app.commands.suspicions import OnSuspected, end_sign, suspect, tell_nobody
from app.domain.audit import Subject
from app.domain.errors import NotFoundError
from app.domain.events import FactsChanged
from app.domain.probes import Look, Probe, ProbeDraft, ProbeKind, after, check_probe
from app.domain.reports import CheckState
from app.domain.suspicions import Sign, SignKind
from app.store.components import component_row
from app.store.outbox import record
from app.store.probes import RECENT_MOST, ProbeRow, frozen_probe, frozen_standing, probe_row, probe_rows, silent_ids


def add_probe(
    session: Session, slug: str, draft: ProbeDraft, *, owner: str = "", is_paused: bool = False, now: datetime
) -> str:
    """Watch a component; the probe's id. Its first turn comes at random within its interval, so that they spread.

    Raises:
        NotFoundError: no such component is on the page.
        RefusedError: the probe could not look.
    """
    component = component_row(session, slug)
    if component is None or component.retired_at is not None:
        raise NotFoundError("This service is not on the page.")
    check_probe(draft)
    every = round(draft.every.total_seconds())
    row = ProbeRow(
        component_id=component.id,
        kind=draft.kind,
        expects=dict(draft.expects),
        every_seconds=every,
        fail_after=draft.fail_after,
        owner=owner,
        is_paused=is_paused,
        due_at=now.timestamp() + random.uniform(0, every),  # noqa: S311 - it only spreads the load
        created_at=now,
    )
    session.add(row)
    session.flush()
    facts = {"component": slug, "kind": draft.kind, "every_seconds": every, "fail_after": draft.fail_after}
    note(session, "probe.added", Subject("probe", row.id), after=facts, now=now)
    return row.id


def pause_probe(session: Session, probe_id: str, *, is_paused: bool, now: datetime) -> None:
    """Let a probe rest, which makes its component "not being checked", or look again.

    Raises:
        NotFoundError: there is no such probe.
    """
    row = _row(session, probe_id)
    row.is_paused, row.due_at, row.state = is_paused, now.timestamp(), CheckState.UNKNOWN
    row.failed = row.slow = 0
    end_sign(session, SignKind.CHECK, row.id, now=now)
    note(session, "probe.paused" if is_paused else "probe.resumed", Subject("probe", row.id), now=now)
    record(session, FactsChanged(), now)


def look_again(session: Session, probe_id: str, *, now: datetime) -> None:
    """Make a probe due at once.

    Raises:
        NotFoundError: there is no such probe.
    """
    _row(session, probe_id).due_at = now.timestamp()
    note(session, "probe.hurried", Subject("probe", probe_id), now=now)


def drop_probe(session: Session, probe_id: str, *, now: datetime) -> None:
    """Look no more.

    Raises:
        NotFoundError: there is no such probe.
    """
    row = _row(session, probe_id)
    end_sign(session, SignKind.CHECK, row.id, now=now)
    session.delete(row)
    note(session, "probe.dropped", Subject("probe", probe_id), before={"kind": row.kind}, now=now)
    record(session, FactsChanged(), now)


def take_beat(session: Session, probe_id: str, *, now: datetime, on_suspected: OnSuspected = tell_nobody) -> None:
    """A sign of life that came by itself.

    Raises:
        NotFoundError: there is no such heartbeat.
    """
    row = probe_row(session, probe_id)
    if row is None or row.kind != ProbeKind.HEARTBEAT or row.is_paused:
        raise NotFoundError("There is no such heartbeat.")
    take_in_looks(session, {probe_id: Look(is_well=True)}, now=now, on_suspected=on_suspected)


def take_in_looks(
    session: Session, looks: Mapping[str, Look], *, now: datetime, on_suspected: OnSuspected = tell_nobody
) -> None:
    """Add looks (by probe id) to what their probes stand at; a probe that changed is told of.

    One that fails becomes a sign of trouble with its id (R3); one that works again ends it.
    """
    for row, slug in probe_rows(session, looks.keys()):
        look, was = looks[row.id], CheckState(row.state)
        standing = after(frozen_standing(row), look, row.fail_after)
        row.state, row.failed, row.slow, row.looks = standing.state, standing.failed, standing.slow, standing.looks
        row.mean, row.spread, row.reason, row.looked_at = standing.mean, standing.spread, standing.reason, now
        row.recent = [*row.recent, [round(now.timestamp()), round(look.seconds, 3), look.is_well]][-RECENT_MOST:]
        if standing.state is not was:
            _change(session, frozen_probe(row, slug), was, standing.state, standing.reason, now, on_suspected)
    session.flush()


def find_silent(session: Session, *, now: datetime, on_suspected: OnSuspected = tell_nobody) -> int:
    """Probes that have said nothing for three turns stand for nothing: an item with an owner (R9); how many."""
    silent = silent_ids(session, now)
    for row, slug in probe_rows(session, silent) if silent else ():
        was = CheckState(row.state)
        row.state, row.reason = CheckState.UNKNOWN, "fell silent"
        _change(session, frozen_probe(row, slug), was, CheckState.UNKNOWN, row.reason, now, on_suspected)
    return len(silent)


def _change(
    session: Session,
    probe: Probe,
    was: CheckState,
    state: CheckState,
    reason: str,
    now: datetime,
    on_suspected: OnSuspected,
) -> None:
    note(session, "probe.changed", Subject("probe", probe.id), before={"state": was}, after={"state": state}, now=now)
    record(session, FactsChanged(slugs=(probe.slug,)), now)
    if was in (CheckState.FAILING, CheckState.UNKNOWN):
        end_sign(session, SignKind.CHECK, probe.id, now=now)
    if state in (CheckState.FAILING, CheckState.UNKNOWN):
        words = f"{probe.words}: {reason}" + (f" (owner: {probe.owner})" if probe.owner else "")
        sign = Sign(SignKind.CHECK, probe.id, words, now, probe.slug)
        suspect(session, sign, now=now, on_suspected=on_suspected)


def _row(session: Session, probe_id: str) -> ProbeRow:
    row = probe_row(session, probe_id)
    if row is None:
        raise NotFoundError(f"There is no check “{probe_id[:40]}”.")
    return row
