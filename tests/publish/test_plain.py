"""The page for the thinnest connection, and the script for whoever reads into the phone system."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.publish.documents import TEXT
from app.publish.plain import plain_parts
from app.publish.snapshot import PublicSnapshot
from tests.publish.snapshots import EASTER, demo_snapshot, rendered, snapshot_with

PATHS = ["/text", "/phone.txt", "/es/text", "/es/phone.txt"]


def documents(snapshot: PublicSnapshot) -> dict[str, str]:
    return {source.path: source.body.decode() for source in rendered(plain_parts, snapshot)}


def text(snapshot: PublicSnapshot) -> str:
    return documents(snapshot)["/text"]


def test_it_offers_both_in_every_language_of_the_organisation():
    assert sorted(part.path for part in plain_parts(demo_snapshot())) == sorted(PATHS)
    assert {part.media_type for part in plain_parts(demo_snapshot())} == {TEXT}
    alone = replace(demo_snapshot().organisation, languages=("en",))
    assert [part.path for part in plain_parts(replace(demo_snapshot(), organisation=alone))] == PATHS[:2]


def test_it_tells_the_outage_in_the_order_of_need():
    said = text(demo_snapshot(outage=True))
    wanted = [
        "Harbor & Pines MLS\nMember dashboard is down. It's not just you.\n",
        "Since 9:42 PM CT, next update by 10:30 PM CT\n",
        "Sign in directly:\n- Contract forms: https://signin.quillforms.example\n",
        "- Showing appointments: https://go.doorstep.example\n",
        "No way in for now: MLS search and listing details, Add or edit a listing, Listing photos",
        "Stopped: Member dashboard, Sign-in codes by text or email",
        "Deadlines extended to Mon 5:00 PM CT",
        "Recorded news: +1 202-555-0143",
        "As of Apr 4, 2026, 9:52 PM CT - https://hpmls-status.example",
    ]
    places = [said.index(part) for part in wanted]
    assert places == sorted(places)


def test_it_shows_no_door_that_leads_back_to_the_dashboard():
    said = text(demo_snapshot(outage=True))
    assert said.count("https://") == 5
    assert "dashboard.hpmls.example" not in said


def test_it_says_that_the_update_is_late():
    late = replace(demo_snapshot(outage=True), as_of=EASTER + timedelta(hours=1))
    assert "update due 10:30 PM - late" in text(late)


def test_it_is_a_few_lines_when_all_is_well():
    said = text(demo_snapshot())
    assert said.splitlines()[:2] == ["Harbor & Pines MLS", "Everything is working."]
    assert len(said) < 300


def test_it_tells_planned_work_ahead():
    ahead = demo_snapshot(at=datetime(2025, 10, 30, 12, tzinfo=UTC))
    assert "Planned: Overnight listing-system upgrade ran long, Sun 12:30 AM CT" in text(ahead)


@pytest.mark.parametrize("path", PATHS)
def test_it_stays_under_a_kilobyte(path: str):
    assert len(documents(demo_snapshot(outage=True))[path].encode()) < 1000


@pytest.mark.parametrize("path", PATHS)
def test_it_uses_only_what_an_old_phone_can_show(path: str):
    outage = demo_snapshot(outage=True)
    fancy = replace(outage.incidents[0], title="“Sign-in” — it’s down…\u00a0\x00\ud800")
    said = documents(snapshot_with((), [fancy], as_of=outage.as_of))[path]
    assert not [character for character in said if ord(character) > 0xFF or character < "\n"]
    assert '"Sign-in" - it\'s down' in said
    assert said.endswith("\n")


def test_it_leaves_out_telephone_numbers_it_does_not_have():
    silent = replace(demo_snapshot().organisation, announcement_phone="", help_desk_phone="")
    said = text(replace(demo_snapshot(), organisation=silent))
    assert "Recorded news" not in said
    assert "Help desk" not in said


def test_it_speaks_spanish():
    said = documents(demo_snapshot(outage=True))["/es/text"]
    assert "Member dashboard no funciona. No es solo usted.\nDesde: 9:42 p.m. CT, próximo aviso: 10:30 p.m. CT" in said
