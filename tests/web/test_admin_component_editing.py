"""The graph drawn, "what if", and editing components in the console."""

import pytest
from lxml import etree, html

from app.commands.components import ComponentWords, save_words
from app.store.components import live_components
from tests.web.consoles import problems_on, text_of, the_form

COMPONENTS = "/admin/components"
SVG = "{http://www.w3.org/2000/svg}"


def the(console, slug):
    """One component as it is stored."""
    with console.database.read() as session:
        return next(item for item in live_components(session) if item.slug == slug)


def drawn(page):
    """The drawing on a page, read as strict XML."""
    text = page[page.index('<section class="graph"') :]
    svg = text[text.index("<svg") : text.index("</svg>") + len("</svg>")]
    return etree.fromstring(svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1))


def test_it_draws_every_component_as_a_link_with_its_state_in_words(console):
    page = console.signed_in().get(f"{COMPONENTS}/graph").text
    links = drawn(page).findall(f"{SVG}a")
    assert [(link.get("href"), link.get("aria-label")) for link in links] == [
        ("/admin/components/dashboard", "Member dashboard: Working"),
        ("/admin/components/codes", "Sign-in codes: Working"),
        ("/admin/components/forms", "Contract forms: Working"),
        ("/admin/components/lockboxes", "Lockboxes: Working"),
    ]


def test_it_tells_the_two_kinds_of_line_by_dash_and_by_head(console):
    svg = drawn(console.signed_in().get(f"{COMPONENTS}/graph").text)
    edges = [(path.get("class"), path.get("marker-end")) for path in svg.findall(f"{SVG}path")]
    assert edges == [("edge firm", "url(#head-firm)"), ("edge door", "url(#head-door)")]
    heads = {marker.get("id") for marker in svg.iter(f"{SVG}marker")}
    assert heads == {"head-firm", "head-door"}


def test_every_shape_of_the_drawing_is_defined_on_the_page(console):
    page = console.signed_in().get(f"{COMPONENTS}/what-if?fails=dashboard").text
    ids = html.fromstring(page).xpath("//@id")
    used = {use.get("href").removeprefix("#") for use in drawn(page).iter(f"{SVG}use")}
    assert used == {"stopped", "another_door", "working"}
    assert used <= set(ids)
    assert len(ids) == len(set(ids))


def test_it_says_the_graph_in_words_too(console):
    page = text_of(console.signed_in().get(f"{COMPONENTS}/graph").text)
    assert "Sign-in codes Stops with Member dashboard. Reached through Member dashboard." in page
    assert "Lockboxes Hangs on nothing else." in page


def test_it_tells_what_would_follow_as_the_page_would(console):
    page = text_of(console.signed_in().get(f"{COMPONENTS}/what-if?fails=dashboard&fails=nothing").text)
    assert "Member dashboard is down. It's not just you." in page
    for part in (
        "Get in another way 1 Contract forms",
        "never proved",
        "Running, but no other way in 0",
        "Stopped 2",
        "Not affected 1 Lockboxes",
        "Nobody has signed up for these yet.",
    ):
        assert part in page


def test_it_asks_what_fails_before_it_answers(console):
    page = console.signed_in().get(f"{COMPONENTS}/what-if").text
    assert "Choose one or more" in page
    assert '<section class="graph"' not in page


def new_component(browser, **fields):
    """The form for a new component, filled in and sent."""
    form = the_form(browser.get(f"{COMPONENTS}/new").text, COMPONENTS)
    return browser.post(COMPONENTS, data=form | {name: [value] for name, value in fields.items()})


def test_it_adds_a_component_with_what_it_hangs_on(console):
    browser = console.signed_in()
    answer = new_component(
        browser, name="Client portal", group="signin", **{"on-dashboard": "reached_via", "on-forms": "both"}
    )
    assert answer.headers["location"] == f"{COMPONENTS}/client-portal?saved=created"
    found = the(console, "client-portal")
    assert (found.group, found.requires, found.reached_via) == ("signin", ("forms",), ("dashboard", "forms"))
    assert "It is on the page now." in text_of(browser.get(answer.headers["location"]).text)


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"name": ""}, "name"),
        ({"name": "Lockboxes"}, "name"),
        ({"name": "Portal", "on-dashboard": "telepathy"}, "edges"),
        ({"name": "Portal", "description": "x" * 501}, "description"),
    ],
)
def test_it_refuses_a_component_that_cannot_be_and_keeps_the_words(console, fields, beside):
    answer = new_component(console.signed_in(), **({"agents_say": "the portal"} | fields))
    assert answer.status_code == 422
    assert beside in problems_on(answer.text)
    assert the_form(answer.text, COMPONENTS)["agents_say"] == ["the portal"]


def test_it_shows_both_versions_when_somebody_was_faster(console):
    browser = console.signed_in()
    path = f"{COMPONENTS}/forms/shape"
    form = the_form(browser.get(path).text, path)
    assert browser.post(path, data=form | {"name": ["Forms of a colleague"]}).status_code == 303
    answer = browser.post(path, data=form | {"name": ["My forms"]})
    assert answer.status_code == 409
    assert "Saved meanwhile Name Forms of a colleague" in text_of(answer.text)
    again = the_form(answer.text, path)
    assert again["name"] == ["My forms"]
    assert browser.post(path, data=again).status_code == 303
    assert the(console, "forms").name == "My forms"


def test_it_shows_both_versions_of_the_words_too(console):
    browser = console.signed_in()
    form = the_form(browser.get(f"{COMPONENTS}/forms").text, f"{COMPONENTS}/forms/words")
    with console.database.transaction() as session:
        save_words(session, "forms", ComponentWords(workaround="Theirs."), now=console.time())
    answer = browser.post(f"{COMPONENTS}/forms/words", data=form | {"workaround": ["Mine."]})
    assert answer.status_code == 409
    assert "What to do instead Theirs." in text_of(answer.text)
    assert the_form(answer.text, f"{COMPONENTS}/forms/words")["workaround"] == ["Mine."]


def test_it_orders_without_script(console):
    browser = console.signed_in()
    answer = browser.post(f"{COMPONENTS}/lockboxes/place", data={"direction": "up"})
    assert answer.headers["location"] == f"{COMPONENTS}/arrangement#c-lockboxes"
    with console.database.read() as session:
        assert [item.slug for item in live_components(session)][2:] == ["lockboxes", "forms"]


def test_it_looks_after_headings(console):
    browser = console.signed_in()
    assert browser.post(f"{COMPONENTS}/groups", data={"name": "Keys"}).status_code == 303
    assert browser.post(f"{COMPONENTS}/groups/keys/name", data={"name": "Lockboxes"}).status_code == 303
    assert browser.post(f"{COMPONENTS}/groups/keys/place", data={"direction": "up"}).status_code == 303
    page = browser.get(f"{COMPONENTS}/arrangement").text
    assert html.fromstring(page).xpath("//h2/@id")[:2] == ["g-keys", "g-signin"]
    refused = browser.post(f"{COMPONENTS}/groups", data={"name": "Signing in"})
    assert refused.status_code == 422
    assert "already" in problems_on(refused.text)["new"]
    assert 'value="Signing in"' in refused.text
    refused = browser.post(f"{COMPONENTS}/groups/signin/removal")
    assert "still components" in problems_on(refused.text)["signin"]
    assert browser.post(f"{COMPONENTS}/groups/keys/removal").status_code == 303


def test_it_retires_and_brings_back(console):
    browser = console.signed_in()
    answer = browser.post(f"{COMPONENTS}/lockboxes/retirement")
    assert "Retired Lockboxes off the page since" in text_of(browser.get(answer.headers["location"]).text)
    assert browser.get(f"{COMPONENTS}/lockboxes").status_code == 404
    assert browser.post(f"{COMPONENTS}/lockboxes/restoration").status_code == 303
    assert browser.get(f"{COMPONENTS}/lockboxes").status_code == 200
    assert "still hang on" in text_of(browser.post(f"{COMPONENTS}/dashboard/retirement").text)


def test_it_lists_links_that_are_due_to_be_tried(console):
    page = text_of(console.signed_in().get(COMPONENTS).text)
    assert "One link needs to be tried again Nobody proved it in the last 60 days: Contract forms" in page
