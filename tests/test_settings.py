"""What an installation may not be set to: each refused at the start, with the name of the setting."""

import pytest

from app.domain.channels import Channel
from app.domain.errors import RefusedError
from app.providing import sending_rates
from app.settings import DEVELOPMENT_SECRET, Settings, load_settings

SAFE = {"environment": "production", "secret_key": "k" * 40, "public_url": "https://status.example.com"}


def test_safe_values_are_taken():
    assert load_settings(**SAFE).is_production


@pytest.mark.parametrize(
    ("unsafe", "words"),
    [
        ({"secret_key": DEVELOPMENT_SECRET}, "SECRET_KEY"),
        ({"secret_key": "short"}, "SECRET_KEY"),
        ({"public_url": "http://status.example.com"}, "PUBLIC_URL"),
        ({"admin_host": "*.example.com"}, "wildcard"),
        ({"public_hosts": "*"}, "wildcard"),
        ({"failover_hosts": "status.example.com"}, "FAILOVER_HOSTS"),
        ({"trusted_proxies": "0.0.0.0/0"}, "TRUSTED_PROXIES"),
        ({"public_url": "https://status.example.com/page"}, "PUBLIC_URL"),
    ],
)
def test_an_unsafe_value_stops_the_start(unsafe, words):
    with pytest.raises(RefusedError, match=words.replace("*", r"\*")):
        load_settings(**SAFE | unsafe)


def test_a_laptop_may_be_looser():
    assert not load_settings(environment="development", public_url="http://127.0.0.1:8000").is_production


def test_it_names_the_voices_of_polly_by_language():
    assert load_settings(polly_voices="en=Joanna, es=Lupe").voices_of_polly == {"en": "Joanna", "es": "Lupe"}
    assert load_settings().voices_of_polly == {}


@pytest.mark.parametrize("odd", ["Joanna", "en=", "en=Jo anna", "en=Joanna;es=Lupe", "EN=Joanna"])
def test_it_refuses_a_voice_without_a_language(odd: str):
    with pytest.raises(RefusedError, match="PORCHLIGHT_POLLY_VOICES"):
        load_settings(polly_voices=odd)


@pytest.mark.parametrize(
    ("given", "rate"),
    [
        ({}, 14.0),
        ({"email_from": "a@b.example"}, None),
        ({"email_from": "a@b.example", "smtp_url": "smtp://mail.b.example"}, 14.0),
        ({"email_from": "a@b.example", "email_per_second": 3}, 3.0),
    ],
    ids=["tray", "ses", "mail_server", "given"],
)
def test_only_ses_is_asked_how_fast_mail_may_leave(given, rate):
    assert sending_rates(Settings(**given)).get(Channel.EMAIL) == rate
