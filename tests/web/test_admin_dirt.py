"""Whatever anybody sends to the console, it answers in words and never breaks."""

import shutil
from urllib.parse import urlencode

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from app.commands import passwords
from app.commands.incidents import IncidentDraft, open_incident
from app.commands.maintenance import MaintenanceDraft, schedule_maintenance
from app.store.session import Database
from tests.commands.world import NOW, SOON, words
from tests.web.consoles import Console

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FIELD_NAMES = """
    key version seen components state.dashboard state.forms title status event filled_happened
    what_happened done next_step may_surprise is_drill incident discard fill deadline_at reason decision
    what_is_affected how_to_reach footnote promise promise_at notify severity kind started_at preview body
    scheduled_for scheduled_until verify_for by_the_clock url auth_mode verified_on first_time note app workaround
    phone_support reported email password next kept
"""
FIELD_VALUES = """
    dashboard forms nothing major_outage operational investigating identified monitoring resolved postmortem
    scheduled in_progress completed at due yes no high low outage 0 -1 1 2026-04-05T03:30:00+00:00 2026-04-05T03:30
    2026-11-01T01:30 9999-12-31T23:59:59+00:00 0001-01-01T00:00:00+14:00 https://x.example https://[ own_password
    sso_only 2026-04-01 99999999999999999999 /admin //evil a-key-of-some-form
"""
NAMES = st.sampled_from(FIELD_NAMES.split())
VALUES = st.one_of(
    st.sampled_from(FIELD_VALUES.split()),
    st.text(max_size=60),
    st.text(max_size=3).map(lambda text: text * 9_000),
)
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=14)


@pytest.fixture(scope="module")
def desk(tmp_path_factory, migrated_sqlite):
    """A console, one signed-in browser, and the paths of every form."""
    path = tmp_path_factory.mktemp("dirt") / "porchlight.db"
    shutil.copyfile(migrated_sqlite, path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        console = Console(Database.open(f"sqlite:///{path}"))
        with console.database.transaction() as session:
            incident = open_incident(session, IncidentDraft("Down", words()), now=NOW)
            draft = MaintenanceDraft("Keys", "Soon.", ["lockboxes"], SOON, SOON.replace(hour=9))
            work = schedule_maintenance(session, draft, now=NOW)
        yield (
            console.signed_in(),
            [
                "/admin/sign-in",
                "/admin/incidents",
                f"/admin/incidents/{incident.id}/updates",
                f"/admin/incidents/{incident.id}/skips",
                "/admin/incidents/preview",
                "/admin/incidents/words",
                "/admin/incidents/draft",
                "/admin/maintenance",
                f"/admin/maintenance/{work.id}/updates",
                "/admin/components/forms/direct-link",
                "/admin/components/forms/words",
                "/admin/components/forms/status",
            ],
        )
        console.database.close()


@given(data=st.data(), fields=FIELDS)
@settings(max_examples=250)
def test_it_answers_any_form_in_words(desk, data, fields):
    browser, paths = desk
    body = urlencode(fields, errors="replace")
    answer = browser.post(data.draw(st.sampled_from(paths)), content=body, headers=FORM)
    assert answer.status_code < 500, answer.text


@given(data=st.data(), body=st.binary(max_size=300))
@settings(max_examples=100)
def test_it_answers_any_bytes_in_words(desk, data, body):
    browser, paths = desk
    answer = browser.post(data.draw(st.sampled_from(paths)), content=body, headers=FORM)
    assert answer.status_code < 500, answer.text


@given(path=st.text(max_size=40), query=FIELDS)
@settings(max_examples=150)
def test_it_answers_any_address_in_words(desk, path, query):
    browser, _ = desk
    asked = urlencode({"": f"/admin/{path}"}, errors="replace").removeprefix("=").replace("%2F", "/")
    for place in (asked, "/admin/incidents", "/admin/incidents/new", "/admin/sign-in"):
        answer = browser.get(f"{place}?{urlencode(query, errors='replace')[:4_000]}")
        assert answer.status_code < 500, answer.text
