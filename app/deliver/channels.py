"""Which channels this installation has: a real notifier where its provider is configured, else a null twin."""

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.channels import Channel
from notifiers.base import Notifier, NullNotifier, Tray
from notifiers.email_ses import SesEmail
from notifiers.email_smtp import Relay, SmtpEmail
from notifiers.http import GuardedClient
from notifiers.slack import Slack
from notifiers.sms import API_URL, Sender, TwilioSms
from notifiers.teams import Teams
from notifiers.webhook import SignedWebhook


@dataclass(frozen=True, slots=True)
class Providers:
    """The accounts that messages leave by. What is empty is not configured.

    `status_url` is where Twilio tells what became of a text. With `email_from` alone mail leaves by
    Amazon SES (boto3's own environment), with `smtp_url` by that server. `webhook_key` signs webhooks.
    """

    webhook_key: bytes
    status_url: str
    twilio_account_sid: str = ""
    twilio_auth_token: str = ""
    twilio_from: str = ""
    twilio_messaging_service_sid: str = ""
    twilio_api_url: str = API_URL
    email_from: str = ""
    smtp_url: str = ""
    ses_configuration_set: str = ""


def channels_of(providers: Providers, tray: Tray | None) -> dict[str, Notifier]:
    """A notifier for each channel that has one, by name.

    `tray` is where the null twins of the others put what they would have sent; without a tray
    (production) such a channel is absent, and its deliveries wait.
    """
    makers: dict[Channel, Callable[[Providers], Notifier | None]] = {
        Channel.SMS: _sms,
        Channel.EMAIL: _email,
        Channel.WEBHOOK: lambda given: SignedWebhook(GuardedClient(), given.webhook_key),
        Channel.SLACK: lambda _: Slack(GuardedClient()),
        Channel.TEAMS: lambda _: Teams(GuardedClient()),
    }
    made = {channel: make(providers) for channel, make in makers.items()}
    found: dict[str, Notifier] = {}
    for channel, notifier in made.items():
        if notifier is not None:
            found[channel] = notifier
        elif tray is not None:
            found[channel] = NullNotifier(channel, tray)
    return found


def _sms(providers: Providers) -> Notifier | None:
    sender = Sender(providers.twilio_from, providers.twilio_messaging_service_sid)
    if not (providers.twilio_account_sid and providers.twilio_auth_token and sender.parameters() != {"from_": ""}):
        return None
    return TwilioSms(
        providers.twilio_account_sid,
        providers.twilio_auth_token,
        sender,
        status_url=providers.status_url,
        api_url=providers.twilio_api_url,
    )


def _email(providers: Providers) -> Notifier | None:
    if not providers.email_from:
        return None
    if providers.smtp_url:
        return SmtpEmail(Relay.from_url(providers.smtp_url), providers.email_from)
    return SesEmail(providers.email_from, providers.ses_configuration_set)
