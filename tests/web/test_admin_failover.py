"""The failover section over a real name server: plan, confirm, watch, go back; refusals in words, nothing lost."""

from datetime import timedelta

import pytest

from app.domain.accounts import Role
from app.store.session import Database
from tests.doubles.bind import bind
from tests.doubles.nodetools import html_faults
from tests.monitor.dns.switches import DASHBOARD, EDGE, MAIL, WWW
from tests.monitor.dns.world import world
from tests.web.consoles import PASSWORD, Console, problems_on, text_of, the_form

IDA = "ida@mls.example"
FAILOVER = "/admin/failover"

pytestmark = pytest.mark.allow_hosts(["127.0.0.1", *(f"127.0.0.{last}" for last in (10, 20, 30))])


@pytest.fixture
def there(sqlite_url, tmp_path):
    """A name server, a status host, a desk over both, and a console with Ida, the commander, signed in."""
    database = Database.open(sqlite_url)
    folder = tmp_path / "bind"
    folder.mkdir()
    with bind(folder) as running, world(database, running, tmp_path) as made:
        console = Console(database, options={"failover": lambda: made.desk})
        console.time.now = made.now
        console.hire(IDA, Role.COMMANDER)
        yield made, console, console.signed_in(IDA)
    database.close()


def followed(browser, answer):
    assert answer.status_code == 303, text_of(answer.text)
    return browser.get(answer.headers["location"])


def planned(browser, name, **fields):
    """The page of a plan, and its path."""
    answer = browser.post(f"{FAILOVER}/{name}/plan", data=fields)
    return followed(browser, answer).text, answer.headers["location"]


def confirmed(browser, name):
    """The page after it was pointed here, and the path of the run."""
    _, path = planned(browser, name)
    return followed(browser, browser.post(f"{path}/application", data={"typed": name})).text, path


def test_it_shows_exactly_what_will_change_and_what_is_risky(there):
    _, _, browser = there
    page = text_of(planned(browser, DASHBOARD.name)[0])
    assert f"- {DASHBOARD.name}. 86400 IN CNAME hp.gatehouse.example." in page
    assert f"+ {DASHBOARD.name}. 300 IN CNAME {EDGE}." in page
    assert (
        "Weigh this: TTL The served TTL is 86,400 seconds, not 300 as planned: some members will not see this" in page
    )
    assert "Type dashboard.hpmls.example to confirm" in page


def test_it_points_a_name_here_watches_it_and_goes_back(there):
    made, console, browser = there
    page, path = confirmed(browser, WWW.name)
    assert made.name_server.values(WWW.name, "CNAME") == [f"{EDGE}."]
    said = text_of(page)
    assert "5:00 Some members may still see the old page until" in said
    assert said.count("Yes: 127.0.0.1 port") == 2
    console.time.pass_by(minutes=1)
    made.now = console.time.now
    assert "4:00" in browser.get(f"{path}/progress").text
    assert "Leads here" in browser.get(FAILOVER).text
    for _ in range(2):
        followed(browser, browser.post(f"{path}/probes", data={"outcome": "clean", "words": "as a test member"}))
        console.time.pass_by(minutes=10)
        made.now = console.time.now
    page = browser.get(path)
    assert "It may go back." in text_of(page.text)
    assert "reason" not in the_form(page.text, f"{path}/way-back")
    browser.post("/admin/confirm", data={"password": PASSWORD, "next": path})
    back = followed(browser, browser.post(f"{path}/way-back", data={"typed": WWW.name}))
    assert "is back" in text_of(back.text)
    assert made.name_server.values(WWW.name, "CNAME") == ["web.hosting.example."]


def test_it_does_nothing_when_the_name_is_not_typed(there):
    made, _, browser = there
    _, path = planned(browser, WWW.name)
    answer = browser.post(f"{path}/application", data={"typed": "www.hpmls"})
    assert answer.status_code == 422
    assert problems_on(answer.text) == {"typed": "Type www.hpmls.example to confirm. Nothing was changed."}
    assert the_form(answer.text, f"{path}/application")["typed"] == ["www.hpmls"]
    assert made.name_server.values(WWW.name, "CNAME") == ["web.hosting.example."]


def test_it_offers_no_button_where_a_risk_stops_it(there):
    made, _, browser = there
    page, path = planned(browser, MAIL.name)
    assert "MX stands at mail.hpmls.example" in text_of(page)
    assert "Point it here" not in page
    answer = browser.post(f"{path}/application", data={"typed": MAIL.name})
    assert (answer.status_code, "MX stands at" in text_of(answer.text)) == (422, True)
    assert made.name_server.values(MAIL.name, "A") == ["127.0.0.30"]


def test_it_wants_a_reason_before_two_clean_sign_ins_and_keeps_the_words(there):
    made, _, browser = there
    _, path = confirmed(browser, WWW.name)
    answer = browser.post(f"{path}/way-back", data={"typed": WWW.name, "reason": "because"})
    assert answer.status_code == 422
    assert "Nobody has signed in at the normal address yet" in problems_on(answer.text)["reason"]
    assert the_form(answer.text, f"{path}/way-back")["reason"] == ["because"]
    assert made.name_server.values(WWW.name, "CNAME") == [f"{EDGE}."]


def test_a_sign_in_counts_as_clean_only_when_somebody_says_so(there):
    _, _, browser = there
    page, path = confirmed(browser, WWW.name)
    assert "outcome" not in the_form(page, f"{path}/probes")
    answer = browser.post(f"{path}/probes", data={"words": "Looks fine"})
    assert (answer.status_code, problems_on(answer.text)) == (422, {"outcome": "Say whether it worked."})
    page = followed(browser, browser.post(f"{path}/probes", data={"outcome": "failed", "words": "No code came"})).text
    assert "The last sign-in at the normal address failed." in text_of(page)


def test_it_asks_again_who_is_there_before_it_changes_anything(there):
    made, console, browser = there
    _, path = planned(browser, WWW.name)
    console.time.pass_by(minutes=16)
    made.now += timedelta(minutes=16)
    answer = browser.post(f"{path}/application", data={"typed": WWW.name})
    assert "Confirm that it is you" in answer.text
    assert made.name_server.values(WWW.name, "CNAME") == ["web.hosting.example."]


def test_a_provider_that_refuses_is_told_in_its_words(there):
    made, _, browser = there
    _, path = planned(browser, WWW.name)
    made.providers["rfc2136"] = made.name_server.updates(made.stranger)
    answer = browser.post(f"{path}/application", data={"typed": WWW.name})
    assert (answer.status_code, "may not change this name" in text_of(answer.text)) == (422, True)
    assert "It was not done" in text_of(answer.text)


def test_a_switch_is_added_and_edited_and_keeps_what_was_typed_badly(there):
    _, _, browser = there
    said = {
        "name": "Forms.HPMLS.example.",
        "zone": "hpmls.example",
        "provider": "runbook",
        "normal": "127.0.0.20",
        "failover": "not a name!",
        "planned_ttl": "300",
    }
    answer = browser.post(FAILOVER, data=said)
    assert answer.status_code == 422
    assert the_form(answer.text, FAILOVER)["name"] == ["Forms.HPMLS.example."]
    assert set(problems_on(answer.text)) == {"failover"}
    page = followed(browser, browser.post(FAILOVER, data=said | {"failover": "127.0.0.1"})).text
    path = f"{FAILOVER}/forms.hpmls.example"
    form = the_form(page, path)
    assert (form["name"], form["version"]) == (["forms.hpmls.example"], ["1"])
    followed(browser, browser.post(path, data=form | {"planned_ttl": "60"}))
    stale = browser.post(path, data=form | {"planned_ttl": "120"})
    assert (stale.status_code, "Somebody else edited this switch" in stale.text) == (409, True)


def test_it_keeps_no_secret_in_a_switch(there):
    _, _, browser = there
    form = the_form(browser.get(f"{FAILOVER}/{WWW.name}").text, f"{FAILOVER}/{WWW.name}")
    answer = browser.post(f"{FAILOVER}/{WWW.name}", data=form | {"options": "tsig_secret = abc"})
    assert "Secrets belong in the settings" in problems_on(answer.text)["options"]


def test_it_writes_valid_html(there):
    _, _, browser = there
    pages = {path: browser.get(f"{FAILOVER}{path}").text for path in ("", "/new", f"/{WWW.name}")}
    pages["stopped"], _ = planned(browser, MAIL.name)
    pages["planned"], path = planned(browser, WWW.name)
    pages["refused"] = browser.post(f"{path}/application", data={"typed": "x"}).text
    pages["watched"], path = confirmed(browser, WWW.name)
    pages["not back"] = browser.post(f"{path}/way-back", data={"typed": "x"}).text
    pages["bad switch"] = browser.post(FAILOVER, data={"name": "x"}).text
    assert html_faults(pages) == []


def test_a_console_without_a_way_to_the_dns_says_so(sqlite_url):
    database = Database.open(sqlite_url)
    console = Console(database)
    console.hire(IDA, Role.COMMANDER)
    answer = console.signed_in(IDA).get(f"{FAILOVER}/new")
    assert (answer.status_code, "without a way to the DNS" in answer.text) == (503, True)
    database.close()
