"""Counting members' reports on both databases, and what a spike leads to."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.commands.accounts import add_account
from app.commands.incidents import IncidentDraft, open_incident
from app.commands.reports import calm_down, count_call, report_trouble
from app.commands.suspicions import acknowledge, attach, dismiss
from app.domain.accounts import Role
from app.domain.components import ComponentStatus
from app.domain.errors import NotFoundError, RefusedError
from app.domain.reports import ReportLimits
from app.domain.suspicions import Outcome, Suspicion
from app.store.component_facts import component_facts
from app.store.outbox import unpublished
from app.store.reports import help_desk_counts, recent_reports
from app.store.session import Database
from app.store.suspicions import open_suspicions, suspicions_of, suspicions_to_show
from tests.commands.world import NOW, build, words

LIMITS = ReportLimits()


@pytest.fixture
def mls(database: Database) -> Iterator[Database]:
    with database.transaction() as session:
        build(session)
    return database


def report(
    mls: Database, times: int = 1, slug: str = "forms", at=NOW, told: list[Suspicion] | None = None
) -> list[bool]:
    """As many offices say that they have trouble too."""
    answers = []
    for number in range(times):
        with mls.transaction() as session:
            network = f"203.0.113.{number}"
            tell = (lambda _session, suspicion: told.append(suspicion)) if told is not None else (lambda *_: None)
            answers.append(report_trouble(session, slug, network, LIMITS, now=NOW, on_suspected=tell))
    return answers


def suspicions(mls: Database) -> list[Suspicion]:
    with mls.read() as session:
        return open_suspicions(session)


def test_it_counts_reports_of_the_last_half_hour_and_no_longer(mls):
    report(mls, 2)
    with mls.read() as session:
        assert len(recent_reports(session, NOW + timedelta(minutes=29))["forms"]) == 2
        assert recent_reports(session, NOW + timedelta(minutes=30)) == {}


def test_an_office_may_say_it_three_times_and_another_office_still_counts(mls):
    def say(network):
        with mls.transaction() as session:
            return report_trouble(session, "forms", network, LIMITS, now=NOW)

    assert [say("198.51.100.7") for _ in range(4)] == [True, True, True, False]
    assert say("198.51.100.8")


def test_it_refuses_what_is_not_on_the_page(mls):
    with pytest.raises(NotFoundError), mls.transaction() as session:
        report_trouble(session, "nothing", "198.51.100.7", LIMITS, now=NOW)


def test_a_spike_opens_one_suspicion_and_tells_of_it_once(mls):
    told: list[Suspicion] = []
    report(mls, 4, told=told)
    assert suspicions(mls) == told == []
    report(mls, 8, slug="lockboxes", told=told)
    (found,) = suspicions(mls)
    assert (found.slugs, [item.id for item in told]) == (("lockboxes",), [found.id])


def test_the_help_desk_counts_calls_without_a_limit(mls):
    for _ in range(6):
        with mls.transaction() as session:
            count_call(session, "forms", now=NOW)
    with mls.read() as session:
        assert help_desk_counts(session, NOW) == {"forms": 6}
    assert suspicions(mls)[0].slugs == ("forms",)


def test_a_flood_is_told_to_the_page_a_few_times_only(mls):
    with mls.transaction() as session:
        before = len(unpublished(session))
    report(mls, 60)
    with mls.read() as session:
        assert len(unpublished(session)) - before <= 13


def test_who_is_on_it_is_recorded_once_and_members_are_told(mls):
    report(mls, 5)
    (found,) = suspicions(mls)
    with mls.transaction() as session:
        tess = add_account(session, "tess@mls.example", "Tess", Role.COMMANDER, "gravel otter teapot", now=NOW)
        ana = add_account(session, "ana@mls.example", "Ana", Role.COMMANDER, "gravel otter teapot", now=NOW)
    for person, minutes in ((tess, 2), (ana, 9)):
        with mls.transaction() as session:
            said = acknowledge(session, found.id, person.id, now=NOW + timedelta(minutes=minutes))
    assert (said.acknowledged_by, said.acknowledged_at) == (tess.id, NOW + timedelta(minutes=2))
    with mls.read() as session:
        assert component_facts(session, NOW)[0].on_it_at == NOW + timedelta(minutes=2)


def test_reports_that_stop_close_their_suspicion_by_themselves(mls):
    report(mls, 5)
    with mls.transaction() as session:
        calm_down(session, now=NOW + timedelta(minutes=10))
    assert len(suspicions(mls)) == 1
    with mls.transaction() as session:
        calm_down(session, now=NOW + timedelta(minutes=31))
    with mls.read() as session:
        (closed,) = suspicions_to_show(session, 5).closed
    assert closed.outcome is Outcome.CLEARED


def test_an_incident_carries_the_signs_it_was_made_of(mls):
    report(mls, 5)
    (found,) = suspicions(mls)
    with mls.transaction() as session:
        incident = open_incident(session, IncidentDraft("Forms down", words()), now=NOW)
        attach(session, found.id, incident.id, now=NOW)
    with mls.read() as session:
        (kept,) = suspicions_of(session, incident.id)
    assert (kept.id, kept.outcome) == (found.id, Outcome.INCIDENT)
    with pytest.raises(RefusedError), mls.transaction() as session:
        dismiss(session, found.id, now=NOW)


def test_it_suspects_nothing_that_an_open_incident_speaks_of(mls):
    down = words(components={"forms": ComponentStatus.MAJOR_OUTAGE})
    with mls.transaction() as session:
        open_incident(session, IncidentDraft("Forms down", down), now=NOW)
    report(mls, 9)
    assert suspicions(mls) == []
