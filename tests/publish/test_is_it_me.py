"""The honest answer to "is it me?": from what staff posted, from our own checks, from members' reports."""

from dataclasses import replace
from datetime import timedelta

from app.domain.components import ComponentStatus
from app.domain.incidents import AffectedComponent
from app.domain.reports import CheckState, ComponentFacts
from app.publish.clock import next_change_at
from app.publish.is_it_me import Fault, Reason, self_checks
from app.publish.language import Language
from app.publish.pages import page_parts
from app.publish.snapshot import PublicSnapshot
from tests.publish.snapshots import QUIET, demo_components, demo_snapshot, snapshot_with

MINUTES = timedelta(minutes=10)


def reasons(snapshot: PublicSnapshot) -> dict[str, Reason]:
    checks = self_checks(snapshot, Language("en", snapshot.organisation.zone))
    return {check.component.slug: check.reason for check in checks}


def test_it_takes_the_blame_for_all_that_an_outage_reaches() -> None:
    found = reasons(demo_snapshot(outage=True))

    assert found["sso-dashboard"] is Reason.OUT_OF_ORDER
    assert found["mls-search"] is found["forms"] is Reason.DOOR_SHUT
    assert Reason.OUT_OF_ORDER.fault is Reason.DOOR_SHUT.fault is Fault.US


def test_it_suspects_the_reader_only_while_staff_are_at_work() -> None:
    assert reasons(demo_snapshot(outage=True))["lockboxes"].fault is Fault.PROBABLY_YOU
    assert {reason.fault for reason in reasons(demo_snapshot()).values()} == {Fault.NOT_SURE}


def test_it_is_not_sure_while_the_usual_door_fails_for_some() -> None:
    found = reasons(snapshot_with(demo_components(sso_dashboard=ComponentStatus.PARTIAL_OUTAGE)))

    assert found["forms"] is found["mls-search"] is Reason.DOOR_SHAKY
    assert Reason.DOOR_SHAKY.fault is Fault.NOT_SURE


def test_it_believes_those_who_report_what_our_own_tests_do_not_show() -> None:
    outage = demo_snapshot(outage=True)
    isolated = AffectedComponent("lockboxes", "Electronic lockboxes", ComponentStatus.OPERATIONAL)
    incident = replace(outage.incidents[0], components=(*outage.incidents[0].components, isolated))
    snapshot = replace(outage, incidents=(incident, *outage.incidents[1:]))

    assert reasons(snapshot)["lockboxes"] is Reason.REPORTED


def test_it_hands_over_the_door_beside_the_answer() -> None:
    snapshot = demo_snapshot(outage=True)
    checks = self_checks(snapshot, Language("en", snapshot.organisation.zone))

    assert {check.component.slug for check in checks if check.door} == {"forms", "esign", "tax-records", "showings"}
    assert len(checks) == len(snapshot.components)


def with_facts(**known: object) -> PublicSnapshot:
    return replace(demo_snapshot(), facts=(ComponentFacts("lockboxes", **known),))  # type: ignore[arg-type]


def test_r12_a_green_check_and_one_report_make_it_probably_you() -> None:
    snapshot = with_facts(check=CheckState.WORKING, checked_at=QUIET, reports=1)

    assert reasons(snapshot)["lockboxes"].fault is Fault.PROBABLY_YOU


def test_r12_eight_reports_beside_a_green_check_make_it_not_sure() -> None:
    snapshot = with_facts(check=CheckState.WORKING, checked_at=QUIET, reports=8)

    assert reasons(snapshot)["lockboxes"] is Reason.OTHERS_REPORT
    assert Reason.OTHERS_REPORT.fault is Fault.NOT_SURE


def test_r12_a_failing_check_is_us_before_anybody_has_posted() -> None:
    assert reasons(with_facts(check=CheckState.FAILING, checked_at=QUIET))["lockboxes"].fault is Fault.US


def test_r09_a_check_that_fell_silent_is_never_green() -> None:
    assert reasons(with_facts(check=CheckState.UNKNOWN))["lockboxes"] is Reason.SILENCE


def test_the_page_says_how_many_report_and_who_is_on_it() -> None:
    snapshot = with_facts(check=CheckState.WORKING, checked_at=QUIET, reports=8, on_it_at=QUIET)
    pages = {part.path: part for part in page_parts(snapshot) if part.path.endswith("/is-it-me")}
    english, spanish = (pages[path].source().body.decode() for path in ("/is-it-me", "/es/is-it-me"))

    assert "8 members reported trouble in the last 30 minutes. Somebody looks into it since 12:00 PM CT." in english
    assert "8 miembros avisaron de problemas en los últimos 30 minutos." in spanish
    assert 'action="/es/is-it-me/reports"' in spanish
    assert (
        next_change_at(replace(snapshot, facts=(ComponentFacts("forms", changes_at=QUIET + MINUTES),)))
        < QUIET + MINUTES * 2
    )
