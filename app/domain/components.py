"""Components, the doors that lead to them, and what hangs on what (R32, R33)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import IntEnum, StrEnum


class ComponentStatus(StrEnum):
    """A component's own status, in Statuspage's spelling, from best to worst."""

    OPERATIONAL = "operational"
    UNDER_MAINTENANCE = "under_maintenance"
    DEGRADED_PERFORMANCE = "degraded_performance"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"

    @property
    def is_stopped(self) -> bool:
        """Whether nobody can use it: a major outage, or closed for planned work."""
        return self in (ComponentStatus.MAJOR_OUTAGE, ComponentStatus.UNDER_MAINTENANCE)


_BADNESS = {status: rank for rank, status in enumerate(ComponentStatus)}


def worst_status(statuses: Iterable[ComponentStatus]) -> ComponentStatus:
    """The worst of them; `operational` when there are none."""
    return max(statuses, key=_BADNESS.__getitem__, default=ComponentStatus.OPERATIONAL)


class Weight(IntEnum):
    """How much of a member's day hangs on a component, for the severity that is suggested (R5)."""

    LIGHT = 1
    USUAL = 2
    HEAVY = 4


class AuthMode(StrEnum):
    """What a direct link asks for. `sso_only` loops back to the dashboard and is never a door."""

    OWN_PASSWORD = "own_password"  # noqa: S105 - a word, not a secret
    SSO_ONLY = "sso_only"
    APP_PIN = "app_pin"
    EMAIL_LINK = "email_link"
    PHONE = "phone"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class DirectLink:
    """The address that reaches a component without the dashboard.

    `verified_on` is the day a person last proved that it works; `first_time` is the help for a
    first visit; `app` names a phone app that keeps members signed in.
    """

    url: str | None = None
    auth_mode: AuthMode = AuthMode.NONE
    verified_on: date | None = None
    first_time: str = ""
    note: str = ""
    app: str = ""

    @property
    def is_door(self) -> bool:
        """Whether a member can get in here while the dashboard is shut."""
        return bool(self.url) and self.auth_mode is not AuthMode.SSO_ONLY


NO_LINK = DirectLink()


@dataclass(frozen=True, slots=True)
class ComponentGroup:
    """A heading that members recognise, with its components in order of `position`."""

    id: str
    slug: str
    name: str
    position: int
    created_at: datetime
    updated_at: datetime
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def in_language(self, language: str) -> "ComponentGroup":
        """The same group in the words of that language where they were given."""
        words = self.translations.get(language, {})
        return replace(self, name=words.get("name", self.name))


@dataclass(frozen=True, slots=True)
class Component:
    """One thing members use.

    `requires` and `reached_via` hold slugs. An empty `reached_via` means it is its own front
    door. `unattended` marks a service that works without anyone signing in, so that a shut door
    does not touch it. `status` is its own status now; what a member can do about it is `Reach`.
    """

    id: str
    slug: str
    name: str
    position: int
    created_at: datetime
    updated_at: datetime
    group: str | None = None
    status: ComponentStatus = ComponentStatus.OPERATIONAL
    requires: tuple[str, ...] = ()
    reached_via: tuple[str, ...] = ()
    direct_link: DirectLink = NO_LINK
    unattended: bool = False
    description: str = ""
    agents_say: str = ""
    is_it_down: tuple[str, ...] = ()
    cannot_do: str = ""
    still_can: str = ""
    workaround: str = ""
    phone_support: str = ""
    normal_url: str | None = None
    showcase: bool = True
    only_show_if_degraded: bool = False
    start_on: date | None = None
    weight: Weight = Weight.USUAL
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def short_name(self) -> str:
        """The name without what stands in brackets: "Member dashboard"."""
        return short_name(self.name)

    def in_language(self, language: str) -> "Component":
        """The same component in the words of that language where they were given."""
        words = self.translations.get(language)
        if not words:
            return self
        link = replace(
            self.direct_link,
            first_time=words.get("first_time", self.direct_link.first_time),
            note=words.get("note", self.direct_link.note),
            app=words.get("app", self.direct_link.app),
        )
        steps = words.get("is_it_down")
        return replace(
            self,
            name=words.get("name", self.name),
            description=words.get("description", self.description),
            cannot_do=words.get("cannot_do", self.cannot_do),
            still_can=words.get("still_can", self.still_can),
            workaround=words.get("workaround", self.workaround),
            is_it_down=tuple(steps.splitlines()) if steps else self.is_it_down,
            direct_link=link,
        )


def short_name(name: str) -> str:
    """A component's name without what stands in brackets: "Member dashboard"."""
    return name.partition(" (")[0]
