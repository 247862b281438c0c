"""The telephone line, called: what plays, what never plays, and who is texted the links."""

import socket
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from twilio.request_validator import RequestValidator

from app.commands.replies import Reply, take_reply
from app.domain.announcements import LinkTextLimits
from app.publish import voice
from app.publish.documents import Edition, compress
from app.store.schema import migrate
from app.store.session import Database
from app.web.hooks import HookParts, build_hooks
from app.web.twilio_voice import COUNTING_MOST
from tests.commands.sign_ups import NUMBER, VAULT, member
from tests.commands.world import build
from tests.doubles.caller import Call
from tests.doubles.postgres import NO_POSTGRESQL, mortal_postgres
from tests.publish.snapshots import EASTER, demo_snapshot
from tests.web.consoles import Time
from tests.web.sign_up_site import Client

TOKEN = "the token of the account"
SITE = "https://hpmls-status.example"
LINE = "/hooks/twilio/voice"
OUTAGE = demo_snapshot(outage=True)


def edition_of(snapshot, generation: int = 1) -> Edition:
    documents = {part.path: compress(part.source(), snapshot.as_of) for part in voice.voice_parts(snapshot)}
    return Edition(generation, snapshot.as_of, documents)


class Line:
    """The hooks behind Twilio's pen, with an edition and a clock that a test may change."""

    def __init__(self, database: Database, **options) -> None:
        self.time = Time(EASTER)
        self.edition: Edition | None = edition_of(OUTAGE)
        self.sids = 0
        chosen = {"clock": self.time, "edition": lambda: self.edition} | options
        parts = HookParts(database, VAULT, SITE, twilio_auth_token=TOKEN, **chosen)
        self.client = Client(build_hooks(parts), "198.51.100.1")

    def post(self, path: str, form: dict[str, str], signature: str | None = None):
        signed = RequestValidator(TOKEN).compute_signature(SITE + path, form) if signature is None else signature
        return self.client.post(path, data=form, headers={"x-twilio-signature": signed} if signed else {})

    def fetch(self, path: str, form: dict[str, str]) -> bytes:
        answer = self.post(path, form)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        return answer.content

    def call(self, *keys: str, caller: str = NUMBER, path: str = LINE) -> Call:
        self.sids += 1
        return Call(self.fetch, keys, caller, f"CA{self.sids:032d}").to(path)


@pytest.fixture
def line(database: Database) -> Line:
    with database.transaction() as session:
        build(session)
    return Line(database)


@pytest.fixture
def idle(sqlite_url: str) -> Iterator[Line]:
    """A line whose calls ask no database."""
    database = Database.open(sqlite_url)
    yield Line(database)
    database.close()


def test_it_plays_the_announcement_and_hangs_up(idle: Line):
    call = idle.call()
    assert call.words.count("Member dashboard is down.") == 2
    assert call.asked == [LINE]
    assert call.texts == []


def test_it_plays_in_the_language_of_the_number(idle: Line):
    assert "no funciona" in idle.call(path=f"{LINE}?language=es").words
    assert "is down" in idle.call(path=f"{LINE}?language=xx").words


def test_it_changes_the_language_at_a_key_and_back(idle: Line):
    call = idle.call("9")
    assert call.heard[-2][0] == "es-MX"
    assert "no funciona" in call.heard[-2][1]
    assert "is down" in idle.call("9", "9").heard[-2][1]


def test_it_speaks_what_it_has_where_the_organisation_speaks_another_language(idle: Line):
    idle.edition = Edition(1, EASTER, {k: d for k, d in idle.edition.documents.items() if k.startswith("/es/")})
    assert "no funciona" in idle.call().words


def test_it_tells_of_the_group_that_the_caller_chose(idle: Line):
    call = idle.call("4")
    assert "sign in directly at signin dot quillforms dot example" in call.words


def test_a_key_means_the_same_when_the_page_moves_on_during_the_call(idle: Line):
    def fetch(path: str, form: dict[str, str]) -> bytes:
        answer = idle.fetch(path, form)
        idle.edition = edition_of(demo_snapshot(at=EASTER + timedelta(minutes=30)), 2)
        return answer

    call = Call(fetch, ("4",)).to(LINE)
    assert "quillforms" in call.words
    idle.edition = edition_of(demo_snapshot(), 3)
    idle.time.now = idle.edition.as_of
    assert "Everything is working" in idle.call("4", path=call.asked[1]).words


@pytest.mark.parametrize("key", ["0", "5", "7", "8", "*", "#", "", "12", "²", "x" * 90])
def test_it_repeats_at_a_key_that_means_nothing(idle: Line, key: str):
    assert idle.call(key).words.count("Member dashboard is down.") == 4


def test_it_is_over_in_thirty_seconds_for_the_outage_of_the_demo(idle: Line):
    for path in (LINE, f"{LINE}?language=es"):
        call = idle.call(path=path)
        assert 40 < call.seconds() <= 60, "twice at most thirty"


def test_r29_an_expired_announcement_never_plays_and_the_one_of_the_outage_does(sqlite_url: str):
    database = Database.open(sqlite_url)
    line = Line(database, clock=lambda: datetime.now(UTC))
    with time_machine.travel(EASTER, tick=False) as clock:
        for minutes in (0, 38, 68):
            clock.move_to(EASTER + timedelta(minutes=minutes))
            assert "is down" in line.call().words
        clock.shift(timedelta(seconds=1))
        for keys in ((), ("1",), ("2",), ("9",)):
            call = line.call(*keys)
            assert "is down" not in call.words
            assert "Please call back" in call.words
            assert "Help desk: 1 2 0 2 5 5 5 0 1 4 2." in call.words
            assert call.texts == []
    database.close()


def test_it_plays_no_old_announcement_whatever_key_the_caller_pressed_before_it_expired(idle: Line):
    pressed = idle.call("2").asked[1]
    idle.time.pass_by(hours=3)
    for key in ("1", "2", "9", "0"):
        assert "Please call back" in idle.call(key, path=pressed).words


def test_it_sends_callers_to_the_page_before_anything_was_published(idle: Line):
    idle.edition = None
    call = idle.call("1")
    assert "Please call back in a few minutes, or see h p m l s dash status dot example." in call.words
    assert call.texts == []
    idle.edition = Edition(1, EASTER, {})
    assert "Please call back" in idle.call().words


@pytest.mark.parametrize("signature", ["", "wrong"])
def test_it_believes_nobody_but_twilio(idle: Line, signature: str):
    answer = idle.post(LINE, {"CallSid": "CA1"}, signature)
    assert answer.status_code == 403
    assert answer.content == b""


def test_it_believes_no_other_menu_than_it_gave(idle: Line):
    form = {"CallSid": "CA1", "Digits": "2"}
    signed = RequestValidator(TOKEN).compute_signature(f"{SITE}{LINE}?menu=signin", form)
    assert idle.post(f"{LINE}?menu=listings", form, signed).status_code == 403


@pytest.mark.parametrize("groups", ["../voice", "a" * 300, "%00", ",,,", "signin/../../text"])
def test_it_answers_any_menu_with_words(idle: Line, groups: str):
    path = f"{LINE}?{urlencode({'menu': groups})}"
    assert idle.post(path, {"CallSid": "CA1", "Digits": "2"}).status_code == 200


def test_it_refuses_what_is_too_long_to_be_ours(idle: Line):
    assert idle.post(f"{LINE}?{urlencode({'menu': 'a' * 500})}", {"CallSid": "CA1"}).status_code == 403
    assert idle.post(LINE, {"CallSid": "no id!", "Digits": "1"}).status_code == 403


def test_it_texts_the_links_to_the_caller(line: Line):
    call = line.call("1")
    ((to, text),) = call.texts
    assert to == NUMBER
    assert "Contract forms: https://signin.quillforms.example" in text
    assert "The links are on their way to your phone." in call.words


def test_it_texts_from_the_number_of_the_settings(database: Database):
    line = Line(database, text_from="+12025550150")
    answer = line.post(LINE, {"CallSid": "CA1", "From": NUMBER, "Digits": "1"})
    assert b'from="+12025550150"' in answer.content


def test_it_texts_a_caller_once_in_ten_minutes_however_they_press(line: Line):
    assert len(line.call("1").texts) == 1
    again = line.call("1")
    assert again.texts == []
    assert "The links are at h p m l s dash status dot example." in again.words
    line.time.pass_by(minutes=10, seconds=1)
    assert len(line.call("1").texts) == 1


def test_it_texts_once_for_one_call_that_twilio_tells_of_twice(line: Line):
    form = {"CallSid": "CA1", "From": NUMBER, "Digits": "1"}
    answers = [line.fetch(LINE, form) for _ in range(2)]
    line.time.pass_by(minutes=15)
    answers.append(line.fetch(LINE, form))
    assert [b"<Sms" in answer for answer in answers] == [True, False, False]


def test_it_texts_once_of_many_calls_at_the_same_moment(line: Line):
    def press(number: int) -> bool:
        return b"<Sms" in line.fetch(LINE, {"CallSid": f"CA{number}", "From": NUMBER, "Digits": "1"})

    with ThreadPoolExecutor(6) as callers:
        assert sum(callers.map(press, range(6))) == 1


def test_it_never_texts_somebody_who_said_stop(line: Line, database: Database):
    with database.transaction() as session:
        take_reply(session, VAULT, Reply("SM1", NUMBER, "STOP"), now=EASTER)
    call = line.call("1")
    assert call.texts == []
    assert "The links are at" in call.words


def test_it_does_not_text_somebody_whose_reply_waits_for_a_person(line: Line, database: Database):
    with database.transaction() as session:
        member(session, NUMBER, now=EASTER)
        take_reply(session, VAULT, Reply("SM1", NUMBER, "please make it stop, but only nights"), now=EASTER)
    assert line.call("1").texts == []


@pytest.mark.parametrize(
    "caller", ["", "anonymous", "+266696687", "+442079460123", "+19005550123", "+18005550123", "12"]
)
def test_it_texts_no_stranger_abroad_and_nobody_without_a_number(line: Line, caller: str):
    call = line.call("1", caller=caller)
    assert call.texts == []
    assert "The links are at" in call.words


def test_it_texts_so_many_neighbouring_numbers_an_hour_and_no_more(database: Database):
    line = Line(database)
    limit = LinkTextLimits().neighbours.most
    sent = [len(line.call("1", caller=f"+1202555{number:04d}").texts) for number in range(100, 100 + limit + 3)]
    assert sum(sent) == limit
    assert len(line.call("1", caller="+13125550199").texts) == 1
    line.time.pass_by(hours=1, seconds=1)
    assert len(line.call("1", caller="+12025559999").texts) == 1


def test_it_texts_so_many_callers_an_hour_and_no_more(database: Database):
    limits = LinkTextLimits(everybody=type(LinkTextLimits().everybody)(2, timedelta(hours=1)))
    line = Line(database, link_texts=limits)
    callers = ("+12025550142", "+13125550142", "+14155550142")
    assert [len(line.call("1", caller=caller).texts) for caller in callers] == [1, 1, 0]


def test_it_says_the_address_where_texts_are_not_set_up(database: Database):
    call = Line(database, can_text=False).call("1")
    assert call.texts == []
    assert "The links are at" in call.words


@pytest.mark.postgres
@pytest.mark.slow
def test_it_goes_on_playing_while_postgresql_is_stopped_and_says_the_address():
    with mortal_postgres() as server:
        if server is None:
            pytest.skip(NO_POSTGRESQL)
        database = Database.open(server.url)
        migrate(database)
        line = Line(database)
        assert len(line.call("1").texts) == 1
        server.stop()
        line.time.pass_by(minutes=11)
        assert "is down" in line.call("2").words
        call = line.call("1")
        assert call.texts == []
        assert "The links are at h p m l s dash status dot example." in call.words
        server.start()
        assert len(line.call("1").texts) == 1
        database.close()


@pytest.mark.slow
def test_it_does_not_keep_a_caller_waiting_for_a_database_that_says_nothing():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = Database.open(f"postgresql://porchlight@127.0.0.1:{silent.getsockname()[1]}/none")
        began = time.perf_counter()
        call = Line(database).call("1")
        assert time.perf_counter() - began < COUNTING_MOST + 4
        assert "The links are at" in call.words
        database.close()


def test_it_answers_within_fifty_milliseconds(idle: Line):
    idle.call()
    took = []
    for _ in range(40):
        form = {"CallSid": "CA1", "From": NUMBER}
        began = time.perf_counter()
        idle.fetch(LINE, form)
        took.append(time.perf_counter() - began)
    assert statistics.median(took) < 0.05
