"""A notifier for each channel: a real one where its provider is configured, else a null twin."""

from collections.abc import Callable

from app.deliver.providers import PHONE, Providers
from app.domain.channels import Channel
from notifiers.base import Notifier, NullNotifier, Tray
from notifiers.email_ses import SesEmail
from notifiers.email_smtp import Relay, SmtpEmail
from notifiers.http import GuardedClient
from notifiers.phone import TwilioPhone
from notifiers.slack import Slack
from notifiers.sms import Sender, TwilioSms
from notifiers.statuspage_webhook import StatuspageWebhook
from notifiers.teams import Teams
from notifiers.webhook import SignedWebhook


def channels_of(providers: Providers, tray: Tray | None) -> dict[str, Notifier]:
    """A notifier for each channel that has one, by name; calls to people on duty are one more.

    `tray` is where the null twins of the others put what they would have sent; without a tray
    (production) such a channel is absent, and its deliveries wait.
    """
    found: dict[str, Notifier] = {channel: _MAKERS[channel](providers) for channel in providers.channels}
    if providers.can_call:
        found[PHONE] = _phone(providers)
    if tray is not None:
        found = {channel: NullNotifier(channel, tray) for channel in (*Channel, PHONE)} | found
    return found


def _sms(providers: Providers) -> Notifier:
    return TwilioSms(
        providers.twilio_account_sid,
        providers.twilio_auth_token,
        Sender(providers.twilio_from, providers.twilio_messaging_service_sid),
        status_url=providers.status_url,
        api_url=providers.twilio_api_url,
    )


def _phone(providers: Providers) -> Notifier:
    return TwilioPhone(
        providers.twilio_account_sid,
        providers.twilio_auth_token,
        providers.twilio_from,
        answer_url=providers.answer_url,
        status_url=providers.call_status_url,
        api_url=providers.twilio_api_url,
    )


def _email(providers: Providers) -> Notifier:
    if providers.smtp_url:
        return SmtpEmail(Relay.from_url(providers.smtp_url), providers.email_from)
    return SesEmail(providers.email_from, providers.ses_configuration_set)


def _apprise(providers: Providers) -> Notifier:
    # Imported here: it is large, and most installations do without.
    from notifiers.apprise import Apprise

    return Apprise(providers.apprise_schemes)


_MAKERS: dict[Channel, Callable[[Providers], Notifier]] = {
    Channel.SMS: _sms,
    Channel.EMAIL: _email,
    Channel.WEBHOOK: lambda _: SignedWebhook(GuardedClient()),
    Channel.SLACK: lambda _: Slack(GuardedClient()),
    Channel.TEAMS: lambda _: Teams(GuardedClient()),
    Channel.STATUSPAGE: lambda _: StatuspageWebhook(GuardedClient()),
    Channel.APPRISE: _apprise,
}
