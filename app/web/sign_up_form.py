"""What the sign-up form asks, as raw text and as choices, and its sentences in both languages."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.domain.channels import Channel, Programme
from app.domain.organisation import Organisation
from app.domain.subscribers import Choices, QuietHours, Subscription
from app.publish.language import Language
from app.web.posted import Posted

_MOST_COMPONENTS = 200


@dataclass(frozen=True, slots=True)
class AskedFor:
    """The fields of the form as they were typed; at first both programmes are ticked."""

    address: str = ""
    shape: str = "signed"
    programmes: tuple[str, ...] = tuple(Programme)
    components: tuple[str, ...] = ()
    quiet_from: str = ""
    quiet_until: str = ""
    override: bool = False
    language: str = ""

    @classmethod
    def read(cls, posted: Posted) -> "AskedFor":
        """The fields of a form that was sent."""
        return cls(
            address=posted.text("address"),
            shape=posted.text("shape") or "signed",
            programmes=tuple(posted.all("programme")),
            components=tuple(posted.all("component")[:_MOST_COMPONENTS]),
            quiet_from=posted.text("quiet_from"),
            quiet_until=posted.text("quiet_until"),
            override=posted.has("override"),
            language=posted.text("language"),
        )

    @classmethod
    def stored(cls, subscription: Subscription) -> "AskedFor":
        """The fields that would ask for what a subscription has."""
        quiet = subscription.choices.quiet
        return cls(
            programmes=tuple(subscription.choices.programmes),
            components=tuple(subscription.choices.components),
            quiet_from=quiet.begins.strftime("%H:%M") if quiet else "",
            quiet_until=quiet.ends.strftime("%H:%M") if quiet else "",
            override=quiet.overridden if quiet else False,
            language=subscription.choices.language,
        )

    def choices(self, language: str) -> Choices:
        """What is meant, in that language; words that are no programme are left out.

        Raises:
            RefusedError: the quiet hours cannot be.
        """
        return Choices(
            programmes=frozenset(programme for programme in Programme if programme.value in self.programmes),
            components=frozenset(self.components),
            language=language,
            quiet=QuietHours.parse(self.quiet_from, self.quiet_until, overridden=self.override),
        )


def asked_for(language: Language, channels: Collection[Channel]) -> str:
    """The label of the one field: what this installation can send to."""
    by_text, by_mail = Channel.SMS in channels, Channel.EMAIL in channels
    if by_text and by_mail:
        return language.gettext("Mobile number or email address")
    if by_text:
        return language.gettext("Mobile number")
    if by_mail:
        return language.gettext("Email address")
    return language.gettext("Address of a chat or a program")


def agreement(language: Language, organisation: Organisation) -> str:
    """What somebody agrees to by signing up; it is kept word for word in the consent log."""
    return language.gettext(
        "By signing up you agree that %(name)s sends automated service messages to this address. How many depends on "
        "outages. Message and data rates may apply. Reply STOP to end texts, HELP for help; every mail has a link to "
        "end it. Agreeing is not a condition of anything.",
        name=organisation.name,
    )


def translated(problems: Mapping[str, object], language: Language, status: int = 422) -> dict[str, str]:
    """Each problem as a sentence of the page's language, under the field it belongs to."""
    said = {
        "address": language.gettext("Give a mobile number with its area code, or an email address."),
        "hook": language.gettext(
            "Give a whole address that starts with https:// and that anybody on the internet can reach."
        ),
        "channel": language.gettext("We cannot send to this kind of address."),
        "country": language.gettext("We cannot send texts to this country. Give an email address instead."),
        "programmes": language.gettext("Choose outages, planned work, or both."),
        "quiet_from": language.gettext("Give both when the quiet begins and when it ends, or neither."),
        "code": language.gettext("This code is wrong or too old. Look again, or ask for a new one."),
        "wait": language.gettext(
            "Your browser did not run our check against robots. That is all right: wait 15 seconds, then press the "
            "button again."
        ),
        "busy": language.gettext("Many sign-ups came from your network. Try again in an hour."),
    }
    fields = {
        "country": "address",
        "hook": "address",
        "channel": "address",
        "quiet_until": "quiet_from",
        "wait": "",
        "busy": "",
    }
    said["quiet_until"] = said["quiet_from"]
    general = _general(language, status)
    return {fields.get(name, name): said.get(name, general) for name in problems}


def _general(language: Language, status: int) -> str:
    if status == 404:
        return language.gettext("This link is not complete or has expired. Open it from the message itself.")
    if status == 503:
        return language.gettext("This cannot be done at the moment. Nothing was changed; try again in a minute.")
    return language.gettext("This was not accepted. Nothing was changed.")
