"""Messages that no row of the ledger stands for: to one address, about itself, to the staff, to people on duty.

Their rows are the work, each of its own kind; here they are handed to the channels, at the sender's
rate like everything else.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.commands.subscribers import confirm
from app.deliver.confirmations import ConfirmationToSend, send_owed_confirmations
from app.deliver.invitations import InvitationToSend, send_owed_invitations
from app.deliver.pages import Paging, send_owed_pages
from app.deliver.report_mails import ReportToSend, send_owed_reports
from app.deliver.sending import Sending
from app.deliver.staff_messages import StaffMessage, send_owed_staff_messages
from app.deliver.ticket_letters import LetterToSend, send_owed_letters
from app.domain.channels import Channel
from app.domain.consent import Means
from app.store.session import Database
from app.store.signed_links import Links
from app.store.vault import Vault
from notifiers.base import Notice, Receipt

_log = logging.getLogger("porchlight.worker")


@dataclass(frozen=True, slots=True)
class Confirming:
    """How addresses are asked: the links of this installation, and who writes the messages."""

    links: Links
    write: Callable[[ConfirmationToSend], Notice]


@dataclass(frozen=True, slots=True)
class Inviting:
    """How people are asked to join: the vault that signs, the console's address, and who writes the mail."""

    vault: Vault
    console_url: str
    write: Callable[[InvitationToSend], Notice]


@dataclass(frozen=True, slots=True)
class Answering:
    """How members with a ticket are answered: the vault that opens addresses, and who writes the letters."""

    vault: Vault
    write: Callable[[LetterToSend], Notice]


@dataclass(frozen=True, slots=True)
class Circulating:
    """How finished reports reach people outside: the vault that signs, the page's address, and who writes the mail."""

    vault: Vault
    public_url: str
    write: Callable[[ReportToSend], Notice]


@dataclass(frozen=True, slots=True)
class Writers:
    """Who writes which kind; what is None is not sent by this process."""

    confirming: Confirming | None = None
    inviting: Inviting | None = None
    answering: Answering | None = None
    circulating: Circulating | None = None
    paging: Paging | None = None


class Outside:
    """Hands over what is owed outside the ledger; without `sending` nothing leaves, and the rows wait."""

    def __init__(
        self, database: Database, sending: Sending | None, clock: Callable[[], datetime], writers: Writers
    ) -> None:
        self._database, self._sending, self._clock, self._writers = database, sending, clock, writers

    def send_owed(self) -> None:
        """Call people on duty; ask addresses, and people to join; tell the staff; answer members."""
        self.call_people_out()
        database, writers, now = self._database, self._writers, self._clock()
        if confirming := writers.confirming:
            send_owed_staff_messages(database, confirming.links.vault, self._send_to_staff, now=now)
            send_owed_confirmations(database, confirming.links, self._send_confirmation, now=now)
        if inviting := writers.inviting:
            send_owed_invitations(database, inviting.vault, inviting.console_url, self._send_invitation, now=now)
        if answering := writers.answering:
            send_owed_letters(database, answering.vault, self._send_letter, now=now)
        if circulating := writers.circulating:
            send_owed_reports(database, circulating.vault, circulating.public_url, self._send_report, now=now)

    def call_people_out(self) -> None:
        """Call, text and mail whoever is owed a page."""
        sending, paging = self._sending, self._writers.paging
        if sending and paging:
            send_owed_pages(self._database, paging, sending.send_all_outside, sending.find_outside, now=self._clock())

    def send(self, channel: Channel, notice: Notice, what: str) -> bool:
        """Whether one message is on its way; `what` it is, for the log."""
        answer = self._sending.send_outside(channel, notice) if self._sending else None
        if isinstance(answer, Receipt):
            return True
        _log.warning("%s was not sent: %s", what, answer.message if answer else f"there is no {channel} channel")
        return False

    def _send_to_staff(self, message: StaffMessage) -> bool:
        notice = Notice(message.id, message.address, subject=message.subject, text=message.text)
        return self.send(message.channel, notice, "a message to the staff")

    def _send_confirmation(self, confirmation: ConfirmationToSend) -> None:
        """One message, once: whoever does not get it asks again."""
        confirming = self._writers.confirming
        if not self._sending or not confirming:
            return
        is_sent = self.send(confirmation.channel, confirming.write(confirmation), "a confirmation")
        if is_sent and confirmation.channel.is_program:
            self._prove(confirmation, confirming.links)

    def _send_invitation(self, invitation: InvitationToSend) -> None:
        """One mail, once; whoever invited holds the link as well."""
        if inviting := self._writers.inviting:
            self.send(Channel.EMAIL, inviting.write(invitation), "an invitation")

    def _send_letter(self, letter: LetterToSend) -> bool:
        """Whether one letter to a member with a ticket, or its copy, is on its way."""
        if answering := self._writers.answering:
            return self.send(letter.channel, answering.write(letter), "an answer to a member")
        return False

    def _send_report(self, report: ReportToSend) -> None:
        """One mail, once; the list shows who has not read it."""
        if circulating := self._writers.circulating:
            self.send(Channel.EMAIL, circulating.write(report), "a report")

    def _prove(self, confirmation: ConfirmationToSend, links: Links) -> None:
        """A program has given the token of its challenge back: the address is its owner's."""
        with self._database.transaction() as session:
            confirm(
                session,
                links.vault,
                confirmation.subscription_id,
                confirmation.token,
                Means.CHALLENGE,
                now=self._clock(),
            )
