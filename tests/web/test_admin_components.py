"""Components in the console: reach, proof of the direct links, and the words for when one fails."""

from datetime import date, timedelta

import pytest

from app.commands.components import save_direct_link
from app.domain.components import AuthMode, ComponentStatus, DirectLink
from app.domain.reach import Reach, reach_of
from app.store.components import live_components
from app.store.outbox import unpublished
from tests.web.consoles import problems_on, text_of, the_form

FORMS = "/admin/components/forms"
TODAY = date(2026, 4, 4)


def the_component(console, slug="forms"):
    """The component as it is stored."""
    with console.database.read() as session:
        return next(item for item in live_components(session) if item.slug == slug)


def prove(console, verified_on):
    """Store when the forms' direct link was proved."""
    link = DirectLink("https://forms.example", AuthMode.OWN_PASSWORD, verified_on)
    with console.database.transaction() as session:
        save_direct_link(session, "forms", link, now=console.time())


def send(console, part, **fields):
    """Fill in one of the forms of the component's page and send it."""
    browser = console.signed_in()
    form = the_form(browser.get(FORMS).text, f"{FORMS}/{part}")
    return browser.post(f"{FORMS}/{part}", data=form | {name: [value] for name, value in fields.items()})


@pytest.mark.parametrize(
    ("days", "worth"),
    [(0, "fresh"), (60, "fresh"), (61, "ageing"), (120, "ageing"), (121, "stale"), (None, "stale")],
)
def test_it_shows_how_old_the_proof_of_a_link_is(console, days, worth):
    prove(console, TODAY - timedelta(days=days) if days is not None else None)
    page = console.signed_in().get("/admin/components").text
    assert f'class="proof {worth}"' in page
    assert ("never proved" in page) is (days is None)


def test_it_shows_reach_now(console):
    page = text_of(console.signed_in().get("/admin/components").text)
    assert "Contract forms Working" in page


def test_it_saves_a_direct_link(console):
    answer = send(
        console,
        "direct-link",
        url="https://signin.forms.example/in",
        auth_mode="email_link",
        verified_on="2026-04-01",
        first_time="Choose first visit.",
        note="A note",
        app="The app",
    )
    assert answer.status_code == 303
    assert the_component(console).direct_link == DirectLink(
        "https://signin.forms.example/in",
        AuthMode.EMAIL_LINK,
        date(2026, 4, 1),
        "Choose first visit.",
        "A note",
        "The app",
    )


def test_it_takes_the_door_away_with_the_link(console):
    assert send(console, "direct-link", url="", auth_mode="none").status_code == 303
    with console.database.read() as session:
        listed = live_components(session, {"dashboard": ComponentStatus.MAJOR_OUTAGE})
    assert reach_of(listed)["forms"].reach is Reach.LOCKED_OUT


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"url": "http://forms.example"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://user@evil.example"}, "url"),
        ({"url": "https://[broken"}, "url"),
        ({"url": "https://forms.example/" + "x" * 500}, "url"),
        ({"url": ""}, "url"),
        ({"auth_mode": "telepathy"}, "auth_mode"),
        ({"auth_mode": ""}, "auth_mode"),
        ({"verified_on": "2026-04-06"}, "verified_on"),
        ({"verified_on": "the sixth"}, "verified_on"),
        ({"first_time": "x" * 2_001}, "first_time"),
    ],
)
def test_it_refuses_a_link_that_cannot_work_and_keeps_the_words(console, fields, beside):
    before = the_component(console)
    answer = send(console, "direct-link", **({"note": "Kept words."} | fields))
    assert answer.status_code == 422
    assert problems_on(answer.text)[beside].endswith((".", "https://"))
    assert "Kept words." in answer.text
    assert the_component(console) == before


def test_it_notes_that_somebody_got_in_today_by_the_organisations_calendar(console):
    answer = console.signed_in().post(f"{FORMS}/proof")
    assert answer.status_code == 303
    assert the_component(console).direct_link.verified_on == TODAY
    assert the_component(console).direct_link.url == "https://forms.example"


def test_it_proves_no_door_that_is_not_there(console):
    answer = console.signed_in().post("/admin/components/dashboard/proof")
    assert answer.status_code == 422
    assert "has no direct sign-in to prove" in text_of(answer.text)


def test_it_saves_the_words_for_when_it_fails(console):
    fields = {
        "workaround": "Use paper.",
        "cannot_do": "Sign.",
        "still_can": "Read.",
        "phone_support": "+1 202-555-0112",
    }
    assert send(console, "words", **fields).status_code == 303
    component = the_component(console)
    assert {name: getattr(component, name) for name in fields} == fields


def test_it_refuses_words_that_are_too_long(console):
    answer = send(console, "words", workaround="x" * 2_001)
    assert answer.status_code == 422
    assert "2,001 characters" in problems_on(answer.text)["workaround"]


def test_it_sets_what_a_component_reports_of_itself(console):
    assert send(console, "status", reported="partial_outage").status_code == 303
    assert the_component(console).status is ComponentStatus.PARTIAL_OUTAGE


@pytest.mark.parametrize("status", ["", "on fire"])
def test_it_refuses_a_status_that_is_none(console, status):
    answer = send(console, "status", reported=status)
    assert answer.status_code == 422
    assert problems_on(answer.text)["reported"].endswith(".")


@pytest.mark.parametrize(
    ("part", "fields"),
    [("direct-link", {}), ("words", {}), ("status", {"reported": "operational"}), ("proof", None)],
)
def test_it_tells_the_publisher_of_every_change(console, part, fields):
    with console.database.read() as session:
        before = len(unpublished(session))
    console.signed_in().post(f"{FORMS}/proof") if fields is None else send(console, part, **fields)
    with console.database.read() as session:
        assert len(unpublished(session)) == before + 1
