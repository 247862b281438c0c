"""Clients that others wrote for Statuspage: every request of theirs is answered as they expect.

How they were recorded: tests/web/recorded/README.md.
"""

import json
from pathlib import Path

import pytest

from tests.web.programs import PAGE, ManagedSite, Program

RECORDED = json.loads(Path(__file__).with_name("recorded").joinpath("statuspage_clients.json").read_text("utf-8"))


class Walk:
    """One client's requests in order; ids in later ones come from the answers to earlier ones."""

    def __init__(self, site: ManagedSite) -> None:
        self._program: Program = site.program()
        self.known = {"PAGE": PAGE, "COMPONENT": site.ids()["dashboard"]}

    def send(self, request: dict) -> tuple[int, object]:
        """Send it; the status, and the JSON of the answer."""
        headers = dict(request["headers"])
        headers["authorization"] = self._program.authorization
        path, body = self._filled(request["path"]), self._filled(request["body"])
        answer = self._program.request(request["method"], path, headers=headers, content=body.encode())
        said = answer.json() if answer.content else None
        if request["method"] == "POST":
            self._learn(request, said)
        return answer.status_code, said

    def _learn(self, request: dict, said: dict) -> None:
        path = request["path"].partition("?")[0].removesuffix(".json")
        noun = path.rpartition("/")[2]
        if noun == "incidents":
            self.known["WORK" if "scheduled_for" in request["body"] else "INCIDENT"] = said["id"]
            self.known.setdefault("UPDATE", said["incident_updates"][0]["id"])
        else:
            self.known[{"components": "PART", "component-groups": "GROUP", "subscribers": "SUBSCRIBER"}[noun]] = said[
                "id"
            ]

    def _filled(self, text: str) -> str:
        for name, value in self.known.items():
            text = text.replace(name, value)
        return text


def expected(request: dict) -> int:
    """The status that Statuspage documents for it."""
    if request["method"] == "POST":
        return 201
    return 204 if request["method"] == "DELETE" and "/components/" in request["path"] else 200


@pytest.mark.parametrize("client", RECORDED)
def test_every_request_of_a_published_client_is_answered_as_it_expects(database, client):
    walk = Walk(ManagedSite(database))
    wrong = []
    for request in RECORDED[client]:
        status, said = walk.send(request)
        if status != expected(request):
            wrong.append((request["method"], request["path"], status, said))
    assert wrong == []


def test_what_a_published_client_reads_is_what_it_wrote(database):
    walk = Walk(ManagedSite(database))
    said = {}
    for request in RECORDED["atlassian-statuspage 1.0.2"]:
        key = f"{request['method']} {request['path']}"
        said.setdefault(key, walk.send(request)[1])
    incident = said["GET /v1/pages/PAGE/incidents/INCIDENT"]
    assert (incident["name"], incident["metadata"]) == ("Sign-in fails", {"jira": {"issue_id": "X-1"}})
    assert said["PUT /v1/pages/PAGE/incidents/INCIDENT"]["status"] == "resolved"
    assert said["PUT /v1/pages/PAGE/incidents/INCIDENT/postmortem/publish"]["body"] == "Learned."
    assert said["PATCH /v1/pages/PAGE/incidents/WORK"]["status"] == "in_progress"
    assert said["GET /v1/pages/PAGE/component-groups/GROUP"]["components"] == [walk.known["PART"]]
    assert said["GET /v1/pages/PAGE/subscribers/SUBSCRIBER"]["components"] == [walk.known["COMPONENT"]]
