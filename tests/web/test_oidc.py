"""The organisation's own sign-in, against a real provider: as good as a password, no better, and never needed."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from app.commands.accounts import disable_account
from app.domain.accounts import Role
from app.store.session import Database
from app.web.oidc_provider import OidcProvider
from tests.doubles.oidc import CLIENT_ID, CLIENT_SECRET, oidc_provider, sign_in_there
from tests.doubles.serving import free_port
from tests.web.consoles import PASSWORD, TESS, Browser, Console, text_of, the_form
from tests.web.factors import account_of, with_authenticator

BASE = "http://localhost"
CALLBACK = "/admin/sign-in/oidc/callback"
NEWCOMER = "new@hpmls.example"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with oidc_provider(BASE + CALLBACK) as issuer:
        yield issuer


@pytest.fixture
def console(sqlite_url, issuer) -> Iterator[Console]:
    provider = OidcProvider(issuer, CLIENT_ID, CLIENT_SECRET, name="HPMLS", domains=frozenset({"hpmls.example"}))
    console = Console(Database.open(sqlite_url), options={"oidc": provider, "console_url": BASE})
    yield console
    console.database.close()


def begin(browser: Browser, path: str = "/admin/sign-in/oidc") -> str:
    """The provider's address that the browser is sent to."""
    answer = browser.get(path)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def come_back(browser: Browser, address: str):
    """Open the address that the provider sent the browser to."""
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}")


def sign_in(browser: Browser, person: str = TESS, path: str = "/admin/sign-in/oidc"):
    """The whole way there and back."""
    return come_back(browser, sign_in_there(begin(browser, path), person, BASE + CALLBACK))


def is_signed_in(browser):
    """Whether the board answers."""
    return browser.get("/admin").status_code == 200


def test_it_signs_in_whoever_has_an_account_with_that_address(console):
    browser = console.browser()
    assert "Sign in with HPMLS" in browser.get("/admin/sign-in").text
    answer = sign_in(browser, path="/admin/sign-in/oidc?next=/admin/components")
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/components")
    assert is_signed_in(browser)


def test_it_asks_for_a_code_with_pkce_state_and_nonce_and_the_configured_way_back(console):
    query = parse_qs(urlsplit(begin(console.browser())).query)
    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [BASE + CALLBACK]
    assert min(len(query[name][0]) for name in ("state", "nonce", "code_challenge")) >= 43


def test_a_second_factor_is_asked_for_all_the_same(console):
    phone, browser = with_authenticator(console), console.browser()
    asked = sign_in(browser)
    assert asked.status_code == 200
    assert not is_signed_in(browser)
    form = the_form(asked.text, "/admin/sign-in/code") | {"one_time_code": phone.code()}
    assert browser.post("/admin/sign-in/code", data=form).status_code == 303
    assert is_signed_in(browser)


def test_an_address_that_the_provider_has_not_verified_proves_nothing(console):
    browser = console.browser()
    answer = sign_in(browser, f"unverified.{TESS}")
    assert answer.status_code == 422
    assert "has not verified your address" in text_of(answer.text)
    assert not is_signed_in(browser)


def test_strangers_get_no_account(console):
    answer = sign_in(console.browser(), "somebody@elsewhere.example")
    assert answer.status_code == 422
    assert "Nobody with your address has an account here." in text_of(answer.text)


def test_people_of_an_allowed_domain_may_read_and_no_more(console):
    browser = console.browser()
    assert sign_in(browser, NEWCOMER).status_code == 303
    assert account_of(console, NEWCOMER).role is Role.VIEWER
    assert browser.get("/admin/incidents/new").status_code == 403


def test_a_shut_account_stays_shut(console):
    with console.database.transaction() as session:
        disable_account(session, TESS, now=console.time())
    assert sign_in(console.browser()).status_code == 422


def test_an_answer_is_good_for_the_browser_that_asked_and_once(console):
    browser, thief = console.browser(), console.browser()
    address = sign_in_there(begin(browser), TESS, BASE + CALLBACK)
    assert come_back(thief, address).status_code == 422
    assert come_back(browser, address).status_code == 303
    assert come_back(browser, address).status_code == 422


def test_an_answer_to_another_errand_is_refused(console):
    browser = console.browser()
    older = sign_in_there(begin(browser), TESS, BASE + CALLBACK)
    begin(browser)
    assert come_back(browser, older).status_code == 422
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    "spoil", [("state=", "state=x"), ("iss=http", "iss=https"), ("code=", "code=x"), ("iss=", "i=")]
)
def test_an_altered_answer_is_refused(console, spoil):
    browser = console.browser()
    address = sign_in_there(begin(browser), TESS, BASE + CALLBACK)
    assert come_back(browser, address.replace(*spoil)).status_code == 422
    assert not is_signed_in(browser)


@pytest.mark.parametrize("query", ["", "?error=access_denied", "?code=x&state=y", "?state="])
def test_nonsense_is_refused_in_words(console, query):
    answer = console.browser().get(CALLBACK + query)
    assert answer.status_code == 422
    assert "Begin again" in text_of(answer.text)


def test_everybody_signs_in_as_usual_when_the_provider_is_down(sqlite_url):
    gone = OidcProvider(f"http://127.0.0.1:{free_port()}", "x", "y", name="HPMLS", domains=frozenset())
    console = Console(Database.open(sqlite_url), options={"oidc": gone, "console_url": BASE})
    browser = console.browser()
    answer = browser.get("/admin/sign-in/oidc")
    assert answer.status_code == 503
    assert "Sign in with your password or passkey." in text_of(answer.text)
    assert browser.post("/admin/sign-in", data={"email": TESS, "password": PASSWORD}).status_code == 303
    console.database.close()


def test_a_provider_that_calls_itself_otherwise_is_not_believed(sqlite_url, issuer):
    other = issuer.replace("127.0.0.1", "localhost")
    provider = OidcProvider(other, CLIENT_ID, CLIENT_SECRET, name="HPMLS", domains=frozenset())
    console = Console(Database.open(sqlite_url), options={"oidc": provider, "console_url": BASE})
    assert console.browser().get("/admin/sign-in/oidc").status_code == 503
    console.database.close()


def test_without_a_provider_there_is_none(sqlite_url):
    console = Console(Database.open(sqlite_url))
    assert console.browser().get("/admin/sign-in/oidc").status_code == 404
    assert "Sign in with HPMLS" not in console.browser().get("/admin/sign-in").text
    console.database.close()
