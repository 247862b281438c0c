"""Which list of the front page a component stands in."""

from app.domain.components import Component, ComponentStatus
from app.publish.language import Language
from app.publish.ways_in import Door, WaysIn, ways_in
from tests.publish.snapshots import demo_components, snapshot_with


def found(**states: ComponentStatus) -> WaysIn:
    snapshot = snapshot_with(demo_components(**states))
    return ways_in(snapshot, Language("en", snapshot.organisation.zone))


def slugs(items: tuple[Component, ...] | tuple[Door, ...]) -> list[str]:
    return [item.component.slug if isinstance(item, Door) else item.slug for item in items]


def test_it_offers_direct_sign_ins_while_the_dashboard_is_down() -> None:
    lists = found(sso_dashboard=ComponentStatus.MAJOR_OUTAGE)

    assert slugs(lists.doors) == ["forms", "esign", "tax-records", "showings"]
    assert slugs(lists.locked_out) == ["mls-search", "listing-input", "photos"]
    assert slugs(lists.stopped) == ["sso-dashboard", "mfa-codes"]
    assert slugs(lists.unaffected) == ["idx-feeds", "client-alerts", "lockboxes", "member-email", "help-desk"]


def test_it_prepares_for_the_worst_while_the_dashboard_fails_for_some() -> None:
    lists = found(sso_dashboard=ComponentStatus.PARTIAL_OUTAGE)

    assert slugs(lists.struggling) == ["sso-dashboard"]
    assert slugs(lists.spare_doors) == ["forms", "esign", "tax-records", "showings"]
    assert slugs(lists.at_risk) == ["mfa-codes", "mls-search", "listing-input", "photos"]
    assert lists.doors == lists.locked_out == lists.stopped == ()


def test_it_offers_no_spare_door_where_another_usual_one_is_sound() -> None:
    lists = found(mls_search=ComponentStatus.DEGRADED_PERFORMANCE)

    assert lists.spare_doors == ()
    assert "tax-records" in slugs(lists.unaffected)


def test_it_tells_planned_work_from_a_fault_even_for_what_follows() -> None:
    lists = found(mls_search=ComponentStatus.UNDER_MAINTENANCE, forms=ComponentStatus.MAJOR_OUTAGE)

    assert slugs(lists.closed) == ["mls-search", "listing-input", "client-alerts"]
    assert slugs(lists.stopped) == ["forms"]


def test_it_lists_every_component_exactly_once() -> None:
    for status in ComponentStatus:
        for component in demo_components():
            lists = found(**{component.slug.replace("-", "_"): status})
            listed = [slug for name in WaysIn.__slots__ for slug in slugs(getattr(lists, name))]
            assert sorted(listed) == sorted(item.slug for item in demo_components())
