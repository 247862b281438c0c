"""One sentence that is true, about the cause, and with the promise that belongs to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.components import Component, ComponentStatus
from app.domain.incidents import AffectedComponent, Incident, IncidentStatus
from app.domain.severity import Impact
from app.publish.language import Language
from app.publish.snapshot import PublicSnapshot
from app.publish.verdict import Tone, Verdict, subject, verdict
from tests.publish.snapshots import EASTER, QUIET, demo_components, demo_snapshot, snapshot_with

DOWN = ComponentStatus.MAJOR_OUTAGE
PARTIAL = ComponentStatus.PARTIAL_OUTAGE
SLOW = ComponentStatus.DEGRADED_PERFORMANCE
WORK = ComponentStatus.UNDER_MAINTENANCE


def said(snapshot: PublicSnapshot, code: str = "en") -> Verdict:
    return verdict(snapshot, Language(code, snapshot.organisation.zone))


def with_states(**states: ComponentStatus) -> PublicSnapshot:
    return snapshot_with(demo_components(**states))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def titled(incident: Incident, title: str, *slugs: str, status: ComponentStatus = DOWN) -> Incident:
    touched = tuple(AffectedComponent(slug, slug, status) for slug in slugs)
    return replace(incident, title=title, id=title.lower(), components=touched)


def test_it_names_the_cause_and_not_what_follows_from_it():
    easter = said(demo_snapshot(outage=True))
    assert easter.sentence == "Member dashboard is down. It's not just you."
    assert (easter.tone, [cause.slug for cause in easter.causes]) == (Tone.TROUBLE, ["sso-dashboard"])


def test_it_tells_since_when_and_until_when_to_wait():
    easter = said(demo_snapshot(outage=True))
    assert easter.since == at("2026-04-04T21:42:00-05:00")
    assert easter.next_update_at == at("2026-04-04T22:30:00-05:00")
    assert not easter.is_late


def test_it_is_late_only_after_the_promised_moment():
    promised = at("2026-04-04T22:30:00-05:00")
    opened = demo_snapshot(outage=True)
    assert not said(replace(opened, as_of=promised)).is_late
    assert said(replace(opened, as_of=promised + timedelta(seconds=1))).is_late


def test_it_counts_since_the_reopening():
    reopened = said(demo_snapshot(at=at("2026-02-11T09:00:00-06:00")))
    assert reopened.sentence == "Showing appointments are down. It's not just you."
    assert reopened.since == at("2026-02-11T08:20:00-06:00")


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({"lockboxes": DOWN}, "Electronic lockboxes are down."),
        ({"sso_dashboard": PARTIAL}, "Member dashboard is failing for some members."),
        ({"forms": SLOW}, "Contract forms are slow or unreliable."),
        ({"sso_dashboard": DOWN, "forms": DOWN}, "Member dashboard and Contract forms are down."),
        ({"sso_dashboard": DOWN, "forms": DOWN, "esign": DOWN}, "Member dashboard and 2 other services are down."),
        ({"sso_dashboard": DOWN, "forms": SLOW}, "Member dashboard is down."),
        ({"mfa_codes": DOWN, "sso_dashboard": SLOW}, "Sign-in codes by text or email are down."),
        ({"mfa_codes": SLOW, "sso_dashboard": SLOW}, "Member dashboard is slow or unreliable."),
        ({"mls_search": DOWN, "listing_input": WORK}, "MLS search and listing details are down."),
    ],
)
def test_it_says_what_fails_and_how_badly(states: dict[str, ComponentStatus], expected: str):
    assert said(with_states(**states)).sentence == f"{expected} It's not just you."


def test_it_follows_a_chain_of_requirements_to_its_start():
    chain = tuple(
        replace(component, requires=requires, status=DOWN)
        for component, requires in zip(demo_components()[:3], ((), ("sso-dashboard",), ("mfa-codes",)), strict=True)
    )
    assert [cause.slug for cause in said(snapshot_with(chain)).causes] == ["sso-dashboard"]


def test_it_names_both_when_two_require_each_other():
    first, second = demo_components()[:2]
    ring = (
        replace(first, requires=(second.slug,), status=DOWN),
        replace(second, requires=(first.slug,), status=DOWN),
    )
    assert len(said(snapshot_with(ring)).causes) == 2


@given(
    st.dictionaries(
        st.sampled_from([component.slug for component in demo_components()]), st.sampled_from(list(ComponentStatus))
    )
)
def test_it_never_says_well_while_something_is_wrong(states: dict[str, ComponentStatus]):
    components = tuple(replace(item, status=states.get(item.slug, item.status)) for item in demo_components())
    result = said(snapshot_with(components))
    assert (result.tone is Tone.WELL) == all(item.status is ComponentStatus.OPERATIONAL for item in components)
    assert bool(result.causes) == (result.tone is not Tone.WELL)


def test_it_takes_since_and_promise_from_the_incident_that_explains_the_cause():
    easter = demo_snapshot(outage=True).open_incidents[0]
    watched = replace(titled(easter, "Other", "forms"), impact=Impact.CRITICAL, status=IncidentStatus.MONITORING)
    minor = replace(titled(easter, "Boxes", "lockboxes"), impact=Impact.MINOR, started_at=EASTER - timedelta(hours=5))
    snapshot = snapshot_with(demo_components(lockboxes=DOWN), [watched, minor], as_of=EASTER)
    assert (said(snapshot).about, said(snapshot).since) == (minor, EASTER - timedelta(hours=5))


def test_it_promises_nothing_where_no_incident_explains_the_failure():
    failing = said(with_states(forms=DOWN))
    assert (failing.since, failing.next_update_at, failing.about) == (None, None, None)


def test_it_watches_what_works_again():
    watching = said(demo_snapshot(at=at("2026-04-05T06:10:00-05:00")))
    assert watching.sentence == "Member dashboard is working again. We are watching it."
    assert watching.tone is Tone.WATCH
    assert watching.next_update_at == at("2026-04-05T07:05:00-05:00")


def test_it_gives_an_incident_that_no_component_shows_its_own_title():
    isolated = said(demo_snapshot(at=at("2026-06-16T13:40:00-05:00")))
    assert (isolated.sentence, isolated.tone) == ("Blank signature page for some members", Tone.WATCH)


def test_it_puts_wide_trouble_without_components_before_planned_work():
    planned = demo_snapshot(at=at("2025-11-02T02:00:00-06:00"))
    bare = titled(demo_snapshot(outage=True).open_incidents[0], "Power is out in the north")
    for impact, tone in ((Impact.CRITICAL, Tone.TROUBLE), (Impact.MINOR, Tone.PLANNED)):
        assert said(replace(planned, incidents=(replace(bare, impact=impact),))).tone is tone


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2025-11-02T00:40:00-05:00", "MLS search and listing details are closed for planned work until 3:00 AM CT."),
        (
            "2025-11-02T03:20:00-06:00",
            "MLS search and listing details are still closed: the planned work is taking longer.",
        ),
    ],
)
def test_it_tells_planned_work_by_the_clock(moment: str, expected: str):
    working = said(demo_snapshot(at=at(moment)))
    assert (working.sentence, working.tone) == (expected, Tone.PLANNED)
    assert working.since == at("2025-11-02T00:30:00-05:00")


def test_it_knows_work_that_was_only_marked_on_the_component():
    assert said(with_states(showings=WORK)).sentence == "Showing appointments are closed for planned work."


def test_it_says_that_all_is_well():
    assert said(demo_snapshot()) == Verdict("Everything is working.", Tone.WELL)
    assert said(demo_snapshot(), "es").sentence == "Todo funciona."


def test_it_speaks_spanish_with_the_components_own_translation():
    dashboard = replace(
        demo_components(sso_dashboard=DOWN)[0], translations={"es": {"name": "Panel de miembros (acceso único)"}}
    )
    assert said(snapshot_with([dashboard]), "es").sentence == "Panel de miembros no funciona. No es solo usted."
    assert said(with_states(forms=DOWN), "es").sentence == "Contract forms no funcionan. No es solo usted."


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("Member dashboard", 1),
        ("Add or edit a listing", 1),
        ("MLS", 1),
        ("Member access", 1),
        ("Market statistics", 1),
        ("Listing status", 1),
        ("Contract forms", 2),
        ("MLS search and listing details", 2),
        ("Tax and property search", 1),
        ("Sign-in codes by text or email", 2),
        ("Website and broker feeds (IDX, RESO Web API)", 2),
        ("Panel de los miembros", 1),
        ("Formularios de contrato", 2),
        ("Citas y llaves", 2),
    ],
)
def test_it_makes_the_verb_agree(name: str, number: int):
    component: Component = replace(demo_components()[0], name=name)
    assert subject([component], Language("en", demo_snapshot().organisation.zone))[1] == number


def test_it_depends_on_nothing_but_the_snapshot():
    assert said(demo_snapshot(outage=True)) == said(demo_snapshot(at=EASTER))
    assert said(demo_snapshot(at=QUIET)) == said(demo_snapshot())
