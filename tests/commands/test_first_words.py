"""The first word to members: measured, and said by itself where policy allows (R26)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.commands.call_outs import call_out
from app.commands.first_words import save_rules, tend_first_words
from app.commands.incidents import IncidentDraft, open_incident
from app.commands.suspicions import acknowledge, attach, suspect
from app.domain.errors import RefusedError
from app.domain.first_word import AutomaticRule, FoundBy
from app.domain.severity import Kind, Severity
from app.domain.suspicions import Sign, SignKind
from app.store.first_words import first_words
from app.store.incidents import open_incidents
from app.store.session import Database
from tests.commands.duty import man
from tests.commands.world import NOW, build, words

CHECK = Sign(SignKind.CHECK, "probe-1", "The page answers with status 500", NOW, "dashboard")
REPORTS = Sign(SignKind.REPORTS, "dashboard", "Eight members report it", NOW, "dashboard")
RULE = {Severity.CRITICAL: AutomaticRule(Severity.CRITICAL, 8, 20)}


@pytest.fixture
def world(database: Database) -> Database:
    with database.transaction() as session:
        build(session)
        man(session)
    return database


def suspected(world: Database, sign: Sign = CHECK) -> str:
    with world.transaction() as session:
        suspicion = suspect(session, sign, now=NOW, on_suspected=call_out)
    assert suspicion
    return suspicion.id


def allow(world: Database) -> None:
    with world.transaction() as session:
        save_rules(session, RULE, now=NOW)


def tick(world: Database, minutes: float) -> int:
    with world.transaction() as session:
        return tend_first_words(session, now=NOW + timedelta(minutes=minutes))


def opened(world: Database, minutes: float, **given: object) -> str:
    with world.transaction() as session:
        return open_incident(session, IncidentDraft("Down", words(), **given), now=NOW + timedelta(minutes=minutes)).id


def test_r26_detection_to_first_word_and_who_found_it_are_kept(world: Database) -> None:
    suspicion_id = suspected(world)
    incident_id = opened(world, 7)
    with world.transaction() as session:
        attach(session, suspicion_id, incident_id, now=NOW + timedelta(minutes=7))
    tick(world, 8)
    with world.read() as session:
        word = first_words(session, [incident_id])[incident_id]
    assert (word.after, word.found_by, word.is_in_time, word.is_automatic) == (
        timedelta(minutes=7), FoundBy.US, True, False,
    )  # fmt: skip


def test_members_who_reported_it_first_found_it(world: Database) -> None:
    suspicion_id = suspected(world, REPORTS)
    with world.transaction() as session:
        later = NOW + timedelta(minutes=2)
        suspect(session, replace(CHECK, began_at=later), now=later)
    incident_id = opened(world, 15)
    tick(world, 15)
    with world.transaction() as session:
        attach(session, suspicion_id, incident_id, now=NOW + timedelta(minutes=16))
    tick(world, 17)
    with world.read() as session:
        word = first_words(session, [incident_id])[incident_id]
    assert (word.found_by, word.is_in_time) == (FoundBy.THEM, False)


def test_without_a_rule_nothing_is_said_by_itself(world: Database) -> None:
    suspected(world)
    assert tick(world, 60) == 0


def test_where_a_rule_allows_it_a_labelled_first_word_goes_out_once(world: Database) -> None:
    allow(world)
    suspected(world)
    assert [tick(world, minutes) for minutes in (7.9, 8, 9)] == [0, 1, 0]
    with world.read() as session:
        (incident,) = open_incidents(session)
        word = first_words(session, [incident.id])[incident.id]
    said = incident.updates[0]
    assert said.headings.what_happened == (
        "Automatic first word: our checks cannot reach Member dashboard since 9:50 PM."
    )
    assert "A person confirms this within 20 minutes." in said.headings.what_we_are_doing
    assert incident.promised_at == NOW + timedelta(minutes=28)
    assert word.is_automatic


def test_not_for_reports_alone_nor_once_somebody_is_on_it(world: Database) -> None:
    allow(world)
    suspicion_id = suspected(world, REPORTS)
    assert tick(world, 30) == 0
    with world.transaction() as session:
        suspect(session, CHECK, now=NOW)
        acknowledge(session, suspicion_id, None, now=NOW)
    assert tick(world, 31) == 0


def test_never_while_a_security_incident_is_open(world: Database) -> None:
    allow(world)
    suspected(world)
    opened(world, 0, kind=Kind.SECURITY)
    assert tick(world, 30) == 0


def test_a_promise_that_cannot_be_kept_is_refused(world: Database) -> None:
    with pytest.raises(RefusedError), world.transaction() as session:
        save_rules(session, {Severity.LOW: AutomaticRule(Severity.LOW, 0, 600)}, now=NOW)
