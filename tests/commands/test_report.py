"""The report after an incident: owed in time, reminded of once, finished when whole, sent to people who say so."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from app.commands.accounts import add_account
from app.commands.circulation import circulate, confirm_reading, note_reading
from app.commands.holidays import save_own_day
from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.observations import write_observation
from app.commands.report import finish_report, save_words, tend_reports
from app.commands.roster import PersonDraft, save_person, save_usual_roles
from app.commands.survey import answer_survey
from app.commands.weekly_digest import tend_digest
from app.deliver.report_mails import ReportToSend, send_owed_reports
from app.domain.accounts import Role
from app.domain.circulation import outside_readers, unread
from app.domain.errors import NotFoundError, RefusedError
from app.domain.holidays import DayKind, OwnDay
from app.domain.incidents import IncidentStatus, UpdateDraft
from app.domain.report import Heading, Report, Section
from app.domain.survey import Answer, SurveyAnswer, SurveyLimits, tally
from app.store.accounts import account_rows
from app.store.circulation import readers_and_others, reading_link
from app.store.report import observations_of, owed_reports, report_row
from app.store.session import Database
from app.store.staff_messages import owed_staff_messages
from app.store.survey import survey_answers
from tests.commands.sign_ups import VAULT
from tests.commands.world import NOW, build, words

FRIDAY = datetime(2026, 4, 10, 20, 0, tzinfo=UTC)
"""Three in the afternoon in Chicago."""

DONE = UpdateDraft(IncidentStatus.RESOLVED, body="Sign-in has been normal for an hour.")


@pytest.fixture
def mls(database: Database) -> Database:
    with database.transaction() as session:
        build(session)
        add_account(session, "cora@mls.example", "Cora Boss", Role.COMMANDER, "gravel otter teapot", now=NOW)
        add_account(session, "sam@mls.example", "Sam Manager", Role.SERVICE_MANAGER, "gravel otter teapot", now=NOW)
        save_usual_roles(session, now=NOW)
    return database


def account(database: Database, email: str = "cora@mls.example") -> str:
    with database.read() as session:
        return next(row.id for row in account_rows(session) if row.email == email)


def resolved(database: Database, *, at: datetime = NOW + timedelta(hours=3)) -> str:
    author = account(database)
    with database.transaction() as session:
        incident = open_incident(session, IncidentDraft("Dashboard down", words()), now=NOW, author_id=author)
        post_update(session, incident.id, DONE, now=at, author_id=author)
    return incident.id


def tend(database: Database, now: datetime) -> list[tuple[str, str]]:
    """Let the clock look twice, as two workers would; what people were told, by subject and name of the account."""
    for _ in range(2):
        with database.transaction() as session:
            tend_reports(session, now=now)
    with database.transaction() as session:
        owed = owed_staff_messages(session, now, 100)
        for row in owed:
            row.sent_at = row.finished_at = now
        return [(row.subject, row.account_id) for row in owed]


def test_r63_the_report_is_due_with_the_calendar_and_reminded_of_once_a_day(mls: Database) -> None:
    with mls.transaction() as session:
        save_own_day(session, OwnDay(date(2026, 4, 6), "Easter Monday", DayKind.CLOSED), now=NOW)
        draft = PersonDraft(
            "Hank Exec",
            "Command",
            ["executive"],
            account_id=add_account(
                session, "hank@mls.example", "Hank Exec", Role.VIEWER, "gravel otter teapot", now=NOW
            ).id,
        )
        save_person(session, VAULT, draft, now=NOW)
    incident_id = resolved(mls)
    assert [subject for subject, _ in tend(mls, NOW + timedelta(hours=4))] == ["What did you see? Dashboard down"]
    with mls.read() as session:
        [owed] = owed_reports(session)
    assert owed.due_on == date(2026, 4, 9)
    cora, hank = account(mls), account(mls, "hank@mls.example")
    told = {day: tend(mls, datetime(2026, 4, day, 15, tzinfo=UTC)) for day in (7, 8, 9, 10, 11)}
    assert told[7] == []
    assert told[8] == [("A report is due tomorrow: Dashboard down", cora)]
    assert told[9] == [("A report is due today: Dashboard down", cora)]
    assert sorted(told[10]) == sorted(("A report is overdue: Dashboard down", who) for who in (cora, hank))
    assert told[11] == []
    with mls.read() as session:
        row = report_row(session, incident_id)
        assert row is not None
        assert row.finished_at is None


def test_a_report_of_what_was_reopened_is_owed_anew_when_it_is_resolved_again(mls: Database) -> None:
    incident_id = resolved(mls)
    tend(mls, NOW + timedelta(hours=4))
    with mls.transaction() as session:
        post_update(session, incident_id, words(next_update_at=NOW + timedelta(days=2)), now=NOW + timedelta(days=1))
    with mls.read() as session:
        assert owed_reports(session) == []
    with mls.transaction() as session:
        post_update(session, incident_id, DONE, now=NOW + timedelta(days=3))
    tend(mls, NOW + timedelta(days=3, hours=1))
    with mls.read() as session:
        assert [owed.due_on for owed in owed_reports(session)] == [date(2026, 4, 10)]


def whole() -> Report:
    return Report("Dashboard down", "1", tuple(Section(heading, ("Known.",)) for heading in Heading))


def test_r58_a_report_that_lacks_the_cause_is_not_finished_and_one_that_is_whole_is(mls: Database) -> None:
    incident_id = resolved(mls)
    with mls.transaction() as session:
        save_words(session, incident_id, Heading.CAUSE, " A certificate ran out. ", now=NOW)
    bare = Report("Dashboard down", "1", tuple(Section(heading) for heading in Heading))
    with pytest.raises(RefusedError) as refused, mls.transaction() as session:
        finish_report(session, bare, incident_id, now=NOW)
    assert "cause" in refused.value.problems
    with mls.transaction() as session:
        finish_report(session, whole(), incident_id, now=NOW)
    with mls.read() as session:
        row = report_row(session, incident_id)
        assert row is not None
        assert row.finished_at == NOW
        assert row.words == {"cause": "A certificate ran out."}


def test_r64_everybody_who_took_part_is_asked_once_and_no_observation_blames_a_person(mls: Database) -> None:
    incident_id = resolved(mls)
    tend(mls, NOW + timedelta(hours=4))
    cora = account(mls)
    with mls.read() as session:
        assert [(each.name, each.words) for each in observations_of(session, incident_id)] == [("Cora Boss", "")]
    with pytest.raises(RefusedError, match="Speak of the team"), mls.transaction() as session:
        write_observation(session, incident_id, cora, "Cora forgot the certificate.", now=NOW)
    with pytest.raises(NotFoundError), mls.transaction() as session:
        write_observation(session, incident_id, account(mls, "sam@mls.example"), "I saw it too.", now=NOW)
    with mls.transaction() as session:
        write_observation(session, incident_id, cora, "The page loaded, the sign-in did not.", now=NOW)
    with mls.read() as session:
        [observation] = observations_of(session, incident_id)
    assert observation.words == "The page loaded, the sign-in did not."


def test_r62_readers_outside_get_a_link_of_their_own_and_say_themselves_that_they_read_it(mls: Database) -> None:
    incident_id, cora = resolved(mls), account(mls)
    outside = outside_readers("Quill Forms <Support@Quill.example>\nops@grid.example\nops@grid.example")
    with pytest.raises(RefusedError, match="Finish the report first"), mls.transaction() as session:
        circulate(session, VAULT, incident_id, [cora], outside, now=NOW)
    with mls.transaction() as session:
        finish_report(session, whole(), incident_id, now=NOW)
        assert circulate(session, VAULT, incident_id, [cora], outside, now=NOW) == 3
        assert circulate(session, VAULT, incident_id, [cora], outside, now=NOW) == 0
    sent: list[ReportToSend] = []
    for _ in range(2):
        send_owed_reports(mls, VAULT, "https://status.mls.example", sent.append, now=NOW)
    assert {each.address for each in sent} == {"support@quill.example", "ops@grid.example"}
    with mls.transaction() as session:
        token = sent[0].link.rpartition("/")[2]
        confirm_reading(session, VAULT, token, now=NOW + timedelta(hours=1))
        confirm_reading(session, VAULT, token, now=NOW + timedelta(hours=2))
        note_reading(session, incident_id, cora, now=NOW)
    with mls.read() as session:
        readers, _ = readers_and_others(session, VAULT, incident_id)
        assert [each.address for each in unread(readers)] == [
            "op…@grid.example" if sent[0].address.startswith("support") else "su…@quill.example"
        ]
        assert reading_link(VAULT, "https://status.mls.example", readers[0].id).startswith(
            "https://status.mls.example/"
        )
    with pytest.raises(NotFoundError), mls.transaction() as session:
        confirm_reading(session, VAULT, token[:-1] + ("A" if token[-1] != "A" else "B"), now=NOW)
    with pytest.raises(RefusedError, match="holds no email address"):
        outside_readers("Quill Forms")


def test_r39_the_week_is_summed_up_once_on_friday_at_three_with_every_open_incident(mls: Database) -> None:
    with mls.transaction() as session:
        ids = [open_incident(session, IncidentDraft(f"Trouble {number}", words()), now=NOW).id for number in range(3)]
    early, late = FRIDAY - timedelta(seconds=1), FRIDAY + timedelta(minutes=1)
    sent = []
    for now in (early, FRIDAY, late, FRIDAY + timedelta(days=1), FRIDAY + timedelta(days=7)):
        with mls.transaction() as session:
            sent.append(tend_digest(session, now=now))
    assert sent == [False, True, False, False, True]
    with mls.transaction() as session:
        first, _ = owed_staff_messages(session, FRIDAY, 10)
    assert first.account_id == account(mls, "sam@mls.example")
    assert first.subject == "3 open incidents this Friday"
    assert all(incident_id in first.text for incident_id in ids)


def test_two_workers_that_look_at_once_send_one_summary_of_the_week(mls: Database) -> None:
    def look(_: int) -> bool:
        with mls.transaction() as session:
            return tend_digest(session, now=FRIDAY)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(look, range(8))) == 1


def test_r39_the_hour_is_that_of_the_wall_clock_when_the_clocks_have_changed(mls: Database) -> None:
    summer, winter = datetime(2026, 10, 30, 20, 0, tzinfo=UTC), datetime(2026, 11, 6, 21, 0, tzinfo=UTC)
    sent = []
    for now in (summer - timedelta(minutes=1), summer, winter - timedelta(hours=1), winter):
        with mls.transaction() as session:
            sent.append(tend_digest(session, now=now))
    assert sent == [False, True, False, True]


def test_r47_answers_belong_to_their_incident_and_one_network_is_not_believed_for_ever(mls: Database) -> None:
    incident_id = resolved(mls)
    after = NOW + timedelta(hours=5)
    answer = SurveyAnswer(Answer.YES, Answer.PARTLY, "Thank you for the links.")
    with mls.transaction() as session:
        kept = [answer_survey(session, incident_id, answer, "192.0.2", SurveyLimits(), now=after) for _ in range(13)]
    assert kept == [True] * 12 + [False]
    with mls.read() as session:
        found = survey_answers(session, [incident_id])[incident_id]
    summed = tally(found)
    assert (summed.answers, summed.share(summed.told), summed.share(summed.worked)) == (12, 1.0, 0.5)
    for moment in (NOW, after + timedelta(days=15)):
        with pytest.raises(NotFoundError), mls.transaction() as session:
            answer_survey(session, incident_id, answer, "198.51.100", SurveyLimits(), now=moment)
