"""Whatever a program sends, the Manage API answers in words: never a fault of ours, never half a change."""

import time
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from app.store.session import Database
from app.web.manage.bodies import FORM, JSON, parse
from app.web.manage.description import BODIES
from tests.web.programs import HOST, PAGE, ManagedSite

SECONDS_MOST = 5
NAMES = sorted({name for schema in BODIES.values() for name in schema["properties"]})
WORDS = ["", "x", "investigating", "resolved", "scheduled", "in_progress", "major_outage", "t", "2026-04-09T02:00:00Z"]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=40),
    st.sampled_from([*WORDS, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-04-05"]),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3)
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=12), VALUES, max_size=6)
CALLS = [("POST", "/incidents", "incident"), ("PATCH", "/incidents/{incident}", "incident")]
CALLS += [("PATCH", "/incidents/{work}", "incident"), ("PUT", "/incidents/{incident}/postmortem", "postmortem")]
CALLS += [("POST", "/components", "component"), ("PATCH", "/components/{component}", "component")]
CALLS += [("POST", "/component-groups", "component_group"), ("POST", "/subscribers", "subscriber")]


@pytest.fixture
def site(sqlite_url) -> Iterator[ManagedSite]:
    """On SQLite: PostgreSQL's own refusals are among the tests of keys."""
    site = ManagedSite(Database.open(sqlite_url))
    yield site
    site.database.close()


def standing(site, program):
    """What the calls are about, by name."""
    window = {"scheduled_for": "2026-04-06T02:00:00Z", "scheduled_until": "2026-04-06T04:00:00Z"}
    incident = program.post("/incidents", {"incident": {"name": "Down"}}).json()["id"]
    work = program.post("/incidents", {"incident": {"name": "Work"} | window}).json()["id"]
    return {"incident": incident, "work": work, "component": site.ids()["lockboxes"]}


@pytest.mark.slow
def test_it_answers_any_object_in_words(site):
    program = site.program()
    ids = standing(site, program)

    @settings(max_examples=250, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(CALLS), OBJECTS)
    def send(call, fields):
        method, path, noun = call
        answer = program.request(method, path.format(**ids), json={noun: fields})
        assert answer.status_code in (200, 201, 400, 404, 422, 429), answer.text
        if answer.status_code >= 400:
            assert answer.json()["message"] == answer.json()["error"] != ""
        assert program.get("/incidents").status_code == 200

    send()


@pytest.mark.slow
def test_what_its_own_description_allows_makes_no_fault_on_any_route(site):
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", site.app, headers={"Host": HOST})
    headers = {"Host": HOST, "Authorization": site.program().authorization}
    walked = set()
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=6, suppress_health_check=list(HealthCheck), deadline=None)
        @given(case=operation.as_strategy())
        def send(case: schemathesis.Case) -> None:
            if "page_id" in case.path_parameters:
                case.path_parameters["page_id"] = PAGE
            began = time.monotonic()
            answer = case.call(headers=headers)
            assert answer.status_code < 500, f"{case.method} {case.formatted_path}: {answer.text[:200]}"
            assert time.monotonic() - began < SECONDS_MOST

        send()
        walked.add(operation.label)
    assert len(walked) > 20


BYTES = st.binary(max_size=400) | st.text("[]{}=&%\"':,a1.\x00", max_size=200).map(str.encode)


def read(body: bytes, kind: str) -> object:
    """The tree of a body, or the status with which it is refused."""
    try:
        return parse(body, kind)
    except HTTPException as error:
        return error.status_code


@given(BYTES, st.sampled_from([JSON, FORM, ""]))
def test_it_reads_any_bytes_or_refuses_them(body, kind):
    found = read(body, kind)
    assert isinstance(found, dict) or found in (400, 413)
