"""Route 53 against moto with a stricter guard before it; the standby form against its S3."""

from dataclasses import replace

import pytest
from botocore.exceptions import ReadTimeoutError

from app.domain.examination import Finding
from app.domain.failover import Change, RecordSet, RecordType, Side, Switch
from app.monitor.dns.provider import NotHeardError, ProviderError, ProviderRefusedError
from app.monitor.dns.route53 import Route53, Route53Standby
from app.monitor.doctor.standbys import look_at_standbys
from tests.doubles.aws import InvalidChangeBatch, aws, check_batch, client, strict
from tests.doubles.serving import free_port

ZONE = "hpmls.example"
EDGE = "edge.hpmls-status.example"
WWW = Switch("www", f"www.{ZONE}", ZONE, "route53", ("web.hosting.example",), (EDGE,))
BOTH = Switch("both", f"both.{ZONE}", ZONE, "route53", ("192.0.2.20", "2001:db8::20"), (EDGE,))
APEX = Switch("apex", ZONE, ZONE, "route53", ("192.0.2.10",), ("198.51.100.20",))
DASHBOARD = Switch("dash", f"dashboard.{ZONE}", ZONE, "route53_standby", ("hp.gatehouse.example",), (EDGE,))
BUCKET = "hpmls-failover"


@pytest.fixture(scope="module")
def address():
    with pytest.MonkeyPatch.context() as patch, aws(patch) as found:
        yield found


@pytest.fixture
def route53(address):
    """A client over a fresh zone; its strictness is part of it."""
    with client("route53", address) as made, client("route53", address) as another:
        zone = made.create_hosted_zone(Name=f"{ZONE}.", CallerReference="test")["HostedZone"]["Id"]
        for switch in (WWW, BOTH, APEX):
            put(made, zone, switch.name, switch.records(Side.NORMAL))
        put_mail(made, zone)
        yield strict(made, ZONE)
        empty(another, zone)


@pytest.fixture
def s3(address):
    with client("s3", address) as made:
        yield made


def put(made, zone, name, records):
    for item in records:
        values = [f"{value}." if item.type is RecordType.CNAME else value for value in item.values]
        upsert(made, zone, Name=f"{name}.", Type=item.type.value, TTL=item.ttl, values=values)


def put_mail(made, zone):
    upsert(made, zone, Name=f"{ZONE}.", Type="MX", TTL=300, values=["10 mail.postroom.example."])


def upsert(made, zone, *, values, **record):
    record["ResourceRecords"] = [{"Value": value} for value in values]
    changes = [{"Action": "UPSERT", "ResourceRecordSet": record}]
    made.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})


def empty(made, zone):
    for item in made.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]:
        if item["Type"] not in ("NS", "SOA"):
            changes = [{"Action": "DELETE", "ResourceRecordSet": item}]
            made.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    made.delete_hosted_zone(Id=zone)


def change_of(provider, switch, to=Side.FAILOVER):
    return Change(switch.name, provider.holding(switch), switch.records(to))


@pytest.mark.parametrize("switch", [WWW, BOTH, APEX], ids=lambda switch: switch.id)
def test_it_points_a_name_here_and_back_to_the_very_records(route53, switch):
    provider = Route53(route53)
    change = change_of(provider, switch)
    assert change.before == switch.records(Side.NORMAL)
    receipt = provider.point(switch, change, to=Side.FAILOVER)
    assert provider.holding(switch) == change.after
    assert receipt.reference.startswith("/change/")
    assert provider.progress(receipt.reference) == ""
    provider.point(switch, change.back(), to=Side.NORMAL)
    assert provider.holding(switch) == change.before


def test_it_refuses_when_what_is_to_go_changed_meanwhile(route53):
    provider = Route53(route53)
    stale = Change(BOTH.name, (RecordSet(RecordType.A, ("203.0.113.9",), 300),), BOTH.records(Side.FAILOVER))
    with pytest.raises((ProviderRefusedError, InvalidChangeBatch)):
        provider.point(BOTH, stale, to=Side.FAILOVER)
    assert provider.holding(BOTH) == BOTH.records(Side.NORMAL)


def test_it_refuses_an_alias_which_its_answers_could_not_put_back(route53, address):
    provider = Route53(route53)
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    alias = {
        "Name": f"alias.{ZONE}.",
        "Type": "A",
        "AliasTarget": {"HostedZoneId": "Z35", "DNSName": "lb.example.", "EvaluateTargetHealth": False},
    }
    changes = [{"Action": "CREATE", "ResourceRecordSet": alias}]
    with client("route53", address) as careless:
        careless.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    with pytest.raises(ProviderError, match="is an alias or has a routing policy"):
        provider.holding(Switch("x", f"alias.{ZONE}", ZONE, "route53", ("192.0.2.1",), (EDGE,)))


def test_it_says_that_the_zone_is_not_there(route53):
    with pytest.raises(ProviderError, match=r"There are 0 public hosted zones other\.example"):
        Route53(route53).holding(Switch("x", "www.other.example", "other.example", "route53", (EDGE,), (EDGE,)))


def test_it_says_what_aws_says_of_a_zone_id_that_is_wrong(route53):
    switch = Switch("x", WWW.name, ZONE, "route53", WWW.normal, WWW.failover, options={"hosted_zone_id": "ZNONE"})
    with pytest.raises(ProviderError, match="AWS says NoSuchHostedZone"):
        Route53(route53).holding(switch)


def test_an_answer_that_is_not_heard_is_told_from_a_refusal(route53):
    provider = Route53(route53)
    change = change_of(provider, WWW)

    def lose_the_answer(**_):
        raise ReadTimeoutError(endpoint_url="https://route53.amazonaws.com")

    route53.meta.events.register("after-call.route-53.ChangeResourceRecordSets", lose_the_answer)
    with pytest.raises(NotHeardError):
        provider.point(WWW, change, to=Side.FAILOVER)
    assert provider.holding(WWW) == change.after


def test_aws_that_cannot_be_reached_changed_nothing():
    switch = Switch("x", WWW.name, ZONE, "route53", WWW.normal, WWW.failover, options={"hosted_zone_id": "Z1"})
    away, refusal = f"http://127.0.0.1:{free_port()}", pytest.raises(ProviderRefusedError, match="cannot be reached")
    with client("route53", away) as made, refusal:
        Route53(made).point(switch, Change(WWW.name, (), WWW.records(Side.FAILOVER)), to=Side.FAILOVER)


def test_the_standby_takes_over_by_one_object(s3):
    s3.create_bucket(Bucket=BUCKET)
    provider = Route53Standby(s3, BUCKET)
    change = change_of(provider, WWW)
    assert change.before == WWW.records(Side.NORMAL)
    provider.point(WWW, change, to=Side.FAILOVER)
    assert s3.get_object(Bucket=BUCKET, Key=f"failover/{WWW.name}")["Body"].read()
    assert provider.holding(WWW) == WWW.records(Side.FAILOVER)
    provider.point(WWW, change.back(), to=Side.NORMAL)
    assert provider.holding(WWW) == WWW.records(Side.NORMAL)


@pytest.fixture
def laid_out(route53):
    """The pair of failover records for a name of its own, with an inverted health check under the normal one."""
    config = {
        "Type": "HTTPS",
        "Port": 443,
        "Inverted": True,
        "FullyQualifiedDomainName": f"{BUCKET}.s3.example",
        "ResourcePath": f"/failover/{DASHBOARD.name}",
    }
    check = route53.create_health_check(CallerReference="dashboard", HealthCheckConfig=config)["HealthCheck"]["Id"]
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    half = {"Name": f"{DASHBOARD.name}.", "Type": "CNAME", "TTL": 60}
    normal, ours = DASHBOARD.normal[0], DASHBOARD.failover[0]
    upsert(route53, zone, **half, SetIdentifier="n", Failover="PRIMARY", HealthCheckId=check, values=[f"{normal}."])
    upsert(route53, zone, **half, SetIdentifier="f", Failover="SECONDARY", values=[f"{ours}."])
    yield route53, check
    route53.delete_health_check(HealthCheckId=check)


def test_a_standby_that_is_laid_out_is_seen_to_be(laid_out):
    made, _ = laid_out
    (found,) = look_at_standbys([WWW, DASHBOARD], Route53(made))
    assert (found.finding, found.words) == (
        Finding.OK,
        f"The standby of {DASHBOARD.name} is laid out, its health check inverted.",
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [({"Inverted": False}, "is not inverted"), ({"ResourcePath": "/other"}, "does not look at failover/dashboard")],
)
def test_a_health_check_that_would_not_fall_is_told(laid_out, change, said):
    made, check = laid_out
    made.update_health_check(HealthCheckId=check, **change)
    (found,) = look_at_standbys([DASHBOARD], Route53(made))
    assert found.finding is Finding.FAIL
    assert said in found.words


def test_a_name_without_its_pair_or_with_another_value_is_told(laid_out):
    made, _ = laid_out
    alone = replace(DASHBOARD, id="www", name=WWW.name)
    moved = replace(DASHBOARD, failover=("elsewhere.example",))
    lone, wrong = look_at_standbys([alone, moved], Route53(made))
    assert "has no PRIMARY record" in lone.words
    assert "The SECONDARY record" in wrong.words


def test_where_route_53_may_not_be_read_it_says_so():
    (found,) = look_at_standbys([DASHBOARD], None)
    assert (found.finding, "may not be read" in found.words) == (Finding.WARN, True)


def test_the_standby_says_that_its_bucket_is_missing(s3):
    provider = Route53Standby(s3, "no-such-bucket")
    with pytest.raises(ProviderError, match="NoSuchBucket"):
        provider.holding(WWW)
    with pytest.raises(ProviderRefusedError, match="NoSuchBucket"):
        provider.point(WWW, Change(WWW.name, (), ()), to=Side.FAILOVER)


def test_the_guard_stands_before_every_change(route53):
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    with pytest.raises(InvalidChangeBatch, match="cannot stand at the apex"):
        upsert(route53, zone, Name=f"{ZONE}.", Type="CNAME", TTL=300, values=[f"{EDGE}."])


STANDING = [
    {"Name": "a.example.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]},
    {"Name": "example.", "Type": "NS", "TTL": 60, "ResourceRecords": [{"Value": "ns."}]},
]
CNAME = {"Name": "a.example.", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": "b.example."}]}


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [("CREATE", CNAME)],
        [("DELETE", STANDING[0] | {"TTL": 61})],
        [("CREATE", STANDING[0])],
        [("UPSERT", CNAME | {"Name": "example."})],
        [("UPSERT", CNAME | {"Name": "c.other."})],
        [("DELETE", STANDING[0]), ("CREATE", CNAME | {"ResourceRecords": [{"Value": "no-dot.example"}]})],
    ],
)
def test_the_guard_refuses_what_the_real_service_refuses(changes):
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": item} for action, item in changes]}
    with pytest.raises(InvalidChangeBatch):
        check_batch(batch, STANDING, "example")
