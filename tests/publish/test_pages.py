"""The public page as documents: what they say, what they weigh, and what they depend on."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from lxml import html
from lxml.html import HtmlElement

from app.domain.components import AuthMode, Component, ComponentStatus, DirectLink
from app.domain.incidents import AffectedComponent, Headings, Incident
from app.publish.archive_pages import render_record
from app.publish.catalogue import all_parts
from app.publish.documents import compress
from app.publish.html import CONTENT_SECURITY_POLICY, SCRIPT, SCRIPT_PATH, STYLES
from app.publish.pages import page_parts
from app.publish.snapshot import PublicSnapshot
from app.web.answers import content_security_policy
from tests.doubles.nodetools import html_faults
from tests.publish.snapshots import EASTER, QUIET, demo_components, demo_snapshot, rendered, snapshot_with

KIB = 1024
LATE = datetime(2026, 4, 5, 4, 26, tzinfo=UTC)
"""After the promise of 11:25 PM has passed without a word."""

WORKING_ON_IT = datetime(2025, 11, 2, 6, 40, tzinfo=UTC)
PLANNED_AHEAD = datetime(2025, 10, 28, 13, 0, tzinfo=UTC)
FAILING_FOR_SOME = datetime(2026, 7, 18, 13, 0, tzinfo=UTC)


@cache
def demo(at: datetime = EASTER) -> PublicSnapshot:
    return demo_snapshot(at=at)


@cache
def outage() -> dict[str, bytes]:
    return documents(demo())


def documents(snapshot: PublicSnapshot) -> dict[str, bytes]:
    return {source.path: source.body for source in rendered(page_parts, snapshot)}


def page(snapshot: PublicSnapshot, path: str = "/") -> HtmlElement:
    part = next(part for part in page_parts(snapshot) if part.path == path)
    return html.document_fromstring(part.source().body.decode())


def text(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def titles(document: HtmlElement) -> list[str]:
    return [text(heading) for heading in document.iter("h1", "h2")]


def only_incident(**changes: object) -> PublicSnapshot:
    """The outage with its incident changed."""
    snapshot = demo()
    changed = replace(snapshot.open_incidents[0], **changes)  # type: ignore[arg-type]
    return replace(snapshot, incidents=(changed, *snapshot.incidents[1:]))


# What the front page says.


def test_it_answers_the_two_questions_first() -> None:
    document = page(demo())
    main = text(document.get_element_by_id("main"))

    assert main.startswith("Member dashboard is down. It's not just you. Since 9:42 PM CT next update by 10:30 PM CT")
    assert titles(document)[1] == "Get in another way"


def test_it_keeps_the_order_of_the_specification() -> None:
    expected = [
        "Get in another way",
        "Running, but no other way in",
        "Stopped",
        "Not affected",
        "Member dashboard sign-in down",
        "Deadlines",
        "Past 90 days",
        "Get told",
        "Trouble that is not listed?",
    ]
    assert titles(page(demo()))[1:] == expected


def test_its_doors_lead_to_the_direct_sign_ins_and_never_back_to_the_dashboard() -> None:
    document = page(demo())
    doors = [link.get("href") for link in document.find_class("enter")]

    assert doors == [
        "https://signin.quillforms.example",
        "https://sign.quillforms.example",
        "https://hpmls.parcelwise.example/login",
        "https://go.doorstep.example",
    ]
    assert not [link for _, _, link, _ in document.iterlinks() if "dashboard.hpmls.example" in link]


def test_a_door_says_which_password_it_takes_and_when_it_was_proved() -> None:
    forms = text(page(demo()).find_class("enter")[0])

    assert forms == ("Contract forms Its own password, not the dashboard's · link last proved Oct 6 Sign in directly →")


def test_first_visit_help_folds_out() -> None:
    help_text = text(page(demo()).get_element_by_id("first-forms"))

    assert "Choose 'first visit', enter your MLS email" in help_text
    assert "Doorstep phone app keeps you signed in for 90 days" in help_text


def test_what_has_stopped_comes_with_a_number_to_dial() -> None:
    numbers = [link.get("href") for link in page(demo()).iter("a") if (link.get("href") or "").startswith("tel:")]

    assert numbers == ["tel:+12025550142"] * 2 + ["tel:+12025550143", "tel:+12025550142"]


@pytest.mark.parametrize(
    ("path", "headings"),
    [
        ("/", ("What you cannot do", "What you still can", "How")),
        ("/es/", ("Lo que no puede hacer", "Lo que sí puede hacer", "Cómo")),
    ],
)
def test_r35_what_is_out_of_reach_says_what_you_cannot_do_what_you_still_can_and_how(
    path: str, headings: tuple[str, ...]
) -> None:
    rows = page(demo(), path).xpath("//ul[@class='rows']/li[.//p[contains(@class, 'locked_out')]]")

    assert len(rows) == 3
    for row in rows:
        assert tuple(text(term) for term in row.iter("dt")) == headings
        assert all(text(said) for said in row.iter("dd"))
    search = next(item for item in demo().components if item.slug == "mls-search")
    told = [text(said) for said in rows[0].iter("dd")]
    assert path != "/" or told == [search.cannot_do, search.still_can, search.workaround]


def test_it_tells_the_four_things_of_the_newest_update() -> None:
    told = [text(heading) for heading in page(demo()).iter("h3")]

    assert told[-4:] == ["What happened", "What we are doing", "What is affected", "How to reach what works"]


def test_a_late_promise_says_so_itself() -> None:
    assert "update due 11:25 PM - late" in text(page(only_late()))


def only_late() -> PublicSnapshot:
    promised = datetime(2026, 4, 5, 4, 25, tzinfo=UTC)
    newest = replace(demo().open_incidents[0].updates[-1], next_update_at=promised)
    return replace(only_incident(updates=(newest,)), as_of=LATE)


def test_it_offers_spare_doors_while_the_usual_way_fails_for_some() -> None:
    assert titles(page(demo(FAILING_FOR_SOME)))[1:4] == [
        "If the usual way in fails",
        "No other way in if that fails",
        "Not working well",
    ]


def test_it_tells_planned_work_from_a_fault() -> None:
    document = page(demo(WORKING_ON_IT))

    assert "Closed for planned work" in titles(document)
    assert "Stopped" not in titles(document)


def test_all_well_lists_components_by_group_with_direct_links_one_tap_away() -> None:
    document = page(demo_snapshot())

    assert titles(document)[:3] == ["Everything is working.", "Signing in", "Listings and search"]
    assert "https://go.doorstep.example" in [link.get("href") for link in document.find_class("go")]


def test_components_without_a_group_are_listed_too() -> None:
    loose = [replace(item, group="gone" if item.slug == "forms" else None) for item in demo_components()]
    document = page(snapshot_with(loose))

    assert titles(document)[1] == "Past 90 days"
    assert "Contract forms" in text(document)


def test_a_component_shown_only_in_trouble_stays_out_of_the_quiet_list() -> None:
    shy = [replace(item, only_show_if_degraded=item.slug == "photos") for item in demo_components()]

    assert "Listing photos" not in text(page(snapshot_with(shy)).find_class("list")[1])


def test_many_open_incidents_are_told_briefly() -> None:
    first = demo().open_incidents[0]
    several = tuple(replace(first, id=f"copy{number}", title=f"Trouble {number}") for number in range(6))
    document = page(replace(demo(), incidents=several))

    assert len(list(document.iter("article"))) == 3
    assert "Also open" in titles(document)
    assert "Trouble 5" in text(document)


def test_deadline_relief_that_is_over_is_not_shown() -> None:
    relief = demo().open_incidents[0].relief
    assert relief is not None
    over = replace(relief, ends_at=EASTER - timedelta(minutes=1))

    assert "Deadlines" not in titles(page(only_incident(relief=over)))


def test_the_lamp_burns_on_the_page_and_in_the_tab_while_anything_is_wrong() -> None:
    wrong, well = page(demo()), page(demo_snapshot())
    icons = [document.xpath("//link[@rel='icon']/@href")[0] for document in (wrong, well)]

    assert wrong.body.get("class") == "lit"
    assert well.body.get("class") is None
    assert icons[0] != icons[1]


# The other documents.


def test_every_document_stands_in_every_language() -> None:
    english = {path for path in outage() if not path.startswith(("/es/", "/static/"))}

    assert {f"/es{path}" for path in english} == {path for path in outage() if path.startswith("/es/")}
    assert {"/", "/is-it-me", "/offices", "/404", "/history", "/history/2026-04", "/maintenance"} <= english
    assert {"/components/forms", "/components/sso-dashboard"} <= english


SIGN_UP = {"/subscribe", "/es/subscribe"}
"""Not documents: these ask the database."""


@pytest.mark.parametrize("at", [EASTER, PLANNED_AHEAD, QUIET])
def test_every_link_of_ours_leads_to_a_document(at: datetime) -> None:
    snapshot = demo(at)
    known = {part.path for part in all_parts(snapshot)} | SIGN_UP
    for path, body in documents(snapshot).items():
        if not _is_asset(path):
            links = html.document_fromstring(body.decode()).xpath("//@href | //@src")
            ours = {link.partition("#")[0] for link in links if link.startswith("/")}
            assert ours <= known, path


def test_a_lost_reader_still_sees_the_verdict() -> None:
    assert titles(page(demo(), "/404")) == ["Member dashboard is down. It's not just you."]


def test_is_it_me_claims_no_check_that_nobody_makes() -> None:
    document = page(demo_snapshot(), "/is-it-me")

    assert text(document).count("Not being checked") == len(demo_components())
    assert "Not sure" in text(document.get_element_by_id("forms"))


def test_the_sheet_for_the_wall_writes_every_address_out() -> None:
    document = page(demo(), "/offices")

    assert "signin.quillforms.example" in text(document)
    assert "Next update by 10:30 PM CT. How to get in meanwhile: https://hpmls-status.example" in text(document)


def test_an_incident_page_carries_the_anchors_that_feeds_link_to() -> None:
    incident = demo().open_incidents[0]
    document = page(demo(), f"/incidents/{incident.id}")

    assert document.get_element_by_id(f"update-{incident.updates[0].number}") is not None


def test_a_component_that_no_longer_exists_is_named_but_not_linked() -> None:
    gone = AffectedComponent("fax-service", "Fax service", ComponentStatus.MAJOR_OUTAGE)
    snapshot = only_incident(components=(gone,))
    document = page(snapshot, f"/incidents/{snapshot.incidents[0].id}")

    assert "Affected: Fax service" in text(document)
    assert "/components/fax-service" not in [link for _, _, link, _ in document.iterlinks()]


def test_an_update_of_unknown_time_says_so() -> None:
    incident = demo().incidents[-1]
    timeless = replace(incident, updates=tuple(replace(update, display_at=None) for update in incident.updates))
    snapshot = replace(demo(), incidents=(timeless,))

    assert "time not recorded" in text(page(snapshot, f"/incidents/{incident.id}"))


def test_an_incident_without_any_update_has_a_page() -> None:
    bare = replace(demo().incidents[-1], updates=(), components=())
    snapshot = replace(demo(), incidents=(bare,))

    assert "Nothing more was written about this." in text(page(snapshot, f"/incidents/{bare.id}"))


def test_a_component_reached_through_anothers_door_says_whose_it_is() -> None:
    """Photos behind a search that has a direct sign-in of its own."""
    own = DirectLink(url="https://search.example", auth_mode=AuthMode.OWN_PASSWORD)
    components = demo_components(sso_dashboard=ComponentStatus.MAJOR_OUTAGE)
    opened = [replace(item, direct_link=own) if item.slug == "mls-search" else item for item in components]
    snapshot = snapshot_with(opened)

    for path in ("/", "/components/photos"):
        doors = [text(door) for door in page(snapshot, path).find_class("enter") if "photos" in text(door)]
        assert "through MLS search and listing details" in doors[0]


def test_months_lead_to_their_neighbours() -> None:
    document = page(demo(), "/history/2026-02")

    assert {"/history/2026-01", "/history/2026-04"} <= {link for _, _, link, _ in document.iterlinks()}


def test_what_staff_typed_is_marked_as_english_on_the_spanish_page() -> None:
    document = page(demo(), "/es/")

    assert document.get("lang") == "es"
    assert document.xpath("//article//div[@lang='en']")
    assert not page(demo()).xpath("//div[@lang]")


# What documents depend on.


def test_the_same_snapshot_gives_the_same_bytes() -> None:
    assert documents(demo_snapshot(outage=True)) == documents(demo_snapshot(outage=True))


def test_history_depends_on_nothing_that_happens_now() -> None:
    calm, troubled = demo_snapshot(), replace_states(demo_snapshot(), ComponentStatus.MAJOR_OUTAGE)
    later = replace(troubled, as_of=troubled.as_of + timedelta(days=400))
    archived = {part.path: part for part in page_parts(calm) if part.render is render_record}

    assert len(archived) == 2 * (len(calm.incidents) + len(calm.maintenances))
    assert all(part.inputs == archived[part.path].inputs for part in page_parts(later) if part.path in archived)


def replace_states(snapshot: PublicSnapshot, status: ComponentStatus) -> PublicSnapshot:
    return replace(snapshot, components=tuple(replace(item, status=status) for item in snapshot.components))


def test_a_renamed_component_touches_only_the_history_that_names_it() -> None:
    before = demo_snapshot()
    names = [replace(item, name="Forms") if item.slug == "showings" else item for item in before.components]
    moved = moved_paths(before, replace(before, components=tuple(names)), "/incidents/")
    touched = {item.id for item in before.incidents if "showings" in {part.slug for part in item.components}}

    assert moved == {f"/incidents/{key}" for key in touched}


def moved_paths(before: PublicSnapshot, after: PublicSnapshot, under: str) -> set[str]:
    inputs = {part.path: part.inputs for part in page_parts(before)}
    return {part.path for part in page_parts(after) if part.path.startswith(under) and inputs[part.path] != part.inputs}


# What they weigh, and what they may do.


@pytest.mark.parametrize("path", ["/", "/es/"])
@pytest.mark.parametrize("at", [EASTER, LATE, FAILING_FOR_SOME, WORKING_ON_IT])
def test_the_front_page_arrives_in_the_first_flight(path: str, at: datetime) -> None:
    source = next(part.source() for part in page_parts(demo(at)) if part.path == path)
    document = compress(source, at)

    assert len(document.brotli) <= 8 * KIB
    assert len(document.gzip) <= 12 * KIB
    assert len(document.body) <= 48 * KIB


def test_a_living_page_needs_no_second_request_to_be_read() -> None:
    for path in ("/", "/is-it-me", "/404", f"/incidents/{demo().open_incidents[0].id}"):
        document = page(demo(), path)
        assert document.xpath("//script[@defer]/@src") == document.xpath("//script/@src") == [SCRIPT_PATH]
        assert not document.xpath("//link[@rel='stylesheet'] | //img | //iframe")


def test_the_archive_shares_one_stylesheet() -> None:
    document = page(demo(), f"/incidents/{demo().incidents[-1].id}")

    assert document.xpath("//link[@rel='stylesheet']/@href")[0] in outage()
    assert not document.xpath("//style | //script")


def test_without_script_it_refreshes_itself() -> None:
    assert b'<noscript><meta http-equiv="refresh" content="60"></noscript>' in outage()["/"]


def test_the_script_is_small_and_its_name_changes_with_it() -> None:
    body = outage()[SCRIPT_PATH]

    assert body == SCRIPT.encode()
    assert len(body) < 2 * KIB
    assert hashlib.sha256(body).hexdigest()[:12] in SCRIPT_PATH


def test_the_policy_allows_the_one_stylesheet_and_nothing_else_inline() -> None:
    styles = page(demo()).xpath("//style/text()")
    allowed = base64.b64encode(hashlib.sha256(styles[0].encode()).digest()).decode()

    assert styles == [STYLES]
    assert f"'sha256-{allowed}'" in CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert content_security_policy(outage()["/"]).decode() == CONTENT_SECURITY_POLICY
    for body in outage().values():
        assert not re.search(rb"<script>|<[a-z]+[^>]* (?:style|on[a-z]+)=", body)


_EVIL = """'"><script>alert(1)</script><img src=x onerror=alert(1)>"""


def poisoned() -> PublicSnapshot:
    """The outage with markup wherever people can type."""
    snapshot = only_incident(title=_EVIL, reference=_EVIL)
    incident = evil_incident(snapshot.incidents[0])
    components = tuple(evil_component(item) for item in snapshot.components)
    organisation = replace(
        snapshot.organisation, name=_EVIL, help_desk_hours=_EVIL, announcement_phone=_EVIL, help_desk_phone=_EVIL
    )
    return replace(snapshot, organisation=organisation, components=components, incidents=(incident,))


def evil_incident(incident: Incident) -> Incident:
    updates = tuple(
        replace(item, body=_EVIL, footnote=_EVIL, headings=Headings(_EVIL, _EVIL, _EVIL, _EVIL))
        for item in incident.updates
    )
    relief = replace(incident.relief, rules=(_EVIL,), authority=_EVIL) if incident.relief else None
    return replace(incident, updates=updates, relief=relief)


def evil_component(item: Component) -> Component:
    link = replace(item.direct_link, first_time=_EVIL, note=_EVIL, app=_EVIL)
    texts = dict.fromkeys(("description", "cannot_do", "still_can", "workaround", "phone_support"), _EVIL)
    return replace(item, name=f"{item.slug} {_EVIL}", direct_link=link, is_it_down=(_EVIL,), **texts)


def test_nothing_that_people_type_becomes_markup() -> None:
    for path, body in documents(poisoned()).items():
        if not _is_asset(path):
            document = html.document_fromstring(body.decode())
            assert not document.xpath("//img | //script[not(@src)] | //*[@onerror]"), path
            assert b"<script>" not in body, path


# What a validator and the eye think of them.


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): ?(#[0-9a-f]{3,6})", block))


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio"."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_colour_keeps_its_contrast_even_in_the_glow_of_the_lamp(theme: str) -> None:
    light, dark = STYLES.split("@media (prefers-color-scheme", 1)
    found = colours(light) if theme == "light" else colours(dark.split("@media", 1)[0])

    for name in ("ink", "soft", "go", "lock", "stop", "part"):
        for ground in ("ground", "raised", "glow"):
            assert contrast(found[name], found[ground]) >= 4.5, (name, ground)
    assert contrast(found["on-go"], found["go"]) >= 4.5
    assert contrast(found["lamp"], found["ground"]) >= 3


def test_every_document_is_valid_html() -> None:
    written = {path: body for path, body in outage().items() if not _is_asset(path)}
    for at in (LATE, WORKING_ON_IT, PLANNED_AHEAD, FAILING_FOR_SOME, QUIET):
        fronts = (part.source() for part in page_parts(demo(at)) if part.path in ("/", "/es/", "/maintenance"))
        written |= {f"{source.path} at {at}": source.body for source in fronts}

    assert html_faults(written) == []


def _is_asset(path: str) -> bool:
    return path.startswith("/static/")
