"""The switches of the demo file, and one whose zone has addresses of both kinds."""

from app.domain.failover import Change, Side, Switch
from app.monitor.dns.provider import DnsProvider
from tests.doubles.bind import ZONE

EDGE = f"edge.{ZONE.replace('.', '-status.')}"

WWW = Switch("www", f"www.{ZONE}", ZONE, "rfc2136", ("web.hosting.example",), (EDGE,))
APEX = Switch("apex", ZONE, ZONE, "rfc2136", ("127.0.0.10",), ("198.51.100.20",))
DASHBOARD = Switch("dashboard", f"dashboard.{ZONE}", ZONE, "rfc2136", ("hp.gatehouse.example",), (EDGE,))
BOTH = Switch("both", f"both.{ZONE}", ZONE, "rfc2136", ("127.0.0.20", "2001:db8::20"), (EDGE,))
MAIL = Switch("mail", f"mail.{ZONE}", ZONE, "rfc2136", ("127.0.0.30",), (EDGE,))


def change_of(provider: DnsProvider, switch: Switch, to: Side = Side.FAILOVER) -> Change:
    """From what the provider holds now to that side."""
    return Change(switch.name, provider.holding(switch), switch.records(to))
