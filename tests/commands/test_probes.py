"""Probes on both databases: claimed once, failing into one suspicion, silent ones an item with an owner."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from aiohttp import web
from sqlmodel import select

from app.commands.probes import add_probe, drop_probe, find_silent, look_again, pause_probe, take_beat, take_in_looks
from app.domain.errors import NotFoundError, RefusedError
from app.domain.probes import Look, ProbeDraft, ProbeKind
from app.domain.reports import CheckState
from app.domain.suspicions import Outcome
from app.monitor.probes.reaching import Reach, is_watchable
from app.monitor.probes.turns import take_turn
from app.store.audit import AuditEntryRow
from app.store.component_facts import component_facts
from app.store.probes import changes_since, claim_due, frozen_probe, probe_rows
from app.store.session import Database
from app.store.suspicions import open_suspicions, suspicions_to_show
from tests.commands.sign_ups import VAULT
from tests.commands.world import NOW, build
from tests.doubles.serving import serving

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


def test_r07_three_bad_answers_make_one_suspicion_with_the_check_id(mls):
    probe_id = watch(mls)
    see(mls, probe_id, WELL, BAD, BAD)
    assert suspicions(mls) == []
    see(mls, probe_id, BAD, BAD, BAD)
    (found,) = suspicions(mls)
    assert (found.check_ids, found.slugs, check_of(mls)) == ((probe_id,), ("forms",), CheckState.FAILING)
    see(mls, probe_id, WELL)
    with mls.read() as session:
        assert [item.outcome for item in suspicions_to_show(session, 5).closed] == [Outcome.CLEARED]


def test_five_that_fall_together_are_one_suspicion(mls):
    ids = [watch(mls, slug) for slug in ("dashboard", "codes", "forms", "lockboxes", "forms")]
    for probe_id in ids:
        see(mls, probe_id, BAD, BAD, BAD)
    (found,) = suspicions(mls)
    assert set(found.check_ids) == set(ids)


def test_r09_a_heartbeat_that_stops_is_not_being_checked_and_has_an_owner_and_a_clock(mls):
    probe_id = watch(mls, draft=ProbeDraft(ProbeKind.HEARTBEAT))
    with mls.transaction() as session:
        take_beat(session, probe_id, now=NOW)
    assert check_of(mls) is CheckState.WORKING
    later = NOW + timedelta(minutes=3)
    assert check_of(mls, later) is CheckState.UNKNOWN
    with mls.transaction() as session:
        assert (find_silent(session, now=later), find_silent(session, now=later)) == (1, 0)
    (found,) = suspicions(mls)
    assert ("fell silent (owner: Gail)" in found.signs[0].words, found.opened_at) == (True, later)
    with mls.transaction() as session:
        take_beat(session, probe_id, now=later)
    assert suspicions(mls) == []


def test_r09_a_check_that_never_said_anything_is_missed_too_and_only_once(mls):
    with mls.transaction() as session:
        add_probe(session, "forms", ProbeDraft(ProbeKind.HEARTBEAT), now=NOW)
    for minutes, number in ((2, 0), (4, 1), (9, 0)):
        with mls.transaction() as session:
            assert find_silent(session, now=NOW + timedelta(minutes=minutes)) == number
    assert "never said anything (owner: whoever is on duty)" in suspicions(mls)[0].signs[0].words


def test_r08_sign_ins_that_stay_away_change_what_the_check_stands_for_and_open_nothing(mls):
    probe_id = watch(mls, draft=ProbeDraft(ProbeKind.COUNT, {"what": "sign-ins in five minutes"}))
    for turn, count in enumerate((120, 125, 130, 122, 30, 8)):
        with mls.transaction() as session:
            take_beat(session, probe_id, count=count, now=NOW + timedelta(minutes=turn))
    assert (check_of(mls, NOW + timedelta(minutes=6)), suspicions(mls)) == (CheckState.SLOW, [])
    with mls.read() as session:
        states = [change.state for _, change in changes_since(session, NOW)]
    assert states == [CheckState.WORKING, CheckState.SLOW]
    with pytest.raises(NotFoundError), mls.transaction() as session:
        take_beat(session, probe_id, now=NOW)


def test_what_a_journey_signs_in_with_is_sealed_and_stands_in_no_log(mls):
    steps = "open https://a.example\nsend https://a.example p={secret:p}"
    draft = ProbeDraft(ProbeKind.LOGIN_JOURNEY, {"steps": steps}, secrets={"p": "gravel otter"})
    with mls.transaction() as session:
        probe_id = add_probe(session, "forms", draft, vault=VAULT, now=NOW)
    with mls.read() as session:
        ((row, slug),) = probe_rows(session, [probe_id])
        log = " ".join(str(entry) for entry in session.exec(select(AuditEntryRow)))
        assert frozen_probe(row, slug, VAULT).secrets == {"p": "gravel otter"}
        assert frozen_probe(row, slug).secrets == {}
    assert "gravel" not in log + str(row) + repr(frozen_probe(row, slug, VAULT))
    with pytest.raises(RefusedError), mls.transaction() as session:
        add_probe(session, "forms", draft, now=NOW)


def test_two_workers_at_once_ask_each_page_once(mls):
    asked: list[str] = []

    async def up(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(text="up")

    app = web.Application()
    app.router.add_get("/{name}", up)
    with serving(app) as port:
        for number in range(12):
            watch(mls, draft=ProbeDraft(ProbeKind.HTTP, {"url": f"http://127.0.0.1:{port}/{number}"}))
        reach, later = Reach(is_watchable), NOW + timedelta(minutes=1)
        with ThreadPoolExecutor(2) as workers:
            turns = [workers.submit(take_turn, mls, reach, lambda: later) for _ in range(2)]
            looked = sum(turn.result() for turn in turns)
    assert (looked, sorted(asked, key=lambda path: int(path[1:]))) == (12, [f"/{number}" for number in range(12)])
    assert check_of(mls, later) is CheckState.WORKING


def test_r07_a_page_that_answers_500_three_times_is_one_suspicion_told_to_duty_once(mls):
    async def broken(_request: web.Request) -> web.Response:
        return web.Response(status=500)

    app, told, clock = web.Application(), [], [NOW + timedelta(minutes=1)]
    app.router.add_get("/up", broken)
    with serving(app) as port:
        probe_id = watch(mls, draft=ProbeDraft(ProbeKind.HTTP, {"url": f"http://127.0.0.1:{port}/up"}))
        for _ in range(5):
            take_turn(mls, Reach(is_watchable), lambda: clock[0], lambda _session, found: told.append(found.check_ids))
            clock[0] += timedelta(minutes=1)
    (found,) = suspicions(mls)
    assert (told, found.opened_at, found.acknowledged_at) == ([(probe_id,)], NOW + timedelta(minutes=3), None)


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
