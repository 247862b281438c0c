"""A mail server for the tests: aiosmtpd, with STARTTLS and a password, on this machine."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from notifiers.email_smtp import Relay
from tests.doubles.certificates import Certificate, make_certificate
from tests.doubles.serving import free_port

USER, PASSWORD = "porchlight", "a password with @ and :"
NAME = "localhost"


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it was handed over, and whom it was handed over for."""

    recipients: list[str]
    message: EmailMessage


@dataclass(slots=True)
class MailServer:
    """Keeps what it takes. `answers` by recipient are refusals; the rest happens at the end of a mail."""

    certificate: Certificate
    port: int
    mails: list[Mail] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    at_the_end: str = "250 OK"
    delay: float = 0.0
    drops: bool = False
    connections: int = 0

    @property
    def relay(self) -> Relay:
        """How to reach it, signed in."""
        return Relay(NAME, self.port, USER, PASSWORD)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet."""
        session.host_name = hostname
        self.connections += not server.transport.get_extra_info("ssl_object")
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the recipient, or refuse it as told."""
        if refusal := self.answers.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take the mail, and answer as told."""
        message = message_from_bytes(envelope.content or b"", policy=default)
        if self.at_the_end.startswith("250"):
            self.mails.append(Mail(list(envelope.rcpt_tos), message))  # type: ignore[arg-type]
        await asyncio.sleep(self.delay)
        if self.drops:
            server.transport.abort()
        return self.at_the_end


@contextmanager
def mail_server(folder: Path) -> Iterator[MailServer]:
    """A server that listens; `folder` is for its certificate."""
    server = MailServer(make_certificate(folder, [NAME]), free_port())
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        tls_context=server.certificate.server_context(),
        require_starttls=True,
        auth_required=True,
        authenticator=_authenticate,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
    is_known = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_known, handled=False)
