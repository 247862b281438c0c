"""The organisation's own sign-in, as a convenience: OpenID Connect's code flow with PKCE (RFC 7636, RFC 9700).

What it says is as good as a password and no better. It is not needed: when it is down, and in an
outage of the MLS it may be, everybody signs in as usual.
"""

import hmac
import threading
from collections.abc import Mapping
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests import RequestException

from app.domain.errors import RefusedError, UnavailableError
from app.web.oidc_errand import REFUSED, Claimed, Errand

SECONDS = 10
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_DISCOVERY = "/.well-known/openid-configuration"
_AWAY = "The other sign-in does not answer. Sign in with your password or passkey."


class OidcProvider:
    """One provider. `issuer` is its address exactly as it calls itself; `name` is on the button.

    `domains` are those whose people get an account that may read when they have none.
    """

    def __init__(self, issuer: str, client_id: str, client_secret: str, *, name: str, domains: frozenset[str]) -> None:
        self.name = name
        self.domains = domains
        self._issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._metadata: Mapping[str, Any] | None = None
        self._lock = threading.Lock()

    def address(self, errand: Errand, redirect_uri: str) -> str:
        """Where the browser goes.

        Raises:
            UnavailableError: the provider does not answer.
        """
        with self._session(redirect_uri) as session:
            address, _ = session.create_authorization_url(
                self._known()["authorization_endpoint"],
                state=errand.state,
                nonce=errand.nonce,
                code_verifier=errand.verifier,
            )
        return str(address)

    def claimed(self, errand: Errand, answer: Mapping[str, str], redirect_uri: str) -> Claimed:
        """Whom the provider names in answer to this errand. `answer` is the query that came back.

        Raises:
            RefusedError: it is no answer to this errand, or the address is not verified.
            UnavailableError: the provider does not answer.
        """
        self._check_answer(errand, answer)
        try:
            with self._session(redirect_uri) as session:
                token = session.fetch_token(
                    self._known()["token_endpoint"],
                    grant_type="authorization_code",
                    code=answer["code"],
                    code_verifier=errand.verifier,
                )
                subject, claims = self._proved(token, errand.nonce)
                told = claims if "email" in claims else self._asked(session, subject)
        except (AuthlibBaseError, JoseError, KeyError, TypeError, ValueError) as error:
            raise RefusedError(REFUSED) from error
        except RequestException as error:
            raise UnavailableError(_AWAY) from error
        return _whom(told)

    def _check_answer(self, errand: Errand, answer: Mapping[str, str]) -> None:
        """State against forged answers; the issuer against a mix-up of providers (RFC 9207)."""
        named = answer.get("iss", "" if self._says_its_name() else self._issuer)
        is_ours = hmac.compare_digest(answer.get("state", "").encode(), errand.state.encode())
        if not is_ours or named.rstrip("/") != self._issuer or not answer.get("code"):
            raise RefusedError(REFUSED)

    def _says_its_name(self) -> bool:
        return bool(self._known().get("authorization_response_iss_parameter_supported"))

    def _proved(self, token: Mapping[str, Any], nonce: str) -> tuple[str, Mapping[str, Any]]:
        """The subject and claims of the ID token (OpenID Connect Core, 3.1.3.7)."""
        with self._session() as session:
            answer = session.get(self._known()["jwks_uri"], withhold_token=True, timeout=SECONDS)
        answer.raise_for_status()
        decoded = jwt.decode(token["id_token"], KeySet.import_key_set(answer.json()), algorithms=_ALGORITHMS)
        wanted = {"iss": {"essential": True, "value": self._known()["issuer"]}}
        wanted["aud"] = {"essential": True, "value": self._client_id}
        params = {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")}
        claims = CodeIDToken(decoded.claims, decoded.header, wanted, params)
        claims.validate(leeway=60)
        return str(claims["sub"]), dict(claims)

    def _asked(self, session: OAuth2Session, subject: str) -> Mapping[str, Any]:
        """What the provider tells of the person beside the token; it must be the same person (5.3.2)."""
        answer = session.get(self._known()["userinfo_endpoint"], timeout=SECONDS)
        answer.raise_for_status()
        told: Mapping[str, Any] = answer.json()
        if told.get("sub") != subject:
            raise RefusedError(REFUSED)
        return told

    def _known(self) -> Mapping[str, Any]:
        """What the provider publishes about itself; asked once."""
        with self._lock:
            if self._metadata is None:
                self._metadata = self._discovered()
            return self._metadata

    def _discovered(self) -> Mapping[str, Any]:
        try:
            with self._session() as session:
                answer = session.get(self._issuer + _DISCOVERY, withhold_token=True, timeout=SECONDS)
            answer.raise_for_status()
            metadata: Mapping[str, Any] = answer.json()
        except (RequestException, ValueError) as error:
            raise UnavailableError(_AWAY) from error
        if str(metadata.get("issuer", "")).rstrip("/") != self._issuer:
            raise UnavailableError(_AWAY)
        return metadata

    def _session(self, redirect_uri: str | None = None) -> OAuth2Session:
        return OAuth2Session(
            self._client_id,
            self._client_secret,
            scope="openid email profile",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            default_timeout=SECONDS,
        )


def _whom(told: Mapping[str, Any]) -> Claimed:
    email, name = told.get("email"), told.get("name")
    if not isinstance(email, str) or told.get("email_verified") is not True:
        raise RefusedError("The other sign-in has not verified your address. Sign in with your password or passkey.")
    return Claimed(email, name if isinstance(name, str) and name.strip() else email)
