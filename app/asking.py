"""The messages to one address: is this yours, will you join us, somebody is on your ticket. In its own language."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from app.deliver.confirmations import ConfirmationToSend
from app.deliver.invitations import InvitationToSend
from app.deliver.report_mails import ReportToSend
from app.deliver.ticket_letters import LetterToSend
from app.domain.channels import Channel
from app.domain.organisation import Organisation
from app.domain.tickets import LetterKind
from app.publish.addresses import in_language
from app.publish.confirmation_messages import (
    ConfirmationWords,
    challenge_payload,
    chat_words,
    code_words,
    link_words,
)
from app.publish.invitation_messages import invitation_words
from app.publish.language import Language
from app.publish.report_mail import report_mail_words
from app.publish.ticket_messages import LetterFacts, copy_words, letter_words
from app.store.components import live_components
from app.store.organisation import the_organisation
from app.store.session import Database
from notifiers.base import Notice


def confirmation_writer(database: Database, public_url: str = "") -> Callable[[ConfirmationToSend], Notice]:
    """Who writes the messages that ask an address, in its language: a code, a link, or a challenge."""

    def write(asked: ConfirmationToSend) -> Notice:
        with database.read() as session:
            organisation = the_organisation(session)
        # An id of its own each time: receivers leave out what they have had before.
        blank = Notice(f"confirmation-{asked.subscription_id}-{int(datetime.now(UTC).timestamp())}", asked.address)
        if asked.channel.is_program:
            return replace(blank, payload=_challenge(asked, public_url), challenge=asked.token, secret=asked.secret)
        language = Language(asked.language, organisation.zone)
        words = _question(language, organisation, asked)
        return replace(blank, subject=words.subject, text=words.text, html=words.html, language=language.code)

    return write


def _question(language: Language, organisation: Organisation, asked: ConfirmationToSend) -> ConfirmationWords:
    if asked.channel is Channel.SMS:
        return code_words(language, organisation.short_name, asked.code)
    if asked.channel.is_chat:
        return chat_words(language, organisation.name, asked.link, asked.manage)
    return link_words(language, organisation.name, asked.link)


def _challenge(asked: ConfirmationToSend, public_url: str) -> dict[str, object]:
    return challenge_payload(
        asked.channel,
        public_url,
        token=asked.token,
        link=asked.link,
        manage=asked.manage,
        stop=asked.stop,
        asked_at=asked.asked_at,
    )


def invitation_writer(database: Database) -> Callable[[InvitationToSend], Notice]:
    """Who writes the mails that ask people to join the console."""

    def write(invitation: InvitationToSend) -> Notice:
        with database.read() as session:
            organisation = the_organisation(session)
        until = f"{invitation.expires_at.astimezone(organisation.zone):%A, %B %-d, %-I:%M %p %Z}"
        role = invitation.role.in_words.lower()
        words = invitation_words(organisation.name, invitation.name, role, invitation.link, until)
        return Notice(
            delivery_id=f"invitation-{invitation.id}",
            address=invitation.address,
            subject=words.subject,
            text=words.text,
            html=words.html,
            language="en",
        )

    return write


def report_writer(database: Database) -> Callable[[ReportToSend], Notice]:
    """Who writes the mails that bring a finished report to people outside."""

    def write(report: ReportToSend) -> Notice:
        with database.read() as session:
            organisation = the_organisation(session)
        words = report_mail_words(organisation.name, report.name, report.title, report.link)
        return Notice(
            delivery_id=f"report-{report.id}",
            address=report.address,
            subject=words.subject,
            text=words.text,
            html=words.html,
            language="en",
        )

    return write


def letter_writer(database: Database, public_url: str) -> Callable[[LetterToSend], Notice]:
    """Who writes the letters to members with a ticket, and the service manager's copies of them."""

    def write(letter: LetterToSend) -> Notice:
        with database.read() as session:
            organisation, components = the_organisation(session), live_components(session)
        language = Language(letter.language, organisation.zone)
        named = {item.slug: item.in_language(letter.language).short_name for item in components}
        facts = LetterFacts(
            letter.kind,
            organisation.name,
            organisation.short_name,
            letter.number,
            named.get(letter.service, letter.service),
            letter.words,
            _incident_link(public_url, letter),
            organisation.help_desk_phone,
        )
        is_copy = letter.meant_for is not None
        words = (copy_words if is_copy else letter_words)(language, letter.meant_for or letter.channel, facts)
        blank = Notice(letter.id, letter.address, subject=words.subject, text=words.text, html=words.html)
        return replace(blank, language=letter.language)

    return write


def _incident_link(public_url: str, letter: LetterToSend) -> str:
    """Where the incident stands in the member's language; nothing in a reply, which speaks for itself."""
    if not letter.incident_id or letter.kind is LetterKind.REPLY:
        return ""
    return public_url + in_language(f"/incidents/{letter.incident_id}", letter.language)
