"""The console while its database is away or cannot write: it says so, keeps the words, and can publish all the same."""

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import select

from app.domain.accounts import Role
from app.domain.errors import UnavailableError
from app.publish.catalogue import all_parts
from app.publish.directory import DirectorySink, load_edition
from app.publish.kept_snapshot import keep_snapshot
from app.publish.publisher import Publisher
from app.publish.sinks import MemorySink
from app.publish.spool import Spool
from app.publish.without_database import WithoutDatabase
from app.store.incidents import open_incidents
from app.store.schema import migrate
from app.store.session import Database
from app.store.staff_messages import StaffMessageRow
from app.worker import take_in_spooled
from tests.doubles.postgres import NO_POSTGRESQL, mortal_postgres
from tests.web.consoles import Console, text_of, the_form

ANYWAY = "/admin/publish-anyway"


@dataclass
class House:
    """A console with its page, on a database that can be taken away."""

    console: Console
    folder: Path
    memory: MemorySink
    publisher: Publisher

    def front(self) -> str:
        return self.memory.edition.documents["/"].body.decode()

    def waiting(self):
        return Spool(self.folder / "spool").waiting()

    def take_in(self) -> None:
        take_in_spooled(self.console.database, Spool(self.folder / "spool"), now=self.console.time())
        self.publisher.publish_if_owed()


def house_on(database: Database, folder: Path) -> House:
    """Everything but the worker, published once."""
    memory, kept, root = MemorySink(), folder / "snapshot.json", folder / "public"
    sinks = [memory, DirectorySink(root)]
    page = WithoutDatabase(
        kept, Spool(folder / "spool"), sinks, all_parts, lambda: memory.edition or load_edition(root)
    )
    console = Console(database, options={"without_database": page})
    console.hire("cal@mls.example", Role.COMMANDER)
    publisher = Publisher(
        database,
        sinks,
        all_parts,
        public_url="https://status.mls.example",
        owner="test",
        clock=console.time,
        keep=partial(keep_snapshot, kept),
        newest=lambda: memory.edition.generation if memory.edition else 0,
    )
    publisher.publish()
    return House(console, folder, memory, publisher)


@pytest.fixture
def house(sqlite_url, tmp_path):
    house = house_on(Database.open(sqlite_url), tmp_path / "var")
    yield house
    house.console.database.close()


def take_away(house: House, patch: pytest.MonkeyPatch) -> None:
    """Nothing can be read or changed any more."""

    def away(*_words, **_options):
        raise UnavailableError("The database cannot be used at the moment; nothing was changed.")

    patch.setattr(house.console.database, "read", away)
    patch.setattr(house.console.database, "transaction", away)


def filled(page: str, action: str, **words: str) -> dict:
    return the_form(page, action) | {
        "components": "dashboard",
        "state.dashboard": "major_outage",
        "what_happened": "Nobody can sign in.",
        "done": "We have called the supplier.",
        "next_step": "We test a fix.",
        **words,
    }


def test_a_page_that_cannot_be_shown_says_so_and_offers_a_way(house, monkeypatch):
    browser = house.console.signed_in()
    browser.get("/admin")
    take_away(house, monkeypatch)
    answer = browser.get("/admin")
    assert answer.status_code == 503
    assert "The database cannot be used at the moment" in answer.text
    assert f'href="{ANYWAY}"' in answer.text


def test_the_words_of_the_composer_are_kept_and_published_anyway(house, monkeypatch):
    browser = house.console.signed_in()
    sent = filled(browser.get("/admin/incidents/new?component=dashboard").text, "/admin/incidents")
    with monkeypatch.context() as patch:
        take_away(house, patch)
        refused = browser.post("/admin/incidents", data=sent)
        assert refused.status_code == 503
        assert "Nobody can sign in." in refused.text
        (target,) = re.findall(r'formaction="([^"]+)"', refused.text)
        done = browser.post(target, data=the_form(refused.text, "/admin/incidents"))
        assert "It is on the page now." in text_of(done.text), text_of(done.text)
        assert "Nobody can sign in." in house.front()
        again = browser.post(target, data=the_form(refused.text, "/admin/incidents"))
        assert "published already, once" in text_of(again.text)
    (post,) = house.waiting()
    assert (post.by.name, post.by.address) == ("Tess Marchetti", "192.0.2.7")
    house.take_in()
    assert house.waiting() == []
    with house.console.database.read() as session:
        (incident,) = open_incidents(session)
        (told,) = session.exec(select(StaffMessageRow)).all()
    assert incident.id == post.new_id
    assert told.subject.startswith("Tess Marchetti published while the database was away")
    assert "Nobody can sign in." in house.front()


def test_the_form_of_its_own_opens_continues_and_ends_an_incident(house, monkeypatch):
    browser = house.console.signed_in()
    browser.get("/admin")
    with monkeypatch.context() as patch:
        take_away(house, patch)
        page = browser.get(ANYWAY).text
        assert "It is on the page now." in browser.post(ANYWAY, data=filled(page, ANYWAY, status="investigating")).text
        incident_id = house.waiting()[0].new_id
        page = browser.get(f"{ANYWAY}?incident={incident_id}").text
        said = filled(page, ANYWAY, status="resolved", what_happened="The certificate is new.")
        assert "It is on the page now." in browser.post(ANYWAY, data=said).text
        assert b"The certificate is new." in house.memory.edition.documents[f"/incidents/{incident_id}"].body
    house.take_in()
    with house.console.database.read() as session:
        assert open_incidents(session) == []


def test_what_is_missing_is_said_and_the_words_are_kept(house, monkeypatch):
    browser = house.console.signed_in()
    browser.get("/admin")
    take_away(house, monkeypatch)
    page = browser.get(ANYWAY).text
    answer = browser.post(ANYWAY, data=filled(page, ANYWAY, done="", title="A title of mine", status="investigating"))
    assert answer.status_code == 422
    assert "Members need to know what has been done." in answer.text
    assert 'value="A title of mine"' in answer.text
    assert house.waiting() == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_publishes_without_having_been_signed_in(house, monkeypatch, method):
    take_away(house, monkeypatch)
    answer = getattr(house.console.browser(), method)(ANYWAY)
    assert answer.status_code == 422
    assert "cannot prove who you are" in answer.text
    assert house.waiting() == []


def test_a_viewer_gets_no_capability(house, monkeypatch):
    house.console.hire("vi@mls.example", Role.VIEWER)
    browser = house.console.signed_in("vi@mls.example")
    browser.get("/admin")
    assert "porchlight-posting" not in browser.cookies
    take_away(house, monkeypatch)
    assert "cannot prove who you are" in browser.get(ANYWAY).text


@pytest.mark.parametrize("change", ["expired", "forged", "signed out"])
def test_a_capability_ends(house, monkeypatch, change):
    browser = house.console.signed_in()
    browser.get("/admin")
    assert "porchlight-posting" in browser.cookies
    if change == "expired":
        house.console.time.pass_by(hours=2)
    elif change == "forged":
        browser.cookies.set("porchlight-posting", "W10=.AAAA", domain="127.0.0.1")
    else:
        browser.post("/admin/sign-out")
    take_away(house, monkeypatch)
    if change == "forged":
        browser.cookies.clear()
        browser.cookies.set("porchlight-posting", "W10=.AAAA")
    assert "cannot prove who you are" in browser.get(ANYWAY).text


def test_while_the_database_works_the_other_way_is_shut(house):
    browser = house.console.signed_in()
    browser.get("/admin")
    answer = browser.post(ANYWAY, data={"form": "/admin/incidents", "what_happened": "Words"})
    assert answer.status_code == 422
    assert "The database works. Publish as usual" in answer.text
    assert house.waiting() == []


def test_a_full_disk_publishes_nothing_and_says_so(house, monkeypatch):
    browser = house.console.signed_in()
    browser.get("/admin")
    take_away(house, monkeypatch)
    page = browser.get(ANYWAY).text
    before = house.front()
    (house.folder / "spool").write_text("a file stands where the folder should be")
    answer = browser.post(ANYWAY, data=filled(page, ANYWAY, status="investigating"))
    assert answer.status_code == 503
    assert "Nothing was published" in answer.text
    assert "Nobody can sign in." in answer.text
    assert house.front() == before


@pytest.mark.slow
@pytest.mark.postgres
def test_with_postgresql_really_stopped_it_publishes_and_takes_in_once_it_is_back(tmp_path):
    with mortal_postgres() as server:
        if server is None:
            pytest.skip(NO_POSTGRESQL)
        database = Database.open(server.url)
        migrate(database)
        house = house_on(database, tmp_path / "var")
        browser = house.console.signed_in()
        sent = filled(browser.get("/admin/incidents/new?component=dashboard").text, "/admin/incidents")
        server.stop()
        refused = browser.post("/admin/incidents", data=sent)
        assert refused.status_code == 503
        (target,) = re.findall(r'formaction="([^"]+)"', refused.text)
        done = browser.post(target, data=the_form(refused.text, "/admin/incidents"))
        assert "It is on the page now." in text_of(done.text)
        assert "Nobody can sign in." in house.front()
        server.start()
        house.take_in()
        with database.read() as session:
            assert len(open_incidents(session)) == 1
        database.close()
