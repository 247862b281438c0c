"""The second, optional step after the tap: say more, and how you want to hear back (R11).

The tap itself asks nothing about the person. Here a text number or a mail address is asked for,
used for this one report, and forgotten 30 days after the matter is over. It costs work or a wait
like a sign-up, and says nothing about whether anybody knows the address.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import timedelta

from app.commands.addresses import country_code, normal_address, told_apart
from app.commands.sign_up_limits import within_limits
from app.commands.tickets import open_ticket
from app.domain.accounts import AttemptLimit
from app.domain.channels import Channel
from app.domain.errors import NotFoundError, RefusedError, UnavailableError
from app.domain.reports import Source
from app.domain.text import printable
from app.domain.tickets import NAME_MOST, WORDS_MOST, TicketDraft, check_ticket
from app.publish.language import Language
from app.store.organisation import the_organisation
from app.web.challenge import opened, waited
from app.web.posted import Posted
from app.web.robots import Toll

ANSWERS = frozenset({Channel.SMS, Channel.EMAIL})
"""How a person can be answered."""

EVERYBODY = AttemptLimit(300, timedelta(hours=1))
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Wish:
    """The fields of the second step, as they were typed."""

    words: str = ""
    name: str = ""
    address: str = ""

    @classmethod
    def read(cls, posted: Posted) -> "Wish":
        """The fields of a form that was sent."""
        return cls(*(posted.text(name) for name in ("words", "name", "address")))

    @property
    def is_begun(self) -> bool:
        """Whether anything was typed."""
        return bool(self.words or self.name or self.address)


@dataclass(frozen=True, slots=True)
class TicketDesk:
    """Takes wishes to hear back in one language; `channels` are those that can answer."""

    toll: Toll
    language: str
    channels: Set[Channel]

    def open(self, slug: str, wish: Wish, posted: Posted) -> int:
        """The number of the new ticket. An address that asks very often is answered by people alone.

        Raises:
            NotFoundError: the service is not on the page.
            RefusedError: a field cannot be, no work was done ("wait"), or too many came ("busy").
        """
        channel, address = self._address(wish)
        words, name = wish.words.strip(), printable(wish.name).strip()
        check_ticket(TicketDraft(slug, Source.MEMBER, words, name))
        self.toll.pay(posted, {"all:ticket": EVERYBODY})
        toll = self.toll
        with toll.database.transaction() as session:
            index = toll.vault.index(channel, address)
            is_muted = not within_limits(session, toll.limits.of_address(f"ticket:{index}"), now=toll.now)
            organisation = the_organisation(session)
            consent = wish_agreement(Language(self.language, organisation.zone), organisation.name)
            draft = TicketDraft(
                slug, Source.MEMBER, words, name, channel, address, self.language, consent, is_muted=is_muted
            )
            return open_ticket(session, toll.vault, draft, now=toll.now).number

    def seal(self, seal: str = "") -> str:
        """What the form carries to prove when it was opened: the same again while it still counts."""
        toll = self.toll
        return seal if seal and waited(toll.vault, seal, now=toll.now) is not None else opened(toll.vault, toll.now)

    def sealed(self, number: int) -> str:
        """A ticket's number for an address bar, so that nobody counts through them."""
        return self.toll.vault.seal(f"{number:019}").decode()

    def unsealed(self, text: str) -> int:
        """The number that was sealed here.

        Raises:
            NotFoundError: it was not, or longer than a day ago.
        """
        try:
            return int(self.toll.vault.open(text.encode(), seconds=_DAY_SECONDS))
        except (UnavailableError, ValueError):
            raise NotFoundError("This page has expired.") from None

    def _address(self, wish: Wish) -> tuple[Channel, str]:
        """The channel and the address as it is stored.

        Raises:
            RefusedError: it is no address, nothing here sends to it, or texts do not go to that country.
        """
        channel = told_apart(wish.address)
        if channel not in self.channels:
            raise RefusedError({"channel" if channel.is_personal else "address": "Nothing answers there."})
        address = normal_address(channel, wish.address)
        if channel is Channel.SMS and country_code(address) not in self.toll.limits.country_codes:
            raise RefusedError({"country": "Texts do not go to this country."})
        return channel, address


def wish_agreement(language: Language, name: str) -> str:
    """What somebody agrees to by asking to hear back; kept word for word with the ticket."""
    return language.gettext(
        "By sending this you agree that %(name)s answers at this address about this report, and about nothing else. "
        "Message and data rates may apply; reply STOP to end texts. Your words, name and address are deleted 30 days "
        "after the matter is over.",
        name=name,
    )


def wish_problems(error: RefusedError, language: Language) -> Mapping[str, str]:
    """Each problem as a sentence of the page's language, under the field it belongs to."""
    said = {
        "address": language.gettext("Give a mobile number with its area code, or an email address."),
        "channel": language.gettext("We cannot send to this kind of address."),
        "country": language.gettext("We cannot send texts to this country. Give an email address instead."),
        "words": language.gettext("Say it in at most %(most)d characters.", most=WORDS_MOST),
        "name": language.gettext("A name has at most %(most)d characters.", most=NAME_MOST),
        "wait": language.gettext(
            "Your browser did not run our check against robots. That is all right: wait 15 seconds, then press the "
            "button again."
        ),
        "busy": language.gettext("Many reports came from your network. Call the help desk, or try again in an hour."),
    }
    fields = {"channel": "address", "country": "address", "wait": "", "busy": ""}
    general = language.gettext("This was not accepted. Nothing was changed.")
    return {fields.get(name, name): said.get(name, general) for name in error.problems}
