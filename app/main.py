"""The composition root: an installation in, a running page, console and worker out.

`create_app` is what uvicorn serves: the snapshot outside, FastAPI inside. Everything it is built from is
handed values; only this module, the installation, the worker and the command line know the settings.
"""

import logging
import signal
import sys
import threading
from collections.abc import Collection
from datetime import timedelta

import uvicorn
from starlette.types import ASGIApp

from app.domain.announcements import LinkTextLimits
from app.domain.channels import Channel
from app.domain.sign_ups import SignUpLimits
from app.installation import Installation, now
from app.publish.directory import follow
from app.settings import Settings
from app.web import subscriptions
from app.web.connections import Limits, room_for
from app.web.console import build_console
from app.web.hooks import PATH as HOOKS_PATH
from app.web.hooks import HookParts, build_hooks
from app.web.manage.call import ManageParts
from app.web.manage.site import PATH as MANAGE_PATH
from app.web.manage.site import build_manage
from app.web.oidc_errand import OtherSignIn
from app.web.owners import ByPath
from app.web.protocol import protocol_for
from app.web.public import Snapshot
from app.web.ready import PATH as READY_PATH
from app.web.ready import build_ready
from app.web.reports import PATHS as REPORT_PATHS
from app.web.reports import ReportParts, build_reports
from app.web.request_ids import RequestIds
from app.web.statuspage_sign_up import PATHS as STATUSPAGE_SIGN_UP_PATHS
from app.web.statuspage_sign_up import build_statuspage_sign_up
from app.web.subscribe import PREFIXES as SIGN_UP_PATHS
from app.web.subscribe import SignUpParts, build_sign_up
from app.web.survey import PATHS as SURVEY_PATHS
from app.web.survey import SurveyParts, build_survey

SHARE = 0.001
"""Seconds a thread may hold the interpreter while another wants it: readers must not wait while a
publication is rendered in the same process (Python's own default is five times that)."""

_log = logging.getLogger("porchlight")


def create_app(installation: Installation) -> Snapshot:
    """The whole web side: documents from memory outside, the console inside."""
    settings = installation.settings
    links = installation.links
    console: ASGIApp = build_console(
        installation.database,
        vault=links.vault,
        clock=now,
        secure_cookies=settings.is_secure,
        public_url=settings.public_url,
        admin_hosts=settings.admin_hosts,
        sign_in_idle=timedelta(minutes=settings.sign_in_idle_minutes),
        sign_in_lifetime=timedelta(hours=settings.sign_in_hours),
        newest=installation.newest,
        failover=lambda: installation.failover_desk,
        without_database=installation.without_database,
        examine=installation.examine,
        sms_price=settings.sms_price,
        sms_per_day=settings.sms_per_day,
        console_url=settings.console_url,
        second_factor_required=settings.asks_second_factor,
        oidc=oidc_provider(settings),
        polly_voices=settings.voices_of_polly,
        on_suspected=installation.on_suspected,
    )
    limits = SignUpLimits(country_codes=frozenset(settings.sms_country_codes))
    asking = SignUpParts(
        installation.database,
        links,
        now,
        limits,
        channels=installation.able,
        apprise_schemes=settings.apprise_schemes,
    )
    sign_up = build_sign_up(asking, secure=settings.is_secure, more=[subscriptions.router])
    hooks = build_hooks(
        HookParts(
            installation.database,
            links.vault,
            settings.public_url,
            twilio_auth_token=settings.twilio_auth_token,
            twilio_answers=settings.twilio_answers,
            topics=frozenset(settings.sns_topics),
            clock=now,
            edition=lambda: installation.memory.edition,
            can_text=Channel.SMS in installation.able,
            text_from=settings.twilio_from,
            link_texts=LinkTextLimits(country_codes=frozenset(settings.sms_country_codes)),
            on_suspected=installation.on_suspected,
        )
    )
    manage = build_manage(
        ManageParts(installation.database, links, now, limits, installation.able), hosts=settings.page_hosts
    )
    ready = build_ready(lambda: {part.name: part.is_ready for part in installation.readiness()})
    reporting = ReportParts(
        installation.database,
        settings.public_url,
        now,
        on_suspected=installation.on_suspected,
        vault=links.vault,
        sign_up_limits=limits,
        channels=installation.able,
    )
    reports = build_reports(reporting, secure=settings.is_secure)
    owners: dict[ASGIApp, Collection[str]] = {
        reports: REPORT_PATHS,
        build_survey(SurveyParts(installation.database, links.vault, now), secure=settings.is_secure): SURVEY_PATHS,
        sign_up: SIGN_UP_PATHS,
        hooks: [HOOKS_PATH],
        manage: [MANAGE_PATH],
        build_statuspage_sign_up(asking): STATUSPAGE_SIGN_UP_PATHS,
        ready: [READY_PATH],
    }
    return Snapshot(
        RequestIds(ByPath(console, owners)),
        installation.memory,
        public_hosts=settings.page_hosts,
        console_hosts=settings.admin_hosts,
        failover_hosts=settings.failover_hosts,
        secure=settings.is_secure,
    )


def oidc_provider(settings: Settings) -> OtherSignIn | None:
    """The other sign-in that staff may use, where one is configured."""
    if not settings.oidc_issuer:
        return None
    # Imported here: without another sign-in its libraries take 30 MB for nothing.
    from app.web.oidc_provider import OidcProvider

    return OidcProvider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret,
        name=settings.oidc_name,
        domains=frozenset(settings.oidc_domains),
    )


def serve(installation: Installation, *, host: str, port: int) -> None:
    """Serve page and console until a signal; documents come from the directory a worker writes."""
    stop = threading.Event()
    follow(installation.settings.documents_dir, installation.memory, stop)
    try:
        with installation.measured():
            _server(installation, host, port).run()
    finally:
        stop.set()


def up(installation: Installation, *, host: str, port: int) -> None:
    """Page, console and worker in one process until a signal."""
    sys.setswitchinterval(SHARE)
    worker = installation.worker()
    worker.start()
    try:
        serve(installation, host=host, port=port)
    finally:
        worker.stop()


def work(installation: Installation) -> None:
    """The worker alone until a signal."""
    worker = installation.worker()
    worker.start()
    _log.info("working as %s", installation.engine.executor_id)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with installation.measured():
        stopped.wait()
    worker.stop()


def _server(installation: Installation, host: str, port: int) -> uvicorn.Server:
    app = create_app(installation)
    settings = installation.settings
    limits = Limits(header_seconds=settings.header_timeout, connections=room_for(settings.max_connections))
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=protocol_for(app, limits),
        loop="uvloop",
        log_level=settings.log_level.lower(),
        access_log=False,
        server_header=False,
        # Without it everybody behind a proxy would share the limits of one network.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)
