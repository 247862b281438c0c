"""Write down what becomes of a switch of the DNS: planned, asked for, done, seen, taken back.

Nothing here talks to a provider. Intent is committed before the provider is asked and the outcome
after it, so that a crash in between leaves a run that says so and can be looked up.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from app.commands.audit import note
from app.domain.audit import Subject, changed
from app.domain.errors import RefusedError, StaleVersionError
from app.domain.events import DomainPointed
from app.domain.failover import (
    PLAN_KEEPS,
    Change,
    Guarded,
    RunState,
    Side,
    Switch,
    check_switch,
    minutes_until,
    normal_name,
    revert_refusal,
)
from app.domain.failover_risks import Risk, stops
from app.store.failovers import (
    FailoverRunRow,
    SignInProbeRow,
    SwitchRow,
    frozen_switch,
    newest_run,
    open_run,
    probes_of,
    run_row,
    stored_guarded,
    stored_records,
    stored_risks,
    switch_row,
    switch_rows,
)
from app.store.outbox import record

PROVIDERS = frozenset({"route53", "route53_standby", "rfc2136", "cloudflare", "runbook"})
"""Keys of everybody who can change a zone; `app.monitor.dns.providers` says who they are."""

REASON_LEAST = 10


@dataclass(frozen=True, slots=True)
class FailoverPlan:
    """What one change would do, as read a moment ago."""

    switch: Switch
    change: Change
    risks: tuple[Risk, ...]
    served_ttl: int
    guarded: tuple[Guarded, ...] = ()


def save_switch(session: Session, switch: Switch, *, now: datetime) -> Switch:
    """Create a switch, or edit the one of that id; saving it unchanged writes nothing.

    Raises:
        RefusedError: it could never be used, its name is taken, or it is in use.
        StaleVersionError: somebody edited it since it was read.
    """
    switch = replace(switch, name=normal_name(switch.name), zone=normal_name(switch.zone))
    check_switch(switch, PROVIDERS)
    row = session.get(SwitchRow, switch.id, with_for_update=True) if switch.id else None
    _check_name_is_free(session, switch)
    if row is None:
        row = SwitchRow(**_values(switch), created_at=now, updated_at=now)
        session.add(row)
        note(session, "switch.created", Subject("switch", switch.name), after=_values(switch), now=now)
    else:
        _edit(session, row, switch, now)
    session.flush()
    return frozen_switch(row)


def _edit(session: Session, row: SwitchRow, switch: Switch, now: datetime) -> None:
    old, new = _values(frozen_switch(row)), _values(switch)
    if old == new:
        return
    if row.version != switch.version:
        raise StaleVersionError("Somebody else edited this switch meanwhile.", current=row.version)
    if open_run(session, row.id):
        raise RefusedError("The name does not lead to its normal place at the moment. Go back first, then edit.")
    for name, value in new.items():
        setattr(row, name, value)
    row.version, row.updated_at = row.version + 1, now
    before, after = changed(old, new)
    note(session, "switch.edited", Subject("switch", row.name), before=before, after=after, now=now)


def _check_name_is_free(session: Session, switch: Switch) -> None:
    if any(row.name == switch.name and row.id != switch.id for row in switch_rows(session)):
        raise RefusedError({"name": f"There is a switch for {switch.name} already."})


def _values(switch: Switch) -> dict[str, Any]:
    return {
        "name": switch.name,
        "zone": switch.zone,
        "provider": switch.provider,
        "normal": list(switch.normal),
        "failover": list(switch.failover),
        "planned_ttl": switch.planned_ttl,
        "options": dict(switch.options),
    }


def keep_plan(session: Session, plan: FailoverPlan, by: str, *, is_drill: bool, now: datetime) -> FailoverRunRow:
    """Keep a plan to be looked over and confirmed; a plan that was not carried out is replaced.

    Raises:
        RefusedError: the switch is in use.
    """
    switch = switch_row(session, plan.switch.name, lock=True)
    if open_run(session, switch.id):
        raise RefusedError(f"{switch.name} does not lead to its normal place, or may not. Look at it, or go back.")
    old = newest_run(session, switch.id)
    if old is not None and old.state == RunState.PLANNED:
        session.delete(old)
        session.flush()
    row = FailoverRunRow(
        switch_id=switch.id,
        state=RunState.PLANNED,
        is_drill=is_drill,
        planned_by=by,
        planned_at=now,
        **_of_plan(plan),
    )
    session.add(row)
    session.flush()
    return row


def _of_plan(plan: FailoverPlan) -> dict[str, Any]:
    return {
        "before": stored_records(plan.change.before),
        "after": stored_records(plan.change.after),
        "guarded": stored_guarded(plan.guarded),
        "risks": stored_risks(plan.risks),
        "served_ttl": plan.served_ttl,
    }


def point_domain_here(session: Session, run_id: str, plan: FailoverPlan, by: str, typed: str, *, now: datetime) -> None:
    """Write down that the provider is about to be asked, with what stands there now; once it is committed, ask.

    `plan` was read this very moment; it must change exactly what the person looked over.

    Raises:
        RefusedError: the name was not typed, a risk stops it, the plan is old or no longer true, or
            somebody else was faster.
    """
    switch = switch_row(session, plan.switch.name, lock=True)
    row = run_row(session, run_id, lock=True)
    _check_typed(typed, switch.name)
    _check_plan(row, plan, now)
    if open_run(session, switch.id):
        raise RefusedError("Somebody else is changing this name at this moment.")
    for name, value in _of_plan(plan).items():
        setattr(row, name, value)
    row.state, row.applied_by, row.applied_at, row.words = RunState.APPLYING, by, now, ""
    subject = Subject("switch", switch.name)
    facts = {"records": stored_records(plan.change.after), "is_drill": row.is_drill}
    note(
        session,
        "switch.apply_asked",
        subject,
        before={"records": stored_records(plan.change.before)},
        after=facts,
        now=now,
    )


def _check_plan(row: FailoverRunRow, plan: FailoverPlan, now: datetime) -> None:
    if row.state != RunState.PLANNED:
        raise RefusedError("This plan was used already. Plan again.")
    if abs(now - row.planned_at) > PLAN_KEEPS:
        raise RefusedError("This plan is more than an hour old. Plan again, so that you see what stands there now.")
    if reasons := stops(plan.risks):
        raise RefusedError(" ".join(reasons))
    if row.after != stored_records(plan.change.after) or row.before != stored_records(plan.change.before):
        raise RefusedError("What would change is no longer what you looked over. Plan again.")


def _check_typed(typed: str, name: str) -> None:
    if normal_name(typed) != name:
        raise RefusedError({"typed": f"Type {name} to confirm. Nothing was changed."})


def note_applied(session: Session, run_id: str, *, reference: str = "", words: str = "", now: datetime) -> None:
    """The provider has taken the change. Members are told until when some may not see it. Once, whoever finds out."""
    row = run_row(session, run_id, lock=True)
    if row.state != RunState.APPLYING:
        return
    row.state, row.reference, row.words, row.steps = RunState.WATCHING, reference, words, []
    row.everyone_by = now + timedelta(seconds=row.served_ttl)
    _tell(session, row, Side.FAILOVER, now)


def hand_to_person(session: Session, run_id: str, steps: list[str]) -> None:
    """Nobody but a person can do it: keep the steps. It is done when the name servers say so."""
    row = run_row(session, run_id, lock=True)
    row.steps = steps


def note_doubt(session: Session, run_id: str, words: str) -> None:
    """Nobody heard the provider's answer and nobody could look: say so and leave it to be looked up."""
    row = run_row(session, run_id, lock=True)
    row.words = words


def note_refused(session: Session, run_id: str, words: str, *, now: datetime) -> None:
    """The provider did not take it, and the name leads where it led before."""
    row = run_row(session, run_id, lock=True)
    if row.state not in (RunState.APPLYING, RunState.REVERTING):
        return
    was_reverting = row.state == RunState.REVERTING
    row.state, row.words = (RunState.WATCHING if was_reverting else RunState.REFUSED), words
    row.steps = []
    act = "switch.revert_refused" if was_reverting else "switch.apply_refused"
    note(session, act, Subject("switch", _name(session, row)), after={"words": words}, now=now)


def note_touched(session: Session, run_id: str, touched: list[str], *, now: datetime) -> None:
    """Mail, name servers or proofs are not what they were before, or are again: keep which."""
    row = run_row(session, run_id, lock=True)
    before, row.touched = {"not_as_before": row.touched}, touched
    subject = Subject("switch", _name(session, row))
    note(session, "switch.compared", subject, before=before, after={"not_as_before": touched}, now=now)


def note_seen(session: Session, run_id: str, *, everywhere: bool, by_most: bool, now: datetime) -> None:
    """Note the first moment at which all name servers answer it, and the first at which most places do."""
    row = run_row(session, run_id, lock=True)
    if everywhere and row.visible_at is None:
        row.visible_at = now
        later = now + timedelta(seconds=row.served_ttl)
        if row.everyone_by is None or later > row.everyone_by:
            row.everyone_by = later
            record(session, DomainPointed(_name(session, row), _side(row)), now)
            note(session, "switch.seen", Subject("switch", _name(session, row)), after={"everyone_by": later}, now=now)
    if by_most and row.seen_at is None and row.applied_at and row.state == RunState.WATCHING:
        row.seen_at, row.measured_minutes = now, minutes_until(now, row.applied_at)


def keep_probe(session: Session, run_id: str, by: str, *, is_clean: bool, words: str, now: datetime) -> None:
    """Keep that somebody signed in at the normal address, or could not.

    Raises:
        RefusedError: the name leads to its normal place already.
    """
    row = run_row(session, run_id, lock=True)
    if row.state != RunState.WATCHING:
        raise RefusedError("Sign-ins count while the name leads here.")
    session.add(SignInProbeRow(run_id=row.id, at=now, is_clean=is_clean, words=words[:500], by=by))
    facts = {"is_clean": is_clean, "words": words[:500]}
    note(session, "switch.sign_in_tried", Subject("switch", _name(session, row)), after=facts, now=now)


@dataclass(frozen=True, slots=True)
class WayBack:
    """What is asked when the old records are to be put back.

    `reason` stands in for the two clean sign-ins, which members would otherwise be sent back without.
    `ttl` is for how many seconds somebody may still hold the record that leads here. `is_back` says
    that the old records stand there already: nothing was done yet, or somebody did it by hand.
    """

    typed: str
    reason: str = ""
    ttl: int = 0
    is_back: bool = False


def point_domain_back(session: Session, run_id: str, way: WayBack, by: str, *, now: datetime) -> None:
    """Write down that the old records are about to be put back; once it is committed, ask the provider.

    Raises:
        RefusedError: the name was not typed, it does not lead here, or it may not go back yet.
    """
    row = run_row(session, run_id, lock=True)
    name = _name(session, row)
    _check_typed(way.typed, name)
    if row.state not in (RunState.WATCHING, RunState.APPLYING):
        raise RefusedError(f"{name} does not lead here, or is on its way back already.")
    refusal = None if way.is_back else revert_refusal(probes_of(session, run_id), now)
    if refusal and len(way.reason.strip()) < REASON_LEAST:
        raise RefusedError({"reason": f"{refusal} To go back all the same, say why in a sentence; it is kept."})
    row.state, row.reverted_by, row.words = RunState.REVERTING, by, ""
    row.override_reason = way.reason.strip()[:500] if refusal else ""
    row.served_ttl, row.visible_at, row.steps = way.ttl, None, []
    facts = {"records": row.before, "reason": row.override_reason}
    note(session, "switch.revert_asked", Subject("switch", name), before={"records": row.after}, after=facts, now=now)


def note_reverted(session: Session, run_id: str, *, reference: str = "", words: str = "", now: datetime) -> None:
    """The old records are back. Members are told until when some may still land here. Once, whoever finds out."""
    row = run_row(session, run_id, lock=True)
    if row.state != RunState.REVERTING:
        return
    row.state, row.reference, row.words, row.reverted_at, row.steps = RunState.REVERTED, reference, words, now, []
    row.everyone_by = now + timedelta(seconds=row.served_ttl)
    _tell(session, row, Side.NORMAL, now)


def _tell(session: Session, row: FailoverRunRow, to: Side, now: datetime) -> None:
    name = _name(session, row)
    record(session, DomainPointed(name, to.value), now)
    act = "switch.applied" if to is Side.FAILOVER else "switch.reverted"
    note(session, act, Subject("switch", name), after={"words": row.words, "reference": row.reference}, now=now)


def _side(row: FailoverRunRow) -> str:
    return (Side.FAILOVER if row.state == RunState.WATCHING else Side.NORMAL).value


def _name(session: Session, row: FailoverRunRow) -> str:
    switch = session.get(SwitchRow, row.switch_id)
    return switch.name if switch else ""
