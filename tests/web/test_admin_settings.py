"""Settings of the organisation, days off, message words and pronunciations in the console."""

from datetime import date, time

import pytest
import sqlalchemy as sa

from app.commands.holidays import save_own_day
from app.commands.maintenance import MaintenanceDraft, schedule_maintenance
from app.domain.accounts import Role
from app.domain.channels import Channel
from app.domain.holidays import DayKind, OwnDay
from app.domain.severity import Severity, Urgency
from app.store.message_templates import written_templates
from app.store.organisation import the_organisation
from app.store.packs import packs
from app.store.pronunciations import pronunciations
from tests.commands.world import NOW, SOON
from tests.web.consoles import problems_on, text_of, the_form

ORGANISATION, HOLIDAYS, LEXICON = "/admin/organisation", "/admin/holidays", "/admin/lexicon"
RESOLVED = "/admin/templates/resolved/en"


def settings_sent(browser, **fields):
    """The settings, filled in and sent."""
    form = the_form(browser.get(ORGANISATION).text, ORGANISATION)
    return browser.post(ORGANISATION, data=form | {name: [value] for name, value in fields.items()})


def test_it_changes_the_settings(console):
    browser = console.signed_in()
    answer = settings_sent(
        browser, end_of_day="17:00", prove_within_days="30", confirm_above="0", **{"urgency-low": "high"}
    )
    assert answer.headers["location"] == f"{ORGANISATION}?saved=1"
    with console.database.read() as session:
        saved = the_organisation(session)
    assert (saved.day.end_of_day, saved.prove_within_days) == (time(17), 30)
    assert (saved.urgency_of(Severity.LOW), saved.confirm_above) == (Urgency.HIGH, 0)
    assert "The settings are saved." in text_of(browser.get(answer.headers["location"]).text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("time_zone", "Mars"),
        ("end_of_day", "noon"),
        ("end_of_day", "07:00"),
        ("prove_within_days", "a few"),
        ("confirm_above", "everybody"),
        ("urgency-low", "never"),
    ],
)
def test_it_refuses_settings_beside_the_field_and_keeps_the_words(console, field, value):
    answer = settings_sent(console.signed_in(), **({"help_desk_hours": "Kept words"} | {field: value}))
    assert answer.status_code == 422
    assert field in problems_on(answer.text)
    assert the_form(answer.text, ORGANISATION)["help_desk_hours"] == ["Kept words"]


def test_it_shows_both_versions_of_the_settings(console):
    browser = console.signed_in()
    form = the_form(browser.get(ORGANISATION).text, ORGANISATION)
    browser.post(ORGANISATION, data=form | {"name": ["Theirs MLS"]})
    answer = browser.post(ORGANISATION, data=form | {"name": ["Mine MLS"]})
    assert answer.status_code == 409
    assert "Saved meanwhile Name Theirs MLS" in text_of(answer.text)
    again = the_form(answer.text, ORGANISATION)
    assert again["name"] == ["Mine MLS"]
    assert browser.post(ORGANISATION, data=again).status_code == 303


def test_it_shows_settings_to_whoever_may_only_read(console):
    console.hire("vic@mls.example", Role.VIEWER)
    page = console.signed_in("vic@mls.example").get(ORGANISATION).text
    assert 'value="Test MLS"' in page
    assert ">Save<" not in page


def test_it_follows_the_holidays_of_a_state_and_the_organisations_own_word(console):
    browser = console.signed_in()
    assert browser.post(f"{HOLIDAYS}/country", data={"country": "US", "subdivision": "TX"}).status_code == 303
    page = text_of(browser.get(f"{HOLIDAYS}?year=2026").text)
    assert "26 Nov Thanksgiving Day Thursday · closed" in page
    day = {"on": "2026-11-26", "name": "Turkey duty", "kind": "half_day", "closes_at": "12:00"}
    assert browser.post(HOLIDAYS, data=day).headers["location"] == f"{HOLIDAYS}?year=2026&saved=day"
    page = text_of(browser.get(f"{HOLIDAYS}?year=2026").text)
    assert "Turkey duty Thursday · open until 12:00 PM · own day" in page
    assert "Thanksgiving Day" not in page
    assert browser.post(f"{HOLIDAYS}/2026-11-26/removal").status_code == 303
    assert "Thanksgiving Day" in text_of(browser.get(f"{HOLIDAYS}?year=2026").text)


@pytest.mark.parametrize(
    ("path", "fields", "beside"),
    [
        (HOLIDAYS, {"on": "", "name": "A day", "kind": "closed"}, "on"),
        (HOLIDAYS, {"on": "2026-11-26", "name": "", "kind": "closed"}, "name"),
        (HOLIDAYS, {"on": "2026-11-26", "name": "A day", "kind": "maybe"}, "kind"),
        (HOLIDAYS, {"on": "2026-11-26", "name": "A day", "kind": "half_day", "closes_at": "x"}, "closes_at"),
        (f"{HOLIDAYS}/country", {"country": "ZZ"}, "country"),
        (f"{HOLIDAYS}/country", {"country": "US", "subdivision": "ZZ"}, "subdivision"),
    ],
)
def test_it_refuses_a_day_or_a_country_that_is_none(console, path, fields, beside):
    answer = console.signed_in().post(path, data=fields)
    assert answer.status_code == 422
    assert problems_on(answer.text)[beside].endswith(".")


def test_it_reads_a_word_as_the_lexicon_says(console):
    browser = console.signed_in()
    entry = {"language": "en", "written": "IDX", "spoken": "eye dee ex"}
    assert browser.post(LEXICON, data=entry).status_code == 303
    page = text_of(browser.get(f"{LEXICON}?heard=IDX and MLS at 9:42 PM&language=en").text)
    assert "eye dee ex and M L S at 9 42 P M" in page
    assert "About 3 seconds." in page
    refused = browser.post(LEXICON, data=entry | {"spoken": " "})
    assert "letter or digit" in problems_on(refused.text)["spoken"]
    with console.database.read() as session:
        (stored,) = pronunciations(session)
    assert browser.post(f"{LEXICON}/{stored.id}/removal").status_code == 303
    assert "None yet." in text_of(browser.get(LEXICON).text)


def template_sent(browser, channel, **fields):
    """One of the forms of a template, filled in and sent."""
    path = f"{RESOLVED}/{channel}"
    return browser.post(path, data=the_form(browser.get(RESOLVED).text, path) | fields)


def test_it_saves_words_of_its_own_shows_how_they_come_out_and_goes_back(console):
    browser = console.signed_in()
    shown = text_of(template_sent(browser, "sms", text=["{who}: {component} is fine.\nBye"], check=["1"]).text)
    assert "TMLS: Member dashboard is fine. Bye" in shown
    assert "1 message" in shown
    assert template_sent(browser, "sms", text=["{who}: {component} is fine."]).status_code == 303
    with console.database.read() as session:
        assert written_templates(session)[Channel.SMS, "resolved", "en"] == {"text": "{who}: {component} is fine."}
    assert "Own words: text in English" in text_of(browser.get("/admin/templates").text)
    assert template_sent(browser, "sms", drop=["1"]).status_code == 303
    with console.database.read() as session:
        assert written_templates(session) == {}


@pytest.mark.parametrize(
    ("channel", "fields", "beside", "words"),
    [
        ("sms", {"text": ["{who}: {nothing} is fine."]}, "text", "no slot {nothing}"),
        ("sms", {"text": ["x" * 200]}, "text", "does not fit"),
        ("email", {"subject": [""]}, "subject", "Write something"),
    ],
)
def test_it_refuses_words_that_cannot_be_sent(console, channel, fields, beside, words):
    answer = template_sent(console.signed_in(), channel, **fields)
    assert answer.status_code == 422
    assert words in problems_on(answer.text)[beside]


def test_it_shows_both_versions_of_words(console):
    browser = console.signed_in()
    path = f"{RESOLVED}/sms"
    form = the_form(browser.get(RESOLVED).text, path)
    browser.post(path, data=form | {"text": ["Theirs: {component}."]})
    answer = browser.post(path, data=form | {"text": ["Mine: {component}."]})
    assert answer.status_code == 409
    assert "Saved meanwhile Theirs: {component}." in text_of(answer.text)
    assert the_form(answer.text, path)["text"] == ["Mine: {component}."]


@pytest.mark.parametrize("path", ["/admin/templates/nothing/en", "/admin/templates/resolved/fr"])
def test_it_has_no_words_for_what_is_none(console, path):
    assert console.signed_in().get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/admin/components",
        "/admin/components/graph",
        "/admin/components/what-if?fails=dashboard",
        "/admin/components/forms",
        "/admin/components/forms/shape",
        "/admin/components/arrangement",
        "/admin/maintenance/calendar?month=2026-04",
        ORGANISATION,
        HOLIDAYS,
        LEXICON,
        "/admin/templates",
        RESOLVED,
    ],
)
def test_it_asks_the_database_at_most_eight_times_for_a_page(console, path):
    window = {"scheduled_for": NOW, "scheduled_until": SOON}
    with console.database.transaction() as session:
        schedule_maintenance(session, MaintenanceDraft("Keys", "Soon.", ["lockboxes"], **window), now=NOW)
        save_own_day(session, OwnDay(date(2026, 4, 3), "Good Friday", DayKind.CLOSED), now=NOW)
    browser = console.signed_in()
    browser.get(path)
    asked = []

    def note(connection, cursor, statement, *rest):
        asked.append(statement)

    sa.event.listen(console.database.engine, "before_cursor_execute", note)
    assert browser.get(path).status_code == 200
    sa.event.remove(console.database.engine, "before_cursor_execute", note)
    read = [statement for statement in asked if statement.lstrip().startswith("SELECT")]
    assert len(read) <= 8, read


def test_an_example_of_last_words_promises_nothing_more(console):
    browser = console.signed_in()
    assert "Next update" not in text_of(browser.get(RESOLVED).text)
    assert "Next update" in text_of(browser.get("/admin/templates/confirmed/en").text)


PACK = {"name": "Agency pack", "questions": "Which receipts?\n\nWhich forms?\nWhich forms?", "regulator_days": "2"}


def test_r71_a_pack_is_entered_put_in_force_and_asked_in_reports(console):
    browser = console.signed_in()
    assert browser.post("/admin/packs", data=PACK | {"vendor_days": "1", "is_in_force": "yes"}).status_code == 303
    with console.database.read() as session:
        (pack,) = packs(session)
    assert (pack.questions, pack.is_in_force) == (("Which receipts?", "Which forms?"), True)
    assert (pack.tell_regulator_within.days, pack.tell_vendor_within.days) == (2, 1)
    assert "Agency pack: in force" in text_of(browser.get("/admin/packs").text)
    page = browser.get(f"/admin/packs?key={pack.key}").text
    assert browser.post("/admin/packs", data=the_form(page, "/admin/packs") | {"name": ["Pack"]}).status_code == 303
    with console.database.read() as session:
        assert [each.name for each in packs(session)] == ["Pack"]


def test_r71_a_pack_without_a_question_or_with_strange_days_is_refused_with_its_words_kept(console):
    browser = console.signed_in()
    answer = browser.post("/admin/packs", data=PACK | {"vendor_days": "soon"})
    assert (answer.status_code, "vendor_days" in problems_on(answer.text)) == (422, True)
    assert "Which receipts?" in answer.text
    answer = browser.post("/admin/packs", data=PACK | {"vendor_days": "1", "questions": " \n "})
    assert "questions" in problems_on(answer.text)
