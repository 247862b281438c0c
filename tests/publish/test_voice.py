"""The telephone line's documents: valid TwiML, in order, over in thirty seconds, with a day they expire."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree

from app.domain.channels import Channel
from app.domain.components import ComponentStatus
from app.publish import voice
from app.publish.parts import Part
from app.publish.sms_text import is_gsm, segments
from app.publish.snapshot import PublicSnapshot
from tests.doubles.caller import first_pass, spoken_seconds
from tests.doubles.twiml import read_twiml
from tests.publish.snapshots import EASTER, QUIET, demo_components, demo_snapshot, snapshot_with

OUTAGE, WELL = demo_snapshot(outage=True), demo_snapshot()
MOMENTS = {
    "outage": OUTAGE,
    "late": replace(OUTAGE, as_of=EASTER + timedelta(hours=1)),
    "quiet": WELL,
    "planned work": demo_snapshot(at=datetime(2025, 11, 2, 6, tzinfo=UTC)),
    "showings down": demo_snapshot(at=datetime(2026, 2, 10, 16, 20, tzinfo=UTC)),
    "everything down": snapshot_with(
        replace(item, status=ComponentStatus.MAJOR_OUTAGE, name=item.name * 3) for item in demo_components()
    ),
}


def parts(snapshot: PublicSnapshot) -> dict[str, Part]:
    return {part.path: part for part in voice.voice_parts(snapshot)}


def document(snapshot: PublicSnapshot, path: str = "/voice.xml") -> bytes:
    return parts(snapshot)[path].source().body


def said(snapshot: PublicSnapshot, path: str = "/voice.xml") -> str:
    return " ".join(words for _, words in first_pass(document(snapshot, path)))


@pytest.mark.parametrize("moment", MOMENTS)
def test_it_is_twiml_that_twilio_takes(moment: str):
    for path, part in parts(MOMENTS[moment]).items():
        if path.endswith(".xml"):
            assert part.media_type == "text/xml; charset=utf-8"
            read_twiml(part.source().body)


def test_its_schema_refuses_what_twilio_does_not_know():
    for wrong in (b"<Response><Shout/></Response>", b"<Response><Say language='en-US'/></Response>", b"<Say/>"):
        with pytest.raises(etree.DocumentInvalid):
            read_twiml(wrong)


def test_it_says_who_what_what_works_when_and_where_and_then_the_keys():
    assert said(OUTAGE) == (
        "This is Harbor and Pines M L S. As of Saturday 9 52 P M Central Time: "
        "Member dashboard is down. It's not just you. "
        "Working, with their own sign-in: Contract forms and 3 more. "
        "Next update by 10 30 P M. Links and news: h p m l s dash status dot example. "
        "Press 1 and we text you the links, 2 for Signing in, 3 for Listings and search, 4 for Forms and signatures. "
        "Para español, oprima 9."
    )


def test_it_repeats_itself_within_one_gather_and_hangs_up():
    root = read_twiml(document(OUTAGE))
    gather, hangup = root
    assert (gather.tag, hangup.tag) == ("Gather", "Hangup")
    words = [verb.text for verb in gather.iter("Say")]
    assert words[: len(words) // 2] == words[len(words) // 2 :]


@pytest.mark.parametrize("path", ["/voice.xml", "/es/voice.xml", "/voice-static.xml", "/es/voice-static.xml"])
@pytest.mark.parametrize("moment", ["outage", "late", "planned work", "showings down", "quiet"])
def test_it_is_over_in_thirty_seconds(moment: str, path: str):
    seconds = sum(spoken_seconds(words, language) for language, words in first_pass(document(MOMENTS[moment], path)))
    assert 5 < seconds <= 30


def test_it_tells_of_each_group_within_thirty_seconds():
    groups = [path for path in parts(OUTAGE) if "/voice/" in path]
    assert len(groups) == 4, "three in English, one in Spanish, whose words are longer"
    for path in groups:
        seconds = sum(spoken_seconds(words, language) for language, words in first_pass(document(OUTAGE, path)))
        assert seconds <= 30, path


def test_it_offers_a_menu_only_above_three_affected_services():
    three = snapshot_with(
        demo_components(showings=ComponentStatus.MAJOR_OUTAGE, esign=ComponentStatus.PARTIAL_OUTAGE,
                        lockboxes=ComponentStatus.DEGRADED_PERFORMANCE)
    )  # fmt: skip
    four = replace(three, components=tuple(
        replace(item, status=ComponentStatus.MAJOR_OUTAGE) if item.slug == "tax-records" else item
        for item in three.components
    ))  # fmt: skip
    assert voice.menu(three, "en") == ()
    assert [group.slug for group in voice.menu(four, "en")] == ["transactions", "property", "access"]
    assert "Press 1 and we text you the links. " in said(three)


def test_it_tells_of_a_group_what_is_down_and_the_doors():
    assert said(OUTAGE, "/voice/transactions.xml") == (
        "Forms and signatures: Contract forms: sign in directly at signin dot quillforms dot example. "
        "Electronic signatures: sign in directly at sign dot quillforms dot example. "
        "Press 1 and we text you the links. For everything, press 0."
    )
    assert "Member dashboard: Stopped. Use the direct sign-in list below." in said(OUTAGE, "/voice/signin.xml")


def test_it_names_the_groups_in_the_address_that_a_key_leads_to():
    action = urlsplit(read_twiml(document(OUTAGE))[0].get("action"))
    assert action.netloc == "hpmls-status.example"
    assert action.path == "/hooks/twilio/voice"
    assert parse_qs(action.query) == {"language": ["en"], "other": ["es"], "menu": ["signin,listings,transactions"]}


def test_it_offers_no_text_where_none_can_be_sent():
    assert "Press 1" not in said(replace(OUTAGE, channels=frozenset({Channel.EMAIL})))
    silent = replace(WELL, channels=frozenset(), organisation=replace(WELL.organisation, languages=("en",)))
    assert "ress" not in said(silent)


def test_it_speaks_one_language_where_the_organisation_has_one():
    only = replace(OUTAGE, organisation=replace(OUTAGE.organisation, languages=("en",)))
    assert not [path for path in parts(only) if path.startswith("/es/")]
    assert "español" not in said(only)


def test_it_invites_to_each_language_in_that_language():
    assert [language for language, _ in first_pass(document(OUTAGE, "/es/voice.xml"))] == ["es-MX", "en-US"]
    assert said(OUTAGE, "/es/voice.xml").endswith("For English, press 9.")


@pytest.mark.parametrize(
    ("snapshot", "until"),
    [
        (OUTAGE, datetime(2026, 4, 5, 4, 0, tzinfo=UTC)),
        (MOMENTS["everything down"], QUIET + timedelta(hours=2)),
        (WELL, QUIET + timedelta(hours=26)),
    ],
)
def test_it_carries_the_moment_it_expires(snapshot: PublicSnapshot, until: datetime):
    for path in ("/voice.xml", "/es/voice.xml", "/voice-static.xml"):
        assert voice.expiry_of(document(snapshot, path)) == until
    assert voice.expiry_of(document(snapshot, "/voice-away.xml")) is None


def test_it_lets_work_in_progress_promise_its_planned_end():
    working = MOMENTS["planned work"]
    (work,) = working.active_maintenances
    unsaid = replace(work, updates=tuple(replace(update, next_update_at=None) for update in work.updates))
    maintenances = tuple(unsaid if item.id == work.id else item for item in working.maintenances)
    until = voice.expiry(replace(working, maintenances=maintenances))
    assert until == work.scheduled_until + timedelta(minutes=30)


def test_its_copy_for_a_dead_program_says_until_when_it_holds_and_takes_no_key():
    root = read_twiml(document(OUTAGE, "/voice-static.xml"))
    assert [verb.tag for verb in root] == ["Say", "Pause", "Say", "Hangup"]
    assert "This holds until 11 P M; after that, call back or see the page." in said(OUTAGE, "/voice-static.xml")


def test_it_says_the_help_desks_number_instead_of_old_news():
    assert said(OUTAGE, "/voice-away.xml") == (
        "This is Harbor and Pines M L S. There is no fresh announcement at this moment. "
        "Please call back in a few minutes, or see h p m l s dash status dot example. Help desk: 1 2 0 2 5 5 5 0 1 4 2."
    )
    assert b"Please call back" in voice.away(None, "https://status.mls.example", "en")


@pytest.mark.parametrize("path", ["/voice-links.txt", "/es/voice-links.txt"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_it_texts_the_doors_in_at_most_two_segments(moment: str, path: str):
    text = document(MOMENTS[moment], path).decode()
    assert is_gsm(text)
    assert 1 <= segments(text) <= 2
    assert text.endswith(" https://hpmls-status.example")


def test_it_texts_every_door_of_the_demo():
    text = document(OUTAGE, "/voice-links.txt").decode()
    assert text.count("https://") == 5


def test_it_escapes_names_that_look_like_markup():
    odd = replace(OUTAGE, organisation=replace(OUTAGE.organisation, name='<Hangup/> & "Co"'))
    read_twiml(document(odd))
    assert "<Hangup/> and" in said(odd)
