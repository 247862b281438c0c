"""What a consent log records: the act, and the means by which it was done (notices.md, "Consent")."""

from enum import StrEnum


class ConsentAct(StrEnum):
    """What a person did, or what was done on their word."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    CHANGED = "changed"
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"
    IMPORTED = "imported"
    HELD = "held"
    RELEASED = "released"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    EXPORTED = "exported"
    ERASED = "erased"


class Means(StrEnum):
    """How it was done."""

    WEB_FORM = "web_form"
    API = "api"
    SMS_CODE = "sms_code"
    EMAIL_LINK = "email_link"
    HOOK_LINK = "hook_link"
    CHALLENGE = "challenge"
    SIGNED_LINK = "signed_link"
    ONE_CLICK = "one_click"
    SMS_REPLY = "sms_reply"
    IMPORT = "import"
    STAFF = "staff"
    PROVIDER = "provider"
