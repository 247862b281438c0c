"""Who may sign in, what each role may do, and what a password must be (security.md, "Accounts", "Roles")."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.errors import RefusedError


class Role(StrEnum):
    """What somebody is here for. Titles on screen may differ; permissions follow these (R20)."""

    VIEWER = "viewer"
    HELP_DESK = "help_desk"
    SUBJECT_EXPERT = "subject_expert"
    COMMUNICATIONS_LEAD = "communications_lead"
    COMMANDER = "commander"
    SERVICE_MANAGER = "service_manager"
    ADMINISTRATOR = "administrator"

    @property
    def in_words(self) -> str:
        """The role in words: "Communications lead"."""
        return self.value.replace("_", " ").capitalize()


class Permission(StrEnum):
    """One thing a person may be allowed to do in the console."""

    READ = "read"
    TRIAGE = "triage"
    POST = "post"
    EDIT_COMPONENTS = "edit_components"
    EDIT_SETTINGS = "edit_settings"
    MANAGE_SUBSCRIBERS = "manage_subscribers"
    EXPORT = "export"
    APPROVE = "approve"
    COMMAND = "command"
    SWITCH_DNS = "switch_dns"
    READ_AUDIT = "read_audit"
    MANAGE_KEYS = "manage_keys"
    ADMINISTER = "administer"

    @property
    def in_words(self) -> str:
        """What somebody with this permission may do: "change components"."""
        return _IN_WORDS[self]


_IN_WORDS: Mapping[Permission, str] = {
    Permission.READ: "read everything",
    Permission.TRIAGE: "count reports and look into suspicions",
    Permission.POST: "speak to members",
    Permission.EDIT_COMPONENTS: "change components",
    Permission.EDIT_SETTINGS: "change settings and templates",
    Permission.MANAGE_SUBSCRIBERS: "look after subscribers",
    Permission.EXPORT: "take data out in files",
    Permission.APPROVE: "approve what may surprise",
    Permission.COMMAND: "command incidents",
    Permission.SWITCH_DNS: "point the MLS's domain here and back",
    Permission.READ_AUDIT: "read the audit log",
    Permission.MANAGE_KEYS: "make keys for programs",
    Permission.ADMINISTER: "look after accounts",
}

_READS = frozenset({Permission.READ})
_TENDS = _READS | {Permission.TRIAGE, Permission.EDIT_COMPONENTS, Permission.MANAGE_SUBSCRIBERS}
_SPEAKS = _TENDS | {Permission.POST, Permission.EDIT_SETTINGS}
_COMMANDS = _SPEAKS | {Permission.APPROVE, Permission.COMMAND, Permission.SWITCH_DNS, Permission.READ_AUDIT}
_OVERSEES = _TENDS | {Permission.EDIT_SETTINGS, Permission.APPROVE, Permission.EXPORT, Permission.READ_AUDIT}

_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: _READS,
    Role.HELP_DESK: _READS | {Permission.TRIAGE, Permission.MANAGE_SUBSCRIBERS},
    Role.SUBJECT_EXPERT: _READS | {Permission.TRIAGE},
    Role.COMMUNICATIONS_LEAD: _SPEAKS,
    Role.COMMANDER: _COMMANDS,
    Role.SERVICE_MANAGER: _OVERSEES,
    Role.ADMINISTRATOR: frozenset(Permission),
}
"""Experts advise and the service manager is consulted; whoever speaks to members is named here (R21, R22)."""


def may(role: Role, permission: Permission) -> bool:
    """Whether the role has the permission. What is not listed is denied."""
    return permission in _PERMISSIONS.get(role, frozenset())


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in. `disabled_at` is set once they may not any more."""

    id: str
    email: str
    name: str
    role: Role
    disabled_at: datetime | None = None

    def may(self, permission: Permission) -> bool:
        """Whether this person may do that."""
        return self.disabled_at is None and may(self.role, permission)


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """When a signed-in browser is asked to sign in again: after silence, and in any case."""

    idle: timedelta = timedelta(hours=2)
    absolute: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class AttemptLimit:
    """At most `most` failed sign-ins within `window`, for one account or one network."""

    most: int
    window: timedelta = timedelta(minutes=15)

    def try_again_at(self, attempts: Sequence[datetime]) -> datetime | None:
        """When the next attempt is allowed; None when it is allowed now.

        `attempts` are the moments within the window that count, in any order.
        """
        if len(attempts) < self.most:
            return None
        return sorted(attempts)[-self.most] + self.window


ACCOUNT_LIMIT = AttemptLimit(most=5)
NETWORK_LIMIT = AttemptLimit(most=30)
CHALLENGE_LIMIT = AttemptLimit(most=200)

PASSWORD_LEAST = 12
PASSWORD_MOST = 200

_COMMON_WORDS = """
    abc admin administrator angel asdf asdfgh asdfghjkl baseball basketball batman changeit changeme charlie
    computer correcthorsebatterystaple default donald dragon flower football freedom guest hello iloveyou jesus
    jordan letmein login lovely manager master michael michelle monday monkey mustang ninja orange pass passphrase
    passw password pepper princess purple qazwsx qazwsxedc qwer qwert qwerty qwertyuiop root secret shadow soccer
    spring starwars summer sunday sunshine super superman supervisor system temp temporary test thisisapassword
    trustno user welcome whatever winter zxcvbn zxcvbnm
"""
_COMMON = frozenset(_COMMON_WORDS.split())
"""The words that long common passwords are made of, once digits and signs are taken away."""

_TRADE = frozenset({"porchlight", "mls", "realtor", "realestate", "broker", "outage", "status", "dashboard", "listing"})

_KEY_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm", "1q2w3e4r5t6y7u8i9o0p")
_LOOKALIKES = str.maketrans("013457@$!", "oleastasi")


def normal_email(email: str) -> str:
    """An address as it is stored and compared: without spaces around it, in small letters."""
    return email.strip().lower()


def check_email(email: str) -> None:
    """Refuse what cannot be an address.

    Raises:
        RefusedError: it has no part before or after one @ sign, or holds spaces.
    """
    if not re.fullmatch(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,189}", email):
        raise RefusedError({"email": f"“{email[:80]}” is not an email address."})


def normal_password(password: str) -> str:
    """The password as it is hashed, the same whatever keyboard typed it (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, *, about: Iterable[str] = ()) -> None:
    """Refuse a password that would be guessed; no rules of composition (NIST SP 800-63B, 5.1.1.2).

    `about` are words a guesser would try first: the person's name and address, the organisation.

    Raises:
        RefusedError: too short, too long, common, or made of words from `about`.
    """
    password = normal_password(password)
    if len(password) < PASSWORD_LEAST:
        raise RefusedError({"password": f"Use at least {PASSWORD_LEAST} characters. A few unrelated words work well."})
    if len(password) > PASSWORD_MOST:
        raise RefusedError({"password": f"Use at most {PASSWORD_MOST} characters."})
    if _is_pattern(password):
        raise RefusedError({"password": "This is a run of keys or repeats itself; it would be guessed at once."})
    if _is_made_of(password, _COMMON):
        raise RefusedError({"password": "This is a common password with a few signs added; it would be guessed."})
    if _is_made_of(password, _TRADE | _COMMON | _words(about)):
        raise RefusedError({"password": "This is made of your name, address or organisation; use other words."})


def _is_pattern(password: str) -> bool:
    small = password.casefold()
    if len(set(small)) < 5:
        return True
    if any(small == (small[:size] * len(small))[: len(small)] for size in range(1, len(small) // 2 + 1)):
        return True
    return any(small in row * 2 or small[::-1] in row * 2 for row in _KEY_ROWS)


def _is_made_of(password: str, words: Collection[str]) -> bool:
    """Whether nothing but these words is left once digits and signs are taken away, or read as letters."""
    small = password.casefold()
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", small)
    forms = (small, small.translate(_LOOKALIKES), core.translate(_LOOKALIKES))
    return any(_splits(_letters(form), words) for form in forms)


def _letters(text: str) -> str:
    return "".join(sign for sign in text if sign.isalpha())


def _splits(text: str, words: Collection[str]) -> bool:
    """Whether `text` is one or more of `words` put together; digits alone count as none of them."""
    reached = {0}
    for start in range(len(text)):
        if start in reached:
            reached |= {start + len(word) for word in words if word and text.startswith(word, start)}
    return bool(text) and len(text) in reached


def _words(about: Iterable[str]) -> frozenset[str]:
    parts = (part for text in about for part in re.split(r"[\W\d_]+", text.casefold()))
    return frozenset(part for part in parts if len(part) >= 3)
