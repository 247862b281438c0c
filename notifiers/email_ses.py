"""Mail through Amazon SES v2, fifty at a time (SendBulkEmail).

A 200 is not success: every entry of the answer has a status of its own, and SES drops what it
throttles instead of queueing it. boto3 must not try again by itself (`total_max_attempts=1`): a
repeated call is fifty second mails. boto3 waits in threads; sixteen of them outrun any quota.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
)

from notifiers.base import DeliveryError, Notice, Outcome, Receipt, Remedy

BATCH = 50
"""The most destinations of one SendBulkEmail."""

DELIVERY_TAG = "delivery"
"""The name of the email tag that brings the delivery's id back with each event."""

_THREADS = 16


class SesEmail:
    """The email channel on SES. Address, region and credentials are boto3's own environment.

    `sender` is the From address, "HPMLS alerts <alerts@status.example>". Without a configuration
    set SES reports nothing back, so that a receipt is the last word.
    """

    name = "email"
    batch = BATCH

    def __init__(self, sender: str, configuration_set: str = "", *, timeout: float = 15.0) -> None:
        self._sender = sender
        self._configuration_set = configuration_set
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="ses")
        config = Config(
            retries={"total_max_attempts": 1},
            connect_timeout=timeout / 3,
            read_timeout=timeout * 2 / 3,
            max_pool_connections=_THREADS,
        )
        self._ses = boto3.session.Session().client("sesv2", config=config)

    async def send(self, notices: Sequence[Notice]) -> Sequence[Outcome]:
        """One call for up to `batch` mails, whatever their languages and texts."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._send, notices)

    async def find(self, notice: Notice, since: datetime) -> Receipt | None:  # noqa: ARG002 - the contract's
        """None: SES keeps no log that could be searched by address or tag."""
        return None

    async def per_second(self) -> float:
        """How many mails a second our account may send.

        Raises:
            DeliveryError: SES cannot be asked now.
        """
        try:
            account = await asyncio.get_running_loop().run_in_executor(self._threads, self._ses.get_account)
        except (BotoCoreError, ClientError) as error:
            raise _of_the_call(error) from error
        return float(account.get("SendQuota", {}).get("MaxSendRate", 1.0))

    async def close(self) -> None:
        """Wait for calls under way, and close the connections."""
        await asyncio.to_thread(self._threads.shutdown)
        self._ses.close()

    def _send(self, notices: Sequence[Notice]) -> list[Outcome]:
        try:
            answer = self._ses.send_bulk_email(**self._call(notices))
        except (BotoCoreError, ClientError) as error:
            if _is_malformed(error) and len(notices) > 1:
                # Nothing was taken; one bad mail must not hold up forty-nine good ones.
                return [outcome for notice in notices for outcome in self._send([notice])]
            return [_of_the_call(error) for _ in notices]
        results = answer.get("BulkEmailEntryResults", [])
        if len(results) != len(notices):
            return [_uncertain("SES answered for another number of mails.", "unreadable") for _ in notices]
        return [self._outcome(result) for result in results]

    def _call(self, notices: Sequence[Notice]) -> dict[str, Any]:
        """The texts travel as values of a template that is nothing but them; SES escapes nothing."""
        content = {"Subject": "{{subject}}", "Text": "{{text}}", "Html": "{{html}}"}
        call: dict[str, Any] = {
            "FromEmailAddress": self._sender,
            "DefaultContent": {"Template": {"TemplateContent": content, "TemplateData": "{}"}},
            "BulkEmailEntries": [_entry(notice) for notice in notices],
        }
        return call | ({"ConfigurationSetName": self._configuration_set} if self._configuration_set else {})

    def _outcome(self, result: Mapping[str, Any]) -> Outcome:
        status = str(result.get("Status", ""))
        if status == "SUCCESS":
            return Receipt(str(result.get("MessageId", "")), is_final=not self._configuration_set)
        remedy, permanent, words = _STATUSES.get(status, (Remedy.RETRY, False, ""))
        said = words or str(result.get("Error") or "SES did not take the mail.")
        return DeliveryError(said, remedy=remedy, permanent=permanent, code=status)


def _entry(notice: Notice) -> dict[str, Any]:
    texts = {"subject": " ".join(notice.subject.split()), "text": notice.text, "html": notice.html}
    entry: dict[str, Any] = {
        "Destination": {"ToAddresses": [notice.address]},
        "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": json.dumps(texts)}},
        "ReplacementTags": [{"Name": DELIVERY_TAG, "Value": notice.delivery_id}],
    }
    if notice.copy_to:
        entry["Destination"]["CcAddresses"] = [notice.copy_to]
    if notice.unsubscribe_url:
        entry["ReplacementHeaders"] = [
            {"Name": "List-Unsubscribe", "Value": f"<{notice.unsubscribe_url}>"},
            {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
        ]
    return entry


def _is_malformed(error: Exception) -> bool:
    """Whether the call was refused as it stands, by SES or by boto3 before it left."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code") == "BadRequestException"
    return isinstance(error, ParamValidationError)


def _of_the_call(error: BotoCoreError | ClientError) -> DeliveryError:
    """What a failure of the whole call means for each of its mails."""
    if _is_malformed(error):
        words = "SES does not accept this mail or its address."
        return DeliveryError(words, remedy=Remedy.FIX_ADDRESS, permanent=True, code="BadRequestException")
    if isinstance(error, ClientError):
        return _refused(error)
    if isinstance(error, ConnectTimeoutError | EndpointConnectionError):
        return DeliveryError("SES cannot be reached.", remedy=Remedy.RETRY, code="unreachable")
    if isinstance(error, NoCredentialsError | NoRegionError):
        return DeliveryError("SES is not set up here.", remedy=Remedy.STOP_CHANNEL, code=type(error).__name__)
    return _uncertain("The connection to SES broke off before the answer.", "broken")


def _refused(error: ClientError) -> DeliveryError:
    said = error.response.get("Error", {})
    code, status = said.get("Code", ""), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _STOPPING or status in (401, 403):
        words = said.get("Message") or "SES refuses our account."
        return DeliveryError(words, remedy=Remedy.STOP_CHANNEL, code=code)
    if status >= 500:
        return _uncertain(f"SES failed with status {status}.", code or str(status))
    # Throttled: nothing of the call was taken.
    return DeliveryError(said.get("Message") or "SES refused the mails.", remedy=Remedy.RETRY, code=code)


def _uncertain(words: str, code: str) -> DeliveryError:
    return DeliveryError(words, remedy=Remedy.RECONCILE, code=code)


_STOPPING = {"AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException"}

# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_BulkEmailEntryResult.html
_STATUSES: dict[str, tuple[Remedy, bool, str]] = {
    "INVALID_PARAMETER": (Remedy.FIX_ADDRESS, True, "SES does not accept this address."),
    "ACCOUNT_THROTTLED": (Remedy.RETRY, False, "SES asks us to slow down."),
    "TRANSIENT_FAILURE": (Remedy.RETRY, False, "SES was not ready."),
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": (Remedy.STOP_CHANNEL, False, "Our quota of mails for a day is used up."),
    "ACCOUNT_SUSPENDED": (Remedy.STOP_CHANNEL, False, "SES has suspended our account."),
    "ACCOUNT_SENDING_PAUSED": (Remedy.STOP_CHANNEL, False, "Sending is paused for our SES account."),
    "CONFIGURATION_SET_SENDING_PAUSED": (Remedy.STOP_CHANNEL, False, "Sending is paused for our configuration set."),
    "CONFIGURATION_SET_NOT_FOUND": (Remedy.STOP_CHANNEL, False, "SES does not know our configuration set."),
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": (Remedy.STOP_CHANNEL, False, "SES has not verified our sending domain."),
    "INVALID_SENDING_POOL_NAME": (Remedy.STOP_CHANNEL, False, "SES does not know our sending pool."),
    "TEMPLATE_NOT_FOUND": (Remedy.STOP_CHANNEL, False, "SES does not know our template."),
}
