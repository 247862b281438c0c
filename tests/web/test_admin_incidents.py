"""Opening an incident and posting updates in the console, as a person with a browser does it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from lxml import html
from pysqlite3 import dbapi2
from sqlalchemy import event

from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.domain.components import ComponentStatus
from app.domain.incidents import BODY_LIMIT, IncidentStatus
from app.domain.severity import Severity
from app.store.incidents import open_incidents
from app.store.session import Database
from tests.commands.world import NOW, words
from tests.web.consoles import Console, problems_on, text_of, the_form

NEW = "/admin/incidents"
STEPS = {"done": ["We see it too."], "next_step": ["We are looking for the cause."]}
HAPPENED = "Nobody can sign in to the dashboard since 9:42 PM."


def a_new_form(browser, **fields):
    """The form as a browser holds it after filling these fields in."""
    form = the_form(browser.get(f"{NEW}/new").text, NEW)
    return form | {"components": ["dashboard"], "what_happened": [HAPPENED]} | STEPS | _listed(fields)


def an_open_incident(console):
    """The address of an incident that was opened through the form."""
    browser = console.signed_in()
    answer = browser.post(NEW, data=a_new_form(browser))
    assert answer.status_code == 303, problems_on(answer.text)
    return browser, answer.headers["location"].partition("?")[0]


def the_next_form(browser, path, **fields):
    """The form for the next update as a browser holds it."""
    form = the_form(browser.get(path).text, f"{path}/updates")
    return form | {"what_happened": ["More."]} | STEPS | _listed(fields)


def the_incidents(console):
    """Every open incident."""
    with console.database.read() as session:
        return open_incidents(session)


def test_it_opens_an_incident_with_one_form(console):
    browser = console.signed_in()
    answer = browser.post(NEW, data=a_new_form(browser, title="The dashboard is down"))
    assert answer.status_code == 303
    (incident,) = the_incidents(console)
    assert answer.headers["location"].startswith(f"{NEW}/{incident.id}")
    assert incident.title == "The dashboard is down"
    assert incident.newest.headings.what_happened == HAPPENED
    assert incident.newest.deliver_notifications
    assert [(item.slug, item.status) for item in incident.components] == [("dashboard", ComponentStatus.MAJOR_OUTAGE)]


def test_it_says_that_it_is_published_and_by_whom(console):
    browser, path = an_open_incident(console)
    page = text_of(browser.get(f"{path}?published=1").text)
    assert "Published. See it as members do" in page
    assert "9:50 PM CT · Tess Marchetti" in page


def test_it_needs_only_a_component_and_what_happened(console):
    an_open_incident(console)
    (incident,) = the_incidents(console)
    assert incident.title == "Member dashboard is down"
    assert incident.severity is Severity.CRITICAL
    assert incident.newest.headings.what_we_are_doing == "We see it too.\n\nNext: We are looking for the cause."
    assert "Sign-in codes" in incident.newest.headings.what_is_affected
    assert "Contract forms" in incident.newest.headings.how_to_reach
    assert incident.promised_at == datetime(2026, 4, 5, 3, 50, tzinfo=UTC)


def test_it_ticks_the_component_that_it_was_called_for(console):
    form = the_form(console.signed_in().get(f"{NEW}/new?component=forms").text, NEW)
    assert form["components"] == ["forms"]
    assert form["state.forms"] == ["major_outage"]


def test_it_takes_severity_kind_start_and_footnote(console):
    browser = console.signed_in()
    form = a_new_form(
        browser,
        severity="medium",
        kind="isolated",
        started_at="2026-04-04T21:42",
        footnote="Also: the help desk opens at nine.",
        notify="no",
    )
    assert browser.post(NEW, data=form).status_code == 303
    (incident,) = the_incidents(console)
    assert (incident.severity, incident.kind) == (Severity.MEDIUM, "isolated")
    assert incident.started_at == datetime(2026, 4, 5, 2, 42, tzinfo=UTC)
    assert incident.newest.footnote.startswith("Also")
    assert not incident.newest.deliver_notifications


def test_it_posts_an_update_and_frees_what_is_no_longer_ticked(console):
    browser, path = an_open_incident(console)
    form = the_next_form(browser, path, status="identified", done="Moving to the standby site.")
    form["components"] = ["forms"]
    form["state.forms"] = ["degraded_performance"]
    assert browser.post(f"{path}/updates", data=form).status_code == 303
    (incident,) = the_incidents(console)
    assert incident.status is IncidentStatus.IDENTIFIED
    assert {item.slug: item.status for item in incident.components} == {
        "dashboard": ComponentStatus.OPERATIONAL,
        "forms": ComponentStatus.DEGRADED_PERFORMANCE,
    }


def test_it_resolves_and_frees_every_component(console):
    browser, path = an_open_incident(console)
    form = the_next_form(browser, path, status="resolved", what_happened="Everybody can sign in again.")
    assert form["components"] == ["dashboard"]
    assert browser.post(f"{path}/updates", data=form).status_code == 303
    assert the_incidents(console) == []
    page = browser.get(path).text
    assert "Say more, or reopen" in page


def test_it_reopens_what_was_resolved(console):
    browser, path = an_open_incident(console)
    browser.post(f"{path}/updates", data=the_next_form(browser, path, status="resolved"))
    form = the_next_form(browser, path, status="investigating", done="Looking again.")
    assert browser.post(f"{path}/updates", data=form).status_code == 303
    (incident,) = the_incidents(console)
    assert incident.was_reopened
    assert [item.status for item in incident.components] == [ComponentStatus.MAJOR_OUTAGE]


def test_it_publishes_once_when_publish_is_pressed_twice(console):
    browser = console.signed_in()
    form = a_new_form(browser)
    first, second = browser.post(NEW, data=form), browser.post(NEW, data=form)
    assert second.status_code == 303
    assert second.headers["location"] == first.headers["location"]
    assert len(the_incidents(console)) == 1


def test_it_publishes_once_when_both_presses_arrive_together(console):
    browser, path = an_open_incident(console)
    form = the_next_form(browser, path, done="Still looking.")
    token = browser.cookies["porchlight"]

    def press(_):
        return console.browser(cookie=f"porchlight={token}").post(f"{path}/updates", data=form)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(press, range(4)))
    assert [answer.status_code for answer in answers] == [303] * 4
    assert len(the_incidents(console)[0].updates) == 2


def test_it_never_drops_words_that_were_changed_after_publishing(console):
    browser = console.signed_in()
    form = a_new_form(browser)
    browser.post(NEW, data=form)
    answer = browser.post(NEW, data=form | {"what_happened": ["Other words."]})
    assert answer.status_code == 422
    assert "already published, with other words" in text_of(answer.text)
    assert "Other words." in answer.text
    assert browser.post(NEW, data=the_form(answer.text, NEW)).status_code == 303


def test_it_refuses_a_form_without_its_key_and_keeps_the_words(console):
    browser = console.signed_in()
    answer = browser.post(NEW, data=a_new_form(browser, key=""))
    assert answer.status_code == 422
    assert browser.post(NEW, data=the_form(answer.text, NEW)).status_code == 303


BAD = {
    "nothing said": ({"what_happened": " ", "done": "", "next_step": ""}, "body"),
    "nothing done": ({"done": ""}, "done"),
    "nothing next": ({"next_step": ""}, "next_step"),
    "a person blamed": ({"done": "Tess Marchetti forgot it."}, "next_step"),
    "doubt of members": ({"what_happened": "We can’t reproduce it."}, "what_happened"),
    "too long": ({"what_happened": "x" * (BODY_LIMIT + 1)}, "what_happened"),
    "title too long": ({"title": "x" * 201}, "title"),
    "no promise": ({"promise": ""}, "next_update_at"),
    "promise in the past": ({"promise": "2026-04-05T02:00:00+00:00"}, "next_update_at"),
    "promise too far": ({"promise": "2026-05-05T02:00:00+00:00"}, "next_update_at"),
    "promise without a zone": ({"promise": "2026-04-05T03:30"}, "next_update_at"),
    "promise that is no time": ({"promise": "tomorrow"}, "next_update_at"),
    "promise beyond all time": ({"promise": "9999-12-31T23:59:59-23:59"}, "next_update_at"),
    "another time without one": ({"promise": "at", "promise_at": ""}, "next_update_at"),
    "another time that is none": ({"promise": "at", "promise_at": "2026-02-31T10:00"}, "next_update_at"),
    "another time far away": ({"promise": "at", "promise_at": "0001-01-01T00:00"}, "next_update_at"),
    "unknown status": ({"status": "exploded"}, "status"),
    "no status": ({"status": ""}, "status"),
    "resolved at once": ({"status": "resolved"}, "status"),
    "unknown severity": ({"severity": "apocalyptic"}, "severity"),
    "unknown kind": ({"kind": "alien"}, "kind"),
    "unknown component": ({"components": "nothing", "title": "Down"}, "components"),
    "unknown state": ({"state.dashboard": "on fire"}, "components"),
    "starts in the future": ({"started_at": "2026-04-06T10:00"}, "started_at"),
    "start that is no time": ({"started_at": "yesterday"}, "started_at"),
    "no title and nothing failing": ({"components": []}, "title"),
}


@pytest.mark.parametrize(("fields", "beside"), BAD.values(), ids=BAD)
def test_it_refuses_with_a_sentence_beside_the_field_and_keeps_the_words(console, fields, beside):
    browser = console.signed_in()
    answer = browser.post(NEW, data=a_new_form(browser, footnote="Kept words.") | _listed(fields))
    assert answer.status_code == 422
    assert beside in answer.text
    if beside != "body":
        assert problems_on(answer.text)[beside].endswith(".")
    assert "Kept words." in answer.text
    assert the_incidents(console) == []


def test_it_tells_every_problem_at_once(console):
    browser = console.signed_in()
    answer = browser.post(NEW, data=a_new_form(browser, severity="x", kind="y", promise="z", status="w"))
    assert set(problems_on(answer.text)) == {"severity", "kind", "next_update_at", "status"}


def test_it_leads_from_each_problem_to_its_field(console):
    browser = console.signed_in()
    page = browser.post(NEW, data=a_new_form(browser, promise="", done="")).text
    for field in problems_on(page):
        assert f'href="#{field}"' in page
        assert f'id="{field}"' in page
    assert 'aria-invalid="true"' in page


@pytest.mark.parametrize(
    ("now", "typed", "said"),
    [
        (datetime(2026, 3, 8, 7, 0, tzinfo=UTC), "2026-03-08T02:30", "2:30 AM does not exist that night"),
        (datetime(2026, 11, 1, 5, 0, tzinfo=UTC), "2026-11-01T01:30", "1:30 AM comes twice that night"),
    ],
)
def test_it_refuses_times_that_the_clocks_skip_or_repeat(console, now, typed, said):
    console.time.now = now
    browser = console.signed_in()
    answer = browser.post(NEW, data=a_new_form(browser, promise="at", promise_at=typed))
    assert answer.status_code == 422
    assert said in problems_on(answer.text)["next_update_at"]


def test_it_offers_quick_promises_that_hold_through_the_repeated_hour(console):
    console.time.now = datetime(2026, 11, 1, 6, 10, tzinfo=UTC)  # 1:10 AM for the first time
    browser = console.signed_in()
    answer = browser.post(NEW, data=a_new_form(browser))
    assert answer.status_code == 303
    assert the_incidents(console)[0].promised_at == datetime(2026, 11, 1, 7, 10, tzinfo=UTC)


def test_it_keeps_the_promise_that_was_chosen_when_the_form_comes_back(console):
    browser = console.signed_in()
    form = a_new_form(browser, done="")
    console.time.pass_by(minutes=7)
    answer = browser.post(NEW, data=form)
    assert the_form(answer.text, NEW)["promise"] == form["promise"]


def test_it_shows_what_others_posted_meanwhile_and_keeps_the_words(console):
    browser, path = an_open_incident(console)
    form = the_next_form(browser, path, what_happened="My words.", done="Mine.")
    _somebody_else_posts(console, "The words of a colleague.")
    answer = browser.post(f"{path}/updates", data=form)
    assert answer.status_code == 409
    page = text_of(answer.text)
    assert "Somebody posted while you were writing" in page
    assert "The words of a colleague." in page
    again = the_form(answer.text, f"{path}/updates")
    assert again["what_happened"] == ["My words."]
    assert browser.post(f"{path}/updates", data=again).status_code == 303
    assert [update.headings.what_happened for update in the_incidents(console)[0].updates] == [
        HAPPENED,
        "The words of a colleague.",
        "My words.",
    ]


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 5_000, "٣"])
def test_it_takes_a_broken_version_for_an_old_one(console, version):
    browser, path = an_open_incident(console)
    form = the_next_form(browser, path, version=version, done="Mine.")
    assert browser.post(f"{path}/updates", data=form).status_code == 409


def test_it_shows_a_preview_without_publishing(console):
    browser = console.signed_in()
    form = a_new_form(browser, preview="1") | {"components": ["forms"], "state.forms": ["major_outage"]}
    answer = browser.post(NEW, data=form)
    assert answer.status_code == 200
    assert "Contract forms cannot be used." in text_of(answer.text)
    assert the_form(answer.text, NEW)["what_happened"] == [HAPPENED]
    assert the_incidents(console) == []


def test_it_keeps_the_words_when_the_database_is_gone(sqlite_url):
    console = Console(Database.open(sqlite_url))
    browser = console.signed_in()
    form = a_new_form(browser, footnote="Kept words.")
    console.database.engine.dispose()
    _break(console.database)
    answer = browser.post(NEW, data=form)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    again = the_form(answer.text, NEW)
    assert again["what_happened"] == [HAPPENED]
    assert {name: values for name, values in again.items() if name != "key"}.keys() >= {"promise", "status", "notify"}
    event.remove(console.database.engine, "do_connect", _no_database)
    assert browser.post(NEW, data=again).status_code == 303
    console.database.close()


def test_it_keeps_the_words_when_the_disk_is_full(sqlite_url):
    console = Console(Database.open(sqlite_url))
    browser = console.signed_in()
    form = a_new_form(browser)
    console.database.engine.dispose()
    event.listen(console.database.engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only=ON"))
    answer = browser.post(NEW, data=form)
    assert answer.status_code == 503
    assert HAPPENED in answer.text
    console.database.close()


def test_it_writes_down_text_as_text(console):
    browser = console.signed_in()
    form = a_new_form(browser, title='<script>alert("1")</script>', what_happened="<b>&amp;\x00\x07\r\nnext")
    path = browser.post(NEW, data=form).headers["location"]
    page = browser.get(path).text
    assert "<script>alert" not in page
    assert the_incidents(console)[0].newest.headings.what_happened == "<b>&amp;\nnext"


def test_it_lists_open_incidents_first_and_fifty_of_history_to_a_page(console):
    with console.database.transaction() as session:
        for number in range(52):
            _past_incident(session, f"Past {number:02}", NOW - timedelta(days=number + 1))
    browser, path = an_open_incident(console)
    first, second = browser.get(NEW).text, browser.get(f"{NEW}?page=2").text
    assert path in first
    assert path not in second
    assert first.count("Past ") == 50
    assert "Past 00" in first
    assert "Past 51" in second
    assert "page=2" in first
    assert "page=3" not in second


def test_it_searches_titles_whatever_the_case_and_signs(console):
    with console.database.transaction() as session:
        _past_incident(session, "100% of photos missing", NOW - timedelta(days=1))
        _past_incident(session, "Mailboxes slow", NOW - timedelta(days=2))
    browser = console.signed_in()
    assert "Mailboxes slow" in browser.get(f"{NEW}?search=MAIL").text
    found = browser.get(f"{NEW}?search=100%25").text
    assert "photos missing" in found
    assert "Mailboxes" not in found
    assert "Nothing has that in its title." in browser.get(f"{NEW}?search=_zzz").text


def test_it_shows_an_incident_that_nobody_here_wrote(console):
    with console.database.transaction() as session:
        incident = _past_incident(session, "Imported", NOW - timedelta(days=1))
    page = console.signed_in().get(f"{NEW}/{incident.id}")
    assert page.status_code == 200
    assert "Imported" in page.text


def _past_incident(session, title, started_at):
    draft = IncidentDraft(title=title, first_update=words(), started_at=started_at)
    incident = open_incident(session, draft, now=NOW)
    return post_update(session, incident.id, words(IncidentStatus.RESOLVED), now=NOW)


def _somebody_else_posts(console, said):
    with console.database.transaction() as session:
        (incident,) = open_incidents(session)
        draft = words()
        headings = type(draft.headings)(said, "Theirs.", "All.", "None.")
        post_update(
            session,
            incident.id,
            type(draft)(draft.status, headings=headings, next_update_at=draft.next_update_at),
            now=NOW,
        )


def _listed(fields):
    return {name: value if isinstance(value, list) else [value] for name, value in fields.items()}


def _no_database(*_arguments):
    raise dbapi2.OperationalError("unable to open database file")


def _break(database):
    event.listen(database.engine, "do_connect", _no_database)


def test_r42_what_is_urgent_says_what_was_done_and_what_comes_next(console):
    browser, path = an_open_incident(console)
    answer = browser.post(f"{path}/updates", data=the_next_form(browser, path, done="", next_step=""))
    assert problems_on(answer.text) == {
        "done": "Members need to know what has been done.",
        "next_step": "Members need to know what comes next.",
    }
    assert len(the_incidents(console)[0].updates) == 1


def test_r42_what_is_urgent_no_more_may_leave_the_steps_out(console):
    browser, path = an_open_incident(console)
    weighed = {"weight_severity": "medium", "weight_urgency": "medium", "weight_reason": "Few are touched."}
    form = the_form(browser.get(path).text, f"{path}/weight") | weighed
    assert browser.post(f"{path}/weight", data=form).status_code == 303
    answer = browser.post(f"{path}/updates", data=the_next_form(browser, path, done="", next_step=""))
    assert answer.status_code == 303, problems_on(answer.text)


def test_r43_a_footnote_gets_an_incident_of_its_own_at_a_tap(console):
    browser = console.signed_in()
    aside = "Lockbox codes come late as well."
    path = browser.post(NEW, data=a_new_form(browser, footnote=aside)).headers["location"].partition("?")[0]
    (link,) = html.fromstring(browser.get(path).text).xpath("//a[contains(@href, 'footnote=')]")
    form = the_form(browser.get(link.get("href")).text, NEW)
    assert form["what_happened"] == [aside]
    assert browser.post(NEW, data=form | {"components": ["lockboxes"]} | STEPS).status_code == 303
    assert {incident.newest.headings.what_happened for incident in the_incidents(console)} == {HAPPENED, aside}
