"""The section of the telephone line: the script by version, what was recorded of it, and sound to take along."""

import shutil
from datetime import timedelta
from io import BytesIO
from wave import open as open_wave

import pytest
import sqlalchemy as sa

from app.commands.incidents import IncidentDraft, open_incident, post_update
from app.commands.pronunciations import save_pronunciation
from app.domain.accounts import Role
from app.domain.components import ComponentStatus
from app.domain.incidents import IncidentStatus
from app.store.announcements import newest_announcement, newest_recordings
from app.store.audit import chain
from tests.commands.world import words
from tests.doubles.nodetools import html_faults
from tests.web.consoles import text_of, the_form
from tests.web.printing import publish

PHONE, RECORDINGS = "/admin/phone", "/admin/phone/recordings"
DOWN = {"dashboard": ComponentStatus.MAJOR_OUTAGE}
SOUND = pytest.mark.skipif(
    not (shutil.which("espeak-ng") and shutil.which("sox")),
    reason="Debian's packages espeak-ng and sox are not installed (make system)",
)


def go_down(console):
    said = words(components=DOWN, next_update_at=console.time() + timedelta(minutes=40))
    with console.database.transaction() as session:
        incident = open_incident(session, IncidentDraft("Down", said), now=console.time())
    publish(console)
    return incident


def version(console) -> int:
    with console.database.read() as session:
        row = newest_announcement(session)
    return row.version if row else 0


def recorded(browser, number: int, language: str = "en"):
    return browser.post(RECORDINGS, data={"version": str(number), "language": language})


def board(browser) -> str:
    return text_of(browser.get("/admin").text)


def test_it_shows_the_script_in_every_language_with_its_version(console):
    go_down(console)
    page = text_of(console.signed_in().get(PHONE).text)
    assert "Phone line v1" in page
    assert "Member dashboard is down. It's not just you." in page
    assert "Member dashboard no funciona. No es solo usted." in page
    assert "v1 holds since 9:50 PM CT; the words below are as of 9:50 PM CT." in page
    assert "About 2" in page


def test_it_says_so_before_anything_was_published(console):
    page = text_of(console.signed_in().get(PHONE).text)
    assert "Nothing has been published yet" in page
    assert "/hooks/twilio/voice" in page


def test_it_counts_a_new_version_only_when_the_facts_change(console):
    publish(console)
    assert version(console) == 1
    for minutes in (1, 59, 23 * 60):
        console.time.pass_by(minutes=minutes)
        publish(console)
    assert version(console) == 1
    with console.database.read() as session:
        row = newest_announcement(session)
        assert row.as_of == console.time()
        assert row.made_at < row.as_of
    incident = go_down(console)
    assert version(console) == 2
    with console.database.transaction() as session:
        later = words(IncidentStatus.IDENTIFIED, next_update_at=console.time() + timedelta(hours=2))
        post_update(session, incident.id, later, now=console.time())
    publish(console)
    assert version(console) == 3, "another promise is another fact"
    console.time.pass_by(hours=2, minutes=1)
    publish(console)
    assert version(console) == 4, "a promise that was broken is another fact"


def test_it_keeps_the_version_when_only_the_reading_changes(console):
    go_down(console)
    with console.database.transaction() as session:
        save_pronunciation(session, "en", "dashboard", "dash board", now=console.time())
    publish(console)
    assert version(console) == 1
    assert "Member dash board is down." in text_of(console.signed_in().get(PHONE).text)


def test_it_begins_a_new_version_when_old_facts_hold_again(console):
    publish(console)
    incident = go_down(console)
    with console.database.transaction() as session:
        post_update(session, incident.id, words(IncidentStatus.RESOLVED), now=console.time())
    publish(console)
    assert version(console) == 3


def test_it_notes_what_was_recorded_and_by_whom(console):
    go_down(console)
    console.time.pass_by(minutes=12)
    browser = console.signed_in()
    form = the_form(browser.get(PHONE).text, RECORDINGS)
    answer = browser.post(RECORDINGS, data=form)
    assert answer.headers["location"] == f"{PHONE}?recorded"
    page = text_of(browser.get(answer.headers["location"]).text)
    assert "Noted." in page
    assert "Recorded v1 at 10:02 PM CT by Tess Marchetti. It says what the page says." in page
    with console.database.read() as session:
        noted = [entry for _, entry in chain(session) if entry.act == "announcement.recorded"]
    assert [(entry.actor.name, entry.subject.id, entry.after) for entry in noted] == [
        ("Tess Marchetti", "v1", {"language": "en", "version": 1})
    ]


def test_it_notes_the_same_recording_once(console):
    go_down(console)
    browser = console.signed_in()
    for _ in range(2):
        assert recorded(browser, 1).status_code == 303
    with console.database.read() as session:
        assert session.execute(sa.text("SELECT count(*) FROM recording")).scalar() == 1


def test_it_warns_here_and_on_the_board_when_the_recording_is_older_than_the_page(console):
    publish(console)
    browser = console.signed_in()
    recorded(browser, 1)
    assert "recording on the phone line" not in board(browser)
    go_down(console)
    assert "English: callers hear v1, the page says v2" in board(browser)
    assert "Spanish: callers hear" not in board(browser)
    page = text_of(browser.get(PHONE).text)
    assert "Callers of your recording hear v1, recorded 9:50 PM CT by Tess Marchetti." in page
    recorded(browser, 2)
    assert "recording on the phone line" not in board(browser)
    assert "It says what the page says." in text_of(browser.get(PHONE).text)


def test_it_does_not_warn_whoever_never_recorded_anything(console):
    publish(console)
    go_down(console)
    assert "recording on the phone line" not in board(console.signed_in())


@pytest.mark.parametrize(("number", "language"), [("9", "en"), ("1", "fr"), ("", "en"), ("x", "")])
def test_it_refuses_a_recording_of_what_there_is_not(console, number, language):
    go_down(console)
    answer = console.signed_in().post(RECORDINGS, data={"version": number, "language": language})
    assert answer.status_code == 404
    with console.database.read() as session:
        assert newest_recordings(session) == {}


def test_only_those_who_speak_to_members_say_that_they_recorded(console):
    go_down(console)
    console.hire("vi@mls.example", Role.VIEWER)
    browser = console.signed_in("vi@mls.example")
    page = browser.get(PHONE).text
    assert "I recorded this" not in page
    assert recorded(browser, 1).status_code == 403


def test_it_gives_the_words_as_plain_text(console):
    go_down(console)
    answer = console.signed_in().get(f"{PHONE}/1/es/txt")
    assert answer.headers["content-disposition"] == 'attachment; filename="announcement-v1-es.txt"'
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "Member dashboard no funciona. No es solo usted.\r\n" in answer.text


@SOUND
def test_it_gives_the_sound_as_wav_and_as_mu_law(console):
    go_down(console)
    browser = console.signed_in()
    answer = browser.get(f"{PHONE}/1/en/wav")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    with open_wave(BytesIO(answer.content)) as sound:
        assert (sound.getframerate(), sound.getsampwidth(), sound.getnchannels()) == (8_000, 2, 1)
        frames = sound.getnframes()
    assert 10 * 8_000 < frames <= 30 * 8_000
    raw = browser.get(f"{PHONE}/1/en/ulaw")
    assert raw.headers["content-disposition"] == 'attachment; filename="announcement-v1-en.ulaw"'
    assert len(raw.content) == frames


@pytest.mark.parametrize(
    "place", ["2/en/wav", "1/fr/wav", "1/en/mp3", "x/en/txt", "9999999999999/en/txt", "-1/en/txt", "²/en/txt"]
)
def test_it_gives_nothing_of_what_there_is_not(console, place):
    go_down(console)
    assert console.signed_in().get(f"{PHONE}/{place}").status_code == 404


def test_it_names_the_missing_package_and_still_shows_the_words(console, monkeypatch, tmp_path):
    go_down(console)
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = console.signed_in().get(f"{PHONE}/1/en/wav")
    assert answer.status_code == 503
    page = text_of(answer.text)
    assert "Install Debian's package espeak-ng on this host." in page
    assert "Member dashboard is down." in page


def test_it_lets_the_page_and_the_line_say_the_same(console):
    go_down(console)
    memory = publish(console)
    assert memory.edition is not None
    line = memory.edition.documents["/phone.txt"].body.decode()
    with console.database.read() as session:
        scripts = newest_announcement(session).scripts
    assert scripts["en"] == line.splitlines()


def test_it_writes_valid_html(console, monkeypatch, tmp_path):
    browser = console.signed_in()
    pages = {"before": browser.get(PHONE)}
    publish(console)
    recorded(browser, 1)
    go_down(console)
    pages |= {"stale": browser.get(f"{PHONE}?recorded"), "board": browser.get("/admin")}
    monkeypatch.setenv("PATH", str(tmp_path))
    pages["no program"] = browser.get(f"{PHONE}/1/en/wav")
    monkeypatch.undo()
    assert "The recording on the phone line is old" in pages["board"].text
    assert html_faults({name: page.text for name, page in pages.items()}) == []
