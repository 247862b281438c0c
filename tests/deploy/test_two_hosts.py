"""The host of the page burns down while it tells members; the page stays, and another host takes over."""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.deliver.world import outcomes
from tests.doubles.aws import aws, client
from tests.doubles.hosts import ADDRESSES, Host, two_hosts
from tests.doubles.twilio import ACCOUNT, NUMBER, TOKEN, FakeTwilio, fake_twilio

ROOT = Path(__file__).parents[2]
PATIENCE = 90.0
PORT = 8000
PAGE, DASHBOARD = "status.hpmls.example", "dashboard.hpmls.example"
BUCKET = "hpmls-page"
MEMBERS = [f"+12025550{number}" for number in range(201, 221)]
LIST = "channel,address,consent_on,consent_proof\n" + "".join(f"sms,{one},2025-11-02,Paper\n" for one in MEMBERS)
FIRST, SINCE = "Nobody can sign in since nine.", "A certificate ended and is being renewed."

pytestmark = [pytest.mark.slow, pytest.mark.allow_hosts(["127.0.0.1", *ADDRESSES])]


class Place:
    """What lies outside both hosts: the bucket, the telephone company, and somebody at a shell."""

    def __init__(self, storage: str, company: FakeTwilio, company_url: str, backups: Path) -> None:
        self._storage, self.company, self._company_url, self.backups = storage, company, company_url, backups

    def porchlight(self, host: Host, *words: str) -> str:
        """A command on that host; what it printed."""
        return host.do([sys.executable, "-m", "app.cli", *words], self._environment(host))

    def start(self, host: Host) -> None:
        words = ["up", "--host", host.address, "--port", str(PORT)]
        host.start([sys.executable, "-m", "app.cli", *words], self._environment(host))

    def stored(self, key: str) -> str:
        """An object of the bucket, as a CDN would get it; empty where there is none."""
        with client("s3", self._storage) as s3:
            there = s3.list_objects_v2(Bucket=BUCKET, Prefix=key, MaxKeys=1).get("Contents", [])
            return s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() if there else ""

    def texts(self) -> Counter[object]:
        """How many texts each member got about the outage; the staff is paged by text as well."""
        return Counter(message["to"] for message in self.company.messages if message["to"] in MEMBERS)

    def _environment(self, host: Host) -> dict[str, str]:
        return {
            "PYTHONPATH": str(ROOT),
            "AWS_ENDPOINT_URL": self._storage,
            "PORCHLIGHT_DATABASE_URL": host.database_url,
            "PORCHLIGHT_DATA_DIR": str(host.folder / "var"),
            "PORCHLIGHT_PUBLIC_URL": f"http://{PAGE}",
            "PORCHLIGHT_FAILOVER_HOSTS": DASHBOARD,
            "PORCHLIGHT_SECRET_KEY": "a secret key of more than thirty-two characters",
            "PORCHLIGHT_BACKUP_KEY": "a backup key of more than thirty-two characters",
            "PORCHLIGHT_S3_BUCKET": BUCKET,
            "PORCHLIGHT_TWILIO_ACCOUNT_SID": ACCOUNT,
            "PORCHLIGHT_TWILIO_AUTH_TOKEN": TOKEN,
            "PORCHLIGHT_TWILIO_FROM": NUMBER,
            "PORCHLIGHT_TWILIO_API_URL": self._company_url,
            "PORCHLIGHT_SMS_PER_SECOND": "1",  # slow enough to burn down half way on a busy machine
        }


def shows(host: Host, name: str = PAGE) -> str:
    """The page of a host under a name; empty while it does not answer."""
    with closing(HTTPConnection(host.address, PORT, timeout=5)) as connection:
        try:
            connection.request("GET", "/", headers={"Host": name, "Accept": "text/html"})
            return connection.getresponse().read().decode()
        except OSError:
            return ""


def soon(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.2)
    return found


def test_the_page_outlives_its_host_and_another_takes_over_without_losing_a_word_or_repeating_a_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        two_hosts(tmp_path) as (world, one, two),
        aws(monkeypatch, host=world) as storage,
        fake_twilio(host=world) as (company, company_url),
    ):
        place = Place(storage, company, company_url, tmp_path / "backups")
        with client("s3", storage) as s3:
            s3.create_bucket(Bucket=BUCKET)
        incident = an_outage_is_told(place, one)
        place.porchlight(one, "backup", str(place.backups))
        words = ("--status", "identified", "--body", SINCE, "--no-notify")
        place.porchlight(one, "post", "--incident", incident, *words)
        assert soon(lambda: SINCE in place.stored("index.html"))
        assert soon(lambda: len(place.texts()) >= 5)
        one.burn_down()
        told = place.texts()
        assert 5 <= len(told) < len(MEMBERS), "the host was to burn down half way"
        assert shows(one) == ""
        assert_everything_can_still_be_read(place)
        assert_the_other_takes_over(place, two, told)
        assert place.texts() == told
        assert set(told.values()) == {1}


def an_outage_is_told(place: Place, host: Host) -> str:
    """The first host at work, with members to tell; the incident."""
    place.porchlight(host, "migrate")
    place.porchlight(host, "demo", "load")
    (host.folder / "members.csv").write_text(LIST)
    place.porchlight(host, "subscribers", "import", "members.csv")
    place.start(host)
    assert soon(lambda: "Everything is working" in shows(host)), (host.folder / "output.log").read_text()
    down = ("--component", "sso-dashboard=major_outage", "--status", "investigating")
    said = place.porchlight(host, "post", "--new", "Dashboard down", *down, "--body", FIRST, "--json")
    return str(json.loads(said)["incident"])


def assert_everything_can_still_be_read(place: Place) -> None:
    """Page, feed, API and telephone, from the bucket alone; and the document of the MLS's own name."""
    for key in ("index.html", "es/index.html", "history.atom", "api/v2/summary.json"):
        assert SINCE in place.stored(key), key
    assert "Member dashboard is down" in place.stored("text")
    assert "Member dashboard" in place.stored("voice-static.xml")
    assert "Member dashboard" in place.stored(f"failover/{DASHBOARD}.html")


def assert_the_other_takes_over(place: Place, host: Host, told: Counter[object]) -> None:
    """It has every published word, also what was said after the backup, and knows of every text."""
    restored = place.porchlight(host, "restore", str(place.backups))
    assert "taken back" in restored
    place.start(host)
    assert soon(lambda: SINCE in shows(host)), (host.folder / "output.log").read_text()
    page = shows(host)
    assert FIRST in page
    assert "You asked for Member dashboard" in shows(host, DASHBOARD)
    # Whoever has the text is known by the provider's log; everybody else is named in the list of failures.
    settled = {"sent": len(told), "failed": len(MEMBERS) - len(told)}
    with closing(host.database()) as database:
        assert soon(lambda: outcomes(database) == settled), outcomes(database)
    before = place.stored("manifest.json")
    place.porchlight(host, "publish")
    assert soon(lambda: place.stored("manifest.json") != before)
    assert SINCE in place.stored("index.html")
