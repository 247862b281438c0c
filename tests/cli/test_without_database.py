"""`porchlight post --without-database`: the page says it at once, the database learns of it once."""

import json
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from app.publish.spool import Spool
from app.store.audit import AuditSearch, entries_found
from app.store.incidents import open_incidents
from app.store.notices import NoticeRow
from app.store.session import Database
from app.worker import take_in_spooled

AWAY = "postgresql://nobody@127.0.0.1:1/nothing"
POST = ("post", "--without-database", "--new", "Lockboxes are slow", "--status", "investigating", "--body", "We look.")


@pytest.fixture
def published(demo):
    """The demo organisation, with its page on the disk."""
    assert demo("publish").returncode == 0
    return demo


def take_in(shell):
    database = Database.open(f"sqlite:///{shell.folder}/porchlight.db")
    take_in_spooled(database, Spool(shell.folder / "var" / "spool"), now=datetime.now(UTC))
    with database.read() as session:
        incidents = open_incidents(session)
        acts = [
            row.act for row in entries_found(session, AuditSearch(act="spooled_post.taken_in"), before=None, most=9)
        ]
        notices = session.exec(select(NoticeRow)).all()
    database.close()
    return incidents, acts, notices


def test_it_is_on_the_page_at_once_and_in_the_database_later_and_once(published):
    said = published(*POST, "--component", "lockboxes=partial_outage", PORCHLIGHT_DATABASE_URL=AWAY)
    assert "The database and subscribers hear of it when it is back." in said.stdout, said.stderr
    assert "Lockboxes are slow" in published.document("index.html")
    (file,) = (published.folder / "var" / "spool").glob("*.json")
    assert file.stat().st_mode & 0o777 == 0o600
    kept = file.read_bytes()
    incidents, acts, notices = take_in(published)
    assert ([item.title for item in incidents], len(acts), len(notices)) == (["Lockboxes are slow"], 1, 1)
    file.write_bytes(kept)  # a crash between the commit and the removal of the file
    again = take_in(published)
    assert ([item.id for item in again[0]], len(again[1]), len(again[2])) == ([incidents[0].id], 1, 1)


def test_the_address_of_the_new_incident_stays_when_the_database_is_back(published):
    published(*POST, PORCHLIGHT_DATABASE_URL=AWAY)
    incidents, _, _ = take_in(published)
    assert published("publish").returncode == 0
    assert "Lockboxes are slow" in published.document(f"incidents/{incidents[0].id}.html")
    assert "Lockboxes are slow" in published.document("index.html")


def test_an_incident_is_continued_and_resolved_in_the_order_in_which_it_was_said(published):
    answer = published(*POST, "--json", PORCHLIGHT_DATABASE_URL=AWAY)
    incident = json.loads(answer.stdout)["incident"]
    words = ("post", "--without-database", "--incident", incident, "--body", "The radio link is back.")
    assert published(*words, "--status", "monitoring", PORCHLIGHT_DATABASE_URL=AWAY).returncode == 0
    assert published(*words, "--status", "resolved", PORCHLIGHT_DATABASE_URL=AWAY).returncode == 0
    assert "The radio link is back." in published.document(f"incidents/{incident}.html")
    incidents, acts, _ = take_in(published)
    assert (incidents, len(acts)) == ([], 3)


def test_the_generation_goes_on_from_what_readers_have(published):
    before = json.loads((published.folder / "var/public/current/manifest.json").read_text())["generation"]
    published(*POST, PORCHLIGHT_DATABASE_URL=AWAY)
    published(*POST, PORCHLIGHT_DATABASE_URL=AWAY)
    take_in(published)
    published("publish")
    after = json.loads((published.folder / "var/public/current/manifest.json").read_text())["generation"]
    assert after > before + 2


def test_what_breaks_a_rule_is_refused_and_nothing_is_shown(published):
    said = published(*POST, "--component", "nothing=major_outage", PORCHLIGHT_DATABASE_URL=AWAY)
    assert (said.returncode, "There is no component “nothing”" in said.stderr) == (1, True)
    assert "Lockboxes are slow" not in published.document("index.html")
    assert not (published.folder / "var" / "spool").exists()


def test_without_a_kept_state_it_says_so(demo):
    said = demo(*POST, PORCHLIGHT_DATABASE_URL=AWAY)
    assert (said.returncode, "was not kept" in said.stderr) == (1, True)


def test_what_the_database_refuses_is_set_aside_for_a_person(published):
    published(*POST, PORCHLIGHT_DATABASE_URL=AWAY)
    spool = published.folder / "var" / "spool"
    (file,) = spool.glob("*.json")
    post = json.loads(file.read_text())
    post["incident_id"] = "nosuchthing1"
    file.write_text(json.dumps(post))
    incidents, acts, _ = take_in(published)
    assert (incidents, acts) == ([], [])
    assert [each.name for each in (spool / "refused").iterdir()] == [file.name]
