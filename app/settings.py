"""Settings from the environment, `PORCHLIGHT_*`. Frozen, and checked before anything starts.

A secret may also be given as a file: `PORCHLIGHT_SECRET_KEY_FILE=/run/secrets/key`. docs/settings.md
lists them all; a test keeps the two alike.
"""

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.domain.errors import RefusedError
from app.domain.hooks import CHAT_SCHEMES

PREFIX = "PORCHLIGHT_"
DEVELOPMENT_SECRET = "development-only-secret-key"  # noqa: S105 - refused in production
SECRETS = (
    "SECRET_KEY",
    "OLD_SECRET_KEYS",
    "DATABASE_URL",
    "TWILIO_AUTH_TOKEN",
    "SMTP_URL",
    "OIDC_CLIENT_SECRET",
    "DNS_TSIG_SECRET",
    "DNS_CLOUDFLARE_TOKEN",
    "BACKUP_KEY",
)

HostNames = Annotated[tuple[str, ...], NoDecode]
Parts = Annotated[tuple[str, ...], NoDecode]


class Environment(StrEnum):
    """Where this runs. `production` refuses everything that is only fit for a laptop."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """Everything that differs between installations."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    environment: Environment = Field(Environment.DEVELOPMENT, description="`development` or `production`.")
    database_url: str = Field("sqlite:///var/porchlight.db", description="SQLite file or PostgreSQL database.")
    data_dir: Path = Field(Path("var"), description="Folder for published documents and everything else kept on disk.")
    public_url: str = Field("http://127.0.0.1:8000", description="Address of the page as members type it.")
    public_hosts: HostNames = Field((), description="More host names that show the page, separated by commas.")
    admin_host: str = Field("", description="Host name of the console; the page's own when empty.")
    failover_hosts: HostNames = Field((), description="The MLS's own names that may point here, separated by commas.")
    secret_key: str = Field(DEVELOPMENT_SECRET, description="At least 32 random characters; signs and encrypts.")
    old_secret_keys: Parts = Field((), description="Retired secret keys that still read, separated by commas.")
    twilio_auth_token: str = Field("", description="Signs Twilio's calls to us and ours to Twilio.")
    twilio_account_sid: str = Field("", description="Twilio account that sends texts; without it none leave.")
    twilio_from: str = Field("", description="Number that texts and calls come from, such as `+12025550150`.")
    twilio_messaging_service_sid: str = Field("", description="Twilio messaging service; wins over the number.")
    twilio_api_url: str = Field("https://api.twilio.com", description="Another address only for a test double.")
    sms_price: float = Field(0.0, ge=0, description="What one segment of a text costs, for the composer's estimate.")
    sms_per_second: float = Field(20.0, gt=0, description="Texts a second that the number may send.")
    sms_per_day: int = Field(
        0, ge=0, description="Texts a day that a carrier takes from the number, such as 2000; 0 for no limit."
    )
    polly_voices: Parts = Field(
        (), description="Amazon Polly voices for the sound of announcements, such as `en=Joanna,es=Lupe`, by commas."
    )
    email_from: str = Field("", description="Sender of mail, such as `HPMLS alerts <alerts@status.example.com>`.")
    smtp_url: str = Field("", description="Mail server, `smtp://user:password@host:587`; without it Amazon SES.")
    ses_configuration_set: str = Field("", description="SES configuration set whose events come back to us.")
    email_per_second: float = Field(
        0.0, ge=0, description="Mails a second that may leave; 0 asks Amazon SES, and is 14 by a mail server."
    )
    apprise_schemes: Parts = Field((), description="Other chats that sign-ups may name, such as `discord`, by commas.")
    s3_bucket: str = Field("", description="Bucket that gets a copy of every document, for a CDN to serve.")
    s3_prefix: str = Field("", description="Folder within the bucket.")
    service_manager_email: str = Field("", description="Gets one mail for every notice, whoever else is told (R23).")
    keep_traces_days: int = Field(
        730, ge=30, description="Days for which members' replies, sign-up networks and single tries are kept."
    )
    twilio_answers: bool = Field(True, description="Twilio's opt-out handling answers STOP, START and HELP itself.")
    sns_topics: Parts = Field((), description="Names (ARN) of the SNS topics with events of SES, by commas.")
    sms_country_codes: Parts = Field(("1",), description="Country codes that sign-ups may have texts sent to.")
    trusted_proxies: Parts = Field((), description="Addresses of proxies whose X-Forwarded-For is believed, by commas.")
    dns_resolvers: Parts = Field(
        ("1.1.1.1", "8.8.8.8", "9.9.9.9"), description="Resolvers that stand for what members ask, by commas."
    )
    dns_name_servers: Parts = Field((), description="Name servers to ask instead of those the zone names, by commas.")
    dns_route53: bool = Field(False, description="Switch names in Amazon Route 53, with boto3's own credentials.")
    dns_standby_bucket: str = Field("", description="S3 bucket whose objects make a Route 53 standby take over.")
    dns_update_server: str = Field("", description="Primary that takes signed updates, such as `192.0.2.1:53`.")
    dns_tsig_name: str = Field("", description="Name of the key that signs updates.")
    dns_tsig_secret: str = Field("", description="Secret of that key in base64, as `tsig-keygen` prints it.")
    dns_tsig_algorithm: str = Field("hmac-sha256", description="Algorithm of that key.")
    dns_cloudflare_token: str = Field("", description="Cloudflare token that may edit the DNS of the one zone.")
    dns_cloudflare_api_url: str = Field(
        "https://api.cloudflare.com/client/v4", description="Another address only for a test double."
    )
    dns_https_port: int = Field(443, gt=0, description="Port of https on the status host; another only for a test.")
    header_timeout: float = Field(5.0, gt=0, description="Seconds a client has to send its request headers.")
    max_connections: int = Field(20_000, gt=0, description="Open connections one web process accepts.")
    sign_in_hours: int = Field(12, gt=0, description="Hours after which a person must sign in again.")
    sign_in_idle_minutes: int = Field(120, gt=0, description="Minutes without a request that end a sign-in.")
    second_factor_required: bool | None = Field(
        None, description="Whether all who may do more than read need a second factor; in production yes when empty."
    )
    metrics_host: str = Field("127.0.0.1", description="Address on which /metrics answers; never a public one.")
    metrics_port: int = Field(0, ge=0, le=65535, description="Port of /metrics; 0 for none.")
    heartbeat_url: str = Field("", description="Called every minute while all is ready, so that silence is noticed.")
    probe_private_addresses: bool = Field(False, description="Whether checks may look at private addresses.")
    log_json: bool = Field(False, description="Write the log as lines of JSON, for a collector.")
    oidc_issuer: str = Field("", description="OpenID provider that staff may also sign in with; empty for none.")
    oidc_client_id: str = Field("", description="What the OpenID provider calls this console.")
    oidc_client_secret: str = Field("", description="What this console shows the OpenID provider.")
    oidc_name: str = Field("your work account", description="How the button calls that sign-in.")
    oidc_domains: HostNames = Field((), description="Mail domains whose people may read without an invitation.")
    backup_dir: Path | None = Field(None, description="Folder for a backup every night; none are made when empty.")
    backup_key: str = Field(
        "", description="At least 32 random characters that backups are sealed with; keep it apart."
    )
    backup_keep: int = Field(14, gt=0, description="How many backups stay in that folder.")
    rescue_email: Parts = Field((), description="Addresses that get the rescue bundle every night, by commas.")
    log_level: str = Field("INFO", description="`DEBUG`, `INFO`, `WARNING` or `ERROR`.")

    @field_validator("public_hosts", "failover_hosts", "oidc_domains", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip().lower() for name in value.split(",") if name.strip())
        return value

    @field_validator(
        "old_secret_keys",
        "sns_topics",
        "apprise_schemes",
        "sms_country_codes",
        "trusted_proxies",
        "dns_resolvers",
        "dns_name_servers",
        "rescue_email",
        "polly_voices",
        mode="before",
    )
    @classmethod
    def _split_exactly(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("apprise_schemes")
    @classmethod
    def _known_chats(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(value) - CHAT_SCHEMES)
        if unknown:
            raise ValueError(f"{unknown[0]} is not among {', '.join(sorted(CHAT_SCHEMES))}")
        return value

    @field_validator("polly_voices")
    @classmethod
    def _named_voices(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if odd := [part for part in value if not re.fullmatch("[a-z]{2}=[A-Za-z]+", part)]:
            raise ValueError(f"{odd[0]} is not a language and a voice, such as en=Joanna")
        return value

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise ValueError("must look like https://status.example.com, without a path")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> "Settings":
        if "*" in "".join((*self.public_hosts, *self.failover_hosts, self.admin_host)):
            raise ValueError("host names must be exact; a wildcard would answer for anybody")
        if own := sorted({*self.failover_hosts} & (self.page_hosts | self.admin_hosts)):
            raise ValueError(f"PORCHLIGHT_FAILOVER_HOSTS names {own[0]}, which is a host of this installation")
        if any("*" in proxy or proxy.endswith("/0") for proxy in self.trusted_proxies):
            raise ValueError("PORCHLIGHT_TRUSTED_PROXIES must name addresses; a wildcard would believe anybody")
        if self.environment is Environment.PRODUCTION:
            self._refuse_in_production()
        return self

    def _refuse_in_production(self) -> None:
        if self.secret_key == DEVELOPMENT_SECRET or len(self.secret_key) < 32:
            raise ValueError("PORCHLIGHT_SECRET_KEY must be at least 32 random characters in production")
        if urlsplit(self.public_url).scheme != "https":
            raise ValueError("PORCHLIGHT_PUBLIC_URL must start with https:// in production")
        if self.oidc_issuer and urlsplit(self.oidc_issuer).scheme != "https":
            raise ValueError("PORCHLIGHT_OIDC_ISSUER must start with https:// in production")

    @property
    def public_host(self) -> str:
        """The page's host name, without a port."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def page_hosts(self) -> frozenset[str]:
        """Every host name that shows the page. A laptop may also use its loopback names."""
        names = {self.public_host, *self.public_hosts}
        if self.environment is Environment.DEVELOPMENT:
            names |= {"127.0.0.1", "localhost", "::1"}
        return frozenset(names)

    @property
    def admin_hosts(self) -> frozenset[str]:
        """Host names on which the console answers."""
        return frozenset({self.admin_host}) if self.admin_host else self.page_hosts

    @property
    def console_url(self) -> str:
        """The console's own address, without a path; passkeys are bound to its host."""
        parts = urlsplit(self.public_url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{self.admin_host or self.public_host}{port}"

    @property
    def asks_second_factor(self) -> bool:
        """Whether a password alone is not enough for those who may do more than read."""
        return self.is_production if self.second_factor_required is None else self.second_factor_required

    @property
    def voices_of_polly(self) -> dict[str, str]:
        """The names of Polly's voices by language."""
        return dict(part.split("=") for part in self.polly_voices)

    @property
    def is_production(self) -> bool:
        """Whether members depend on this installation."""
        return self.environment is Environment.PRODUCTION

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach us over https, so that cookies can demand it."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def documents_dir(self) -> Path:
        """Where the directory sink keeps what it publishes."""
        return self.data_dir / "public"


def load_settings(*, defaults: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read the environment; `overrides` are field values that win over it, `defaults` yield to it.

    Raises:
        RefusedError: a value is missing, malformed or unsafe, with the name of the setting.
    """
    try:
        return Settings(**(_unless_set(defaults or {}) | _from_files() | overrides))
    except ValidationError as error:
        problems = {
            PREFIX + "_".join(map(str, fault["loc"])).upper() if fault["loc"] else "": fault["msg"].removeprefix(
                "Value error, "
            )
            for fault in error.errors()
        }
        raise RefusedError({name: f"{name}: {words}" if name else words for name, words in problems.items()}) from None


def _unless_set(defaults: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in defaults.items() if f"{PREFIX}{name}".upper() not in os.environ}


def _from_files() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in SECRETS:
        path = os.environ.get(f"{PREFIX}{name}_FILE")
        if path and f"{PREFIX}{name}" not in os.environ:
            found[name.lower()] = Path(path).read_text(encoding="utf-8").strip()
    return found
