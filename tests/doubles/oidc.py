"""An OpenID provider for the tests: the certified package `oidc-provider` from npm, and a person who signs in there.

The person fills in the provider's own pages as a browser would: address, any password, consent.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from lxml import html

from tests.doubles.nodetools import installed, node
from tests.doubles.serving import free_port, running

CLIENT_ID = "porchlight"
CLIENT_SECRET = "only for tests, and long enough"
_PROGRAM = Path(__file__).with_name("oidc_provider.mjs")


@contextmanager
def oidc_provider(redirect_uri: str) -> Iterator[str]:
    """The issuer of a provider that sends people back to `redirect_uri`; skips where it is not installed."""
    installed("oidc-provider", "oidc-provider/package.json")
    port = free_port()
    with running([node(), _PROGRAM, port, redirect_uri, CLIENT_ID, CLIENT_SECRET], port):
        yield f"http://127.0.0.1:{port}"


def sign_in_there(address: str, person: str, redirect_uri: str) -> str:
    """Follow the provider's pages from its authorization address; where it sends the browser at last."""
    with httpx.Client(timeout=20) as client:
        answer = client.get(address)
        for _ in range(20):
            if answer.is_redirect:
                target = str(answer.url.join(answer.headers["location"]))
                if target.startswith(redirect_uri):
                    return target
                answer = client.get(target)
            else:
                answer = _send_form(client, answer, person)
    raise AssertionError(f"the provider leads nowhere: {answer.url}")


def _send_form(client: httpx.Client, answer: httpx.Response, person: str) -> httpx.Response:
    forms = html.fromstring(answer.text).forms
    assert forms, answer.text
    fields = dict(forms[0].form_values()) | {"login": person, "password": "any"}
    sent = {name: value for name, value in fields.items() if name in forms[0].fields}
    return client.post(str(answer.url.join(forms[0].action)), data=sent)
