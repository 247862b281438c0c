"""Messages of Amazon SNS, believed only when signed: versions 1 (SHA-1) and 2 (SHA-256).

The canonical text and the rules for the certificate are those of "Verifying the signatures of
Amazon SNS messages" in the SNS developer guide.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from app.domain.errors import NotAllowedError

Fetch = Callable[[str], bytes]
"""Gets what stands at an address of Amazon's; raises `httpx.HTTPError` or `OSError` when it cannot."""

NOTIFICATION = "Notification"
CONFIRMATION = "SubscriptionConfirmation"
OLDEST = timedelta(hours=1)

_SIGNED: Mapping[str, tuple[str, ...]] = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_HASHES = {"1": SHA1, "2": SHA256}
_HOST = re.compile(r"sns\.([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?")
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-zA-Z]+\.pem")
_LARGEST = 64_000


class SnsMessages:
    """Reads messages of these topics alone; keeps the certificates it has fetched."""

    def __init__(self, topics: frozenset[str], fetch: Fetch) -> None:
        self._topics = topics
        self._fetch = fetch
        self._certificate = lru_cache(maxsize=16)(self._fetch_certificate)

    def read(self, body: bytes, now: datetime) -> dict[str, str]:
        """The fields of a message.

        Raises:
            NotAllowedError: it is no message, not of our topics, too old, or not signed by Amazon.
        """
        fields = _fields(body)
        if fields.get("TopicArn") not in self._topics:
            raise NotAllowedError("not one of our topics")
        if abs(now - _moment(fields.get("Timestamp", ""))) > OLDEST:
            raise NotAllowedError("too old")
        address = fields.get("SigningCertURL", "")
        if not is_amazons(address, region_of(fields["TopicArn"])) or not _CERTIFICATE.fullmatch(urlsplit(address).path):
            raise NotAllowedError("not a certificate of Amazon's")
        _verify(fields, self._certificate(address), now)
        return fields

    def _fetch_certificate(self, address: str) -> x509.Certificate:
        try:
            return x509.load_pem_x509_certificate(self._fetch(address))
        except (httpx.HTTPError, OSError, ValueError):
            raise NotAllowedError("the certificate cannot be had") from None


def canonical(fields: Mapping[str, str]) -> bytes:
    """The text that is signed: name and value of each field there is, on lines of their own."""
    names = _SIGNED[fields["Type"]]
    return "".join(f"{name}\n{fields[name]}\n" for name in names if name in fields).encode()


def is_amazons(address: str, region: str) -> bool:
    """Whether an address is of Amazon's SNS in that region: https, no port, nobody's name before it."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    host = _HOST.fullmatch(parts.netloc)
    return parts.scheme == "https" and host is not None and host[1] == region


def region_of(topic: str) -> str:
    """The region in a topic's name: "arn:aws:sns:us-east-1:123456789012:ses-events"."""
    return (topic.split(":") + [""] * 4)[3]


def fetch_from_amazon(address: str) -> bytes:
    """Get a certificate, or confirm a subscription; follows nothing and believes no proxy setting.

    Raises:
        httpx.HTTPError: it could not be had.
    """
    with httpx.Client(timeout=5, follow_redirects=False, trust_env=False) as client:
        return client.get(address).raise_for_status().content[:_LARGEST]


def _fields(body: bytes) -> dict[str, str]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise NotAllowedError("not JSON") from None
    if not isinstance(fields, dict) or fields.get("Type") not in _SIGNED:
        raise NotAllowedError("not a message")
    # A field that is null is not there: SNS sends no Subject rather than an empty one.
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NotAllowedError("no time") from None
    if moment.tzinfo is None:
        raise NotAllowedError("no zone")
    return moment


def _verify(fields: Mapping[str, str], certificate: x509.Certificate, now: datetime) -> None:
    key, make_hash = certificate.public_key(), _HASHES.get(fields.get("SignatureVersion", ""))
    is_valid = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    if not is_valid or make_hash is None or not isinstance(key, RSAPublicKey):
        raise NotAllowedError("not a signature that can be believed")
    try:
        signature = base64.b64decode(fields.get("Signature", ""), validate=True)
        key.verify(signature, canonical(fields), PKCS1v15(), make_hash())
    except (InvalidSignature, binascii.Error, ValueError):
        raise NotAllowedError("not signed by Amazon") from None
