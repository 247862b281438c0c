"""Who may use which route: every route of the console, walked by everybody."""

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.domain.accounts import Permission, Role, may
from app.store.incidents import open_incidents
from app.store.session import Database
from app.web.auth import Allow
from app.web.console import check_guards, guards_of
from tests.web.consoles import Console

ADDRESS = {
    "account_id": "nosuchthing1",
    "invitation_id": "nosuchthing1",
    "passkey_id": "nosuchthing1",
    "key_id": "nosuchthing1",
    "sign_in_id": "nosuchthing1",
    "token": "nosuchthing1.x",
    "incident_id": "nosuchthing1",
    "ticket_id": "nosuchthing1",
    "maintenance_id": "nosuchthing1",
    "slug": "nothing",
    "group": "nothing",
    "series_id": "nosuchthing1",
    "on": "2026-01-01",
    "pronunciation_id": "nosuchthing1",
    "event": "nothing",
    "language": "en",
    "channel": "sms",
    "subscription_id": "99",
    "reply_id": "nosuchthing1",
    "notice_id": "99",
    "approval_id": "nosuchthing1",
    "run_id": "nosuchthing1",
    "suspicion_id": "nosuchthing1",
    "probe_id": "nosuchthing1",
    "name": "x",
    "version": "1",
    "form": "txt",
    "drill_id": "nosuchthing1",
    "number": "99",
    "guide": "commander",
    "person_id": "nosuchthing1",
    "shift_id": "nosuchthing1",
    "swap_id": "nosuchthing1",
    "assignment_id": "nosuchthing1",
    "page_id": "nosuchthing1",
    "step_id": "nosuchthing1",
    "contact_id": "nosuchthing1",
    "item_id": "nosuchthing1",
    "question": "members",
    "role": "nothing",
    "kind": "people",
    "key": "nothing",
    "signature": "nothing",
    "cause_id": "nosuchthing1",
    "ref": "nosuchthing1",
    "attachment_id": "nosuchthing1",
    "action_id": "nosuchthing1",
    "heading": "cause",
    "finding_id": "nosuchthing1",
    "path": "x/y",
}
ANYONE = {
    ("GET", "/admin/sign-in"),
    ("POST", "/admin/sign-in"),
    ("GET", "/admin/sign-in/printed-code"),
    ("POST", "/admin/sign-in/printed-code"),
    ("POST", "/admin/sign-in/code"),
    ("GET", "/admin/sign-in/oidc"),
    ("GET", "/admin/sign-in/oidc/callback"),
    ("GET", "/admin/invitation/{token}"),
    ("POST", "/admin/invitation/{token}"),
    ("POST", "/admin/sign-in/passkey"),
    ("POST", "/admin/sign-in/passkey/challenge"),
    ("POST", "/admin/sign-out"),
    ("GET", "/admin/publish-anyway"),
    ("POST", "/admin/publish-anyway"),
    ("GET", "/admin/roster/calendars/{kind}/{key}/{signature}.ics"),
    ("GET", "/admin/pages/{page_id}/{signature}"),
    ("POST", "/admin/pages/{page_id}/{signature}"),
    ("GET", "/admin/static/{name}"),
    ("GET", "/admin/{path:path}"),
}
POSTING = {
    ("POST", "/admin/incidents/{incident_id}/report/sections/{heading}"),
    ("POST", "/admin/incidents/{incident_id}/report/pages"),
    ("POST", "/admin/incidents/{incident_id}/report/completion"),
    ("POST", "/admin/incidents/{incident_id}/observations/requests"),
    ("POST", "/admin/incidents/{incident_id}/meeting"),
    ("POST", "/admin/incidents/{incident_id}/questions"),
    ("POST", "/admin/incidents/{incident_id}/circulation/readers"),
    ("POST", "/admin/incidents/{incident_id}/circulation/summary"),
    ("POST", "/admin/actions"),
    ("POST", "/admin/actions/{action_id}/completion"),
    ("POST", "/admin/actions/{action_id}/reopening"),
    ("POST", "/admin/actions/{action_id}/due-day"),
    ("POST", "/admin/drills"),
    ("POST", "/admin/drills/result"),
    ("POST", "/admin/drills/{drill_id}/beginning"),
    ("POST", "/admin/drills/{drill_id}/removal"),
    ("POST", "/admin/incidents/{incident_id}/move"),
    ("POST", "/admin/incidents/{incident_id}/move/counts"),
    ("POST", "/admin/incidents/{incident_id}/move/steps/{action_id}"),
    ("POST", "/admin/readiness/examination"),
    ("GET", "/admin/posting-by-text"),
    ("POST", "/admin/posting-by-text/number"),
    ("POST", "/admin/posting-by-text/number/removal"),
    ("POST", "/admin/posting-by-text/codes"),
    ("GET", "/admin/incidents/new"),
    ("POST", "/admin/incidents/preview"),
    ("POST", "/admin/incidents/words"),
    ("POST", "/admin/incidents/draft"),
    ("POST", "/admin/approvals/{approval_id}/calls/{account_id}"),
    ("POST", "/admin/incidents/{incident_id}/skips"),
    ("POST", "/admin/incidents/{incident_id}/weight"),
    ("GET", "/admin/incidents/{incident_id}/urgency"),
    ("POST", "/admin/incidents/{incident_id}/urgency"),
    ("POST", "/admin/incidents"),
    ("POST", "/admin/incidents/{incident_id}/updates"),
    ("GET", "/admin/maintenance/new"),
    ("POST", "/admin/maintenance"),
    ("POST", "/admin/maintenance/{maintenance_id}/updates"),
    ("POST", "/admin/maintenance/{maintenance_id}/cancellation"),
    ("POST", "/admin/maintenance/series/{series_id}/ending"),
    ("POST", "/admin/notices/release"),
    ("POST", "/admin/notices/senders/{channel}/resumption"),
    ("POST", "/admin/notices/{notice_id}/recall"),
    ("POST", "/admin/notices/{notice_id}/retry"),
    ("POST", "/admin/notices/{notice_id}/social"),
    ("POST", "/admin/phone/recordings"),
    ("POST", "/admin/incidents/{incident_id}/people/decisions/{question}"),
    ("POST", "/admin/incidents/{incident_id}/plan/words"),
    ("POST", "/admin/incidents/{incident_id}/plan/words/{item_id}/tick"),
}
EDITING = {
    ("POST", "/admin/redundancy/tests"),
    ("POST", "/admin/checks"),
    ("POST", "/admin/checks/{probe_id}/rest"),
    ("POST", "/admin/checks/{probe_id}/turn"),
    ("POST", "/admin/checks/{probe_id}/removal"),
    ("POST", "/admin/components/{slug}/direct-link"),
    ("POST", "/admin/components/{slug}/proof"),
    ("GET", "/admin/components/{slug}/recovery"),
    ("POST", "/admin/components/{slug}/recovery"),
    ("POST", "/admin/known-issues"),
    ("POST", "/admin/known-issues/{key}/retirement"),
    ("POST", "/admin/components/{slug}/words"),
    ("POST", "/admin/components/{slug}/status"),
    ("GET", "/admin/components/new"),
    ("POST", "/admin/components"),
    ("GET", "/admin/components/{slug}/shape"),
    ("POST", "/admin/components/{slug}/shape"),
    ("POST", "/admin/components/{slug}/retirement"),
    ("POST", "/admin/components/{slug}/restoration"),
    ("GET", "/admin/components/arrangement"),
    ("POST", "/admin/components/{slug}/place"),
    ("POST", "/admin/components/groups"),
    ("POST", "/admin/components/groups/{group}/name"),
    ("POST", "/admin/components/groups/{group}/place"),
    ("POST", "/admin/components/groups/{group}/removal"),
}
APPROVING = {
    ("POST", "/admin/plan/signature"),
}
AUDITING = {
    ("GET", "/admin/audit"),
    ("POST", "/admin/audit/verification"),
    ("POST", "/admin/audit/export"),
}
SWITCHING = {
    ("GET", "/admin/failover"),
    ("GET", "/admin/failover/new"),
    ("POST", "/admin/failover"),
    ("GET", "/admin/failover/{name}"),
    ("POST", "/admin/failover/{name}"),
    ("POST", "/admin/failover/{name}/plan"),
    ("GET", "/admin/failover/runs/{run_id}"),
    ("GET", "/admin/failover/runs/{run_id}/progress"),
    ("POST", "/admin/failover/runs/{run_id}/application"),
    ("POST", "/admin/failover/runs/{run_id}/probes"),
    ("POST", "/admin/failover/runs/{run_id}/way-back"),
}
KEEPING_KEYS = {
    ("GET", "/admin/keys"),
    ("POST", "/admin/keys"),
    ("POST", "/admin/checks/alert-keys"),
    ("POST", "/admin/keys/{key_id}/revocation"),
}
SETTING = {
    ("GET", "/admin/vendors/new"),
    ("POST", "/admin/vendors"),
    ("POST", "/admin/vendors/{key}"),
    ("POST", "/admin/vendors/{key}/review"),
    ("POST", "/admin/plan/copies"),
    ("POST", "/admin/plan/copies/removal"),
    ("POST", "/admin/plan/sections"),
    ("POST", "/admin/plan/sections/{number}"),
    ("POST", "/admin/plan/sections/{number}/test"),
    ("POST", "/admin/organisation"),
    ("POST", "/admin/roster/usual-roles"),
    ("POST", "/admin/roster/roles/{role}"),
    ("POST", "/admin/roster/shifts"),
    ("POST", "/admin/roster/shifts/{shift_id}/removal"),
    ("POST", "/admin/roster/rotations"),
    ("POST", "/admin/roster/swaps"),
    ("POST", "/admin/roster/swaps/{swap_id}/answer"),
    ("POST", "/admin/roster/shift-files"),
    ("POST", "/admin/roster/people"),
    ("GET", "/admin/roster/people/{person_id}"),
    ("POST", "/admin/roster/people/{person_id}"),
    ("POST", "/admin/roster/people/{person_id}/removal"),
    ("POST", "/admin/escalation/usual-steps"),
    ("POST", "/admin/escalation/steps"),
    ("POST", "/admin/escalation/steps/{step_id}"),
    ("POST", "/admin/escalation/steps/{step_id}/removal"),
    ("POST", "/admin/escalation/contacts"),
    ("POST", "/admin/escalation/contacts/{contact_id}/removal"),
    ("POST", "/admin/packs"),
    ("POST", "/admin/holidays"),
    ("POST", "/admin/holidays/{on}/removal"),
    ("POST", "/admin/holidays/country"),
    ("POST", "/admin/lexicon"),
    ("POST", "/admin/lexicon/{pronunciation_id}/removal"),
    ("POST", "/admin/templates/{event}/{language}/{channel}"),
}
TENDING = {
    ("POST", "/admin/subscribers/replies/{reply_id}/decision"),
    ("POST", "/admin/subscribers/{subscription_id}/ending"),
}
EXPORTING = {
    ("POST", "/admin/incidents/{incident_id}/evidence"),
    ("POST", "/admin/actions/log"),
    ("GET", "/admin/notices/{notice_id}/deliveries.csv"),
    ("POST", "/admin/tickets/{ticket_id}/export"),
}
ADMINISTERING = {
    ("GET", "/admin/accounts"),
    ("GET", "/admin/accounts/new"),
    ("GET", "/admin/accounts/sign-ins"),
    ("GET", "/admin/accounts/two-person-rule"),
    ("GET", "/admin/accounts/{account_id}"),
    ("GET", "/admin/accounts/invitations/{invitation_id}"),
    ("POST", "/admin/accounts/invitations"),
    ("POST", "/admin/accounts/invitations/{invitation_id}/withdrawal"),
    ("POST", "/admin/accounts/sign-ins/{sign_in_id}/ending"),
    ("POST", "/admin/accounts/two-person-rule"),
    ("POST", "/admin/accounts/{account_id}/role"),
    ("POST", "/admin/accounts/{account_id}/disabling"),
    ("POST", "/admin/accounts/{account_id}/enabling"),
    ("POST", "/admin/accounts/{account_id}/reset"),
    ("GET", "/admin/tray"),
    ("POST", "/admin/subscribers/{subscription_id}/erasure"),
    ("POST", "/admin/tickets/{ticket_id}/erasure"),
}
COMMANDING = {
    ("GET", "/admin/incidents/{incident_id}/people/{role}/candidates"),
    ("POST", "/admin/incidents/{incident_id}/people/{role}/offer"),
    ("POST", "/admin/incidents/{incident_id}/people/meeting"),
    ("POST", "/admin/escalation/meeting"),
    ("POST", "/admin/escalation/first-words"),
    ("POST", "/admin/incidents/{incident_id}/work/closing"),
    ("POST", "/admin/incidents/{incident_id}/work/findings/{finding_id}/removal"),
}
TRIAGING = {
    ("POST", "/admin/incidents/{incident_id}/past"),
    ("POST", "/admin/incidents/{incident_id}/people/acknowledgement"),
    ("POST", "/admin/incidents/{incident_id}/people/calls/{page_id}"),
    ("POST", "/admin/reports/calls"),
    ("POST", "/admin/reports/{suspicion_id}/acknowledgement"),
    ("POST", "/admin/reports/{suspicion_id}/dismissal"),
    ("POST", "/admin/reports/{suspicion_id}/incident"),
    ("GET", "/admin/tickets/new"),
    ("POST", "/admin/tickets"),
    ("POST", "/admin/tickets/{ticket_id}/acknowledgement"),
    ("POST", "/admin/tickets/{ticket_id}/replies"),
    ("POST", "/admin/tickets/{ticket_id}/replies/preview"),
    ("POST", "/admin/tickets/{ticket_id}/screen-share"),
    ("POST", "/admin/tickets/{ticket_id}/notes"),
    ("POST", "/admin/tickets/{ticket_id}/trials"),
    ("POST", "/admin/tickets/{ticket_id}/isolation"),
    ("POST", "/admin/tickets/{ticket_id}/solution"),
    ("POST", "/admin/tickets/{ticket_id}/reopening"),
    ("POST", "/admin/tickets/{ticket_id}/incident"),
    ("POST", "/admin/tickets/{ticket_id}/separation"),
    ("POST", "/admin/incidents/{incident_id}/work/confirmation"),
    ("POST", "/admin/incidents/{incident_id}/work/stage"),
    ("POST", "/admin/incidents/{incident_id}/work/entries"),
    ("POST", "/admin/incidents/{incident_id}/work/causes"),
    ("POST", "/admin/incidents/{incident_id}/work/causes/{cause_id}"),
    ("POST", "/admin/incidents/{incident_id}/work/ticks"),
    ("POST", "/admin/incidents/{incident_id}/work/ticks/{ref}/removal"),
    ("POST", "/admin/incidents/{incident_id}/work/fix"),
    ("POST", "/admin/incidents/{incident_id}/work/moments"),
    ("POST", "/admin/incidents/{incident_id}/work/attachments"),
    ("POST", "/admin/incidents/{incident_id}/work/attachments/{attachment_id}/removal"),
    ("POST", "/admin/incidents/{incident_id}/work/findings"),
}
NEEDED = {
    Permission.APPROVE: APPROVING,
    Permission.COMMAND: COMMANDING,
    Permission.TRIAGE: TRIAGING,
    Permission.POST: POSTING,
    Permission.READ_AUDIT: AUDITING,
    Permission.MANAGE_KEYS: KEEPING_KEYS,
    Permission.EDIT_SETTINGS: SETTING,
    Permission.SWITCH_DNS: SWITCHING,
    Permission.MANAGE_SUBSCRIBERS: TENDING,
    Permission.EXPORT: EXPORTING,
    Permission.ADMINISTER: ADMINISTERING,
    Permission.EDIT_COMPONENTS: EDITING,
}


@pytest.fixture
def console(sqlite_url):
    """On SQLite alone: nothing here depends on the database."""
    console = Console(Database.open(sqlite_url))
    yield console
    console.database.close()


def routes_of(app):
    """Every method and path of the application with its route."""
    routes = iter_route_contexts(app.routes)
    return {(method, route.path): route for route in routes for method in route.methods - {"HEAD"}}


def needs(method, path):
    """What this table says a route needs; None for those that everybody may use."""
    if (method, path) in ANYONE:
        return None
    return next((permission for permission, routes in NEEDED.items() if (method, path) in routes), Permission.READ)


def ask(browser, method, path):
    """Use a route with made-up names in its path."""
    return browser.request(method, path.replace(":path", "").format(**ADDRESS))


def test_it_guards_every_route_as_this_table_says(console):
    guards = {key: guards_of(route) for key, route in routes_of(console.app).items()}
    said = {key: [guard.permission for guard in found if isinstance(guard, Allow)] for key, found in guards.items()}
    assert said == {key: [needs(*key)] if needs(*key) else [] for key in guards}
    assert set(guards) >= ANYONE | POSTING | EDITING | KEEPING_KEYS | AUDITING | SWITCHING | ADMINISTERING


def test_it_walks_more_than_a_handful_of_routes(console):
    assert len(routes_of(console.app)) >= 20


def test_it_lets_nobody_in_without_a_sign_in(console):
    browser = console.browser()
    for method, path in routes_of(console.app):
        answer = ask(browser, method, path)
        if needs(method, path) is None:
            assert answer.status_code not in (401, 403), path
        elif method == "GET":
            assert answer.headers["location"].startswith("/admin/sign-in?next="), path
        else:
            assert answer.status_code == 401, path


@pytest.mark.parametrize("role", Role)
def test_it_lets_a_role_do_what_it_may_and_nothing_else(console, role):
    email = f"{role.value}@mls.example"
    console.hire(email, role)
    browser = console.signed_in(email)
    for method, path in routes_of(console.app):
        wanted = needs(method, path)
        if path == "/admin/sign-out":
            continue
        answer = ask(browser, method, path)
        allowed = wanted is None or may(role, wanted)
        assert (answer.status_code != 403) is allowed, (role, method, path, answer.status_code)
        assert answer.status_code != 401


def test_it_says_to_whom_it_refuses(console):
    console.hire("gil@mls.example", Role.SUBJECT_EXPERT)
    answer = console.signed_in("gil@mls.example").get("/admin/incidents/new")
    assert answer.status_code == 403
    assert "(subject expert), whose role does not cover this" in answer.text


def test_r21_an_expert_and_the_service_manager_cannot_publish(console):
    for role in (Role.SUBJECT_EXPERT, Role.SERVICE_MANAGER):
        email = f"{role.value}@mls.example"
        console.hire(email, role)
        assert console.signed_in(email).post("/admin/incidents", data={"components": "dashboard"}).status_code == 403
    with console.database.read() as session:
        assert open_incidents(session) == []


def test_it_does_not_offer_what_a_role_may_not_do(console):
    console.hire("gil@mls.example", Role.SUBJECT_EXPERT)
    browser = console.signed_in("gil@mls.example")
    assert "Report a problem" not in browser.get("/admin").text
    assert 'action="/admin/components' not in browser.get("/admin/components/forms").text


def test_it_does_not_start_with_a_route_that_forgot_its_guard():
    app = FastAPI(openapi_url=None)
    app.add_api_route("/admin/open", lambda: None)
    with pytest.raises(RuntimeError, match="/admin/open"):
        check_guards(app)
