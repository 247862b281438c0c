"""The board: what is wrong now, the clock to each promise, and what the page says."""

from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import html
from sqlmodel import select

from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.maintenance import MaintenanceDraft, schedule_maintenance
from app.commands.suspicions import suspect
from app.domain.components import ComponentStatus
from app.domain.incidents import IncidentStatus
from app.domain.suspicions import Sign, SignKind
from app.store.accounts import AccountRow
from app.store.organisation import organisation_row
from app.store.session import Database
from tests.commands.world import NOW, words
from tests.web.consoles import Console, text_of


def the_board(console):
    """The board as somebody signed in sees it."""
    return console.signed_in().get("/admin").text


def open_one(console, title="Dashboard down", minutes=40, **states):
    """Open an incident that promises its next update in so many minutes."""
    promised = words(next_update_at=NOW + timedelta(minutes=minutes), components=states or None)
    with console.database.transaction() as session:
        return open_incident(session, IncidentDraft(title=title, first_update=promised), now=NOW)


def test_it_says_that_everything_works(console):
    assert "Everything is working" in text_of(the_board(console))


@pytest.mark.parametrize(
    ("minutes", "state", "said"),
    [
        (24, "ahead", "16 min Next update promised by 10:30 PM CT"),
        (25, "soon", "15 min Next update promised by 10:30 PM CT"),
        (40, "soon", "less than a minute Next update promised by 10:30 PM CT"),
        (40.1, "late", "less than a minute late The update was due 10:30 PM CT"),
        (105, "late", "1 h 5 min late The update was due 10:30 PM CT"),
    ],
)
def test_it_shows_the_clock_to_the_promise(console, minutes, state, said):
    open_one(console, minutes=40)
    console.time.pass_by(minutes=minutes)
    (clock,) = html.fromstring(the_board(console)).xpath("//p[contains(@class, 'clock')]")
    assert clock.get("class") == f"clock {state}"
    assert " ".join(clock.text_content().split()) == said


def test_it_shows_the_most_pressing_promise_first(console):
    open_one(console, "Later", minutes=60)
    open_one(console, "Sooner", minutes=20)
    page = the_board(console)
    assert page.index("Sooner") < page.index("Later")


def test_it_is_one_tap_from_the_acts_it_asks_for(console):
    incident = open_one(console)
    links = html.fromstring(the_board(console)).xpath("//a/@href")
    assert f"/admin/incidents/{incident.id}#post" in links
    assert "/admin/incidents/new" in links


def test_it_shows_what_members_can_still_use(console):
    open_one(console, dashboard=ComponentStatus.MAJOR_OUTAGE, lockboxes=ComponentStatus.DEGRADED_PERFORMANCE)
    page = text_of(the_board(console))
    assert "Member dashboard Stopped" in page
    assert "Contract forms Sign in directly" in page
    assert "Lockboxes Slow or unreliable" in page
    assert "0 of 4 components work as usual." in page


def test_it_forgets_what_is_resolved(console):
    incident = open_one(console)
    with console.database.transaction() as session:
        post_update(session, incident.id, words(IncidentStatus.RESOLVED), now=NOW)
    assert "Dashboard down" not in the_board(console)


def test_it_shows_planned_work(console):
    window = {"scheduled_for": NOW + timedelta(hours=2), "scheduled_until": NOW + timedelta(hours=4)}
    with console.database.transaction() as session:
        schedule_maintenance(session, MaintenanceDraft("New lockbox keys", "Soon.", ["lockboxes"], **window), now=NOW)
    assert "New lockbox keys Scheduled" in text_of(the_board(console))


def test_it_says_how_old_the_public_page_is(sqlite_url):
    newest = (17, NOW - timedelta(minutes=3))
    console = Console(Database.open(sqlite_url), options={"newest": lambda: newest})
    assert "Generation 17, printed 3 min ago." in text_of(the_board(console))
    console.database.close()


def test_it_says_that_nothing_was_published_yet(console):
    assert "Nothing has been published yet." in text_of(the_board(console))


def test_it_says_what_to_do_while_there_is_no_organisation(console):
    browser = console.signed_in()
    with console.database.transaction() as session:
        session.delete(organisation_row(session))
    answer = browser.get("/admin")
    assert answer.status_code == 404
    assert "porchlight demo load" in text_of(answer.text)


def test_it_greets_people_by_the_name_they_have(console):
    with console.database.transaction() as session:
        session.exec(select(AccountRow)).one().name = "<Tess> & co"
    assert "&lt;Tess&gt; &amp; co" in the_board(console)


def test_a_direct_sign_in_nobody_proved_is_one_tap_from_being_proved(console):
    browser = console.signed_in()
    page = html.fromstring(browser.get("/admin").text)
    (link,) = page.xpath("//section[@aria-labelledby='untried-title']//a")
    assert link.get("href") == "/admin/components/forms#link-title"
    assert "Nobody has proved that it works" in link.text_content()
    assert "I got in today" in browser.get("/admin/components/forms").text
    assert browser.post("/admin/components/forms/proof").status_code == 303
    assert "Direct sign-ins to try" not in text_of(browser.get("/admin").text)


def test_what_waits_for_triage_stands_there_until_somebody_closes_it(console):
    sign = Sign(SignKind.CHECK, "probe-1", "The lockbox check failed three times", NOW, "lockboxes")
    with console.database.transaction() as session:
        suspicion = suspect(session, sign, now=NOW)
        suspect(session, replace(sign, ref="probe-2", words="Another check failed"), now=NOW)
    browser = console.signed_in()
    (link,) = html.fromstring(browser.get("/admin").text).xpath("//section[@aria-labelledby='waiting-title']//a")
    assert link.get("href") == f"/admin/reports#s-{suspicion.id}"
    words = " ".join(link.text_content().split())
    assert words.startswith("The lockbox check failed three times")
    assert words.endswith("nobody is on it yet · 2 signs")
    browser.post(f"/admin/reports/{suspicion.id}/acknowledgement")
    assert "somebody is on it" in text_of(browser.get("/admin").text)
    browser.post(f"/admin/reports/{suspicion.id}/dismissal")
    assert "The lockbox check failed" not in text_of(browser.get("/admin").text)
