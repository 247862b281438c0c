"""What monitoring systems say, in both forms, and what is not believed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.alerts import ALERTS_MOST, WORDS_MOST, Alert, known_component, read_alerts
from app.domain.errors import RefusedError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["alerts", "status", "labels", "id"]), inner),
)


def test_alertmanagers_alert_becomes_its_summary_with_the_component_of_its_label():
    (alert,) = read_alerts(
        {
            "version": "4",
            "alerts": [
                {
                    "status": "firing",
                    "labels": {"alertname": "FormsDown", "component": "forms"},
                    "annotations": {"summary": "Forms answers\n500"},
                    "startsAt": "2026-04-05T02:50:00.123456789Z",
                    "endsAt": "0001-01-01T00:00:00Z",
                    "fingerprint": "c6eadffa33fcdf37",
                }
            ],
        }
    )
    assert (alert.id, alert.is_open, alert.words) == ("c6eadffa33fcdf37", True, "Forms answers 500")
    assert alert.began_at
    assert alert.began_at.replace(microsecond=0) == datetime(2026, 4, 5, 2, 50, tzinfo=UTC)
    assert (known_component(alert, {"forms"}), known_component(alert, {"dashboard"})) == ("forms", None)


def test_an_alert_without_a_fingerprint_is_named_by_its_labels_in_any_order():
    def named(labels: dict[str, str]) -> str:
        return read_alerts({"alerts": [{"status": "resolved", "labels": labels}]})[0].id

    assert named({"alertname": "A", "host": "x"}) == named({"host": "x", "alertname": "A"})
    assert named({"alertname": "A", "host": "x"}) != named({"alertname": "A", "host": "y"})


def test_the_plain_form_may_come_alone_or_as_a_list():
    plain = {"id": "disk-7", "status": "open", "summary": "Disk is full", "component": "forms"}
    assert read_alerts(plain) == read_alerts([plain]) == [Alert("disk-7", True, "Disk is full", "forms")]


@pytest.mark.parametrize(
    "said",
    [
        "text",
        7,
        None,
        {},
        {"id": "x", "summary": "y", "status": "maybe"},
        {"id": "x", "status": "open"},
        {"alerts": [{"status": "firing", "labels": {}}]},
        {"alerts": ["x"]},
        [{"id": "x", "status": "open", "summary": "y"}] * (ALERTS_MOST + 1),
    ],
)
def test_what_is_neither_form_is_refused_in_a_sentence(said):
    with pytest.raises(RefusedError, match=r"\.$"):
        read_alerts(said)


@given(JSON)
def test_whatever_json_comes_is_read_or_refused(said: object) -> None:
    try:
        alerts = read_alerts(said)
    except RefusedError:
        return
    assert all(alert.id and 0 < len(alert.words) <= WORDS_MOST for alert in alerts)
