"""Mail through any SMTP server: STARTTLS or TLS always, one connection for a whole batch.

The commands are given one by one, because only so is it known how far a mail came when the line
breaks: before the message ends nothing was taken, at its end nobody knows.
"""

import asyncio
import smtplib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr
from ssl import SSLContext, create_default_context
from urllib.parse import unquote, urlsplit

from notifiers.base import DeliveryError, Notice, Outcome, Receipt, Remedy

BATCH = 50
_CONNECTIONS = 4


@dataclass(frozen=True, slots=True)
class Relay:
    """The server that takes our mail. `implicit_tls`: TLS from the first byte (port 465)."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    implicit_tls: bool = False

    @classmethod
    def from_url(cls, url: str) -> "Relay":
        """Read "smtp://user:password@host:587" (STARTTLS) or "smtps://..." (TLS).

        Raises:
            ValueError: it is neither.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("must look like smtp://user:password@mail.example:587")
        implicit = parts.scheme == "smtps"
        port = parts.port or (465 if implicit else 587)
        return cls(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), implicit)


class SmtpEmail:
    """The email channel over SMTP. `sender` is the From address, "HPMLS alerts <alerts@...>".

    `timeout` is for a whole batch: mails that it does not reach are not begun, because by then
    whoever asked may have given up waiting and would not know that they left.
    """

    name = "email"
    batch = BATCH

    def __init__(self, relay: Relay, sender: str, *, timeout: float = 15.0, tls: SSLContext | None = None) -> None:
        self._relay = relay
        self._sender = sender
        self._timeout = timeout
        self._tls = tls or create_default_context()
        self._threads = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="smtp")

    async def send(self, notices: Sequence[Notice]) -> Sequence[Outcome]:
        """One mail each, one after the other over one connection."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._send, notices)

    async def find(self, notice: Notice, since: datetime) -> Receipt | None:  # noqa: ARG002 - the contract's
        """None: a mail server keeps no log for us. A repeated mail has the same Message-ID."""
        return None

    async def close(self) -> None:
        """Wait for mails under way."""
        await asyncio.to_thread(self._threads.shutdown)

    def _send(self, notices: Sequence[Notice]) -> list[Outcome]:
        begin_before = time.monotonic() + self._timeout / 2
        try:
            server = self._connect()
        except (smtplib.SMTPException, OSError) as error:
            return [_not_connected(error) for _ in notices]
        try:
            return [
                self._hand_over(server, notice) if time.monotonic() < begin_before else _not_begun()
                for notice in notices
            ]
        finally:
            _leave(server)

    def _connect(self) -> smtplib.SMTP:
        """A connection with TLS and, where there is a user, signed in."""
        relay = self._relay
        server: smtplib.SMTP
        if relay.implicit_tls:
            server = smtplib.SMTP_SSL(relay.host, relay.port, timeout=self._timeout / 4, context=self._tls)
        else:
            server = smtplib.SMTP(relay.host, relay.port, timeout=self._timeout / 4)
        try:
            if not relay.implicit_tls:
                server.starttls(context=self._tls)
            server.ehlo_or_helo_if_needed()
            if relay.user:
                server.login(relay.user, relay.password)
        except BaseException:
            server.close()
            raise
        return server

    def _hand_over(self, server: smtplib.SMTP, notice: Notice) -> Outcome:
        try:
            message = message_of(notice, self._sender)
            self._address(server, notice)
        except (smtplib.SMTPException, OSError) as error:
            return _before_the_message(error)
        except ValueError:
            return DeliveryError(
                "This is not an email address.", remedy=Remedy.FIX_ADDRESS, permanent=True, code="malformed"
            )
        return self._hand_over_message(server, message)

    def _address(self, server: smtplib.SMTP, notice: Notice) -> None:
        """Name sender and recipients. A refused copy does not keep the mail from its member."""
        server.rset()
        _demand(server.mail(parseaddr(self._sender)[1]))
        _demand(server.rcpt(notice.address))
        if notice.copy_to:
            server.rcpt(notice.copy_to)

    def _hand_over_message(self, server: smtplib.SMTP, message: EmailMessage) -> Outcome:
        try:
            code, words = server.data(message.as_bytes())
        except smtplib.SMTPDataError as error:
            return _answered(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError):
            server.close()
            return DeliveryError(
                "The mail server broke off before it confirmed.", remedy=Remedy.RECONCILE, code="broken"
            )
        return Receipt(str(message["Message-ID"]), is_final=True) if code == 250 else _answered(code, words)


def _not_begun() -> DeliveryError:
    return DeliveryError("The mail server is too slow for so many mails.", remedy=Remedy.RETRY, code="slow")


def _leave(server: smtplib.SMTP) -> None:
    """Part as friends; a server that does not say goodbye changes no outcome."""
    with suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()


def message_of(notice: Notice, sender: str) -> EmailMessage:
    """The notice as a mail: text and HTML parts, and what RFC 8058 asks for.

    The Message-ID is made from the delivery's id, so that a repeated mail is known as one.

    Raises:
        ValueError: an address is not one.
    """
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = sender
    message["To"] = _mailbox(notice.address)
    if notice.copy_to:
        message["Cc"] = _mailbox(notice.copy_to)
    message["Subject"] = " ".join(notice.subject.split())
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<delivery-{notice.delivery_id}@{parseaddr(sender)[1].partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if notice.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{notice.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(notice.text, cte="quoted-printable")
    if notice.html:
        message.add_alternative(notice.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = notice.language  # last: setting content clears the headers about it
    return message


def _mailbox(address: str) -> Address:
    """One mailbox and nothing else: no second address, no line break.

    Raises:
        ValueError: it is not.
    """
    try:
        return Address(addr_spec=address)
    except (HeaderParseError, IndexError) as error:
        raise ValueError(address) from error


def _demand(answer: tuple[int, bytes]) -> None:
    """Raise unless the server agreed."""
    if not 200 <= answer[0] < 300:
        raise smtplib.SMTPResponseException(answer[0], answer[1])


def _not_connected(error: Exception) -> DeliveryError:
    """Nothing was handed over yet, so that only repeating later, or the operator, can help."""
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPNotSupportedError):
        words = "The mail server refuses our user name, or offers no TLS."
        return DeliveryError(words, remedy=Remedy.STOP_CHANNEL, code=str(getattr(error, "smtp_code", "tls")))
    return DeliveryError("The mail server cannot be reached.", remedy=Remedy.RETRY, code="unreachable")


def _before_the_message(error: Exception) -> DeliveryError:
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(error.smtp_code, error.smtp_error)
    return DeliveryError("The connection to the mail server was lost.", remedy=Remedy.RETRY, code="lost")


def _answered(code: int, words: bytes | str) -> DeliveryError:
    """A refusal: 5xx for good, 4xx for now (RFC 5321, 4.2.1)."""
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    if code in (530, 534, 535, 538):
        return DeliveryError(f"The mail server refuses us: {said}", remedy=Remedy.STOP_CHANNEL, code=str(code))
    if code in _ABOUT_THE_ADDRESS:
        return DeliveryError(
            f"The mail server refuses this address: {said}", remedy=Remedy.FIX_ADDRESS, permanent=True, code=str(code)
        )
    return DeliveryError(f"The mail server does not take the mail: {said}", remedy=Remedy.RETRY, code=str(code))


_ABOUT_THE_ADDRESS = {550, 551, 553}
