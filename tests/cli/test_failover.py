"""`porchlight failover` as IT meets it at a shell, with a real name server and a real status host."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.commands.failovers import save_switch
from app.store.failovers import switch_row
from app.store.session import Database
from tests.doubles.bind import KEY, bind
from tests.doubles.certificates import make_certificate
from tests.doubles.https_host import https_host
from tests.monitor.dns.switches import DASHBOARD, EDGE, MAIL, WWW

pytestmark = pytest.mark.allow_hosts(["127.0.0.1", *(f"127.0.0.{last}" for last in (10, 20, 30))])


@pytest.fixture
def it(demo, sqlite_url, tmp_path, monkeypatch):
    """A shell whose settings lead to the doubles, with switches that a signed update changes; and the name server."""
    folder = tmp_path / "bind"
    folder.mkdir()
    certificate = make_certificate(tmp_path, [WWW.name, DASHBOARD.name, MAIL.name], timedelta(days=90))
    with bind(folder) as running, https_host(certificate.server_context()) as port:
        place = f"127.0.0.1:{running.port}"
        for name in ("RESOLVERS", "NAME_SERVERS", "UPDATE_SERVER"):
            monkeypatch.setenv(f"PORCHLIGHT_DNS_{name}", place)
        monkeypatch.setenv("PORCHLIGHT_DNS_TSIG_NAME", KEY.name)
        monkeypatch.setenv("PORCHLIGHT_DNS_TSIG_SECRET", KEY.secret)
        monkeypatch.setenv("PORCHLIGHT_DNS_HTTPS_PORT", str(port))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.chain))
        save(sqlite_url, MAIL)
        give_to_updates(sqlite_url, WWW, DASHBOARD)
        yield demo, running


def save(url, *switches):
    database = Database.open(url)
    with database.transaction() as session:
        for switch in switches:
            values = {name: getattr(switch, name) for name in switch.__slots__} | {"id": ""}
            save_switch(session, type(switch)(**values), now=datetime.now(UTC))
    database.close()


def give_to_updates(url, *switches):
    """The demo's switches are changed by hand; let signed updates change these."""
    database = Database.open(url)
    with database.transaction() as session:
        for switch in switches:
            row = switch_row(session, switch.name)
            row.provider = "rfc2136"
    database.close()


def test_it_goes_the_whole_way_and_back(it):
    shell, name_server = it
    plan = shell("failover", "plan", WWW.name)
    assert plan.returncode == 0, plan.stderr
    assert f"- {WWW.name}. 300 IN CNAME web.hosting.example." in plan.stdout
    assert f"+ {WWW.name}. 300 IN CNAME {EDGE}." in plan.stdout
    applied = shell("failover", "apply", WWW.name, "--confirm", WWW.name)
    assert (applied.returncode, "Some members may not see it until" in applied.stdout) == (0, True), applied.stderr
    assert name_server.values(WWW.name, "CNAME") == [f"{EDGE}."]
    assert f"{WWW.name}: leads here, or may" in shell("failover", "list").stdout
    watched = shell("failover", "watch", WWW.name)
    assert watched.stdout.count(" yes ") == 2
    assert shell("failover", "probe", WWW.name, "--clean").returncode == 0
    early = shell("failover", "revert", WWW.name, "--confirm", WWW.name)
    assert (early.returncode, "One clean sign-in is not enough" in early.stderr) == (1, True)
    back = shell("failover", "revert", WWW.name, "--confirm", WWW.name, "--reason", "A drill, agreed beforehand.")
    assert (back.returncode, "reverted" in back.stdout) == (0, True), back.stderr
    assert name_server.values(WWW.name, "CNAME") == ["web.hosting.example."]


def test_it_gives_facts_for_machines(it):
    shell, _ = it
    facts = json.loads(shell("failover", "plan", DASHBOARD.name, "--json").stdout)
    assert facts["served_ttl"] == 86_400
    assert facts["diff"][0].startswith("- dashboard.hpmls.example. 86400 IN CNAME")
    assert facts["state"] == "planned"


def test_a_stop_ends_with_one_and_nothing_is_changed(it):
    shell, name_server = it
    plan = shell("failover", "plan", MAIL.name)
    assert (plan.returncode, "stop  MX stands at mail.hpmls.example" in plan.stdout) == (1, True)
    applied = shell("failover", "apply", MAIL.name, "--confirm", MAIL.name)
    assert (applied.returncode, "Refused: MX stands at" in applied.stderr) == (1, True)
    assert name_server.values(MAIL.name, "A") == ["127.0.0.30"]


def test_the_name_is_asked_for_and_a_wrong_one_does_nothing(it):
    shell, name_server = it
    shell("failover", "plan", WWW.name)
    answer = shell("failover", "apply", WWW.name, typed="www\n")
    assert (answer.returncode, "Type www.hpmls.example to confirm. Nothing was changed." in answer.stderr) == (1, True)
    assert name_server.values(WWW.name, "CNAME") == ["web.hosting.example."]


def test_a_name_without_a_plan_is_refused_in_one_line(it):
    shell, _ = it
    for words in (("apply", WWW.name, "--confirm", WWW.name), ("watch", WWW.name), ("plan", "other.example")):
        said = shell("failover", *words)
        assert (said.returncode, said.stderr.startswith("Refused: ")) == (1, True)
        assert "Traceback" not in said.stderr


def test_a_server_in_the_settings_that_is_no_address_is_named(it, monkeypatch):
    shell, _ = it
    said = shell("failover", "plan", WWW.name, PORCHLIGHT_DNS_RESOLVERS="dns.example")
    assert (said.returncode, "“dns.example” in the PORCHLIGHT_DNS_ settings" in said.stderr) == (1, True)
