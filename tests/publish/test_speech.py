"""The announcement: in order, true, readable aloud, and over in thirty seconds."""

import re
import shutil
import subprocess
import wave
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.components import ComponentStatus
from app.publish.snapshot import PublicSnapshot
from app.publish.speech import LENGTH, SpokenLanguage, phone_script, spoken
from tests.publish.snapshots import EASTER, demo_components, demo_snapshot, snapshot_with

ZONE = demo_snapshot().organisation.zone
ENGLISH, SPANISH = SpokenLanguage("en", ZONE), SpokenLanguage("es", ZONE)

MOMENTS = {
    "outage": demo_snapshot(outage=True),
    "late": replace(demo_snapshot(outage=True), as_of=EASTER + timedelta(hours=1)),
    "quiet": demo_snapshot(),
    "planned work": demo_snapshot(at=datetime(2025, 11, 2, 6, tzinfo=UTC)),
    "showings down": demo_snapshot(at=datetime(2026, 2, 10, 16, 20, tzinfo=UTC)),
    "everything down": snapshot_with(
        replace(item, status=ComponentStatus.MAJOR_OUTAGE, name=item.name * 3) for item in demo_components()
    ),
}


def script(snapshot: PublicSnapshot, code: str = "en") -> str:
    return "\n".join(phone_script(snapshot, code))


def local(hour: int, minute: int) -> datetime:
    return datetime(2026, 4, 4, hour, minute, tzinfo=ZONE)


def test_it_says_who_what_what_works_when_and_where():
    assert phone_script(demo_snapshot(outage=True), "en") == [
        "This is Harbor and Pines M L S.",
        "As of Saturday 9 52 P M Central Time:",
        "Member dashboard is down. It's not just you.",
        "Also out of reach for now: M L S search and listing details and 2 more.",
        "Working, with their own sign-in: Contract forms, Electronic signatures, Tax and public records, "
        "and Showing appointments.",
        "Next update by 10 30 P M.",
        "Links and news: h p m l s dash status dot example.",
    ]


def test_it_tells_the_way_around_where_there_is_no_other_door():
    assert "Book by phone with the appointment desk" in script(MOMENTS["showings down"])


def test_it_does_not_mix_two_languages_in_one_recording():
    spanish = script(MOMENTS["showings down"], "es")
    assert "Book by phone" not in spanish
    assert "Los demás servicios funcionan como siempre." in spanish


def test_it_admits_that_the_update_is_late():
    assert "An update was promised by 10 30 P M and is late." in script(MOMENTS["late"])


def test_it_announces_work_of_the_coming_week_when_all_is_well():
    ahead = demo_snapshot(at=datetime(2025, 10, 30, 12, tzinfo=UTC))
    assert "Planned work: Overnight listing-system upgrade ran long, Sunday 12 30 A M." in script(ahead)
    assert "Planned work" not in script(demo_snapshot(at=datetime(2025, 10, 23, 12, tzinfo=UTC)))


@pytest.mark.parametrize("code", ["en", "es"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_it_writes_every_number_and_address_to_be_read_aloud(moment: str, code: str):
    said = script(MOMENTS[moment], code)
    assert not re.search(r"\d:\d|https?:|&|MLS|\.example|\bCT\b", said)


@pytest.mark.parametrize("code", ["en", "es"])
@pytest.mark.parametrize("moment", [name for name in MOMENTS if name != "everything down"])
def test_it_keeps_to_its_length(moment: str, code: str):
    assert len(script(MOMENTS[moment], code)) <= LENGTH


@pytest.mark.parametrize("code", ["en", "es"])
def test_it_never_cuts_the_verdict_or_the_promise(code: str):
    opened = demo_snapshot(outage=True)
    long_names = tuple(replace(item, name=f"{item.short_name} {'and more ' * 20}") for item in opened.components)
    said = phone_script(replace(opened, components=long_names), code)
    assert len(said) == 5
    assert "and more and more" in said[2]
    assert "10" in said[3]


@pytest.mark.parametrize(("code", "voice"), [("en", "en-us"), ("es", "es-419")])
@pytest.mark.parametrize("moment", ["outage", "late", "planned work", "showings down"])
def test_it_is_over_in_thirty_seconds(moment: str, code: str, voice: str, tmp_path: Path):
    program = shutil.which("espeak-ng") or pytest.skip("Debian's package espeak-ng is not installed (make system)")
    sound = tmp_path / "announcement.wav"
    subprocess.run([program, "-v", voice, "-w", sound, script(MOMENTS[moment], code)], check=True)
    with wave.open(str(sound)) as recording:
        assert recording.getnframes() / recording.getframerate() <= 30


@pytest.mark.parametrize(
    ("hour", "minute", "english", "spanish"),
    [
        (21, 42, "9 42 P M", "9 y 42 de la noche"),
        (21, 5, "9 oh 5 P M", "9 y 5 de la noche"),
        (9, 0, "9 A M", "9 de la mañana"),
        (0, 30, "12 30 A M", "12 y 30 de la madrugada"),
        (13, 15, "1 15 P M", "1 y 15 de la tarde"),
    ],
)
def test_it_says_times_as_people_do(hour: int, minute: int, english: str, spanish: str):
    assert ENGLISH.time(local(hour, minute)) == english
    assert SPANISH.time(local(hour, minute)) == spanish


@pytest.mark.parametrize(
    ("written", "aloud"),
    [
        ("Back at 4:30 PM.", "Back at 4 30 P M."),
        ("until 5:05 p.m. Monday", "until 5 oh 5 P M Monday"),
        ("Call +1 202-555-0142 now", "Call 1 2 0 2 5 5 5 0 1 4 2 now"),
        ("https://hpmls-status.example", "h p m l s dash status dot example"),
        ("input@hpmls-ops.example", "input at h p m l s dash ops dot example"),
        ("IDX & MLS, your PIN, RESO", "I D X and M L S, your PIN, RESO"),
        ("99:99 PM is no time", "99:99 P M is no time"),
        ("12.5 percent, e.g. this. And so", "12.5 percent, e.g. this. And so"),
        ("a\x00b \ud800", "ab"),
    ],
)
def test_it_spells_out_what_cannot_be_read(written: str, aloud: str):
    assert spoken(written, ENGLISH) == aloud


def test_it_reads_spanish_marks_in_spanish():
    assert spoken("https://hpmls-status.example & 9:05 p.m.", SPANISH) == (
        "h p m l s guion status punto example y 9 y 5 de la noche"
    )
