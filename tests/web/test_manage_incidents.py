"""Incidents through the Manage API, as programs written for Statuspage open, continue and end them."""

from urllib.parse import urlencode

import pytest
from sqlmodel import select

from app.commands.approvals import set_two_person_rule
from app.commands.incidents import IncidentDraft, open_incident
from app.commands.recovery import save_steps
from app.commands.subscribers import begin_with, new_row
from app.deliver.fan_out import FanOut
from app.domain.api_keys import Scope
from app.domain.channels import Channel
from app.domain.components import ComponentStatus
from app.domain.severity import Severity
from app.domain.subscribers import Choices
from app.store.audit import AuditEntryRow
from app.store.deliveries import DeliveryRow
from app.store.incidents import IncidentRow
from app.store.notices import NoticeRow
from app.store.outbox import mark_published
from tests.commands.sign_ups import VAULT
from tests.commands.world import NOW, words
from tests.web.programs import ManagedSite, Program

STEADY = {"name", "status", "impact", "impact_override", "metadata", "next_update_at", "resolved_at", "scheduled_for"}


@pytest.fixture
def site(database):
    """The API over a small MLS, on SQLite and on PostgreSQL."""
    return ManagedSite(database)


@pytest.fixture
def program(site) -> Program:
    """A program that may do everything."""
    return site.program()


def opened(program, site, **fields):
    """A new incident about the dashboard; what it answered."""
    given = {"name": "Dashboard is down", "components": {site.ids()["dashboard"]: "major_outage"}} | fields
    answer = program.post("/incidents", {"incident": given})
    assert answer.status_code == 201, answer.text
    return answer.json()


def states(incident):
    return {item["name"].partition(" (")[0]: item["status"] for item in incident["components"]}


def test_it_opens_an_incident_with_the_promise_that_the_rules_suggest(site, program):
    incident = opened(program, site, status="identified", body="The supplier is on it.")
    assert (incident["status"], incident["page_id"]) == ("identified", "kctbh9vrtdwd")
    assert incident["next_update_at"] == "2026-04-05T03:50:00.000Z"  # urgent: within the hour
    update = incident["incident_updates"][0]
    assert "What happened: The supplier is on it." in update["body"]
    assert "What is affected: Member dashboard" in update["body"]
    assert update["affected_components"][0]["new_status"] == "major_outage"


def test_it_keeps_a_promise_that_was_given(site, program):
    assert (
        opened(program, site, next_update_at="2026-04-05T00:30:00-05:00")["next_update_at"]
        == "2026-04-05T05:30:00.000Z"
    )


def test_it_reaches_the_ledger(site, program):
    with site.database.transaction() as session:
        row = new_row(VAULT, Channel.EMAIL, "ana@mailbox.example", source="test", now=NOW)
        session.add(row)
        session.flush()
        begin_with(session, row, Choices(components=frozenset({"forms"})), now=NOW)
    opened(program, site)
    with site.database.transaction() as session:
        notice = session.exec(select(NoticeRow)).one()
        # Who wants to hear of the forms hears of the dashboard, which is their door.
        assert "forms" in notice.audience
        mark_published(session, [notice.event_id], generation=1)
    assert FanOut(site.database, lambda *_: None).run(notice.id) == 1
    with site.database.read() as session:
        assert session.exec(select(DeliveryRow)).one().channel == "email"


def test_it_tells_nobody_when_asked_not_to(site, program):
    incident = opened(program, site, deliver_notifications=False)
    program.patch(f"/incidents/{incident['id']}", {"incident": {"status": "monitoring", "deliver_notifications": "f"}})
    with site.database.read() as session:
        assert not session.exec(select(NoticeRow)).all()


def test_it_says_what_a_new_status_means_when_no_words_come_with_it(site, program):
    incident = opened(program, site)
    answer = program.patch(f"/incidents/{incident['id']}", {"incident": {"status": "monitoring"}}).json()
    assert (answer["status"], len(answer["incident_updates"])) == ("monitoring", 2)
    assert "A fix is in place" in answer["incident_updates"][0]["body"]
    ended = program.put(f"/incidents/{incident['id']}", {"incident": {"status": "resolved"}}).json()
    assert (ended["status"], ended["next_update_at"], states(ended)) == (
        "resolved",
        None,
        {"Member dashboard": "operational"},
    )
    again = program.patch(f"/incidents/{incident['id']}", {"incident": {"status": "investigating", "body": "Again."}})
    assert states(again.json()) == {"Member dashboard": "major_outage"}


def test_r54_a_program_resolves_what_nobody_checked_and_the_log_says_so(site, program):
    with site.database.transaction() as session:
        save_steps(session, "dashboard", "", "Sign in as a test member", now=NOW)
    incident = opened(program, site)
    ended = program.patch(f"/incidents/{incident['id']}", {"incident": {"status": "resolved"}})
    assert ended.json()["status"] == "resolved"
    with site.database.read() as session:
        wanted = select(AuditEntryRow.after).where(AuditEntryRow.act == "incident.resolved_unchecked")
        (kept,) = session.exec(wanted)
    assert kept["unchecked"] == ["Member dashboard (single sign-on): Sign in as a test member"]
    assert kept["reason"].startswith("Resolved by a program with the key")


def test_it_changes_the_record_without_saying_anything(site, program):
    incident = opened(program, site)
    fields = {"name": "Sign-in is down", "impact_override": "minor", "metadata": {"monitor": {"id": 7}}}
    changed = program.patch(f"/incidents/{incident['id']}", {"incident": fields}).json()
    assert len(changed["incident_updates"]) == 1
    assert [changed[name] for name in ("name", "impact", "impact_override", "metadata")] == [
        "Sign-in is down",
        "minor",
        "minor",
        {"monitor": {"id": 7}},
    ]
    with site.database.read() as session:
        acts = [row.act for row in session.exec(select(AuditEntryRow).order_by(AuditEntryRow.seq))]
        who = {row.name for row in session.exec(select(AuditEntryRow)) if row.act.startswith("incident")}
    assert (acts[-1], who) == ("incident.edited", {"Key “Monitor”"})


def test_it_takes_a_list_of_components_for_those_concerned(site, program):
    ids = site.ids()
    incident = opened(program, site, components={}, component_ids=[ids["lockboxes"], ids["forms"]])
    assert states(incident) == {"Contract forms": "operational", "Lockboxes": "operational"}
    path = f"/incidents/{incident['id']}"
    down = program.patch(path, {"incident": {"components": {ids["forms"]: "partial_outage"}}}).json()
    assert [item["status"] for item in down["components"]] == ["partial_outage", "operational"]
    freed = program.patch(path, {"incident": {"component_ids": [ids["lockboxes"]]}}).json()
    assert states(freed)["Contract forms"] == "operational"


def test_it_takes_a_bare_list_of_components_as_older_clients_send_it(site, program):
    ids = site.ids()
    incident = opened(program, site, components=[ids["lockboxes"]])
    assert states(incident) == {"Lockboxes": "operational"}
    assert program.post("/incidents", {"incident": {"name": "x", "components": [7]}}).status_code == 422


def test_it_takes_forms_and_json_for_the_same(site, program):
    ids = site.ids()
    fields = {
        "name": "Forms fail",
        "status": "investigating",
        "message": "Some forms do not open.",
        "component_ids": [ids["forms"], ids["codes"]],
        "components": {ids["forms"]: "partial_outage"},
        "impact_override": "major",
        "deliver_notifications": "t",
        "metadata": {"run": "42"},
    }
    pairs = [("incident[component_ids][]", ids["forms"]), ("incident[component_ids][]", ids["codes"])]
    pairs += [(f"incident[components][{ids['forms']}]", "partial_outage"), ("incident[metadata][run]", "42")]
    pairs += [(f"incident[{name}]", value) for name, value in fields.items() if isinstance(value, str)]
    by_form = program.request(
        "POST",
        "/incidents.json",
        content=urlencode(pairs),
        headers={"Authorization": f"OAuth {site.key()}", "Content-Type": "application/x-www-form-urlencoded"},
    )
    by_json = program.post("/incidents", {"incident": fields})
    assert (by_form.status_code, by_json.status_code) == (201, 201), by_form.text
    first, second = by_form.json(), by_json.json()
    assert {name: first[name] for name in STEADY} == {name: second[name] for name in STEADY}
    assert states(first) == states(second)
    assert first["incident_updates"][0]["body"] == second["incident_updates"][0]["body"]


def test_it_plans_work_moves_it_and_lets_the_clock_do_so_only_when_asked(site, program):
    ids = site.ids()
    window = {"scheduled_for": "2026-04-06T02:00:00Z", "scheduled_until": "2026-04-06T04:00:00Z"}
    fields = {"name": "New lockbox server", "body": "No lockbox codes.", "component_ids": [ids["lockboxes"]]} | window
    work = program.post("/incidents", {"incident": fields}).json()
    assert (work["status"], work["impact"], work["scheduled_auto_completed"]) == ("scheduled", "maintenance", False)
    path = f"/incidents/{work['id']}"
    later = {"scheduled_until": "2026-04-06T05:00:00Z", "scheduled_auto_completed": True, "metadata": {"change": "C-7"}}
    moved = program.patch(path, {"incident": later}).json()
    assert (moved["scheduled_until"], moved["scheduled_auto_completed"]) == ("2026-04-06T05:00:00.000Z", True)
    assert (moved["metadata"], len(moved["incident_updates"])) == ({"change": "C-7"}, 1)
    assert [item["id"] for item in program.get("/incidents/upcoming").json()] == [work["id"]]
    begun = program.patch(path, {"incident": {"status": "in_progress"}}).json()
    assert begun["incident_updates"][0]["body"] == "The planned work has started."
    assert states(begun) == {"Lockboxes": "under_maintenance"}
    assert [item["id"] for item in program.get("/incidents/active_maintenance").json()] == [work["id"]]
    refused = program.patch(path, {"incident": {"scheduled_for": "2026-04-07T02:00:00Z"}})
    assert (refused.status_code, list(refused.json()["problems"])) == (422, ["scheduled_for"])
    program.patch(path, {"incident": {"status": "completed", "body": "Done early."}})
    assert program.get("/incidents/scheduled").json() == []


def test_it_fills_in_the_past_and_tells_nobody(site, program):
    fields = {"name": "Old outage", "body": "Everything was out.", "backfilled": True, "backfill_date": "2026-02-03"}
    answer = program.post("/incidents", {"incident": fields | {"impact_override": "major"}})
    incident = answer.json()
    assert (answer.status_code, incident["status"], incident["impact"]) == (201, "resolved", "major")
    assert incident["started_at"] == "2026-02-03T18:00:00.000Z"  # noon in Chicago
    with site.database.read() as session:
        assert not session.exec(select(NoticeRow)).all()
    ahead = program.post("/incidents", {"incident": fields | {"backfill_date": "2026-12-01"}})
    assert (ahead.status_code, list(ahead.json()["problems"])) == (422, ["backfill_date"])


def test_it_takes_an_incident_off_the_page_and_keeps_its_rows(site, program):
    incident = opened(program, site)
    gone = program.delete(f"/incidents/{incident['id']}")
    assert (gone.status_code, gone.json()["id"]) == (200, incident["id"])
    assert program.get(f"/incidents/{incident['id']}").status_code == 404
    assert program.patch(f"/incidents/{incident['id']}", {"incident": {"body": "x"}}).status_code == 404
    assert program.get("/incidents").json() == []
    assert {item["status"] for item in program.get("/components").json()} == {"operational"}
    with site.database.read() as session:
        assert session.get(IncidentRow, incident["id"]).hidden_at == NOW
        assert session.exec(select(NoticeRow)).one().recalled_at == NOW
        assert "incident.hidden" in [row.act for row in session.exec(select(AuditEntryRow))]


def test_it_corrects_the_words_of_an_update(site, program):
    incident = opened(program, site, body="The dashbord is down.")
    update = incident["incident_updates"][0]["id"]
    path = f"/incidents/{incident['id']}/incident_updates/{update}"
    answer = program.patch(path, {"incident_update": {"body": "The dashboard is down."}})
    assert answer.status_code == 200, answer.text
    assert "The dashboard is down." in answer.json()["body"]
    assert "dashbord" not in program.get(f"/incidents/{incident['id']}").text
    assert program.patch(path + "x", {"incident_update": {"body": "?"}}).status_code == 404


def test_it_drafts_and_publishes_what_was_learned(site, program):
    incident = opened(program, site)
    path = f"/incidents/{incident['id']}/postmortem"
    assert program.put(path, {"postmortem": {"body_draft": "A certificate ran out."}}).json()["body"] is None
    early = program.put(f"{path}/publish", {"postmortem": {"notify_subscribers": False}})
    assert (early.status_code, list(early.json()["problems"])) == (422, ["status"])
    program.patch(f"/incidents/{incident['id']}", {"incident": {"status": "resolved"}})
    report = program.put(f"{path}/publish", {"postmortem": {"notify_subscribers": False}}).json()
    assert (report["body"], report["body_draft"]) == ("A certificate ran out.", None)
    assert program.get(path).json()["published_at"] == "2026-04-05T02:50:00.000Z"
    assert program.get(f"/incidents/{incident['id']}").json()["postmortem_body"] == "A certificate ran out."
    assert program.put(f"{path}/publish").status_code == 422  # nothing is left to publish


def test_it_lists_bare_arrays_by_page_and_words(site, program):
    for number in range(3):
        site.time.pass_by(minutes=1)
        opened(program, site, name=f"Outage {number}", deliver_notifications=False)
    listed = program.get("/incidents?limit=2").json()
    assert [item["name"] for item in listed] == ["Outage 2", "Outage 1"]
    assert [item["name"] for item in program.get("/incidents.json?limit=2&page=2").json()] == ["Outage 0"]
    assert [item["name"] for item in program.get("/incidents?q=outage+1").json()] == ["Outage 1"]
    assert len(program.get("/incidents/unresolved?limit=0&page=-9").json()) == 1
    assert program.get("/incidents/scheduled").json() == []


def test_a_request_sent_twice_under_one_retry_key_tells_members_once(site, program):
    headers = {"Authorization": f"OAuth {site.key()}", "Idempotency-Key": "alert 4711"}
    body = {"incident": {"name": "Dashboard is down"}}
    first, again = (program.post("/incidents", body, headers=headers) for _ in range(2))
    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])
    path, words = f"/incidents/{first.json()['id']}", {"incident": {"body": "The cause is known."}}
    for _ in range(2):
        assert program.patch(path, words, headers=headers).status_code == 200
    assert program.post("/incidents", {"incident": {"name": "Other"}}, headers=headers).status_code == 422
    with site.database.read() as session:
        assert len(session.exec(select(NoticeRow)).all()) == 2


REFUSED = {
    "name": {"name": ""},
    "status": {"status": "exploded"},
    "components": {"components": {"nosuchthing1": "major_outage"}},
    "component_ids": {"component_ids": [1, 2]},
    "impact_override": {"impact_override": "huge"},
    "deliver_notifications": {"deliver_notifications": "perhaps"},
    "next_update_at": {"next_update_at": "2026-04-01T00:00:00Z"},
    "scheduled_for": {"status": "scheduled"},
    "metadata": {"metadata": {"x": "y" * 10_000}},
    "body": {"body": "y" * 25_001},
}


@pytest.mark.parametrize("field", REFUSED)
def test_it_refuses_what_cannot_be_and_names_the_field(site, program, field):
    answer = program.post("/incidents", {"incident": {"name": "Dashboard is down"} | REFUSED[field]})
    said = answer.json()
    assert answer.status_code == 422, answer.text
    assert said["message"] == said["error"] != ""
    assert {"name": "title"}.get(field, field) in said["problems"]
    assert program.get("/incidents").json() == []


def test_planned_work_keeps_its_components_and_says_so(site, program):
    ids = site.ids()
    window = {"scheduled_for": "2026-04-06T02:00:00Z", "scheduled_until": "2026-04-06T04:00:00Z"}
    plan = {"name": "New boxes", "component_ids": [ids["lockboxes"]]} | window
    path = f"/incidents/{program.post('/incidents', {'incident': plan}).json()['id']}"
    same = {"component_ids": [ids["lockboxes"]], "components": {ids["lockboxes"]: "under_maintenance"}}
    assert program.patch(path, {"incident": same | {"name": "Newer boxes"}}).json()["name"] == "Newer boxes"
    for other in (
        {"component_ids": [ids["lockboxes"], ids["dashboard"]]},
        {"component_ids": []},
        {"components": {ids["dashboard"]: "under_maintenance"}},
        {"components": {ids["lockboxes"]: "major_outage"}},
    ):
        refused = program.patch(path, {"incident": other | {"name": "Newest boxes"}})
        assert (refused.status_code, list(refused.json()["problems"])) == (422, ["components"])
    assert program.get(path).json()["name"] == "Newer boxes"


def test_what_a_second_person_looks_at_first_is_not_said_by_a_program_alone(site):
    alone, trusted = site.program(Scope.INCIDENTS_WRITE), site.program(Scope.INCIDENTS_WRITE, Scope.UNATTENDED)
    given = {"name": "Dashboard is down", "components": {site.ids()["dashboard"]: "major_outage"}}
    before = opened(alone, site)
    with site.database.transaction() as session:
        set_two_person_rule(session, dict.fromkeys(Severity, 10), now=site.time())
    path = f"/incidents/{before['id']}"
    for refused in (
        alone.post("/incidents", {"incident": given}),
        alone.patch(path, {"incident": {"status": "identified"}}),
    ):
        assert refused.status_code == 422
        assert "second person" in refused.json()["message"]
        assert "unattended" in refused.json()["message"]
    assert len(alone.get("/incidents").json()) == 1
    assert alone.get(path).json()["status"] == "investigating"
    assert trusted.patch(path, {"incident": {"status": "identified"}}).json()["status"] == "identified"
    assert trusted.post("/incidents", {"incident": given}).status_code == 201


def test_words_that_may_surprise_members_are_not_said_by_a_program_alone(site):
    alone, trusted = site.program(Scope.INCIDENTS_WRITE), site.program(Scope.INCIDENTS_WRITE, Scope.UNATTENDED)
    given = {"name": "Forms", "body": "Some documents were lost.", "components": {site.ids()["forms"]: "major_outage"}}
    refused = alone.post("/incidents", {"incident": given})
    assert (refused.status_code, "service manager" in refused.json()["message"]) == (422, True)
    assert trusted.post("/incidents", {"incident": given}).status_code == 201


def test_head_answers_as_get_without_the_body(site, program):
    for path in ("/incidents", "/components.json", "/nowhere"):
        got, head = program.get(path), program.request("HEAD", path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers["content-length"] == got.headers["content-length"]


def test_r70_programs_know_nothing_of_a_drill(site, program):
    with site.database.transaction() as session:
        draft = IncidentDraft("Rehearsal", words(components={"dashboard": ComponentStatus.MAJOR_OUTAGE}), is_drill=True)
        drill = open_incident(session, draft, now=NOW)
    for path in ("/incidents", "/incidents/unresolved", "/incidents/scheduled"):
        assert program.get(path).json() == []
    for known_as in (drill.id, drill.reference or drill.id):
        assert program.get(f"/incidents/{known_as}").status_code == 404
        assert program.patch(f"/incidents/{known_as}", {"incident": {"status": "resolved"}}).status_code == 404
    assert {item["status"] for item in program.get("/components").json()} == {"operational"}
