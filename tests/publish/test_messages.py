"""What a notice says on every channel, in both languages, from one set of fields."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.domain.channels import Channel
from app.domain.components import ComponentStatus
from app.domain.incidents import HEADING_FIELDS, Incident, IncidentStatus, IncidentUpdate
from app.domain.maintenance import MaintenanceStatus
from app.domain.message_templates import SLOTS, TEXTS, MessageEvent, check_texts
from app.domain.reach import Reach
from app.domain.slots import fill, slots_of
from app.publish.message_slots import event_of, facts_of, slots_for
from app.publish.message_templates import EVENTS, Templates, mail_layout, mail_templates, sms_templates, texts_of
from app.publish.messages import (
    Message,
    Recipient,
    addressed,
    message_of,
)
from app.publish.sms_text import is_gsm, phone_text, segments
from app.publish.snapshot import PublicSnapshot
from notifiers.base import Notice
from tests.doubles.nodetools import html_faults
from tests.publish.snapshots import DEMO, demo_components, demo_snapshot, snapshot_with

DEMO_FILE: dict[str, Any] = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
LANGUAGES = ("en", "es")
RECIPIENT = Recipient(
    "41-7",
    "member@mls.example",
    manage_url="https://hpmls-status.example/subscribe/manage/7.abc",
    stop_url="https://hpmls-status.example/subscribe/stop/7.abc",
)
OUTAGE = demo_snapshot(outage=True)


def content_of(incident: Incident, **changes: object) -> dict[str, Any]:
    """The fields that are written with an incident's newest update."""
    said: IncidentUpdate = incident.updates[-1]
    fields = {
        "kind": incident.kind.value,
        "severity": incident.severity.value if incident.severity else None,
        "started_at": incident.started_at.isoformat(),
        **dict(zip(HEADING_FIELDS, said.headings.as_tuple(), strict=True)),
        "footnote": said.footnote,
        "id": incident.id,
        "reference": incident.reference,
        "title": incident.title,
        "status": said.status.value,
        "body": said.body,
        "update_id": said.id,
        "update_number": said.number,
        "is_first": len(incident.updates) == 1,
        "said_at": said.said_at.isoformat(),
        "next_update_at": said.next_update_at.isoformat() if said.next_update_at else None,
        "components": [
            {"slug": change.slug, "name": change.name, "old": change.old.value, "new": change.new.value}
            for change in said.changes
        ],
    }
    return fields | changes


def easter(**changes: object) -> dict[str, Any]:
    return content_of(OUTAGE.open_incidents[0], **changes)


def work(**changes: object) -> dict[str, Any]:
    """Planned work on the forms, next Sunday night."""
    fields = {
        "kind": "maintenance",
        "id": "aaaaaaaaaaaa",
        "reference": "",
        "title": "New version of the forms",
        "status": "scheduled",
        "body": "The forms get a new version.",
        "update_id": "bbbbbbbbbbbb",
        "update_number": 1,
        "is_first": True,
        "said_at": "2026-11-21T18:00:00+00:00",
        "next_update_at": None,
        "scheduled_for": "2026-11-22T06:30:00+00:00",
        "scheduled_until": "2026-11-22T09:00:00+00:00",
        "components": [
            {"slug": "forms", "name": "Contract forms", "old": "operational", "new": "under_maintenance"},
        ],
    }
    return fields | changes


def said(content: dict[str, Any], channel: Channel, code: str = "en", snapshot: PublicSnapshot = OUTAGE) -> Message:
    return message_of(content, snapshot, channel, code)


def mail(content: dict[str, Any], code: str = "en", snapshot: PublicSnapshot = OUTAGE) -> Notice:
    return addressed(said(content, Channel.EMAIL, code, snapshot), RECIPIENT)


def one_line(text: str) -> str:
    return " ".join(text.split())


SAME_AS_DEMO = (
    "investigating",
    "confirmed",
    "no_change",
    "limited_service",
    "resolved",
    "reopened",
    "maintenance_scheduled",
    "security_reset",
    "isolated",
    "vendor_closing",
    "deadline_relief",
)


@pytest.mark.parametrize("event", SAME_AS_DEMO)
def test_it_texts_in_the_words_of_the_demo_file(event):
    (wanted,) = (template["sms"] for template in DEMO_FILE["templates"] if template["event"] == event)
    ours = sms_templates("en")[event].replace("{who}", "HPMLS").replace("{url}", "hpmls-status.example")
    assert one_line(ours) == wanted


@pytest.mark.parametrize("code", LANGUAGES)
def test_it_has_words_for_every_event_and_for_nothing_else(code):
    assert set(sms_templates(code)) == set(EVENTS)
    assert set(mail_templates(code)) == set(EVENTS)


@pytest.mark.parametrize("code", LANGUAGES)
def test_it_fills_every_slot_that_a_template_has(code):
    known = set(slots_for(facts_of(easter(), OUTAGE, code)))
    assert known == set(SLOTS)
    templates = [sms_templates(code)[event] for event in EVENTS]
    mails = [mail_templates(code)[event] for event in EVENTS]
    templates += [text for item in mails for text in (item.subject, item.opening)]
    assert not {slot for template in templates for slot in slots_of(template)} - known


LONGEST = {name: "x" * limits["max"] for name, limits in DEMO_FILE["template_variables"].items()}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("code", LANGUAGES)
def test_its_texts_fit_one_segment_with_the_longest_values(event, code):
    longest = LONGEST | {"who": "HPMLS", "url": "hpmls-status.example", "until": LONGEST["deadline"]}
    text = phone_text(fill(sms_templates(code)[event], longest))
    assert is_gsm(text)
    assert len(text) <= 160
    assert segments(text) == 1


def later(status: IncidentStatus, **states: ComponentStatus) -> tuple[dict[str, Any], PublicSnapshot]:
    """The Easter outage with one more update half an hour on, which gives components these states."""
    incident = OUTAGE.open_incidents[0]
    slugs = {name.replace("_", "-"): state for name, state in states.items()}
    first = incident.updates[0]
    changes = tuple(replace(change, old=change.new, new=slugs[change.slug]) for change in first.changes if slugs)
    at = first.said_at + timedelta(minutes=30)
    update = replace(
        first, id="d" * 12, number=first.number + 1, status=status, changes=changes, display_at=at, created_at=at
    )
    told = replace(incident, updates=(first, update), status=status)
    others = [item for item in OUTAGE.incidents if item.id != incident.id]
    return content_of(told), snapshot_with(OUTAGE.components, [told, *others], as_of=at)


WELL = {"sso_dashboard": ComponentStatus.OPERATIONAL, "mfa_codes": ComponentStatus.OPERATIONAL}
STATES = [
    ((easter(), OUTAGE), "sso_down_direct_links"),
    ((easter(event="security_reset"), OUTAGE), "security_reset"),
    (later(IncidentStatus.IDENTIFIED), "sso_down_direct_links"),
    (later(IncidentStatus.MONITORING), "limited_service"),
    (later(IncidentStatus.MONITORING, **WELL), "watching"),
    (later(IncidentStatus.INVESTIGATING, **WELL), "isolated"),
    (later(IncidentStatus.RESOLVED, **WELL), "resolved"),
    (later(IncidentStatus.POSTMORTEM), "report"),
    ((work(), demo_snapshot()), "maintenance_scheduled"),
    ((work(status="in_progress"), demo_snapshot()), "maintenance_started"),
    ((work(status="verifying"), demo_snapshot()), "maintenance_started"),
    ((work(status="completed"), demo_snapshot()), "maintenance_completed"),
]


@pytest.mark.parametrize(("given", "event"), STATES)
def test_it_chooses_the_words_that_follow_from_the_facts(given, event):
    content, snapshot = given
    facts = facts_of(content, snapshot, "en")
    assert event_of(facts) == event
    if content["kind"] != "maintenance":
        assert [item.slug for item in facts.affected] == ["sso-dashboard"]


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL])
def test_it_gives_the_same_words_whenever_the_notice_is_read(channel):
    """By its words a text is found again in the provider's log: hours later, after a restart."""
    _, half_an_hour_on = later(IncidentStatus.RESOLVED, **WELL)
    first = said(easter(), channel)
    assert said(easter(), channel, snapshot=half_an_hour_on) == first
    assert said(easter(), channel, snapshot=demo_snapshot()) == first


def photos_down(status: IncidentStatus, *, first: bool = True) -> tuple[dict[str, Any], PublicSnapshot]:
    """An outage of the photos, which are the way to nothing else."""
    snapshot = snapshot_with(demo_components(photos=ComponentStatus.MAJOR_OUTAGE))
    change = {"slug": "photos", "name": "Listing photos", "old": "operational", "new": "major_outage"}
    return easter(status=status.value, is_first=first, components=[change], id="cccccccccccc"), snapshot


@pytest.mark.parametrize(
    ("status", "first", "event"),
    [
        (IncidentStatus.INVESTIGATING, True, "investigating"),
        (IncidentStatus.INVESTIGATING, False, "update"),
        (IncidentStatus.IDENTIFIED, True, "confirmed"),
        (IncidentStatus.IDENTIFIED, False, "confirmed"),
    ],
)
def test_it_chooses_the_words_where_no_other_door_is_needed(status, first, event):
    content, snapshot = photos_down(status, first=first)
    assert event_of(facts_of(content, snapshot, "en")) == event


def test_it_does_not_boast_of_doors_that_another_outage_shut():
    content, _ = photos_down(IncidentStatus.INVESTIGATING)
    facts = facts_of(content, OUTAGE, "en")
    assert event_of(facts) == "investigating"
    assert facts.snapshot.ways["forms"].reach is Reach.ANOTHER_DOOR


def test_it_says_sorry_when_it_took_back_the_all_clear():
    incident = OUTAGE.open_incidents[0]
    opened = incident.updates[0]
    at = opened.said_at + timedelta(hours=1)
    over = replace(opened, id="d" * 12, number=opened.number + 1, status=IncidentStatus.RESOLVED)
    again = replace(opened, id="e" * 12, number=opened.number + 2, display_at=at, created_at=at)
    reopened = replace(incident, updates=(opened, over, again))
    others = [item for item in OUTAGE.incidents if item.id != incident.id]
    snapshot = snapshot_with(OUTAGE.components, [reopened, *others], as_of=OUTAGE.as_of)
    content = content_of(reopened)
    assert event_of(facts_of(content, snapshot, "en")) == "reopened"
    assert said(content, Channel.SMS, snapshot=snapshot).text.startswith(
        "HPMLS: sorry, Member dashboard failed again at 10:50 PM."
    )


def test_it_texts_what_is_down_what_works_and_when_the_next_word_comes():
    assert said(easter(), Channel.SMS).text == (
        "HPMLS: Member dashboard is down. Contract forms, Electronic signatures +2 WORK - direct links: "
        "hpmls-status.example Next word 10:30 PM. Txt STOP to end"
    )


def test_it_texts_in_spanish_within_the_alphabet_of_phones():
    text = said(easter(), Channel.SMS, "es").text
    assert text.startswith("HPMLS: Member dashboard no funciona.")
    assert text.endswith("STOP para salir")
    assert ".." not in text
    assert is_gsm(text)


def test_it_promises_nothing_where_nothing_was_promised():
    content = easter(next_update_at=None)
    assert "Next word" not in said(content, Channel.SMS).text
    assert "Next update" not in mail(content).text


def test_it_tells_the_window_of_planned_work():
    text = said(work(), Channel.SMS, snapshot=demo_snapshot()).text
    assert "Contract forms closes for planned work Sun 12:30 AM-3:00 AM CT." in text


@given(st.text(max_size=400), st.text(max_size=200))
def test_it_never_bills_more_than_two_segments_whatever_people_typed(title, body):
    text = said(easter(title=title or "x", body=body, components=[], id="cccccccccccc"), Channel.SMS).text
    assert segments(text) <= 2
    assert is_gsm(text)


@given(st.text())
def test_it_brings_any_text_into_the_alphabet_of_phones(text):
    assert is_gsm(phone_text(text))


def test_it_keeps_the_letters_that_the_alphabet_of_phones_has():
    assert phone_text("¿Señora, está “aquí” – o no…?\u00a0À") == '¿Señora, esta "aqui" - o no...? A'


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("[" * 80, 1), ("[" * 81, 2)],
)
def test_it_counts_segments_as_the_phone_company_does(text, count):
    assert segments(text) == count


def test_it_mails_the_four_headings_and_the_direct_sign_ins_as_full_addresses():
    notice = mail(easter())
    assert notice.subject == "Member dashboard is down - here is how to reach your tools"
    for title in ("What happened", "What we are doing", "What is affected", "How to reach what works"):
        assert f"\n{title}\n" in notice.text
        assert f">{title}</h2>" in notice.html
    assert "- Showing appointments: https://go.doorstep.example (Its own password" in notice.text
    assert '<a href="https://go.doorstep.example">Showing appointments</a>' in notice.html
    assert "Next update by 10:30 PM." in notice.text


def test_it_lets_a_member_change_or_end_the_mails_from_each_mail():
    notice = mail(easter())
    assert notice.unsubscribe_url == RECIPIENT.stop_url
    for url in (RECIPIENT.manage_url, RECIPIENT.stop_url):
        assert url in notice.text
        assert f'href="{url}"' in notice.html


def test_it_mails_in_spanish():
    notice = mail(easter(), "es")
    assert notice.language == "es"
    assert notice.subject == "Member dashboard no funciona: así llega a sus herramientas"
    assert "Entradas directas:" in notice.text
    assert '<html lang="es">' in notice.html
    assert "/es/incidents/" in notice.text


def test_it_says_a_text_that_is_also_a_heading_only_once():
    words = "Nobody can sign in since 9:42."
    assert mail(easter(body=words, what_happened=words)).text.count(words) == 1


HOSTILE = '<script>alert(1)</script> <img src=x onerror=alert(1)> {who} {{ 7*7 }} [x](javascript:alert(1)) "&'


def test_it_lets_no_markup_of_people_into_a_mail():
    html = mail(easter(title=HOSTILE, body=HOSTILE, what_happened=HOSTILE, components=[], id="cccccccccccc")).html
    assert "<script" not in html
    assert "<img" not in html
    assert "javascript:alert" not in re.findall(r'href="([^"]*)"', html)
    assert "{who} {{ 7*7 }}" in html
    assert "49" not in html


def test_it_writes_mails_that_are_valid_html():
    assert not html_faults({code: mail(easter(), code).html for code in LANGUAGES})


def test_it_fills_the_layout_of_mails_with_what_it_has():
    assert slots_of(mail_layout()) == {"language", "subject", "organisation", "body", "footer"}


@pytest.mark.parametrize("channel", [Channel.SLACK, Channel.TEAMS])
def test_it_gives_chats_the_words_of_the_mail_without_anybodys_own_links(channel):
    notice = addressed(said(easter(), channel), Recipient("41-7", "https://hooks.slack.com/x"))
    assert notice.subject == mail(easter()).subject
    assert "What happened" in notice.text
    assert "subscribe" not in notice.text
    assert not notice.html


def test_it_gives_webhooks_the_facts_and_no_words_of_ours_alone():
    payload = said(easter(), Channel.WEBHOOK).payload
    assert payload is not None
    assert payload["type"] == "incident.updated"
    assert payload["data"]["status"] == "investigating"
    assert payload["data"]["url"].startswith("https://hpmls-status.example/incidents/")
    assert "severity" not in payload["data"]
    assert json.loads(json.dumps(payload)) == payload


def test_it_gives_statuspages_webhooks_their_shape():
    notice = addressed(said(easter(), Channel.STATUSPAGE), replace(RECIPIENT, address="https://hooks.mls.example"))
    body, incident = notice.payload, OUTAGE.open_incidents[0]
    assert set(body) == {"meta", "page", "incident"}
    assert set(body["meta"]) == {"unsubscribe", "documentation", "generated_at"}
    assert body["meta"]["unsubscribe"] == RECIPIENT.stop_url
    assert set(body["page"]) == {"id", "status_indicator", "status_description"}
    assert body["incident"]["id"] == incident.id
    assert body["incident"]["incident_updates"][0]["status"] == "investigating"


def test_it_tells_statuspages_webhooks_of_each_component_whose_status_changed():
    notice = addressed(said(easter(), Channel.STATUSPAGE), RECIPIENT)
    changes = easter()["components"]
    assert [body["component_update"]["new_status"] for body in notice.more] == [change["new"] for change in changes]
    for body in notice.more:
        assert set(body) == {"meta", "page", "component", "component_update"}
        assert body["meta"]["unsubscribe"] == RECIPIENT.stop_url
        assert set(body["component_update"]) == {
            "old_status", "new_status", "created_at", "component_type", "id", "component_id",
        }  # fmt: skip
        assert body["component"]["id"] == body["component_update"]["component_id"]
    same = [change | {"old": change["new"]} for change in changes]
    assert said(easter(components=same), Channel.STATUSPAGE).more == []


def test_it_knows_every_state_of_planned_work():
    for status in MaintenanceStatus:
        assert said(work(status=status.value), Channel.SMS, snapshot=demo_snapshot()).text


RELIEF = {
    "starts_at": "2026-04-05T02:00:00+00:00",
    "ends_at": "2026-04-06T22:00:00+00:00",
    "rules": [],
    "authority": "",
}
LAST_DAY = "2026-04-09T22:00:00+00:00"
DEADLINES = [
    ("deadline_relief", {"relief": RELIEF}, "Mon 5:00 PM", "lun 5:00 p.m."),
    ("vendor_closing", {"relief": RELIEF, "deadline_at": LAST_DAY}, "Thu 5:00 PM", "jue 5:00 p.m."),
]


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL, Channel.SLACK, Channel.TEAMS])
@pytest.mark.parametrize(("event", "fields", "english", "spanish"), DEADLINES)
def test_it_tells_of_deadlines_on_every_channel(event, fields, english, spanish, channel):
    for code, deadline in (("en", english), ("es", spanish)):
        message = said(easter(event=event, **fields), channel, code)
        assert deadline in message.text.replace("\u202f", " ").replace("\xa0", " ")
        if channel is Channel.SMS:
            assert segments(message.text) == 1


def test_it_tells_webhooks_of_deadlines_as_facts():
    payload = said(easter(event="deadline_relief", relief=RELIEF), Channel.WEBHOOK).payload
    assert payload is not None
    assert payload["data"]["event"] == "deadline_relief"
    assert payload["data"]["relief"]["ends_at"] == RELIEF["ends_at"]


def test_it_tells_of_a_supplier_who_closes_without_being_asked_to():
    content = easter(kind="vendor_closing", deadline_at=LAST_DAY)
    assert event_of(facts_of(content, OUTAGE, "en")) == "vendor_closing"
    over = easter(kind="vendor_closing", deadline_at=LAST_DAY, status="resolved")
    assert event_of(facts_of(over, OUTAGE, "en")) == "resolved"


@pytest.mark.parametrize("event", ["no_change", "security_reset"])
@pytest.mark.parametrize("code", LANGUAGES)
def test_it_uses_the_words_that_a_person_chose(event, code):
    text = said(easter(event=event), Channel.SMS, code).text
    opening = one_line(sms_templates(code)[event].replace("{who}", "HPMLS").split("{")[0])
    assert text.startswith(phone_text(opening))


OWN = Templates(
    {
        ("sms", "sso_down_direct_links", "en"): {"text": "{who}: our own words about {component}."},
        ("email", "sso_down_direct_links", "en"): {"subject": "Own: {component}", "opening": "Own opening."},
    }
)


def test_it_uses_an_organisations_own_words_before_ours():
    assert message_of(easter(), OUTAGE, Channel.SMS, "en", OWN).text == "HPMLS: our own words about Member dashboard."
    letter = message_of(easter(), OUTAGE, Channel.EMAIL, "en", OWN)
    assert letter.subject == "Own: Member dashboard"
    assert letter.text.startswith("Own opening.")
    assert message_of(easter(), OUTAGE, Channel.SMS, "es", OWN) == said(easter(), Channel.SMS, "es")


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("event", MessageEvent)
@pytest.mark.parametrize("channel", TEXTS)
def test_it_would_accept_its_own_words_from_an_editor(channel, event, code):
    known = {"who": "HPMLS", "url": "hpmls-status.example"}
    texts = texts_of(channel, event, code)
    check_texts(channel, event, texts, known=known, segments=lambda text: segments(phone_text(text)))


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL, Channel.SLACK, Channel.TEAMS])
@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("event", [None, *EVENTS])
def test_it_says_first_that_a_drill_is_a_drill(channel, code, event):
    message = said(easter(is_drill=True, event=event, relief=RELIEF, deadline_at=LAST_DAY), channel, code)
    assert message.text.startswith("DRILL: ")
    if channel is Channel.SMS:
        assert segments(message.text) == 1
    else:
        assert message.subject.startswith("DRILL: ")
        assert message.body.startswith("<p>DRILL: ")


def test_it_gives_webhooks_a_type_of_their_own_for_drills():
    payload = said(easter(is_drill=True), Channel.WEBHOOK).payload
    assert payload is not None
    assert payload["type"] == "drill.updated"
