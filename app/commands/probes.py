"""Add, pause and drop probes; take in what they saw, and suspect what fails or falls silent (R7, R9)."""

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from app.commands.audit import note
from app.commands.suspicions import OnSuspected, end_sign, suspect, tell_nobody
from app.domain.audit import Subject
from app.domain.errors import NotFoundError, RefusedError
from app.domain.events import FactsChanged
from app.domain.probes import Look, Probe, ProbeDraft, ProbeKind, Standing, after, after_count, check_probe
from app.domain.reports import CheckState
from app.domain.suspicions import Sign, SignKind
from app.store.components import component_row
from app.store.outbox import record
from app.store.probes import (
    RECENT_MOST,
    ProbeChangeRow,
    ProbeRow,
    forget_changes_of,
    frozen_probe,
    frozen_standing,
    probe_row,
    probe_rows,
    silent_ids,
)
from app.store.vault import Vault

NO_OWNER = "whoever is on duty"
"""Who sees to a check that nobody was named for."""

CHANGES_KEPT = timedelta(days=90)
"""How long the history of checks is kept."""


def add_probe(
    session: Session,
    slug: str,
    draft: ProbeDraft,
    *,
    owner: str = "",
    is_paused: bool = False,
    vault: Vault | None = None,
    now: datetime,
) -> str:
    """Watch a component; the probe's id. Its first turn comes at random within its interval, so that they spread.

    What it signs in with is sealed by `vault`.

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
        secrets_cipher=_sealed(vault, draft.secrets),
        is_paused=is_paused,
        due_at=now.timestamp() + random.uniform(0, every),  # noqa: S311 - it only spreads the load
        created_at=now,
        began_at=now,
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
    row.lately, row.silent_at, row.began_at = 0.0, None, now
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
    forget_changes_of(session, probe_id)
    session.delete(row)
    note(session, "probe.dropped", Subject("probe", probe_id), before={"kind": row.kind}, now=now)
    record(session, FactsChanged(), now)


def take_beat(
    session: Session,
    probe_id: str,
    *,
    count: int | None = None,
    now: datetime,
    on_suspected: OnSuspected = tell_nobody,
) -> None:
    """A sign of life that came by itself, or a count, such as the sign-ins of the last five minutes (R8).

    Raises:
        NotFoundError: there is no such heartbeat, or a count came without its number.
    """
    row = probe_row(session, probe_id)
    if row is None or not ProbeKind(row.kind).comes_by_itself or row.is_paused:
        raise NotFoundError("There is no such heartbeat.")
    if (row.kind == ProbeKind.COUNT) is not (count is not None):
        raise NotFoundError("This address takes something else.")
    take_in_looks(session, {probe_id: Look(is_well=True, count=count)}, now=now, on_suspected=on_suspected)


def take_in_looks(
    session: Session, looks: Mapping[str, Look], *, now: datetime, on_suspected: OnSuspected = tell_nobody
) -> None:
    """Add looks (by probe id) to what their probes stand at; a probe that changed is told of.

    One that fails becomes a sign of trouble with its id (R3); one that works again ends it.
    """
    for row, slug in probe_rows(session, looks.keys()):
        look, was = looks[row.id], CheckState(row.state)
        standing = _after(row, look, now)
        row.state, row.failed, row.slow, row.looks = standing.state, standing.failed, standing.slow, standing.looks
        row.mean, row.spread, row.reason, row.looked_at = standing.mean, standing.spread, standing.reason, now
        row.lately, row.usually, row.by_hour = standing.lately, standing.usually, dict(standing.by_hour)
        row.silent_at = None
        measured = look.count if look.count is not None else round(look.seconds, 3)
        row.recent = [*row.recent, [round(now.timestamp()), measured, look.is_well]][-RECENT_MOST:]
        if standing.state is not was:
            _change(session, frozen_probe(row, slug), was, standing.state, standing.reason, now, on_suspected)
    session.flush()


def find_silent(session: Session, *, now: datetime, on_suspected: OnSuspected = tell_nobody) -> int:
    """Probes that have said nothing for three turns stand for nothing: an item with an owner (R9); how many."""
    silent = silent_ids(session, now)
    for row, slug in probe_rows(session, silent) if silent else ():
        was = CheckState(row.state)
        row.state, row.silent_at = CheckState.UNKNOWN, now
        row.reason = "fell silent" if row.looked_at else "never said anything"
        _change(session, frozen_probe(row, slug), was, CheckState.UNKNOWN, row.reason, now, on_suspected)
    return len(silent)


def _after(row: ProbeRow, look: Look, now: datetime) -> Standing:
    standing = frozen_standing(row)
    if look.count is None:
        return after(standing, look, row.fail_after)
    return after_count(standing, look.count, now.astimezone(UTC).hour)


def _sealed(vault: Vault | None, secrets: Mapping[str, str]) -> bytes:
    if not secrets:
        return b""
    if vault is None:
        raise RefusedError({"secrets": "Secrets cannot be kept here."})
    return vault.seal(json.dumps(dict(secrets)))


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
    session.add(ProbeChangeRow(probe_id=probe.id, at=now, state=state, reason=reason))
    record(session, FactsChanged(slugs=(probe.slug,)), now)
    if was in (CheckState.FAILING, CheckState.UNKNOWN):
        end_sign(session, SignKind.CHECK, probe.id, now=now)
    if state in (CheckState.FAILING, CheckState.UNKNOWN):
        words = f"{probe.words}: {reason} (owner: {probe.owner or NO_OWNER})"
        sign = Sign(SignKind.CHECK, probe.id, words, now, probe.slug)
        suspect(session, sign, now=now, on_suspected=on_suspected)


def _row(session: Session, probe_id: str) -> ProbeRow:
    row = probe_row(session, probe_id)
    if row is None:
        raise NotFoundError(f"There is no check “{probe_id[:40]}”.")
    return row
