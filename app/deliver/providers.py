"""The accounts that messages leave by, and which channels that makes. No provider's client is loaded here."""

from collections.abc import Set
from dataclasses import dataclass

from app.domain.channels import Channel

PHONE = "phone"
"""The channel that calls people on duty. Members never subscribe to it, so it is no `Channel`."""

TWILIO_API_URL = "https://api.twilio.com"


@dataclass(frozen=True, slots=True)
class Providers:
    """What is empty is not configured.

    `status_url` is where Twilio tells what became of a text, `call_status_url` of a call, and
    `answer_url` where it brings the key that somebody on duty pressed. With `email_from` alone mail leaves by
    Amazon SES (boto3's own environment), with `smtp_url` by that server. `apprise_schemes` are the
    kinds of address that Apprise may send to.
    """

    status_url: str = ""
    answer_url: str = ""
    call_status_url: str = ""
    twilio_account_sid: str = ""
    twilio_auth_token: str = ""
    twilio_from: str = ""
    twilio_messaging_service_sid: str = ""
    twilio_api_url: str = TWILIO_API_URL
    email_from: str = ""
    smtp_url: str = ""
    ses_configuration_set: str = ""
    apprise_schemes: tuple[str, ...] = ()

    @property
    def channels(self) -> Set[Channel]:
        """The channels that really send. Webhooks and chats need no account of ours."""
        has_number = bool(self.twilio_from or self.twilio_messaging_service_sid)
        able = {
            Channel.SMS: bool(self.twilio_account_sid and self.twilio_auth_token and has_number),
            Channel.EMAIL: bool(self.email_from),
            Channel.APPRISE: bool(self.apprise_schemes),
        }
        return frozenset(channel for channel in Channel if able.get(channel, True))

    @property
    def can_call(self) -> bool:
        """Whether people on duty can be called: a call comes from a number, a messaging service has none."""
        return bool(self.twilio_account_sid and self.twilio_auth_token and self.twilio_from)
