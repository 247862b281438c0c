"""What docs/webhooks.md tells receivers holds."""

import re
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks import Webhook

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")


def test_the_documented_signature_is_the_one_that_we_would_make():
    (body,) = re.findall(r'^(\{"type":"incident.updated".*\})$', PAGE, re.MULTILINE)
    (secret,) = re.findall(r"`(whsec_[A-Za-z0-9+/=]+)`", PAGE)
    (number,), (at,) = re.findall(r"id `(\d+)`", PAGE), re.findall(r"timestamp `(\d+)`", PAGE)
    (signature,) = re.findall(r"the signature is `([^`]+)`", PAGE)
    assert Webhook(secret).sign(number, datetime.fromtimestamp(int(at), UTC), body) == signature
