"""Probes on both databases: claimed once, failing into one suspicion, silent ones an item with an owner."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.commands.probes import add_probe, drop_probe, find_silent, look_again, pause_probe, take_beat, take_in_looks
from app.domain.errors import NotFoundError
from app.domain.probes import Look, ProbeDraft, ProbeKind
from app.domain.reports import CheckState
from app.domain.suspicions import Outcome
from app.store.component_facts import component_facts
from app.store.probes import claim_due
from app.store.session import Database
from app.store.suspicions import closed_suspicions, open_suspicions
from tests.commands.world import NOW, build

WELL, BAD = Look(is_well=True, seconds=0.1), Look(is_well=False, reason="answers 500")
UP = ProbeDraft(ProbeKind.HTTP, {"url": "https://forms.example/up"})


@pytest.fixture
def mls(database: Database) -> Iterator[Database]:
    with database.transaction() as session:
        build(session)
    return database


def watch(mls: Database, slug: str = "forms", draft: ProbeDraft = UP) -> str:
    with mls.transaction() as session:
        return add_probe(session, slug, draft, owner="Gail", now=NOW)


def see(mls: Database, probe_id: str, *looks: Look, at=NOW) -> None:
    for look in looks:
        with mls.transaction() as session:
            take_in_looks(session, {probe_id: look}, now=at)


def check_of(mls: Database, at=NOW) -> CheckState:
    with mls.read() as session:
        return next(
            (facts.check for facts in component_facts(session, at) if facts.slug == "forms"), CheckState.UNKNOWN
        )


def suspicions(mls: Database):
    with mls.read() as session:
        return open_suspicions(session)


def test_three_bad_answers_make_one_suspicion_with_the_check_id_r3(mls):
    probe_id = watch(mls)
    see(mls, probe_id, WELL, BAD, BAD)
    assert suspicions(mls) == []
    see(mls, probe_id, BAD, BAD, BAD)
    (found,) = suspicions(mls)
    assert (found.check_ids, found.slugs, check_of(mls)) == ((probe_id,), ("forms",), CheckState.FAILING)
    see(mls, probe_id, WELL)
    with mls.read() as session:
        assert [item.outcome for item in closed_suspicions(session, 5)] == [Outcome.CLEARED]


def test_five_that_fall_together_are_one_suspicion(mls):
    ids = [watch(mls, slug) for slug in ("dashboard", "codes", "forms", "lockboxes", "forms")]
    for probe_id in ids:
        see(mls, probe_id, BAD, BAD, BAD)
    (found,) = suspicions(mls)
    assert set(found.check_ids) == set(ids)


def test_a_heartbeat_that_stops_is_not_being_checked_and_has_an_owner_r9(mls):
    probe_id = watch(mls, draft=ProbeDraft(ProbeKind.HEARTBEAT))
    with mls.transaction() as session:
        take_beat(session, probe_id, now=NOW)
    assert check_of(mls) is CheckState.WORKING
    later = NOW + timedelta(minutes=3)
    assert check_of(mls, later) is CheckState.UNKNOWN
    with mls.transaction() as session:
        assert (find_silent(session, now=later), find_silent(session, now=later)) == (1, 0)
    assert "fell silent (owner: Gail)" in suspicions(mls)[0].signs[0].words
    with mls.transaction() as session:
        take_beat(session, probe_id, now=later)
    assert suspicions(mls) == []


def test_a_beat_for_what_is_no_heartbeat_is_refused(mls):
    with pytest.raises(NotFoundError), mls.transaction() as session:
        take_beat(session, watch(mls), now=NOW)


def test_two_workers_never_look_twice(mls):
    ids = [watch(mls) for _ in range(20)]
    later = NOW + timedelta(minutes=1)

    def claim(_worker: int) -> list[str]:
        with mls.transaction() as session:
            return claim_due(session, later)

    with ThreadPoolExecutor(4) as workers:
        claimed = [probe_id for found in workers.map(claim, range(8)) for probe_id in found]
    assert sorted(claimed) == sorted(ids)


def test_a_paused_probe_rests_and_claims_nothing(mls):
    probe_id = watch(mls)
    see(mls, probe_id, BAD, BAD, BAD)
    with mls.transaction() as session:
        pause_probe(session, probe_id, is_paused=True, now=NOW)
        assert claim_due(session, NOW + timedelta(hours=1)) == []
    assert (suspicions(mls), check_of(mls)) == ([], CheckState.UNKNOWN)
    with mls.transaction() as session:
        pause_probe(session, probe_id, is_paused=False, now=NOW)
        look_again(session, probe_id, now=NOW)
        assert claim_due(session, NOW) == [probe_id]


def test_a_dropped_probe_takes_its_suspicion_with_it(mls):
    probe_id = watch(mls)
    see(mls, probe_id, BAD, BAD, BAD)
    with mls.transaction() as session:
        drop_probe(session, probe_id, now=NOW)
    assert suspicions(mls) == []
