"""What is done once a night for the day when this machine is gone: a backup, and the rescue bundle."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from app.domain.errors import PorchlightError
from app.monitor.backups import back_up_nightly
from app.monitor.rescue import write_rescue
from app.publish.rescue import Bundle, as_html, as_text
from app.store.session import Database
from notifiers.base import Notice

RESCUE = "rescue"

_log = logging.getLogger("porchlight.nightly")


class Nightly:
    """The night's work. Neither part keeps the other from being done; what fails is logged and shown by the doctor.

    Args:
        database: what is copied.
        data_dir: what the database does not hold, and where the bundle goes.
        bundle: makes the rescue bundle of the moment.
        clock: aware UTC now.
        backup_dir: where backups go; None for none.
        backup_key: what they are sealed with.
        keep: how many stay.
        rescue_email: who gets the bundle by mail.
    """

    def __init__(
        self,
        database: Database,
        data_dir: Path,
        bundle: Callable[[], Bundle],
        *,
        clock: Callable[[], datetime],
        backup_dir: Path | None = None,
        backup_key: str = "",
        keep: int = 14,
        rescue_email: Sequence[str] = (),
    ) -> None:
        self._database, self._data_dir, self._bundle = database, data_dir, bundle
        self._clock = clock
        self._backup_dir, self._backup_key, self._keep = backup_dir, backup_key, keep
        self._rescue_email = rescue_email

    def run(self) -> list[Notice]:
        """Do it all; the mails that are still to be sent."""
        self._attempt(self._back_up, "the nightly backup")
        notices: list[Notice] = []
        self._attempt(lambda: notices.extend(self._rescue()), "the rescue bundle")
        return notices

    def _back_up(self) -> None:
        if self._backup_dir:
            back_up_nightly(
                self._database,
                self._data_dir,
                self._backup_dir,
                self._backup_key,
                keep=self._keep,
                now=self._clock(),
            )

    def _rescue(self) -> list[Notice]:
        bundle, day = self._bundle(), f"{self._clock():%Y%m%d}"
        write_rescue(bundle, self._data_dir / RESCUE)
        return [
            Notice(
                delivery_id=f"rescue-{day}-{number}",
                address=address,
                subject=f"Keep or print this. {bundle.title}",
                text=as_text(bundle),
                html=as_html(bundle).decode(),
                language="en",
            )
            for number, address in enumerate(self._rescue_email)
        ]

    def _attempt(self, work: Callable[[], None], what: str) -> None:
        try:
            work()
        except PorchlightError as error:
            _log.error("%s failed: %s", what, error)
        except Exception:
            _log.exception("%s failed", what)
