"""The accounts that messages leave by, as the settings name them."""

from app.deliver.providers import Providers
from app.domain.channels import Channel
from app.settings import Settings
from app.web.hooks import PATH as HOOKS_PATH

BY_MAIL_SERVER = 14.0
"""Mails a second that a mail server is trusted with where nobody says how many."""


def providers_of(settings: Settings) -> Providers:
    """The accounts that messages leave by, as the settings name them."""
    return Providers(
        status_url=f"{settings.public_url}{HOOKS_PATH}/twilio/status",
        answer_url=f"{settings.public_url}{HOOKS_PATH}/twilio/calls/answer",
        call_status_url=f"{settings.public_url}{HOOKS_PATH}/twilio/calls/status",
        twilio_account_sid=settings.twilio_account_sid,
        twilio_auth_token=settings.twilio_auth_token,
        twilio_from=settings.twilio_from,
        twilio_messaging_service_sid=settings.twilio_messaging_service_sid,
        twilio_api_url=settings.twilio_api_url,
        email_from=settings.email_from,
        smtp_url=settings.smtp_url,
        ses_configuration_set=settings.ses_configuration_set,
        apprise_schemes=settings.apprise_schemes,
    )


def sending_rates(settings: Settings) -> dict[str, float]:
    """Messages a second by channel. Mail is missing where Amazon SES is asked how fast it may go."""
    rates: dict[str, float] = {Channel.SMS: settings.sms_per_second}
    if settings.email_per_second:
        return rates | {Channel.EMAIL: settings.email_per_second}
    asks_ses = settings.email_from and not settings.smtp_url
    return rates if asks_ses else rates | {Channel.EMAIL: BY_MAIL_SERVER}
