"""Who may call the Manage API: no route without a key, scopes, revocation, rates, hosts and hostile bodies."""

import json
import threading
import time

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.commands.api_keys import create_api_key, revoke_api_key
from app.domain.api_keys import Scope
from app.store.api_keys import api_key_rows
from app.web.manage.site import check_keys, needs_of
from tests.web.programs import PAGE, ManagedSite, Program

NAMES = {
    "page_id": PAGE,
    "incident_id": "nosuchthing1",
    "update_id": "nosuchthing1",
    "component_id": "nosuchthing1",
    "group_id": "nosuchthing1",
    "subscriber_id": "nosuchthing1",
    "path": "x/y",
}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def site(database):
    """The API over a small MLS, on SQLite and on PostgreSQL."""
    return ManagedSite(database)


def routes(site):
    """Every method and address of the API with what it asks of a key, but for its description."""
    found = {
        (method, route.path.replace(":path", "").format(**NAMES)): needs_of(route)[0]
        for route in iter_route_contexts(site.app.routes)
        for method in route.methods - {"HEAD"}
    }
    assert found.pop(("GET", "/v1/openapi.json")), "the description itself is for everybody"
    return found


def test_it_answers_nothing_without_a_key(site):
    everything = routes(site)
    assert len(everything) > 40
    for method, path in everything:
        for headers in ({}, {"Authorization": "OAuth wrong"}, {"Authorization": f"Basic {site.key()}"}):
            answer = Program(site.app, "").request(method, path, headers=headers)
            said = answer.json()
            assert (answer.status_code, said["message"] == said["error"]) == (401, True), (method, path)


def test_it_holds_every_key_to_its_scopes(site):
    keys = {scope: site.key(scope) for scope in Scope}
    for (method, path), needs in routes(site).items():
        for scope, key in keys.items():
            answer = Program(site.app, key).request(method, path)
            may = scope is needs.scope or (needs.scope is Scope.READ and scope is not Scope.ALERTS_WRITE)
            assert (answer.status_code != 403) is may, (method, path, scope, answer.status_code)
            assert answer.status_code < 500


def test_it_does_not_start_with_a_route_that_forgot_its_scope():
    app = FastAPI(openapi_url=None)
    app.add_api_route("/v1/open", lambda: None)
    with pytest.raises(RuntimeError, match="/v1/open"):
        check_keys(app)


def test_it_takes_the_key_from_the_header_or_the_query(site):
    key = site.key()
    for headers in ({"Authorization": f"OAuth {key}"}, {"authorization": f"bearer {key}"}):
        assert Program(site.app, "").get("/components", headers=headers).status_code == 200
    assert Program(site.app, "").get(f"/components.json?api_key={key}", headers={}).status_code == 200


def test_a_revoked_key_is_refused_at_once(site):
    program = site.program()
    assert program.get("/incidents").status_code == 200
    with site.database.transaction() as session:
        row = api_key_rows(session)[0]
        assert row.last_used_at == site.time()
        revoke_api_key(session, row.id, now=site.time())
    assert program.get("/incidents").status_code == 401


def test_it_keeps_no_key_that_could_be_stolen(site):
    key = site.key()
    with site.database.read() as session:
        row = api_key_rows(session)[0]
    assert key.startswith("porchlight_")
    assert (len(row.token_hash), row.hint) == (64, key[-4:])
    assert key not in json.dumps(row.model_dump(), default=str)


def test_it_answers_429_over_the_rate_and_counts_in_the_database(site):
    key = site.key(per_minute=3)
    program, second = Program(site.app, key), Program(site.new_app(), key)
    assert [one.get("/v1/pages").status_code for one in (program, second, program)] == [200, 200, 200]
    refused = second.get("/v1/pages")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert refused.json()["message"] == refused.json()["error"]


def test_many_at_once_do_not_get_past_the_rate(site):
    program, seen = site.program(per_minute=5), []

    def call():
        seen.append(program.get("/v1/pages").status_code)

    threads = [threading.Thread(target=call) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [200] * 5 + [429] * 7


def test_it_knows_no_other_page(site):
    answer = site.program().get("/v1/pages/nosuchpage12/incidents")
    assert (answer.status_code, answer.json()["message"]) == (404, "There is no page with this id here.")


def test_it_answers_on_the_page_s_own_names_only(site):
    program = site.program()
    for host in ("mls.example", "status.mls.example.evil.example", "x" * 300):
        answer = program.get("/incidents", host=host)
        assert answer.status_code == 421, host
        assert answer.json()["error"]


def test_it_neither_takes_nor_sets_a_cookie(site):
    answer = site.program().post("/incidents", {"incident": {"name": "Down"}}, headers={"Cookie": "porchlight=x"})
    assert answer.status_code == 401
    answer = site.program().get("/incidents")
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


BODIES = {
    "no JSON": (b'{"incident": ', "application/json", 400),
    "no object": (b"[1]", "application/json", 400),
    "no incident": (b'{"other": {}}', "application/json", 400),
    "an incident that is text": (b'{"incident": "x"}', "application/json", 400),
    "nothing": (b"", "application/json", 400),
    "too deep": (b'{"incident":' * 500 + b"1" + b"}" * 500, "application/json", 400),
    "far too deep": (b"[" * 400_000, "application/json", 400),
    "no number": (b'{"incident": {"metadata": {"x": NaN}}}', "application/json", 400),
    "an endless number": (b'{"incident": {"metadata": {"x": 1e999}}}', "application/json", 400),
    "a very long number": (b'{"incident": {"metadata": {"x": ' + b"9" * 10_000 + b"}}}", "application/json", 400),
    "no UTF-8": (b'{"incident": {"name": "\xff"}}', "application/json", 400),
    "too big": (b'{"incident": {"name": "' + b"x" * 1_000_000 + b'"}}', "application/json", 413),
    "too many fields": (b"a=1&" * 2_000, FORM, 413),
    "a form that is no UTF-8": (b"incident[name]=%ff", FORM, 400),
    "one value and several": (b"incident=1&incident[name]=x", FORM, 400),
    "brackets that never close": (b"incident[name=x", FORM, 400),
    "brackets without end": (b"incident" + b"[a]" * 90 + b"=x", FORM, 400),
    "another kind": (b"<incident/>", "application/xml", 415),
}


@pytest.mark.parametrize("case", BODIES)
def test_it_answers_any_body_with_words_and_in_time(site, case):
    content, kind, wanted = BODIES[case]
    headers = {"Authorization": f"OAuth {site.key()}", "Content-Type": kind}
    began = time.monotonic()
    answer = Program(site.app, "").request("POST", "/incidents", content=content, headers=headers)
    assert answer.status_code == wanted, answer.text
    assert answer.json()["message"] == answer.json()["error"] != ""
    assert time.monotonic() - began < 2


def test_it_takes_signs_that_no_database_can_keep(site):
    program = site.program()
    fields = {"name": "Down\x00 \ud800now", "metadata": {"a\x00": ["b\x00", {"c": "\ud800"}]}}
    content = json.dumps({"incident": fields}).encode()
    headers = {"Authorization": f"OAuth {site.key()}", "Content-Type": "application/json"}
    answer = program.request("POST", "/incidents", content=content, headers=headers)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["name"], answer.json()["metadata"]) == ("Down now", {"a": ["b", {"c": ""}]})


def test_it_makes_keys_that_can_be_told_apart(site):
    with site.database.transaction() as session:
        made = {create_api_key(session, "Monitor", [Scope.READ], now=site.time())[1] for _ in range(20)}
    assert len(made) == 20
