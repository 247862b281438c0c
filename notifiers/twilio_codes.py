"""What Twilio's error codes mean: the one table, for answers to our calls and for its status callbacks.

Apart from the channel, so that the hooks of a web process need not load Twilio's client.
"""

from notifiers.base import DeliveryError, Remedy

NOT_SIGNED_IN = "20003"
_UNKNOWN = (Remedy.RETRY, False, "")

# Twilio's error codes: https://www.twilio.com/docs/api/errors
_CODES: dict[str, tuple[Remedy, bool, str]] = {
    "21211": (Remedy.FIX_ADDRESS, True, "This is not a telephone number."),
    "21614": (Remedy.FIX_ADDRESS, True, "This number cannot receive texts."),
    "30005": (Remedy.FIX_ADDRESS, True, "This number is not in service."),
    "30006": (Remedy.FIX_ADDRESS, True, "This is a landline, or a carrier that takes no texts."),
    "21610": (Remedy.OPTED_OUT, True, "This member replied STOP."),
    "20429": (Remedy.RETRY, False, "Twilio asks us to slow down."),
    "30001": (Remedy.RETRY, False, "Twilio's queue for our number is full."),
    "30003": (Remedy.RETRY, False, "The phone is switched off or out of reach."),
    "30008": (Remedy.RETRY, False, "The carrier did not deliver it and does not say why."),
    "20003": (Remedy.STOP_CHANNEL, False, "Twilio refuses our account or password."),
    "30007": (Remedy.STOP_CHANNEL, False, "Carriers are filtering our texts as spam."),
    "30034": (Remedy.STOP_CHANNEL, False, "Our number is not registered with the carriers (A2P 10DLC)."),
}


def failure(code: str, words: str = "") -> DeliveryError:
    """What one of Twilio's error codes means, from an answer or from a status callback.

    A code that is not in the table never condemns an address: it is tried again, and ends among the
    dead letters with Twilio's own words.
    """
    remedy, permanent, said = _CODES.get(code, _UNKNOWN)
    return DeliveryError(said or words or "Twilio refused the text.", remedy=remedy, permanent=permanent, code=code)


def is_known(code: str) -> bool:
    """Whether the table has the code."""
    return code in _CODES
