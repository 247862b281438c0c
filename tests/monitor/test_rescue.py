"""The rescue bundle: whole, printable, without anything from outside, and without a secret."""

import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from app.commands.incidents import IncidentDraft, open_incident
from app.domain.components import ComponentStatus
from app.domain.errors import UnavailableError
from app.importers.demo import load_demo
from app.importers.demo_file import read_demo
from app.monitor.nightly import Nightly
from app.monitor.rescue import Places, rescue_bundle, write_rescue
from app.publish.rescue import Bundle, Chapter, as_html, as_pdf, as_text
from app.store.audit import chain_head
from app.store.failovers import SwitchRow
from app.store.session import Database
from tests.commands.sign_ups import VAULT
from tests.commands.world import NOW, words

PLACES = Places("https://status.example.com", "https://console.example.com", Path("var"), bucket="pages", prefix="mls")
KEY = "a backup key of more than thirty-two characters"


@pytest.fixture
def demo(database: Database) -> Database:
    load_demo(database, VAULT, now=NOW, outage=True)
    switch = {
        "name": "sign-in.mls.example",
        "zone": "mls.example",
        "provider": "runbook",
        "normal": ["192.0.2.10"],
        "failover": ["192.0.2.99"],
        "planned_ttl": 300,
        "created_at": NOW,
        "updated_at": NOW,
    }
    with database.transaction() as session:
        session.add(SwitchRow(**switch))
    return database


@pytest.fixture
def bundle(demo: Database) -> Bundle:
    return rescue_bundle(demo, VAULT, PLACES, now=NOW)


def words_of(pdf: bytes) -> str:
    pages = PdfReader(BytesIO(pdf)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def test_both_files_say_whom_to_call_where_to_sign_in_and_what_to_read_out(bundle, demo):
    with demo.read() as session:
        head = chain_head(session)
    for said in (as_html(bundle).decode(), words_of(as_pdf(bundle)), as_text(bundle)):
        whole = re.sub(r"\s+", " ", said)
        assert "Harbor" in whole
        assert "April 4, 2026, 9:50 PM CDT" in whole
        assert "+1 202-555-0142" in whole  # the help desk
        assert "This is Harbor" in whole  # the announcement
        assert "porchlight post --new" in whole
        assert "aws s3 cp index.html s3://pages/mls/index.html" in whole
        assert "192.0.2.10" in whole
        assert "192.0.2.99" in whole
        assert "porchlight restore" in whole
        assert head.hash in whole.replace(" ", "")


def test_r16_with_mail_down_the_sheet_of_the_night_still_has_everybodys_telephone(demo, tmp_path):
    """Also the second mailbox, which is not where the MLS's own mail falls."""
    with demo.transaction() as session:
        down = words(components={"member-email": ComponentStatus.MAJOR_OUTAGE})
        open_incident(session, IncidentDraft("Mail is down", down), now=NOW)
    Nightly(demo, tmp_path, lambda: rescue_bundle(demo, VAULT, PLACES, now=NOW), clock=lambda: NOW).run()
    page = (tmp_path / "rescue" / "rescue.html").read_text()
    paper = words_of((tmp_path / "rescue" / "rescue.pdf").read_bytes()).replace(" ", "")
    people = read_demo()["people"]
    assert len(people) > 5
    for person in people:
        for address in (person["phone"], person["backup_email"]):
            assert address in page, person["name"]
            assert address.replace(" ", "") in paper, person["name"]
        assert person["backup_email"].partition("@")[2] != person["email"].partition("@")[2]


def test_every_component_has_its_direct_sign_in(bundle):
    doors = next(chapter for chapter in bundle.chapters if chapter.title == "Direct sign-ins")
    assert len(doors.rows) == 14
    said = words_of(as_pdf(bundle)).replace(" ", "")
    assert all(address.replace(" ", "") in said for _, address, *_ in doors.rows)


def test_nothing_in_it_comes_from_outside(bundle):
    page = as_html(bundle).decode()
    assert not re.search(r"<(script|link|img|iframe)\b|\bsrc=|url\(|@import", page)
    assert b"/URI" not in as_pdf(bundle)


def test_it_fits_into_a_mail(bundle):
    assert len(as_html(bundle)) < 1_000_000
    assert len(as_pdf(bundle)) < 1_000_000


def test_words_of_people_are_words_and_not_markup():
    bundle = Bundle("<b>MLS</b>", "Today", (Chapter("“Łódź” — 中", text=("<script>",)),))
    assert "<script>" not in as_html(bundle).decode()
    assert '"?ódz" - ?' in words_of(as_pdf(bundle))


def test_both_files_are_written_whole_for_their_owner(bundle, tmp_path):
    for path in write_rescue(bundle, tmp_path / "rescue"):
        assert path.stat().st_mode & 0o777 == 0o600
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match="cannot be written"):
        write_rescue(bundle, tmp_path / "file")


def test_a_night_makes_both_and_mails_the_bundle(demo, bundle, tmp_path):
    night = Nightly(
        demo,
        tmp_path,
        lambda: bundle,
        clock=lambda: NOW,
        backup_dir=tmp_path / "backups",
        backup_key=KEY,
        rescue_email=["desk@elsewhere.example"],
    )
    (mail,) = night.run()
    assert mail.address == "desk@elsewhere.example"
    assert "porchlight restore" in mail.text
    assert (tmp_path / "rescue" / "rescue.pdf").exists()
    assert len(list((tmp_path / "backups").glob("*.backup"))) == 1


def test_a_backup_that_fails_does_not_keep_the_bundle_from_being_made(demo, bundle, tmp_path, caplog):
    night = Nightly(
        demo, tmp_path, lambda: bundle, clock=lambda: NOW + timedelta(days=1), backup_dir=tmp_path / "backups"
    )
    assert night.run() == []
    assert "PORCHLIGHT_BACKUP_KEY" in caplog.text
    assert (tmp_path / "rescue" / "rescue.html").exists()
