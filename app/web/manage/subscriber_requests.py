"""The address that somebody asks notices for, as Statuspage's clients name it: `email`, `phone_number`, `endpoint`."""

from collections.abc import Collection, Set
from urllib.parse import urlsplit

from app.commands.addresses import country_code, normal_address
from app.domain.channels import Channel
from app.domain.errors import RefusedError
from app.domain.hooks import hook_channel
from app.web.manage.fields import Fields


def asked_address(fields: Fields, *, channels: Set[Channel], country_codes: Collection[str]) -> tuple[Channel, str]:
    """The channel and the normalised address; an `endpoint` gets webhooks in Statuspage's shape, or a chat's.

    `channels` are those that can send, `country_codes` where texts may go.

    Raises:
        RefusedError: none, one that cannot be, or one that nothing here sends to.
    """
    email, number, endpoint = fields.text("email"), fields.text("phone_number"), fields.text("endpoint")
    country = (fields.text("phone_country") or "us").upper()[:2]
    fields.refuse()
    if endpoint:
        name, channel, address = "endpoint", *_hook(endpoint)
    elif number:
        name, channel, address = "phone_number", Channel.SMS, _normal("phone_number", Channel.SMS, number, country)
    else:
        name, channel, address = "email", Channel.EMAIL, _normal("email", Channel.EMAIL, email or "", country)
    if channel not in channels or channel is Channel.APPRISE:
        raise RefusedError({name: "Nothing here sends to this kind of address."})
    if channel is Channel.SMS and country_code(address) not in country_codes:
        raise RefusedError({"phone_country": "Texts do not go to this country."})
    return channel, address


def shared_part(channel: Channel, address: str) -> str:
    """What a flood would have in common: country and first digits of a number, or the host of a hook."""
    if channel is Channel.SMS:
        return address[: len(country_code(address)) + 4]
    return "" if channel.is_personal else urlsplit(address).hostname or ""


def _hook(endpoint: str) -> tuple[Channel, str]:
    channel = hook_channel(endpoint, statuspage=True)
    return channel, _normal("endpoint", channel, endpoint, "US")


def _normal(name: str, channel: Channel, typed: str, country: str) -> str:
    try:
        return normal_address(channel, typed, region=country)
    except RefusedError as error:
        raise RefusedError({name: str(error)}) from None
