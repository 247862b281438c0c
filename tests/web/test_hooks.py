"""Providers' calls: believed when signed for our public address, once, and heeded at once."""

import base64
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from twilio.request_validator import RequestValidator

from app.commands.accounts import add_account
from app.commands.replies import settle_reply
from app.domain.accounts import Role
from app.domain.channels import Channel
from app.domain.deliveries import State
from app.domain.subscribers import SubscriptionStatus
from app.store.deliveries import DeliveryRow
from app.store.notices import NoticeRow
from app.store.replies import waiting_replies
from app.store.subscribers import subscription_by_address
from app.web.hooks import HookParts, build_hooks
from app.web.sns import canonical
from tests.commands.sign_ups import MAILBOX, NUMBER, VAULT, member
from tests.commands.world import build
from tests.web.sign_up_site import SITE, Client

TOKEN = "the token of the account"
TOPIC = "arn:aws:sns:us-east-1:123456789012:mail-events"
CERTIFICATE = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abcd.pem"
NOW = datetime(2026, 11, 21, 20, tzinfo=UTC)


class Hooks:
    """The application, Twilio's and Amazon's pens, and what was fetched."""

    def __init__(self, database, key, certificate) -> None:
        self.database, self.key, self.certificate = database, key, certificate
        self.fetched: list[str] = []
        parts = HookParts(
            database,
            VAULT,
            SITE,
            twilio_auth_token=TOKEN,
            topics=frozenset({TOPIC}),
            fetch=self.fetch,
            clock=lambda: NOW,
        )
        self.client = Client(build_hooks(parts), "198.51.100.1")

    def fetch(self, address: str) -> bytes:
        self.fetched.append(address)
        return self.certificate

    def twilio(self, path: str, *, signature: str | None = None, url: str = SITE, **fields):
        form = {name: str(value) for name, value in fields.items()}
        signed = RequestValidator(TOKEN).compute_signature(url + path, form) if signature is None else signature
        headers = {"x-twilio-signature": signed} if signed else {}
        return self.client.post(path, data=form, headers=headers)

    def text(self, words: str, sid: str = "SM1", sender: str = NUMBER, **fields):
        return self.twilio("/hooks/twilio/message", MessageSid=sid, From=sender, Body=words, **fields)

    def status_of(self, channel=Channel.SMS, address=NUMBER):
        with self.database.read() as session:
            row = subscription_by_address(session, VAULT, channel, address)
            return row and row.status

    def sns(self, message: dict, *, version: str = "2", subject: str | None = "Amazon SES", **fields):
        whole = (
            {
                "Type": "Notification",
                "MessageId": "m-1",
                "TopicArn": TOPIC,
                "Message": json.dumps(message),
                "Timestamp": NOW.isoformat().replace("+00:00", "Z"),
                "SignatureVersion": version,
                "SigningCertURL": CERTIFICATE,
            }
            | ({"Subject": subject} if subject else {})
            | fields
        )
        made = SHA1() if version == "1" else SHA256()  # noqa: S303 - version 1 is what SNS still sends
        whole.setdefault("Signature", base64.b64encode(self.key.sign(canonical(whole), PKCS1v15(), made)).decode())
        return self.client.post("/hooks/ses", content=json.dumps(whole), headers={"content-type": "text/plain"})


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def certificate(key) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(7).not_valid_before(NOW - timedelta(days=9)).not_valid_after(NOW + timedelta(days=9))
    )
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture
def hooks(database, key, certificate) -> Hooks:
    with database.transaction() as session:
        build(session)
        member(session)
        member(session, MAILBOX, Channel.EMAIL)
    return Hooks(database, key, certificate)


def bounce(kind: str = "Permanent", address: str = MAILBOX, delivery_id: int = 41) -> dict:
    return {
        "eventType": "Bounce",
        "mail": {"messageId": "0100", "tags": {"delivery": [str(delivery_id)]}},
        "bounce": {"bounceType": kind, "bouncedRecipients": [{"emailAddress": address, "diagnosticCode": "550"}]},
    }


def test_r30_stop_ends_texts_at_once_and_twilio_alone_answers(hooks):
    answer = hooks.text("Stop")
    assert (answer.status_code, "<Message>" in answer.text) == (200, False)
    assert hooks.status_of() == SubscriptionStatus.OPTED_OUT


def test_stop_in_other_words_ends_texts_and_is_answered_by_us(hooks):
    answer = hooks.text("please stop, thank you")
    assert "TMLS: you are off the list" in answer.text
    assert hooks.status_of() == SubscriptionStatus.OPTED_OUT


def test_r30_start_brings_back_who_was_here(hooks):
    hooks.text("opt out", "SM1")
    assert "back on the list" in hooks.text("start please", "SM2").text
    assert hooks.status_of() == SubscriptionStatus.ACTIVE
    assert "<Message>" not in hooks.text("start please", "SM3", sender="+12025550177").text
    assert hooks.status_of(address="+12025550177") is None


def test_r30_help_is_answered_and_changes_nothing(hooks):
    assert "Text STOP to end" in hooks.text("help, please!").text
    assert hooks.status_of() == SubscriptionStatus.ACTIVE


def test_a_stranger_who_says_stop_is_remembered(hooks):
    hooks.text("STOP", sender="+12025550177")
    assert hooks.status_of(address="+12025550177") == SubscriptionStatus.OPTED_OUT


def test_what_sounds_like_stop_is_held_until_a_person_has_read_it(hooks):
    hooks.text("will this ever stop?")
    with hooks.database.transaction() as session:
        row = subscription_by_address(session, VAULT, Channel.SMS, NUMBER)
        (waiting,) = waiting_replies(session)
        assert (row.status, row.held_at) == (SubscriptionStatus.ACTIVE, NOW)
        assert VAULT.open(waiting.text_cipher) == "will this ever stop?"
        reader = add_account(session, "a@b.example", "Ann", Role.VIEWER, "four unrelated long words", now=NOW)
        settle_reply(session, waiting.id, reader.id, is_stop=False, now=NOW)
        assert (row.held_at, waiting_replies(session)) == (None, [])


def test_the_same_message_counts_once(hooks):
    assert hooks.text("STOP", "SM9").status_code == 200
    assert hooks.text("START", "SM10").status_code == 200
    assert hooks.text("STOP", "SM9").status_code == 403
    assert hooks.status_of() == SubscriptionStatus.ACTIVE


@pytest.mark.parametrize("signature", ["", "wrong", "A" * 27 + "="])
def test_what_twilio_did_not_sign_is_refused(hooks, signature):
    assert hooks.text("STOP", signature=signature).status_code == 403
    assert hooks.status_of() == SubscriptionStatus.ACTIVE


def test_what_was_signed_for_another_address_is_refused(hooks):
    assert hooks.text("STOP", url="http://elsewhere.example").status_code == 403
    signed_for_status = RequestValidator(TOKEN).compute_signature(f"{SITE}/hooks/twilio/status", {"MessageSid": "SM1"})
    assert hooks.twilio("/hooks/twilio/message", signature=signed_for_status, MessageSid="SM1").status_code == 403


def test_the_host_of_the_request_does_not_matter(hooks):
    form = {"MessageSid": "SM1", "From": NUMBER, "Body": "STOP"}
    signed = RequestValidator(TOKEN).compute_signature(f"{SITE}/hooks/twilio/message", form)
    headers = {"x-twilio-signature": signed, "host": "10.0.0.7:8000"}
    assert hooks.client.post("/hooks/twilio/message", data=form, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xfe=1", "application/x-www-form-urlencoded"),
        (b'{"a": 1}', "application/json"),
        (b"", "application/x-www-form-urlencoded"),
        (b"x" * 400_000, "application/x-www-form-urlencoded"),
        (urlencode([("a", "b")] * 500).encode(), "application/x-www-form-urlencoded"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
    ],
)
def test_an_odd_body_is_a_403_and_nothing_else(hooks, body, kind):
    headers = {"x-twilio-signature": "x", "content-type": kind}
    answer = hooks.client.post("/hooks/twilio/message", content=body, headers=headers)
    assert (answer.status_code, answer.content) == (403, b"")


def test_without_a_token_nothing_of_twilios_is_believed(database):
    client = Client(build_hooks(HookParts(database, VAULT, SITE)), "198.51.100.1")
    signed = RequestValidator("").compute_signature(f"{SITE}/hooks/twilio/status", {"MessageSid": "SM1"})
    answer = client.post("/hooks/twilio/status", data={"MessageSid": "SM1"}, headers={"x-twilio-signature": signed})
    assert answer.status_code == 403


def test_a_receipt_is_taken_however_often_it_comes(hooks):
    for said in ("delivered", "sent", "delivered", "a new word"):
        answer = hooks.twilio("/hooks/twilio/status?delivery=7", MessageSid="SM1", MessageStatus=said)
        assert (answer.status_code, answer.content) == (204, b"")


def delivery(hooks, subscription_id: int, notice_id: int = 1) -> int:
    with hooks.database.transaction() as session:
        row = DeliveryRow(
            notice_id=notice_id,
            subscription_id=subscription_id,
            channel="sms",
            batch_id=1,
            state=State.SENDING,
            updated_at=NOW,
        )
        session.add(row)
        session.flush()
        return row.id


def outcome(hooks, delivery_id: int) -> str | None:
    with hooks.database.read() as session:
        return session.get(DeliveryRow, delivery_id).outcome


def test_receipts_reach_the_ledger_and_the_best_word_stands(hooks):
    ours = delivery(hooks, 1)
    for said in ("delivered", "sent"):
        hooks.twilio(f"/hooks/twilio/status?delivery={ours}", MessageSid="SM1", MessageStatus=said)
    assert outcome(hooks, ours) == "delivered"


@pytest.mark.parametrize(
    ("code", "expected"), [("30006", "bounced"), ("21610", "opted_out"), ("30003", "active"), ("30007", "active")]
)
def test_a_dead_number_is_not_texted_again_and_a_busy_one_is(hooks, code, expected):
    ours = delivery(hooks, 1)
    path = f"/hooks/twilio/status?delivery={ours}"
    hooks.twilio(path, MessageSid="SM1", MessageStatus="undelivered", ErrorCode=code)
    assert (outcome(hooks, ours), hooks.status_of()) == ("failed", expected)


def test_events_of_a_mail_reach_its_delivery_by_the_tag(hooks):
    ours = delivery(hooks, 2)
    mail = {"messageId": "0100", "tags": {"delivery": [str(ours)]}}
    assert hooks.sns({"eventType": "Delivery", "mail": mail}).status_code == 204
    assert outcome(hooks, ours) == "delivered"


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", ["Amazon SES", None])
def test_a_permanent_bounce_ends_mail_to_that_address(hooks, version, subject):
    assert hooks.sns(bounce(), version=version, subject=subject).status_code == 204
    assert hooks.status_of(Channel.EMAIL, MAILBOX) == SubscriptionStatus.BOUNCED


def test_a_transient_bounce_does_not(hooks):
    assert hooks.sns(bounce("Transient")).status_code == 204
    assert hooks.status_of(Channel.EMAIL, MAILBOX) == SubscriptionStatus.ACTIVE


@pytest.mark.parametrize(("days_apart", "expected"), [(4, "bounced"), (8, "active")])
def test_three_passing_bounces_in_two_weeks_count_as_a_dead_address(hooks, days_apart, expected):
    for number in range(3):
        said_at = NOW - timedelta(days=days_apart * (2 - number))
        with hooks.database.transaction() as session:
            notice = NoticeRow(
                event_id=number,
                update_id=f"u{number}",
                programme="outages",
                priority="urgent",
                content={},
                audience=[],
                created_at=said_at,
                held_until=said_at,
                expires_at=said_at,
            )
            session.add(notice)
            session.flush()
        assert hooks.status_of(Channel.EMAIL, MAILBOX) == SubscriptionStatus.ACTIVE
        ours = delivery(hooks, 2, notice.id)
        for _ in range(2):  # SNS says everything at least once
            hooks.sns(bounce("Transient", delivery_id=ours), MessageId=f"m-{number}")
    assert hooks.status_of(Channel.EMAIL, MAILBOX) == expected


@pytest.mark.parametrize(("feedback", "expected"), [("abuse", "opted_out"), ("not-spam", "active")])
def test_a_complaint_counts_as_leaving(hooks, feedback, expected):
    complaint = {"complaintFeedbackType": feedback, "complainedRecipients": [{"emailAddress": MAILBOX.upper()}]}
    hooks.sns({"eventType": "Complaint", "mail": {}, "complaint": complaint})
    assert hooks.status_of(Channel.EMAIL, MAILBOX) == expected


@pytest.mark.parametrize(
    "fields",
    [
        {"Signature": "AAAA"},
        {"Signature": "not base64!"},
        {"SignatureVersion": "3", "Signature": "AAAA"},
        {"TopicArn": "arn:aws:sns:us-east-1:999999999999:mail-events"},
        {"SigningCertURL": "https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem"},
        {"SigningCertURL": "https://evil.example/?sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem"},
        {"SigningCertURL": "https://x@sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem"},
        {"SigningCertURL": "http://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem"},
        {"SigningCertURL": "https://sns.us-east-1.amazonaws.com:444/SimpleNotificationService-1.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"},
        {"SigningCertURL": "https://sns.us-east-1.amazonaws.com/?Action=GetTopicAttributes"},
        {"Timestamp": (NOW - timedelta(hours=2)).isoformat()},
        {"Timestamp": "yesterday"},
    ],
)
def test_what_amazon_did_not_sign_is_refused(hooks, fields):
    answer = hooks.sns(bounce(), **fields)
    assert (answer.status_code, answer.content) == (403, b"")
    assert hooks.status_of(Channel.EMAIL, MAILBOX) == SubscriptionStatus.ACTIVE


def test_a_subject_that_was_altered_breaks_the_signature(hooks):
    whole = {"Type": "Notification", "MessageId": "m", "TopicArn": TOPIC, "Message": "{}", "Subject": "one"}
    whole["Timestamp"] = NOW.isoformat()
    signature = base64.b64encode(hooks.key.sign(canonical(whole), PKCS1v15(), SHA256())).decode()
    whole |= {"Subject": "two", "Signature": signature, "SignatureVersion": "2", "SigningCertURL": CERTIFICATE}
    assert hooks.client.post("/hooks/ses", content=json.dumps(whole)).status_code == 403


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"nonsense", b"[" * 20_000, b'{"Type": 7}', b'{"Type": "Notification"}', b"\xff"]
)
def test_a_message_that_is_none_is_a_403(hooks, body):
    assert hooks.client.post("/hooks/ses", content=body).status_code == 403


def test_a_certificate_is_fetched_once(hooks):
    hooks.sns(bounce(), MessageId="m-1")
    hooks.sns(bounce(), MessageId="m-2")
    assert hooks.fetched == [CERTIFICATE]


def test_a_topic_of_ours_is_confirmed_and_no_other(hooks):
    confirm = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
    asked = {"Type": "SubscriptionConfirmation", "Token": "t"}
    assert hooks.sns({}, subject=None, SubscribeURL=confirm, **asked).status_code == 204
    assert hooks.fetched == [CERTIFICATE, confirm]
    assert hooks.sns({}, subject=None, SubscribeURL="https://evil.example/", **asked).status_code == 403
    assert len(hooks.fetched) == 2


@pytest.mark.parametrize("message", [{}, {"eventType": "Open"}, {"eventType": "Bounce", "bounce": [], "mail": 7}])
def test_an_event_of_another_kind_changes_nothing(hooks, message):
    assert hooks.sns(message).status_code == 204
    assert hooks.status_of(Channel.EMAIL, MAILBOX) == SubscriptionStatus.ACTIVE


def test_only_posts_are_taken(hooks):
    assert hooks.client.get("/hooks/ses").status_code == 405
    assert hooks.client.post("/hooks/nowhere").status_code == 404
