"""The whole way, against a real name server and a real status host: plan, apply, watch, revert."""

import pytest
from sqlmodel import select

from app.domain.errors import RefusedError
from app.domain.failover import Change, Records, RecordSet, RecordType, RunState, Side, Switch
from app.domain.failover_risks import Weight
from app.monitor.dns.provider import NotHeardError, ProviderError, ProviderRefusedError, Receipt
from app.store.audit import AuditEntryRow
from app.store.failovers import FailoverRunRow, SwitchRow, last_drill, pointings
from app.store.outbox import OutboxRow
from tests.doubles.bind import STRANGER, ZONE
from tests.monitor.dns.switches import APEX, BOTH, DASHBOARD, EDGE, MAIL, WWW
from tests.monitor.dns.world import IT

pytestmark = pytest.mark.allow_hosts(["127.0.0.1", *(f"127.0.0.{last}" for last in (10, 20, 30, 77, 99))])


def words_of(run, weight=None):
    return " ".join(risk.words for risk in run.risks if weight in (None, risk.weight))


def test_r34_it_points_a_name_here_and_back_after_two_clean_sign_ins(here):
    run_id = here.pointed()
    assert here.name_server.values(WWW.name, "CNAME") == [f"{EDGE}."]
    run = here.run(run_id)
    assert (run.state, run.applied_by, run.touched) == (RunState.WATCHING, IT.name, ())
    assert (run.everyone_by - here.now).total_seconds() == 300
    assert here.desk.watch(run_id).is_visible
    here.probe(run_id)
    here.pass_by(minutes=10)
    here.probe(run_id)
    here.desk.revert(run_id, WWW.name, IT)
    assert here.name_server.values(WWW.name, "CNAME") == ["web.hosting.example."]
    assert here.run(run_id).state is RunState.REVERTED
    with here.database.read() as session:
        acts = [row.act for row in session.exec(select(AuditEntryRow)) if row.act.startswith("switch.")]
    assert acts[-6:] == [
        "switch.apply_asked",
        "switch.applied",
        "switch.sign_in_tried",
        "switch.sign_in_tried",
        "switch.revert_asked",
        "switch.reverted",
    ]


def test_it_shows_exactly_what_will_change(here):
    run = here.run(here.desk.plan(BOTH.name, IT), BOTH.name)
    assert [f"{line.sign} {line.text}" for line in run.change.lines] == [
        f"- {BOTH.name}. 300 IN A 127.0.0.20",
        f"- {BOTH.name}. 300 IN AAAA 2001:db8::20",
        f"+ {BOTH.name}. 300 IN CNAME {EDGE}.",
    ]
    assert here.name_server.values(BOTH.name, "A") == ["127.0.0.20"]


def test_it_tells_the_time_to_live_as_served_not_as_planned(here):
    run = here.run(here.desk.plan(DASHBOARD.name, IT), DASHBOARD.name)
    risk = next(risk for risk in run.risks if risk.subject == "TTL")
    assert (risk.weight, run.served_ttl) == (Weight.WARNING, 86_400)
    assert "86,400 seconds, not 300 as planned" in risk.words
    assert (risk.until - here.now).total_seconds() == 86_400


def test_the_apex_gets_addresses_and_keeps_its_mail(here):
    before = {kind: here.name_server.values(ZONE, kind) for kind in ("MX", "TXT", "NS")}
    run_id = here.pointed(ZONE)
    assert here.name_server.values(ZONE, "A") == ["127.0.0.1"]
    assert {kind: here.name_server.values(ZONE, kind) for kind in before} == before
    assert here.run(run_id, ZONE).touched == ()
    assert "MX of hpmls.example" in words_of(here.run(run_id, ZONE), Weight.NOTE)


def test_it_says_when_mail_is_not_what_it_was(here):
    class Careless:
        """Changes the address and takes the mail with it, as some tools do."""

        def holding(self, switch: Switch) -> Records:
            return here.name_server.updates().holding(switch)

        def point(self, switch: Switch, change: Change, *, to: Side) -> Receipt:
            here.name_server.spoil("MX")
            return here.name_server.updates().point(switch, change, to=to)

    here.providers["rfc2136"] = Careless()
    run_id = here.pointed(ZONE)
    assert here.run(run_id, ZONE).touched == ("MX of hpmls.example",)


def test_a_hand_that_slips_over_the_mail_is_seen_afterwards_and_when_it_is_mended(here):
    run_id = here.by_hand(APEX)
    here.name_server.spoil("MX")
    here.name_server.updates().point(APEX, here.run(run_id, ZONE).change, to=Side.FAILOVER)
    here.desk.watch(run_id)
    assert here.run(run_id, ZONE).touched == ("MX of hpmls.example",)
    here.name_server.mend("MX", "10 mail.postroom.example.")
    here.desk.watch(run_id)
    assert here.run(run_id, ZONE).touched == ()


def test_it_refuses_a_cname_beside_other_data(here):
    run_id = here.desk.plan(MAIL.name, IT)
    assert "MX stands at mail.hpmls.example" in words_of(here.run(run_id, MAIL.name), Weight.STOP)
    with pytest.raises(RefusedError, match="MX stands at"):
        here.desk.apply(run_id, MAIL.name, IT)
    assert here.name_server.values(MAIL.name, "A") == ["127.0.0.30"]
    assert here.run(run_id, MAIL.name).state is RunState.PLANNED


def test_it_refuses_without_a_certificate_for_the_name(here):
    other = "other.hpmls.example"
    here.save(WWW, name=other, normal=("127.0.0.77",), failover=("127.0.0.1",))
    run = here.run(here.desk.plan(other, IT), other)
    assert "not accepted for other.hpmls.example" in words_of(run, Weight.STOP)


def test_it_refuses_a_certificate_that_ends_tomorrow(here):
    here.pass_by(days=88)
    run = here.run(here.desk.plan(WWW.name, IT))
    assert "must last beyond tomorrow" in words_of(run, Weight.STOP)


def test_it_does_nothing_until_the_name_is_typed(here):
    run_id = here.desk.plan(WWW.name, IT)
    with pytest.raises(RefusedError, match=r"Type www\.hpmls\.example"):
        here.desk.apply(run_id, "www", IT)
    assert here.name_server.values(WWW.name, "CNAME") == ["web.hosting.example."]


def test_it_refuses_a_plan_that_is_no_longer_true(here):
    run_id = here.desk.plan(WWW.name, IT)
    here.name_server.updates().point(
        WWW,
        Change(WWW.name, WWW.records(Side.NORMAL), (RecordSet(RecordType.A, ("127.0.0.99",), 60),)),
        to=Side.FAILOVER,
    )
    with pytest.raises(RefusedError, match="no longer what you looked over"):
        here.desk.apply(run_id, WWW.name, IT)
    assert here.name_server.values(WWW.name, "A") == ["127.0.0.99"]


@pytest.mark.parametrize("hours", [2, -2])
def test_it_refuses_a_plan_that_is_old_whichever_way_the_clock_was_stepped(here, hours):
    run_id = here.desk.plan(WWW.name, IT)
    here.pass_by(hours=hours)
    with pytest.raises(RefusedError, match="more than an hour old"):
        here.desk.apply(run_id, WWW.name, IT)
    assert here.name_server.values(WWW.name, "CNAME") == ["web.hosting.example."]


def test_it_does_not_go_back_without_two_clean_sign_ins_or_a_reason(here):
    run_id = here.pointed()
    with pytest.raises(RefusedError, match="Nobody has signed in"):
        here.desk.revert(run_id, WWW.name, IT)
    here.probe(run_id)
    here.pass_by(minutes=9)
    here.probe(run_id)
    with pytest.raises(RefusedError, match="at least ten minutes after"):
        here.desk.revert(run_id, WWW.name, IT, reason="short")
    assert here.name_server.values(WWW.name, "CNAME") == [f"{EDGE}."]
    here.desk.revert(run_id, WWW.name, IT, reason="The status host itself is failing.")
    assert here.run(run_id).override_reason == "The status host itself is failing."
    assert here.name_server.values(WWW.name, "CNAME") == ["web.hosting.example."]


def test_it_does_not_write_over_what_somebody_else_put_there(here):
    run_id = here.pointed()
    held = here.name_server.updates().holding(WWW)
    here.name_server.updates().point(
        WWW, Change(WWW.name, held, (RecordSet(RecordType.A, ("127.0.0.99",), 60),)), to=Side.NORMAL
    )
    with pytest.raises(RefusedError, match=r"Somebody else changed this name: A 127\.0\.0\.99"):
        here.desk.revert(run_id, WWW.name, IT)
    here.desk.revert(run_id, WWW.name, IT, reason="Agreed with the web team on the phone.")
    assert here.name_server.values(WWW.name, "CNAME") == ["web.hosting.example."]


def test_a_refusal_leaves_everything_as_it_was(here):
    here.providers["rfc2136"] = here.name_server.updates(STRANGER)
    run_id = here.desk.plan(WWW.name, IT)
    with pytest.raises(ProviderRefusedError, match="may not change"):
        here.desk.apply(run_id, WWW.name, IT)
    assert here.run(run_id).state is RunState.REFUSED
    assert here.name_server.values(WWW.name, "CNAME") == ["web.hosting.example."]


class Unheard:
    """The real provider over a line that drops: before the request arrives, or after it was carried out."""

    def __init__(self, real, *, arrives):
        self._real, self._arrives, self.answers = real, arrives, True

    def holding(self, switch):
        if not self.answers:
            raise ProviderError("It does not answer.")
        return self._real.holding(switch)

    def point(self, switch, change, *, to):
        if self._arrives:
            self._real.point(switch, change, to=to)
        raise NotHeardError("Its answer was not heard.")

    def progress(self, reference):
        return ""


def test_it_reads_back_what_a_provider_did_that_went_silent_after_accepting(here):
    here.providers["rfc2136"] = Unheard(here.name_server.updates(), arrives=True)
    run = here.run(here.pointed())
    assert (run.state, run.words) == (
        RunState.WATCHING,
        "The provider’s answer was not heard. Read back: it made the change.",
    )


def test_it_reads_back_that_a_silent_provider_did_nothing(here):
    here.providers["rfc2136"] = Unheard(here.name_server.updates(), arrives=False)
    run = here.run(here.pointed())
    assert run.state is RunState.REFUSED
    assert "did not make the change; try again" in run.words


def test_it_says_that_nobody_knows_and_finds_out_later(here):
    provider = Unheard(here.name_server.updates(), arrives=True)

    def go_silent(switch, change, *, to):
        provider.answers = False
        Unheard.point(provider, switch, change, to=to)

    provider.point = go_silent
    here.providers["rfc2136"] = provider
    run_id = here.pointed()
    run = here.run(run_id)
    assert (run.state, "looked up again" in run.words) == (RunState.APPLYING, True)
    provider.answers = True
    here.desk.watch(run_id)
    assert here.run(run_id).state is RunState.WATCHING


def test_only_one_use_of_a_switch_is_open_at_a_time(here):
    here.pointed()
    with pytest.raises(RefusedError, match="does not lead to its normal place"):
        here.desk.plan(WWW.name, IT)


def test_by_hand_it_gives_the_steps_and_believes_only_the_name_servers(here):
    run_id = here.by_hand(WWW)
    run = here.run(run_id)
    assert run.state is RunState.APPLYING
    assert run.steps[1] == "Delete the CNAME record of www.hpmls.example: web.hosting.example."
    assert f"value {EDGE}, TTL 300 seconds" in run.steps[3]
    assert not here.desk.watch(run_id).is_visible
    here.name_server.updates().point(WWW, run.change, to=Side.FAILOVER)
    assert here.desk.watch(run_id).is_visible
    assert here.run(run_id).state is RunState.WATCHING


def test_what_was_never_done_by_hand_is_called_off_without_sign_ins(here):
    run_id = here.by_hand(WWW)
    here.desk.revert(run_id, WWW.name, IT)
    run = here.run(run_id)
    assert (run.state, run.words) == (RunState.REVERTED, "The old records stood there already.")


def test_a_drill_records_how_long_it_took_and_tells_members_nothing(here):
    run_id = here.pointed(is_drill=True)
    here.pass_by(minutes=7)
    assert here.desk.watch(run_id).is_seen_by_most
    assert here.run(run_id).measured_minutes == 7
    with here.database.read() as session:
        assert last_drill(session).id == run_id
        assert pointings(session, here.now) == ()


def test_names_on_their_way_are_watched_without_anybody_looking(here):
    run_id = here.by_hand(WWW)
    here.name_server.updates().point(WWW, here.run(run_id).change, to=Side.FAILOVER)
    here.pass_by(minutes=4)
    here.desk.watch_all()
    assert here.run(run_id).state is RunState.WATCHING
    here.desk.watch_all()
    assert here.run(run_id).measured_minutes == 4


def test_trouble_with_one_name_keeps_nobody_from_looking_at_the_next(here, caplog):
    first, second = here.pointed(WWW.name), here.pointed(BOTH.name)
    with here.database.transaction() as session:
        session.get(FailoverRunRow, first).state = RunState.APPLYING
        session.get(SwitchRow, here.run(first).switch_id).provider = "cloudflare"
    here.desk.watch_all()
    assert "could not be looked at: cloudflare is not set up here" in caplog.text
    assert here.run(second, BOTH.name).visible_at is not None


def test_members_are_told_until_when_some_see_the_old_page(here):
    run_id = here.pointed()
    with here.database.read() as session:
        (told,) = pointings(session, here.now)
        events = [row.payload for row in session.exec(select(OutboxRow)) if row.name == "domain_pointed"]
    assert (told.name, told.to, (told.everyone_by - here.now).total_seconds()) == (WWW.name, Side.FAILOVER, 300)
    assert events == [{"domain": WWW.name, "to": "failover"}]
    here.pass_by(seconds=301)
    with here.database.read() as session:
        assert pointings(session, here.now) == ()
    here.desk.revert(run_id, WWW.name, IT, reason="A drill of the way back.")
    with here.database.read() as session:
        (told,) = pointings(session, here.now)
    assert told.to is Side.NORMAL


def test_a_provider_that_is_not_set_up_is_refused_in_words(here):
    del here.providers["rfc2136"]
    with pytest.raises(RefusedError, match=r"not set up here: its settings are missing"):
        here.desk.plan(APEX.name, IT)
