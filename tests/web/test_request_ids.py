"""Every request that reaches the application has a name, in the log and in the answer."""

from app.domain.log_context import log_facts
from app.web.request_ids import HEADER, RequestIds
from tests.web.editions import Client


def asked(path: str, **headers: str):
    """The answer, and what the log knew meanwhile."""
    known = {}

    async def app(scope, receive, send):
        known.update(log_facts())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return Client(RequestIds(app)).ask(path, **headers), known


def test_it_names_each_request_in_the_log_and_in_the_answer():
    first, known = asked("/admin")
    second, _ = asked("/admin")
    assert first[HEADER] == known["request"]
    assert first[HEADER] != second[HEADER]
    assert log_facts() == {}


def test_it_ignores_the_name_that_a_stranger_sends():
    answer, known = asked("/admin", x_request_id="forged\r\nline")
    assert known["request"] == answer[HEADER]
    assert "forged" not in answer[HEADER]


def test_it_notes_the_incident_that_the_address_speaks_of():
    assert asked("/admin/incidents/a1b2c3d4e5f6/updates")[1]["incident"] == "a1b2c3d4e5f6"
    assert "incident" not in asked("/admin/incidents/new")[1]
    assert "incident" not in asked("/admin/incidents")[1]
