"""The accounts that messages leave by, as the settings name them."""

from app.deliver.providers import Providers
from app.settings import Settings
from app.web.hooks import PATH as HOOKS_PATH


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
