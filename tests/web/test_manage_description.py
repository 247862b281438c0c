"""The published OpenAPI description: valid, complete, and true of what the API really answers."""

import json
from collections.abc import Iterator

import pytest
from fastapi.routing import iter_route_contexts
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from app.store.session import Database
from tests.web.programs import PAGE, SITE, ManagedSite, Program

ADDRESS = "/v1/openapi.json"
WITH_BODY = {"post", "put", "patch"}


@pytest.fixture
def site(sqlite_url) -> Iterator[ManagedSite]:
    """On SQLite alone: what is described does not depend on the database."""
    site = ManagedSite(Database.open(sqlite_url))
    yield site
    site.database.close()


@pytest.fixture
def document(site):
    """The description, as anybody gets it."""
    answer = Program(site.app, "").get(ADDRESS, headers={})
    assert answer.status_code == 200
    return answer.json()


def operations(document):
    return {(method, path): operation for path, item in document["paths"].items() for method, operation in item.items()}


def test_it_is_a_valid_openapi_document(document):
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    assert document["servers"] == [{"url": SITE}]


def test_it_describes_every_route(site, document):
    routes = {
        (method.lower(), route.path)
        for route in iter_route_contexts(site.app.routes)
        for method in route.methods - {"HEAD"}
        if route.path not in (ADDRESS, "/v1/{path:path}")
    }
    assert set(operations(document)) == routes
    assert len(routes) > 35


def test_it_says_of_every_route_what_may_go_wrong_and_that_a_key_is_needed(document):
    for place, operation in operations(document).items():
        assert {"400", "401", "403", "404", "413", "422", "429"} <= set(operation["responses"]), place
        assert operation["security"] == [{"header": []}, {"query": []}], place
        assert operation["summary"], place


def test_it_describes_both_kinds_of_body(document):
    for (method, path), operation in operations(document).items():
        kinds = set(operation.get("requestBody", {}).get("content", {}))
        wanted = {"application/json", "application/x-www-form-urlencoded"} if method in WITH_BODY else set()
        assert kinds == wanted, (method, path)


def calls(site, program):
    """Calls that reach every schema of an answer: method, path, body."""
    ids = site.ids()
    component = program.post("/components", {"component": {"name": "Tax records"}}).json()["id"]
    group = program.post("/component-groups", {"component_group": {"name": "Field"}}).json()["id"]
    states = {ids["dashboard"]: "major_outage"}
    incident = program.post("/incidents", {"incident": {"name": "Down", "components": states}}).json()
    window = {"scheduled_for": "2026-04-06T02:00:00Z", "scheduled_until": "2026-04-06T04:00:00Z"}
    subscriber = program.post("/subscribers", {"subscriber": {"email": "ana@mailbox.example"}}).json()["id"]
    one, update = f"/incidents/{incident['id']}", incident["incident_updates"][0]["id"]
    yield "get", "/v1/pages", None
    yield "get", f"/v1/pages/{PAGE}", None
    yield "post", "/incidents", {"incident": {"name": "Work"} | window}
    yield "get", "/incidents", None
    for kind in ("unresolved", "scheduled", "upcoming", "active_maintenance"):
        yield "get", f"/incidents/{kind}", None
    yield "get", one, None
    yield "patch", one, {"incident": {"status": "resolved"}}
    yield "put", one, {"incident": {"metadata": {"a": 1}}}
    yield "patch", f"{one}/incident_updates/{update}", {"incident_update": {"body": "It is down."}}
    yield "put", f"{one}/incident_updates/{update}", {"incident_update": {"body": "It was down."}}
    yield "put", f"{one}/postmortem", {"postmortem": {"body_draft": "Learned."}}
    yield "get", f"{one}/postmortem", None
    yield "put", f"{one}/postmortem/publish", {"postmortem": {"notify_subscribers": False}}
    yield "delete", f"{one}/postmortem", None
    yield "get", "/components", None
    yield "post", "/components", {"component": {"name": "Client portal"}}
    yield "get", f"/components/{component}", None
    yield "patch", f"/components/{component}", {"component": {"status": "partial_outage"}}
    yield "put", f"/components/{component}", {"component": {"status": "operational"}}
    yield "get", f"/components/{component}/uptime", None
    yield "delete", f"/components/{component}", None
    yield "get", "/component-groups", None
    yield "post", "/component-groups", {"component_group": {"name": "Office"}}
    yield "get", f"/component-groups/{group}", None
    yield "patch", f"/component-groups/{group}", {"component_group": {"components": [ids["forms"]]}}
    yield "put", f"/component-groups/{group}", {"component_group": {"name": "In the field"}}
    yield "delete", f"/component-groups/{group}", None
    yield "post", "/subscribers", {"subscriber": {"phone_number": "202-555-0142"}}
    yield "get", "/subscribers?state=all", None
    yield "get", "/subscribers/count", None
    yield "get", f"/subscribers/{subscriber}", None
    yield "delete", f"/subscribers/{subscriber}", None
    yield "delete", one, None


def described(document, method, path):
    """The operation that a call belongs to: the most literal path that fits."""
    asked = (path if path.startswith("/v1") else f"/v1/pages/{PAGE}{path}").partition("?")[0].split("/")

    def fits(template):
        parts = template.split("/")
        pairs = zip(parts, asked, strict=True) if len(parts) == len(asked) else [("", "no")]
        return all(part == given or part.startswith("{") for part, given in pairs)

    found = min((template for template in document["paths"] if fits(template)), key=lambda text: text.count("{"))
    return found, document["paths"][found][method]


def test_every_answer_is_as_described(site, document):
    program, reached = site.program(), set()
    for method, path, body in calls(site, program):
        answer = program.request(method.upper(), path, **({"json": body} if body else {}))
        template, operation = described(document, method, path)
        assert str(answer.status_code) in operation["responses"], (method, path, answer.text)
        assert answer.status_code < 400, (method, path, answer.text)
        reached.add((method, template))
        if answer.content:
            schema = operation["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
            whole = strict(document["components"]) | {"x": 0}
            validator = Draft202012Validator(schema | {"components": whole})
            assert [error.message for error in validator.iter_errors(answer.json())] == [], (method, path)
    assert reached == set(operations(document))


def strict(components):
    """The same schemas, taking no field that they do not name."""
    schemas = json.loads(json.dumps(components["schemas"]))
    for schema in schemas.values():
        schema["additionalProperties"] = False
    return {"schemas": schemas}


def test_refusals_are_as_described(site, document):
    schema = document["components"]["schemas"]["Error"]
    answers = [
        Program(site.app, "").get("/incidents"),
        site.program().post("/incidents", {"incident": {}}),
        site.program().get("/incidents/nosuchthing1"),
    ]
    assert [answer.status_code for answer in answers] == [401, 422, 404]
    for answer in answers:
        assert list(Draft202012Validator(schema).iter_errors(answer.json())) == []
