"""The honest answer to "is it me?" while nothing is checked automatically."""

from dataclasses import replace

from app.domain.components import ComponentStatus
from app.domain.incidents import AffectedComponent
from app.publish.is_it_me import Fault, Reason, self_checks
from app.publish.language import Language
from app.publish.snapshot import PublicSnapshot
from tests.publish.snapshots import demo_components, demo_snapshot, snapshot_with


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
