"""Uses of switches on both databases: kept whole, one open at a time, and members told the newest."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.commands import failovers
from app.commands.failovers import FailoverPlan, WayBack, keep_plan, keep_probe, point_domain_here, save_switch
from app.domain.errors import NotFoundError, RefusedError, StaleVersionError
from app.domain.failover import Change, Guarded, RunState, Side, SignInProbe, Switch
from app.domain.failover_risks import Risk, Weight
from app.publish.catalogue import all_parts
from app.publish.publisher import Publisher
from app.publish.sinks import MemorySink
from app.store.failovers import frozen_run, frozen_switch, moving_runs, pointings, probes_of, run_row, switch_row
from tests.commands.world import build

NOW = datetime(2026, 4, 5, 3, 0, tzinfo=UTC)
SWITCH = Switch("", "www.mls.example", "mls.example", "runbook", ("192.0.2.1", "2001:db8::1"), ("edge.status.example",))
RISKS = (Risk(Weight.WARNING, "TTL", "Until {until}.", NOW), Risk(Weight.NOTE, "HSTS", "Known."))
GUARDED = (Guarded("mls.example", "MX", ("10 mail.example.",)), Guarded("mls.example", "TXT", ()))


def plan_of(switch, **changes):
    change = Change(switch.name, switch.records(Side.NORMAL), switch.records(Side.FAILOVER))
    return replace(FailoverPlan(switch, change, RISKS, 300, GUARDED), **changes)


@pytest.fixture
def saved(database):
    with database.transaction() as session:
        return save_switch(session, SWITCH, now=NOW)


@pytest.fixture
def pointed(database, saved):
    """A run that was planned, asked for and done."""
    with database.transaction() as session:
        run_id = keep_plan(session, plan_of(saved), "Ida", is_drill=False, now=NOW).id
    with database.transaction() as session:
        point_domain_here(session, run_id, plan_of(saved), "Ida", saved.name, now=NOW)
    with database.transaction() as session:
        failovers.note_applied(session, run_id, reference="C1", words="Done.", now=NOW)
    return run_id


def test_it_keeps_a_switch_and_its_use_to_the_letter(database, saved, pointed):
    with database.read() as session:
        assert frozen_switch(switch_row(session, "WWW.mls.example.")) == saved
        run = frozen_run(run_row(session, pointed), saved.name)
    assert run.change == plan_of(saved).change
    assert (run.risks, run.guarded, run.reference, run.applied_by) == (RISKS, GUARDED, "C1", "Ida")
    assert (run.state, run.applied_at, run.side) == (RunState.WATCHING, NOW, Side.FAILOVER)


def test_a_switch_that_is_in_use_is_not_edited_nor_planned_again(database, saved, pointed):
    with pytest.raises(RefusedError, match="Go back first"), database.transaction() as session:
        save_switch(session, replace(saved, planned_ttl=60), now=NOW)
    with pytest.raises(RefusedError, match="does not lead to its normal place"), database.transaction() as session:
        keep_plan(session, plan_of(saved), "Ida", is_drill=False, now=NOW)


def test_a_switch_edited_by_somebody_else_meanwhile_is_refused(database, saved):
    with database.transaction() as session:
        save_switch(session, replace(saved, planned_ttl=60), now=NOW)
    with pytest.raises(StaleVersionError), database.transaction() as session:
        save_switch(session, replace(saved, planned_ttl=120), now=NOW)


def test_a_name_has_one_switch(database, saved):
    with pytest.raises(RefusedError, match="already"), database.transaction() as session:
        save_switch(session, SWITCH, now=NOW)
    with pytest.raises(NotFoundError), database.read() as session:
        switch_row(session, "other.mls.example")


def test_a_plan_is_used_once(database, saved, pointed):
    with pytest.raises(RefusedError, match="used already"), database.transaction() as session:
        point_domain_here(session, pointed, plan_of(saved), "Ida", saved.name, now=NOW)


def test_two_people_at_once_ask_the_provider_once(database, saved):
    with database.transaction() as session:
        run_id = keep_plan(session, plan_of(saved), "Ida", is_drill=False, now=NOW).id

    def ask(_):
        try:
            with database.transaction() as session:
                point_domain_here(session, run_id, plan_of(saved), "Ida", saved.name, now=NOW)
        except RefusedError as error:
            return str(error)
        return "asked"

    with ThreadPoolExecutor(4) as people:
        answers = sorted(people.map(ask, range(4)))
    assert answers == ["This plan was used already. Plan again."] * 3 + ["asked"]


def test_a_new_plan_replaces_one_that_was_not_carried_out(database, saved):
    with database.transaction() as session:
        first = keep_plan(session, plan_of(saved), "Ida", is_drill=False, now=NOW).id
    with database.transaction() as session:
        keep_plan(session, plan_of(saved), "Ida", is_drill=True, now=NOW)
    with pytest.raises(NotFoundError), database.read() as session:
        run_row(session, first)


def test_whoever_finds_out_second_that_it_was_done_changes_nothing(database, saved, pointed):
    later = NOW + timedelta(minutes=5)
    with database.transaction() as session:
        failovers.note_applied(session, pointed, now=later)
        failovers.note_refused(session, pointed, "No.", now=later)
        failovers.note_reverted(session, pointed, now=later)
    with database.read() as session:
        run = frozen_run(run_row(session, pointed), saved.name)
    assert (run.state, run.everyone_by) == (RunState.WATCHING, NOW + timedelta(seconds=300))


def test_the_way_back_is_told_and_kept(database, saved, pointed):
    later = NOW + timedelta(minutes=20)
    with database.transaction() as session:
        keep_probe(session, pointed, "Ida", is_clean=False, words="Code never came", now=later)
    with database.transaction() as session:
        way = WayBack("www.mls.example", "The vendor asked for it in writing.", ttl=600)
        failovers.point_domain_back(session, pointed, way, "Ida", now=later)
    with database.transaction() as session:
        failovers.note_reverted(session, pointed, now=later)
    with database.read() as session:
        assert probes_of(session, pointed) == [SignInProbe(later, False, "Code never came")]
        (told,) = pointings(session, later)
        assert [row.id for row in moving_runs(session, later)] == [pointed]
        assert moving_runs(session, later + timedelta(seconds=600)) == []
        assert (told.to, told.everyone_by) == (Side.NORMAL, later + timedelta(seconds=600))


def test_the_page_says_it_and_stops_saying_it(database, saved, tmp_path: Path):
    with database.transaction() as session:
        build(session)
    moment = [NOW]
    sink = MemorySink()
    publisher = Publisher(
        database, [sink], all_parts, public_url="https://status.mls.example", owner="test", clock=lambda: moment[0]
    )
    with database.transaction() as session:
        run_id = keep_plan(session, plan_of(saved), "Ida", is_drill=False, now=NOW).id
        point_domain_here(session, run_id, plan_of(saved), "Ida", saved.name, now=NOW)
        failovers.note_applied(session, run_id, now=NOW)
    said = b"Some members may still see the old page until 10:05 PM CT."
    assert said in publisher.publish_if_owed().documents["/"].body
    moment[0] += timedelta(seconds=301)
    assert said not in publisher.publish_if_owed().documents["/"].body
