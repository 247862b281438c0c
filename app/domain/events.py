"""What has happened, in the past tense. A command records one in the transaction that did it.

Events name rows by id; the rows are the truth. The publisher re-freezes the public state on
every event; fan-out reads only those that carry words for members.
"""

from dataclasses import asdict, dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events; `name` is how the outbox spells it.

    `is_public` says that it may change what the page shows; nothing is published for the others.
    """

    name: ClassVar[str]
    is_public: ClassVar[bool] = True

    def payload(self) -> dict[str, object]:
        """Its fields as JSON-ready values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class UpdatePosted(Event):
    """Words went out on an incident: opened, continued, resolved or reopened."""

    name: ClassVar[str] = "update_posted"
    incident_id: str
    update_id: str
    notify: bool


@dataclass(frozen=True, slots=True)
class MaintenanceUpdated(Event):
    """Words went out on planned work, by a person or by the clock."""

    name: ClassVar[str] = "maintenance_updated"
    maintenance_id: str
    update_id: str
    notify: bool


@dataclass(frozen=True, slots=True)
class RecordEdited(Event):
    """The record of an incident or planned work was corrected, or taken off the page. Never causes a notice."""

    name: ClassVar[str] = "record_edited"
    record_id: str


@dataclass(frozen=True, slots=True)
class ComponentsChanged(Event):
    """Components, groups, links or the graph were edited."""

    name: ClassVar[str] = "components_changed"
    slugs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FactsChanged(Event):
    """What *Is it me?* says of components changed: members' reports, our own checks, or somebody is on it."""

    name: ClassVar[str] = "facts_changed"
    slugs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrganisationChanged(Event):
    """Names, hours or settings of the organisation were edited."""

    name: ClassVar[str] = "organisation_changed"


@dataclass(frozen=True, slots=True)
class DomainPointed(Event):
    """A name of the MLS was pointed at this page (`failover`) or back (`normal`), or is seen to be."""

    name: ClassVar[str] = "domain_pointed"
    domain: str
    to: str


@dataclass(frozen=True, slots=True)
class HistoryImported(Event):
    """Records arrived from elsewhere. Never causes a notice."""

    name: ClassVar[str] = "history_imported"
    source: str
    incidents: int


@dataclass(frozen=True, slots=True)
class ConfirmationRequested(Event):
    """Somebody signed up, or asked for the way to their subscription; the address has to be proved."""

    name: ClassVar[str] = "confirmation_requested"
    is_public: ClassVar[bool] = False
    subscription_id: int


@dataclass(frozen=True, slots=True)
class SubscriberConfirmed(Event):
    """A subscription became active: by code, link, reply or import."""

    name: ClassVar[str] = "subscriber_confirmed"
    is_public: ClassVar[bool] = False
    subscription_id: int


@dataclass(frozen=True, slots=True)
class SubscriberOptedOut(Event):
    """A subscription ended. Beats everything, including rows already queued."""

    name: ClassVar[str] = "subscriber_opted_out"
    is_public: ClassVar[bool] = False
    subscription_id: int


@dataclass(frozen=True, slots=True)
class InvitationSent(Event):
    """Somebody was asked to join the console; the mail with the link is owed."""

    name: ClassVar[str] = "invitation_sent"
    is_public: ClassVar[bool] = False
    invitation_id: str


@dataclass(frozen=True, slots=True)
class TicketAnswered(Event):
    """A member with a ticket is owed a letter."""

    name: ClassVar[str] = "ticket_answered"
    is_public: ClassVar[bool] = False
    ticket_id: str


@dataclass(frozen=True, slots=True)
class StaffTold(Event):
    """A message to people of the staff is owed."""

    name: ClassVar[str] = "staff_told"
    is_public: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class PeoplePaged(Event):
    """Somebody on duty is to be called, texted or mailed."""

    name: ClassVar[str] = "people_paged"
    is_public: ClassVar[bool] = False
