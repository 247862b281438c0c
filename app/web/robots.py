"""What a form for strangers costs: work or a wait, and a place within the limits (security.md, "Forms")."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.commands.sign_up_limits import within_limits
from app.domain.accounts import AttemptLimit
from app.domain.errors import RefusedError
from app.domain.sign_ups import SignUpLimits
from app.store.session import Database
from app.store.vault import Vault
from app.web.challenge import is_first_use, is_solved, waited
from app.web.posted import Posted


@dataclass(frozen=True, slots=True)
class Toll:
    """What is paid with: the database that counts, the vault that sealed the form, the limits, and who asks."""

    database: Database
    vault: Vault
    limits: SignUpLimits
    network: str
    now: datetime

    def pay(self, posted: Posted, also: Mapping[str, AttemptLimit]) -> None:
        """Count one form, in the buckets of its network and in `also`, once it has cost work or time.

        Raises:
            RefusedError: neither was spent ("wait"), or too many came ("busy").
        """
        seal = posted.text("opened")
        with self.database.transaction() as session:
            did_work = is_solved(session, self.vault, posted.text("altcha"), now=self.now)
        if not did_work and not self._has_waited(seal):
            raise RefusedError({"wait": "Wait a moment."})
        with self.database.transaction() as session:
            buckets = {**self.limits.of_network(self.network, did_work=did_work), **also}
            is_within = self._is_new(session, seal, did_work) and within_limits(session, buckets, now=self.now)
        if not is_within:
            raise RefusedError({"busy": "Too many sign-ups."})

    def _has_waited(self, seal: str) -> bool:
        lasted = waited(self.vault, seal, now=self.now)
        return lasted is not None and lasted >= self.limits.patience

    def _is_new(self, session: Session, seal: str, did_work: bool) -> bool:
        return did_work or is_first_use(session, seal, now=self.now)
