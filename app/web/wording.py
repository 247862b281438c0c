"""What the console calls the values of the domain, so that every page says one thing in one way."""

from collections.abc import Mapping
from enum import StrEnum

from app.domain.cadence import Slot
from app.domain.channels import Channel
from app.domain.components import AuthMode, ComponentStatus
from app.domain.consent import ConsentAct, Means
from app.domain.deliveries import Reason
from app.domain.delivery_board import Standing
from app.domain.escalation import By
from app.domain.failover import RunState
from app.domain.failover_risks import Weight
from app.domain.incidents import IncidentStatus
from app.domain.maintenance import MaintenanceStatus
from app.domain.promises import PromiseState
from app.domain.reach import Reach
from app.domain.severity import Kind, Severity
from app.domain.subscribers import SubscriptionStatus

WORDS: Mapping[StrEnum, str] = {
    ComponentStatus.OPERATIONAL: "Working",
    ComponentStatus.UNDER_MAINTENANCE: "Closed for planned work",
    ComponentStatus.DEGRADED_PERFORMANCE: "Slow or unreliable",
    ComponentStatus.PARTIAL_OUTAGE: "Failing for some",
    ComponentStatus.MAJOR_OUTAGE: "Down",
    IncidentStatus.INVESTIGATING: "Investigating",
    IncidentStatus.IDENTIFIED: "Identified",
    IncidentStatus.MONITORING: "Monitoring",
    IncidentStatus.RESOLVED: "Resolved",
    IncidentStatus.POSTMORTEM: "What we learned",
    MaintenanceStatus.SCHEDULED: "Scheduled",
    MaintenanceStatus.IN_PROGRESS: "In progress",
    MaintenanceStatus.VERIFYING: "Being checked",
    MaintenanceStatus.COMPLETED: "Finished",
    Reach.WORKING: "Working",
    Reach.ANOTHER_DOOR: "Sign in directly",
    Reach.LOCKED_OUT: "No way in for now",
    Reach.STOPPED: "Stopped",
    AuthMode.OWN_PASSWORD: "Its own password",
    AuthMode.SSO_ONLY: "Only the dashboard sign-in (loops back: never shown)",
    AuthMode.APP_PIN: "A PIN in its app",
    AuthMode.EMAIL_LINK: "A link sent by email",
    AuthMode.PHONE: "By phone",
    AuthMode.NONE: "No direct sign-in",
    Severity.CRITICAL: "Critical: widespread, most members cannot work",
    Severity.HIGH: "High: a major tool is unusable or very slow",
    Severity.MEDIUM: "Medium: one feature, one office or delayed data",
    Severity.LOW: "Low: minimal, and a workaround exists",
    Kind.OUTAGE: "Outage",
    Kind.DEGRADATION: "Slow or degraded",
    Kind.MAINTENANCE: "Planned work",
    Kind.SECURITY: "Security",
    Kind.VENDOR_CLOSING: "A vendor is closing",
    Kind.ISOLATED: "Isolated: one office or few members",
    PromiseState.AHEAD: "On time",
    PromiseState.SOON: "Due soon",
    PromiseState.LATE: "Late",
    Slot.PROMISE: "Promised update",
    Slot.HOURLY: "Hourly update",
    Slot.FIRST_THING: "First update of the day",
    Slot.LUNCHTIME: "Lunchtime update",
    Slot.END_OF_DAY: "End-of-day update",
    Channel.SMS: "Text",
    By.PHONE: "Call",
    Channel.EMAIL: "Email",
    Channel.WEBHOOK: "Webhook",
    Channel.SLACK: "Slack",
    Channel.TEAMS: "Teams",
    Channel.STATUSPAGE: "Statuspage webhook",
    Channel.APPRISE: "Other chat",
    Standing.QUEUED: "Queued",
    Standing.SENT: "Sent",
    Standing.DELIVERED: "Delivered",
    Standing.FAILED: "Failed",
    Standing.SUPPRESSED: "Left out",
    Standing.UNKNOWN: "Unknown",
    Standing.EXPIRED: "Out of date",
    Standing.RECALLED: "Taken back",
    Reason.QUIET: "It would have broken their quiet hours",
    Reason.LATE: "It would have come too late to be of use",
    Reason.SUPERSEDED: "A newer update took its place",
    SubscriptionStatus.PENDING: "Not confirmed yet",
    SubscriptionStatus.ACTIVE: "Active",
    SubscriptionStatus.OPTED_OUT: "Opted out",
    SubscriptionStatus.BOUNCED: "Address failed",
    ConsentAct.REQUESTED: "Asked to be told",
    ConsentAct.CONFIRMED: "Confirmed",
    ConsentAct.CHANGED: "Changed the choices",
    ConsentAct.OPTED_IN: "Came back",
    ConsentAct.IMPORTED: "Taken in from a list",
    ConsentAct.HELD: "Held: a reply waits to be read",
    ConsentAct.RELEASED: "Released: the reply was read",
    ConsentAct.COMPLAINED: "Marked our mail as spam",
    ConsentAct.EXPORTED: "Handed out",
    ConsentAct.ERASED: "Erased",
    Means.WEB_FORM: "on the page",
    Means.SMS_CODE: "with the code",
    Means.EMAIL_LINK: "with the link in the mail",
    Means.HOOK_LINK: "with the link in the message",
    Means.CHALLENGE: "by answering the challenge",
    Means.SIGNED_LINK: "on their own page",
    Means.ONE_CLICK: "with their mail program's button",
    Means.SMS_REPLY: "by text message",
    Means.IMPORT: "by import",
    Means.STAFF: "by staff",
    Means.PROVIDER: "as the provider reported",
    RunState.PLANNED: "Planned",
    RunState.APPLYING: "Asked for, not known yet",
    RunState.WATCHING: "Leads here",
    RunState.REVERTING: "On its way back",
    RunState.REVERTED: "Back",
    RunState.REFUSED: "Not done",
    Weight.STOP: "Stop",
    Weight.WARNING: "Weigh this",
    Weight.NOTE: "Good to know",
}
"""Members of a StrEnum are equal to their spelling, so two with one spelling can only share their words."""
