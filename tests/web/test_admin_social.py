"""Staff post the words of a notice on social networks by hand, and say where (R28)."""

import pytest

from app.commands.incidents import IncidentDraft, open_incident
from app.domain.accounts import Role
from app.domain.components import ComponentStatus
from app.domain.message_plan import Medium
from app.store.audit import chain
from app.store.message_plan import plan_of
from app.store.notices import newest_notices
from tests.commands.world import NOW, build, words
from tests.doubles.nodetools import html_faults
from tests.web.test_admin_subscribers import Staff

POST = "https://social.example/harbor/posts/7"


@pytest.fixture
def lead(database) -> Staff:
    """Somebody who may post."""
    return Staff(database, Role.COMMUNICATIONS_LEAD)


def notice_about(database, **fields) -> str:
    """The page of the posts of a new notice."""
    with database.transaction() as session:
        build(session)
        draft = words(components={"dashboard": ComponentStatus.MAJOR_OUTAGE})
        open_incident(session, IncidentDraft("Nobody can <sign> in", draft, **fields), now=NOW)
        return f"/admin/notices/{newest_notices(session)[0].id}/social"


def text_of(page: str) -> str:
    return page.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0].strip()


def test_r28_the_words_are_ready_to_copy_and_where_they_were_posted_is_noted_by_hand(database, lead):
    address = notice_about(database)
    text = text_of(lead.get(address).text)
    assert "Links and news:" in text
    assert "Next update by" in text
    assert len(text) <= 280
    assert lead.post(address, network="facebook", link=POST).headers["location"] == f"{address}?noted"
    page = lead.get(f"{address}?noted").text
    assert "Facebook" in page
    assert f'href="{POST}"' in page
    assert text_of(page) == text
    with database.read() as session:
        incident_id = newest_notices(session)[0].incident_id
        (ticked,) = [item for item in plan_of(session, incident_id) if item.medium is Medium.SOCIAL]
        assert ticked.done_at
        assert "social_post.noted" in [entry.act for _, entry in chain(session)]
    assert address in lead.get(address.removesuffix("/social")).text


def test_the_same_post_is_noted_once(database, lead):
    address = notice_about(database)
    for _ in range(2):
        lead.post(address, network="x", link=POST)
    lead.post(address, network="x")
    assert lead.get(address).text.count("<b>X</b>") == 2


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"link": POST}, "Choose where you posted it."),
        ({"network": "myspace", "link": POST}, "Choose where you posted it."),
        ({"network": "facebook", "link": "javascript:alert(1)"}, "Paste the whole address"),
        ({"network": "facebook", "link": "http://social.example/7"}, "Paste the whole address"),
        ({"network": "facebook", "link": "https://me@social.example/7"}, "Paste the whole address"),
        ({"network": "facebook", "link": "https://[7"}, "Paste the whole address"),
        ({"network": "facebook", "link": f"https://social.example/{'7' * 500}"}, "Paste the whole address"),
    ],
)
def test_what_is_no_post_is_refused_in_words_which_are_kept(database, lead, form, sentence):
    address = notice_about(database)
    answer = lead.post(address, **form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{form["link"]}"' in answer.text
    assert "Nowhere yet." in lead.get(address).text


def test_nothing_of_a_drill_is_posted(database, lead):
    address = notice_about(database, is_drill=True)
    assert "<textarea" not in lead.get(address).text
    assert lead.post(address, network="facebook").status_code == 422
    assert address not in lead.get(address.removesuffix("/social")).text


def test_who_may_only_read_notes_nothing(database):
    address = notice_about(database)
    reader = Staff(database, Role.HELP_DESK)
    assert "I posted it" not in reader.get(address).text
    assert reader.post(address, network="facebook").status_code == 403


def test_a_notice_that_does_not_exist_has_no_posts(database, lead):
    notice_about(database)
    assert lead.get("/admin/notices/99/social").status_code == 404
    assert lead.post("/admin/notices/99/social", network="facebook").status_code == 404


def test_its_page_is_valid_html(database, lead):
    address = notice_about(database)
    lead.post(address, network="instagram", link=POST)
    assert html_faults({"posted": lead.get(address).text, "refused": lead.post(address, link="no").text}) == []
