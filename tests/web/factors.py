"""People with a second factor for tests of the web layer: an authenticator, printed codes, a passkey in software."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field

import cbor2
import pyotp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from app.commands.recovery_codes import new_codes
from app.commands.totp import confirm_totp, offer_totp
from app.store.accounts import account_by_email, frozen_account
from tests.commands.sign_ups import VAULT
from tests.web.consoles import TESS, Console


def account_of(console: Console, email: str = TESS):
    """The account as a value."""
    with console.database.read() as session:
        return frozen_account(account_by_email(session, email))


@dataclass
class Phone:
    """An authenticator: it shows a code for the console's time."""

    console: Console
    secret: str

    def code(self) -> str:
        """What it shows now."""
        return pyotp.TOTP(self.secret).at(self.console.time())


def with_authenticator(console: Console, email: str = TESS) -> Phone:
    """Set an authenticator up for that person, half a minute ago."""
    account = account_of(console, email)
    with console.database.transaction() as session:
        phone = Phone(console, offer_totp(session, VAULT, account, now=console.time()))
        session.flush()
        confirm_totp(session, VAULT, account, phone.code(), now=console.time())
    console.time.pass_by(seconds=31)
    return phone


def with_codes(console: Console, email: str = TESS) -> list[str]:
    """Print ten codes for that person."""
    with console.database.transaction() as session:
        return new_codes(session, VAULT, account_of(console, email), now=console.time())


@dataclass
class SoftPasskey:
    """A passkey kept by this test, as an authenticator would: ES256, user verified, a growing count (WebAuthn, 6.1)."""

    origin: str
    host: str
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def made(self, options: dict) -> str:
        """The answer to a request to make it."""
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(cose)
        statement = {"fmt": "none", "attStmt": {}, "authData": self._head(0x45) + attested}
        client = self._client("webauthn.create", options["challenge"])
        return self._answer({"clientDataJSON": _text(client), "attestationObject": _text(cbor2.dumps(statement))})

    def proof(self, options: dict, *, flags: int = 0x05) -> str:
        """The answer to a challenge."""
        self.count += 1
        client, head = self._client("webauthn.get", options["challenge"]), self._head(flags)
        signed = head + hashlib.sha256(client).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {"clientDataJSON": _text(client), "authenticatorData": _text(head), "signature": _text(signature)}
        )

    def _head(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, response: dict) -> str:
        name = _text(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
