"""Staff and notices: the board counts the rows, takes a notice back, tries failures again, and hands out the record."""

import asyncio
import csv
import io
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from fastapi.routing import iter_route_contexts

from app.commands.incidents import IncidentDraft, open_incident
from app.domain.accounts import Role
from app.domain.channels import Channel
from app.domain.components import ComponentStatus
from app.domain.deliveries import Outcome, Reason, State
from app.store.deliveries import BatchRow, DeliveryRow
from app.store.notices import NoticeRow, newest_notices
from app.store.rates import SenderRow, sender, set_sender, stop_sender
from app.store.restorations import RestorationRow, is_held
from app.store.subscribers import subscription_row
from app.store.tray import MOST_KEPT, TrayRow, keep, kept
from app.web.admin.members.delivery_record import plain_cell
from app.web.console import build_console
from notifiers.base import Notice, NullNotifier
from tests.commands.sign_ups import MAILBOX, NUMBER, VAULT, member
from tests.commands.world import NOW, build, words
from tests.doubles.nodetools import html_faults
from tests.web.sign_up_site import SITE, Client
from tests.web.test_admin_subscribers import Staff

AFTER_HOLD = NOW - timedelta(seconds=30)


@pytest.fixture(autouse=True)
def world(database) -> None:
    """A small MLS, a member on the phone and one by mail, and an incident whose notice is in its hold."""
    with database.transaction() as session:
        build(session)
        member(session)
        member(session, MAILBOX, Channel.EMAIL)
        draft = words(components={"dashboard": ComponentStatus.MAJOR_OUTAGE})
        open_incident(session, IncidentDraft("Nobody can <sign> in", draft), now=NOW)


@pytest.fixture
def lead(database) -> Staff:
    """Somebody who may post."""
    return Staff(database, Role.COMMUNICATIONS_LEAD)


@pytest.fixture
def reader(database) -> Staff:
    """Somebody who may look."""
    return Staff(database, Role.HELP_DESK)


@pytest.fixture
def administrator(database) -> Staff:
    """Somebody who may do everything."""
    return Staff(database, Role.ADMINISTRATOR)


def notice_of(session) -> NoticeRow:
    return newest_notices(session)[0]


def fan_out(database, *rows: dict) -> int:
    """Let the hold be over and write these deliveries; the notice."""
    with database.transaction() as session:
        notice = notice_of(session)
        notice.held_until = notice.fanned_out_at = AFTER_HOLD
        for number, row in enumerate(rows, start=1):
            given = {"subscription_id": number, "channel": Channel.SMS, "batch_id": 1, "updated_at": NOW}
            session.add(DeliveryRow(notice_id=notice.id, **(given | {"state": State.ENDED} | row)))
        if session.get(BatchRow, 1) is None:
            session.add(BatchRow(id=1, notice_id=notice.id, channel=Channel.SMS, priority="urgent"))
        return notice.id


def several(count: int, start: int, **fields) -> list[dict]:
    return [{"subscription_id": start + number, **fields} for number in range(count)]


def tally(page: str, channel: str = "sms") -> dict[str, str]:
    """The numbers of one channel as the page shows them."""
    section = page.partition(f'aria-labelledby="channel-{channel}">')[2].partition("</section>")[0]
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", section))


def test_the_board_counts_the_rows(database, lead):
    notice_id = fan_out(
        database,
        *several(1200, 1, state=State.WAITING),
        *several(3, 2001, state=State.SENDING),
        *several(2, 2101, outcome=Outcome.SENT),
        *several(4, 2201, outcome=Outcome.DELIVERED),
        *several(5, 2301, outcome=Outcome.FAILED, reason="21211", words="This is not a telephone number."),
        *several(6, 2401, state=State.UNKNOWN),
        *several(7, 2501, outcome=Outcome.SUPPRESSED, reason=Reason.OPTED_OUT),
        *several(1, 2601, outcome=Outcome.DELIVERED, channel=Channel.EMAIL),
    )
    for path in (f"/admin/notices/{notice_id}", f"/admin/notices/{notice_id}/progress"):
        page = lead.get(path).text
        assert tally(page) == {
            "Queued": "1,203", "Sent": "2", "Delivered": "4", "Failed": "5", "Left out": "7", "Unknown": "6",
        }  # fmt: skip
        assert tally(page, "email")["Delivered"] == "1"
        assert '<progress max="1227" value="18"' in page
        assert "This is not a telephone number." in page
        assert "every 2s" in page


def test_the_list_shows_the_newest_first_and_pages(database, lead):
    notice_id = fan_out(database, *several(3, 1, outcome=Outcome.FAILED, reason="21211"))
    page = lead.get("/admin/notices").text
    assert "Nobody can &lt;sign&gt; in" in page
    assert "3 accounted for, 3 failed" in page
    assert f"/admin/notices/{notice_id}" in page
    assert "Nobody can" not in lead.get(f"/admin/notices?before={notice_id}").text


def test_the_estimate_is_the_senders_rate_and_says_what_it_cannot_keep(database, lead):
    notice_id = fan_out(
        database, *several(600, 1, state=State.WAITING), *several(9, 901, state=State.WAITING, reason=Reason.QUIET)
    )
    path = f"/admin/notices/{notice_id}"
    assert "nobody can say when the last will leave" in lead.get(path).text
    with database.transaction() as session:
        set_sender(session, "sms", 0.5)
    page = lead.get(path).text
    assert "The last leaves about 10:10 PM CT, at 0.5 a second." in page
    assert "9 of the queue wait for their quiet hours" in page
    assert "before all have left" not in page
    with database.transaction() as session:
        set_sender(session, "sms", 0.1)
    assert "It goes out of date at 10:50 PM CT, before all have left." in lead.get(path).text
    with database.transaction() as session:
        stop_sender(session, "sms", "The provider refused our password.", NOW)
    page = lead.get(path).text
    assert "This sender is stopped. The provider refused our password." in page
    assert "The last leaves" not in page


def test_a_stopped_sender_is_named_with_its_reason_and_sends_again_when_somebody_says_so(database, lead, reader):
    with database.transaction() as session:
        set_sender(session, "sms", 20.0)
        stop_sender(session, "sms", "The provider refused our password.", NOW)
    assert "The provider refused our password." in reader.get("/admin/notices").text
    assert "send again" not in reader.get("/admin/notices").text
    assert lead.post("/admin/notices/senders/sms/resumption").headers["location"] == "/admin/notices?resumed"
    page = lead.get("/admin/notices?resumed").text
    assert "Sending again." in page
    assert "The provider refused our password." not in page
    with database.read() as session:
        assert not sender(session, "sms").is_stopped
    assert lead.post("/admin/notices/senders/sms/resumption").status_code == 422


def test_a_sender_whose_provider_asked_for_a_pause_is_shown_with_the_time(database, lead):
    notice_id = fan_out(database, *several(10, 1, state=State.WAITING))
    with database.transaction() as session:
        set_sender(session, "sms", 0.5)
        session.get_one(SenderRow, "sms").free_at = (NOW + timedelta(hours=1)).timestamp()
    board, listed = lead.get(f"/admin/notices/{notice_id}").text, lead.get("/admin/notices").text
    assert "Paused until 10:50 PM CT: the provider asked for it." in board
    assert "at 0.5 a second" in board
    assert "Text: paused" in listed
    assert "wait until 10:50 PM CT" in listed


def test_the_estimate_counts_other_notices_on_the_same_sender(database, lead):
    notice_id = fan_out(database, *several(600, 1, state=State.WAITING))
    with database.transaction() as session:
        set_sender(session, "sms", 10.0)
        other = notice_id + 1
        for number, priority, due_at in ((1, "urgent", NOW), (2, "bulk", NOW), (3, "urgent", None)):
            batch = BatchRow(id=number * 10**9, notice_id=other, channel="sms", priority=priority, due_at=due_at)
            session.add(batch)
            session.flush()
            session.add_all(
                DeliveryRow(
                    notice_id=other,
                    subscription_id=number * 1000 + each,
                    channel="sms",
                    batch_id=batch.id,
                    state=State.WAITING,
                    updated_at=NOW,
                )
                for each in range(40)
            )
    assert "at 10 a second, with 40 of other notices." in lead.get(f"/admin/notices/{notice_id}").text


def test_what_only_went_into_the_tray_is_not_called_sent_without_a_word(database, lead):
    notice_id = fan_out(database, {"outcome": Outcome.SENT, "provider_id": "SM1"})
    assert "Not everything was sent." not in lead.get(f"/admin/notices/{notice_id}").text
    with database.transaction() as session:
        receipt = asyncio.run(NullNotifier("sms", lambda *_: None).send([Notice("1", NUMBER)]))[0]
        session.execute(sa.update(DeliveryRow).values(provider_id=receipt.provider_id))
    assert "Not everything was sent." in lead.get(f"/admin/notices/{notice_id}").text


def test_within_the_hold_a_notice_can_be_taken_back_once(database, reader, lead):
    with database.read() as session:
        path = f"/admin/notices/{notice_of(session).id}"
    page = lead.get(path).text
    assert "Leaves in 20 s." in page
    assert "Undo: tell nobody" in page
    assert "Undo" not in reader.get(path).text
    answer = lead.post(f"{path}/recall")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?recalled")
    page = lead.get(f"{path}?recalled").text
    assert "Nobody is told" in page
    assert "Undo" not in page
    assert lead.post(f"{path}/recall").status_code == 422


def test_after_the_hold_it_is_too_late_to_take_it_back(database, lead):
    notice_id = fan_out(database, {"state": State.WAITING})
    assert "Undo" not in lead.get(f"/admin/notices/{notice_id}").text
    answer = lead.post(f"/admin/notices/{notice_id}/recall")
    assert answer.status_code == 422
    assert "already on its way" in answer.text


def test_failures_are_tried_again_and_what_nobody_could_confirm_is_not(database, lead):
    notice_id = fan_out(
        database,
        *several(2, 1, outcome=Outcome.FAILED, reason="30001", words="The carrier's queue was full."),
        *several(1, 3, outcome=Outcome.FAILED, reason=Reason.UNCONFIRMED),
    )
    path = f"/admin/notices/{notice_id}"
    assert "Retry the failed (2)" in lead.get(path).text
    assert lead.post(f"{path}/retry").headers["location"] == f"{path}?retried"
    page = lead.get(f"{path}?retried").text
    assert tally(page)["Queued"] == "2"
    assert tally(page)["Failed"] == "1"
    assert "Retry the failed" not in page


def test_what_is_out_of_date_is_not_tried_again(database, lead):
    notice_id = fan_out(database, {"outcome": Outcome.FAILED, "reason": "30001"})
    with database.transaction() as session:
        notice_of(session).superseded_at = NOW
    assert "Retry the failed" not in lead.get(f"/admin/notices/{notice_id}").text
    assert lead.post(f"/admin/notices/{notice_id}/retry").status_code == 422


def test_the_record_names_everybody_and_why(database, administrator):
    notice_id = fan_out(
        database,
        {"outcome": Outcome.DELIVERED, "attempts": 1},
        {"outcome": Outcome.SUPPRESSED, "reason": Reason.OPTED_OUT, "channel": Channel.EMAIL},
        {"outcome": Outcome.FAILED, "reason": "21211", "words": "=not a number", "attempts": 2},
    )
    answer = administrator.get(f"/admin/notices/{notice_id}/deliveries.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    rows = [list(row.values())[2:] for row in csv.DictReader(io.StringIO(answer.text, newline=""))]
    at = "2026-04-04T21:50:00-05:00"
    assert rows == [
        ["Text", NUMBER, "Delivered", at, "", "1"],
        ["Email", MAILBOX, "Left out", at, "Opted out", "0"],
        ["Text", "(erased)", "Failed", at, "'=not a number", "2"],
    ]
    assert administrator.get("/admin/notices/99/deliveries.csv").status_code == 404


def test_an_address_that_no_key_opens_does_not_spoil_the_record(database, administrator):
    notice_id = fan_out(database, {"outcome": Outcome.DELIVERED})
    with database.transaction() as session:
        subscription_row(session, 1).address_cipher = b"nonsense"
    record = administrator.get(f"/admin/notices/{notice_id}/deliveries.csv").text
    assert "cannot be read with this installation's key" in record


@pytest.mark.parametrize(("text", "cell"), [("=1+1", "'=1+1"), ("@x", "'@x"), ("+1-2", "'+1-2"), (NUMBER, NUMBER)])
def test_no_cell_is_a_formula(text, cell):
    assert plain_cell(text) == cell


def test_a_record_longer_than_a_page_is_whole(database, administrator):
    notice_id = fan_out(database, *several(2500, 1, outcome=Outcome.SENT))
    text = administrator.get(f"/admin/notices/{notice_id}/deliveries.csv").text
    numbers = [row["subscriber"] for row in csv.DictReader(io.StringIO(text, newline=""))]
    assert numbers == [str(number) for number in range(1, 2501)]


def test_only_whose_role_covers_it_may_act_or_take_addresses(database, reader, lead):
    notice_id = fan_out(database, {"outcome": Outcome.FAILED, "reason": "30001"})
    path = f"/admin/notices/{notice_id}"
    for act in ("recall", "retry"):
        assert reader.post(f"{path}/{act}").status_code == 403
    for staff in (reader, lead):
        assert staff.get(f"{path}/deliveries.csv").status_code == 403
        assert staff.get("/admin/tray").status_code == 403
        assert "deliveries.csv" not in staff.get(path).text
    assert "Retry the failed" not in reader.get(path).text
    assert tally(reader.get(path).text)["Failed"] == "1"


def test_nobody_reaches_any_of_them_without_signing_in(database):
    console = build_console(
        database, vault=VAULT, secure_cookies=False, public_url=SITE, admin_hosts=["status.example"]
    )
    ours = [each for each in iter_route_contexts(console.routes) if re.match("/admin/(notices|tray)", each.path)]
    assert len(ours) == 11
    stranger = Client(console, "198.51.100.9")
    for route in ours:
        path = route.path.format(notice_id=1, channel="sms")
        assert (stranger.post(path) if "POST" in route.methods else stranger.get(path)).status_code in (303, 401), path
    with database.read() as session:
        assert notice_of(session).recalled_at is None


def test_the_board_and_the_incident_lead_to_the_newest_notice(database, lead):
    with database.read() as session:
        notice = notice_of(session)
    for path in ("/admin", f"/admin/incidents/{notice.incident_id}"):
        assert f'<a href="/admin/notices/{notice.id}">who is told</a>' in lead.get(path).text
    assert "Undo: tell nobody" in lead.get(f"/admin/incidents/{notice.incident_id}").text
    fan_out(database)
    assert "Undo" not in lead.get(f"/admin/incidents/{notice.incident_id}").text
    assert lead.get("/admin/notices/99").status_code == 404
    assert lead.get("/admin/notices/99/progress").status_code == 404


def test_the_tray_keeps_the_newest_messages_and_says_that_nothing_was_sent(database, administrator):
    with database.transaction() as session:
        keep(session, "sms", Notice("1", NUMBER, text="TMLS: <the> dashboard is down"), NOW)
        keep(session, "email", Notice("2", MAILBOX, subject="Down", text="It is.", html="<p>It is.</p>"), NOW)
        keep(session, "webhook", Notice("3", "https://hook.example", payload={"title": "Down", "at": NOW}), NOW)
    page = administrator.get("/admin/tray").text
    assert "Nothing was sent." in page
    assert "TMLS: &lt;the&gt; dashboard is down" in page
    assert "&lt;p&gt;It is.&lt;/p&gt;" in page
    assert "&#34;title&#34;: &#34;Down&#34;" in page
    assert page.index("hook.example") < page.index("TMLS:")


def test_the_tray_does_not_grow_for_ever(database, administrator):
    with database.transaction() as session:
        for number in range(MOST_KEPT + 20):
            keep(session, "sms", Notice(str(number), NUMBER, text=f"number {number}"), NOW)
        assert session.execute(sa.select(sa.func.count(TrayRow.id))).scalar_one() == MOST_KEPT
        assert kept(session, most=1)[0].text == f"number {MOST_KEPT + 19}"
    older = re.search(r'rel="next" href="([^"]+)"', administrator.get("/admin/tray").text)[1]
    assert f"number {MOST_KEPT - 31}<" in administrator.get(older).text


def test_its_pages_are_valid_html(database, administrator):
    with database.read() as session:
        path = f"/admin/notices/{notice_of(session).id}"
    pages = {"tray, empty": administrator.get("/admin/tray").text, "held": administrator.get(path).text}
    fan_out(
        database,
        *several(3, 1, outcome=Outcome.FAILED, reason="21211"),
        *several(3, 11, outcome=Outcome.DELIVERED, channel=Channel.EMAIL),
    )
    with database.transaction() as session:
        keep(session, "email", Notice("2", MAILBOX, subject="Down", text="It is.", html="<p>It is.</p>"), NOW)
        keep(session, "webhook", Notice("3", "https://hook.example", payload={"title": "Down"}), NOW)
    for page in (path, f"{path}?retried", "/admin/notices", "/admin/tray", "/admin"):
        pages[page] = administrator.get(page).text
    assert html_faults(pages) == []


def test_after_a_restore_somebody_looks_before_the_clock_speaks(database, lead, reader):
    assert "Restored from a backup" not in lead.get("/admin/notices").text
    with database.transaction() as session:
        session.add(RestorationRow(taken_at=NOW, restored_at=NOW, first_delivery_id=1))
    assert "let the clock speak" in lead.get("/admin/notices").text
    assert "let the clock speak" not in reader.get("/admin/notices").text
    done = lead.post("/admin/notices/release")
    assert done.status_code == 303
    said = lead.get(done.headers["location"]).text
    assert "Released." in said
    assert "Restored from a backup" not in said
    with database.read() as session:
        assert not is_held(session)
    assert "Nothing is held" in lead.post("/admin/notices/release").text
