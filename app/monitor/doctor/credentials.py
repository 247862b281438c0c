"""Whether the accounts that messages and copies leave by let us in, asked by calls that change nothing for anybody.

What is found never repeats a secret: providers' own words are not passed on, only what they mean.
"""

import smtplib
import ssl
from collections.abc import Iterator
from typing import Any

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.domain.examination import Check, Finding
from notifiers.email_smtp import Relay

TIMEOUT = 6.0
PROBE = ".doctor"
"""The object that shows whether a bucket keeps conditions; no document has such a name."""


def look_at_twilio(account_sid: str, token: str, api_url: str) -> Iterator[Check]:
    """Read the account: https://www.twilio.com/docs/iam/api/account#fetch-an-account-resource."""
    url = f"{api_url.rstrip('/')}/2010-04-01/Accounts/{account_sid}.json"
    try:
        answer = httpx.get(url, auth=(account_sid, token), timeout=TIMEOUT, trust_env=False)
    except httpx.HTTPError:
        yield Check(
            "twilio", Finding.FAIL, "Twilio does not answer.", "See https://status.twilio.com, and the firewall."
        )
        return
    if answer.status_code in (401, 403, 404):
        remedy = "Copy the account's SID and token again from its console."
        yield Check("twilio", Finding.FAIL, "Twilio does not accept the account and its token.", remedy)
    elif not answer.is_success:
        yield Check("twilio", Finding.FAIL, f"Twilio answers {answer.status_code}.", "See https://status.twilio.com.")
    else:
        yield _twilio_account(answer.json())


def _twilio_account(account: dict[str, Any]) -> Check:
    if account.get("status") != "active":
        words = f"The Twilio account is {account.get('status', 'unknown')}: no text would leave."
        return Check("twilio", Finding.FAIL, words, "Settle it with Twilio; a card may have expired.")
    if account.get("type") == "Trial":
        words = "The Twilio account is a trial: it only texts numbers that were verified by hand."
        return Check("twilio", Finding.WARN, words, "Upgrade it before members depend on it.")
    return Check("twilio", Finding.OK, "Twilio accepts the account, and it is active.")


def look_at_ses() -> Iterator[Check]:
    """GetAccount of Amazon SES v2: whether it may send, and to whom."""
    try:
        account = _aws("sesv2").get_account()
    except (BotoCoreError, ClientError) as error:
        yield _refused("ses", "Amazon SES", error)
        return
    if not account.get("SendingEnabled"):
        yield Check("ses", Finding.FAIL, "Amazon SES has stopped this account from sending.", "Open a case with AWS.")
    elif not account.get("ProductionAccessEnabled"):
        words = "The SES account is in the sandbox: it only mails addresses that were verified."
        yield Check("ses", Finding.FAIL, words, "Ask for production access in the SES console.")
    else:
        yield Check("ses", Finding.OK, "Amazon SES accepts us and may send.")


def look_at_bucket(bucket: str, prefix: str) -> Iterator[Check]:
    """Whether the bucket is there, may be written, and keeps conditions, on which the order of editions rests."""
    s3, key = _aws("s3"), f"{prefix.strip('/')}/{PROBE}".lstrip("/")
    try:
        s3.head_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
        keeps_conditions = _is_refused(s3, bucket, key)
        s3.delete_object(Bucket=bucket, Key=key)
    except (BotoCoreError, ClientError) as error:
        yield _refused("bucket", f"The bucket {bucket}", error)
        return
    if keeps_conditions:
        yield Check("bucket", Finding.OK, "The bucket can be written, and keeps the order of editions.")
    else:
        words = "The bucket ignores conditional writes: an older page could overwrite a newer one."
        yield Check("bucket", Finding.FAIL, words, "Use Amazon S3, or a store that knows If-None-Match.")


def _is_refused(s3: Any, bucket: str, key: str) -> bool:
    """Whether an object that is there is not written over when we ask for that."""
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=b"", IfNoneMatch="*")
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "PreconditionFailed":
            return True
        raise
    return False


def look_at_smtp(relay: Relay, tls: ssl.SSLContext | None = None) -> Iterator[Check]:
    """EHLO, STARTTLS and AUTH; then leave without a message."""
    context = tls or ssl.create_default_context()
    try:
        _greet(relay, context)
    except smtplib.SMTPAuthenticationError:
        words = f"{relay.host} does not accept user and password."
        yield Check("smtp", Finding.FAIL, words, "See PORCHLIGHT_SMTP_URL.")
    except ssl.SSLError:
        words = f"The certificate of {relay.host} is not accepted, or it speaks no TLS."
        yield Check("smtp", Finding.FAIL, words, "Name the server as its certificate does.")
    except (smtplib.SMTPException, OSError):
        words = f"{relay.host} does not take mail from us on port {relay.port}."
        yield Check("smtp", Finding.FAIL, words, "See that it runs, offers STARTTLS, and the firewall.")
    else:
        yield Check("smtp", Finding.OK, f"{relay.host} lets us in by TLS.")


def _greet(relay: Relay, context: ssl.SSLContext) -> None:
    server = (
        smtplib.SMTP_SSL(relay.host, relay.port, timeout=TIMEOUT, context=context)
        if relay.implicit_tls
        else smtplib.SMTP(relay.host, relay.port, timeout=TIMEOUT)
    )
    with server:
        if not relay.implicit_tls:
            server.starttls(context=context)
        server.ehlo_or_helo_if_needed()
        if relay.user:
            server.login(relay.user, relay.password)


def _aws(service: str) -> Any:
    once = Config(connect_timeout=TIMEOUT / 2, read_timeout=TIMEOUT, retries={"total_max_attempts": 1})
    return boto3.client(service, config=once)  # type: ignore[call-overload]


def _refused(name: str, place: str, error: BotoCoreError | ClientError) -> Check:
    """What AWS means, without the words, which name keys and accounts."""
    code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else type(error).__name__
    remedy = "See the credentials and the region that boto3 finds, and the policy in docs/runbook.md."
    return Check(name, Finding.FAIL, f"{place} does not let us in: {code}.", remedy)
