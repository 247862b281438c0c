"""Plan, apply, watch, revert: reads, asks the provider, and writes down each step before and after.

No transaction is open while a provider or a name server is asked. Whatever dies in between leaves a
run that is `applying` or `reverting`; the next look reads back what the provider holds and says so.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from app.commands import failovers
from app.commands.failovers import FailoverPlan, WayBack
from app.domain.audit import SYSTEM, Actor
from app.domain.errors import PorchlightError, RefusedError
from app.domain.failover import Change, Records, RunState, Side, Switch, leads_to, touched
from app.domain.failover_desk import Watch
from app.domain.failover_risks import Reading, risks
from app.monitor.dns.certificates import Browser
from app.monitor.dns.provider import DnsProvider, NotHeardError, ProviderError, Receipt
from app.monitor.dns.reading import NoAnswerError, Reader
from app.store.failovers import (
    FailoverRun,
    SwitchRow,
    frozen_run,
    frozen_switch,
    moving_runs,
    run_row,
    switch_row,
)
from app.store.session import Database

_log = logging.getLogger(__name__)

UNHEARD = "The provider’s answer was not heard."


class Desk:
    """The one place that changes where a name leads.

    Args:
        database: Where runs are kept.
        providers: By key, those that the settings give what they need.
        names: Their names in words.
        reader: Asks name servers and resolvers.
        browser: Asks the status host for its certificates.
        clock: Aware UTC now.
    """

    def __init__(
        self,
        database: Database,
        providers: Mapping[str, DnsProvider],
        names: Mapping[str, str],
        reader: Reader,
        browser: Browser,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._by_key = providers
        self._names = {key: names[key] for key in providers}
        self._reader = reader
        self._browser = browser
        self._clock = clock

    @property
    def providers(self) -> Mapping[str, str]:
        """Key and name in words of every provider that is set up here."""
        return self._names

    def check(self, switch: Switch) -> None:
        """Refuse a switch whose provider is not set up here."""
        self._provider(switch)

    def plan(self, name: str, by: Actor, *, is_drill: bool = False) -> str:
        """Read what is served, weigh it, and keep the plan; its run's id.

        Raises:
            NotFoundError: there is no switch of that name.
            RefusedError: it is in use, or its provider is not set up.
            ProviderError: the provider cannot be asked.
        """
        with self._database.read() as session:
            switch = frozen_switch(switch_row(session, name))
        plan = self._plan(switch)
        with self._database.transaction(by=by) as session:
            return failovers.keep_plan(session, plan, by.name, is_drill=is_drill, now=self._clock()).id

    def apply(self, run_id: str, typed: str, by: Actor) -> str:
        """Carry out a plan; everything is read once more right before.

        Raises:
            RefusedError: see `point_domain_here`; nothing was changed.
            ProviderError: the provider refused, or could not be asked; nothing was changed.
        """
        switch, _ = self._run(run_id)
        plan = self._plan(switch)
        with self._database.transaction(by=by) as session:
            failovers.point_domain_here(session, run_id, plan, by.name, typed, now=self._clock())
        self._ask(run_id, switch, plan.change, Side.FAILOVER, by)
        self._compare(run_id, switch)
        return run_id

    def revert(self, run_id: str, typed: str, by: Actor, *, reason: str = "") -> str:
        """Put the saved records back.

        Raises:
            RefusedError: see `point_domain_back`; or somebody else changed the name meanwhile and no reason is given.
            ProviderError: the provider refused, or could not be asked; nothing was changed.
        """
        switch, run = self._run(run_id)
        held = self._provider(switch).holding(switch)
        change = Change(switch.name, held, run.change.before)
        _check_ours(run, held, reason)
        ttl = self._read(switch, change, Side.NORMAL).served_ttl(change)
        way = WayBack(typed, reason, ttl, is_back=change.is_nothing)
        with self._database.transaction(by=by) as session:
            failovers.point_domain_back(session, run_id, way, by.name, now=self._clock())
        if change.is_nothing:
            self._done(run_id, Side.NORMAL, Receipt(words="The old records stood there already."), by)
        else:
            self._ask(run_id, switch, change, Side.NORMAL, by)
        self._compare(run_id, switch)
        return run_id

    def watch(self, run_id: str) -> Watch:
        """Ask everybody what they answer, and note how far it is."""
        switch, run = self._run(run_id)
        if run.state in (RunState.APPLYING, RunState.REVERTING):
            self._settle(run, switch)
            switch, run = self._run(run_id)
        if run.state in (RunState.WATCHING, RunState.REVERTED):
            self._compare(run_id, switch)
        answers = self._reader.answers(switch.name, switch.zone)
        watch = Watch(self._clock(), run.wanted, answers, self._progress(run, switch))
        if run.state in (RunState.WATCHING, RunState.REVERTED) and (watch.is_visible or watch.is_seen_by_most):
            self._note_seen(run, watch)
        return watch

    def watch_all(self) -> None:
        """Watch every name that is on its way; trouble with one keeps nobody from looking at the next."""
        with self._database.read() as session:
            moving = [row.id for row in moving_runs(session, self._clock())]
        for run_id in moving:
            try:
                self.watch(run_id)
            except PorchlightError as error:
                _log.warning("a name that is on its way could not be looked at: %s", error)

    def _plan(self, switch: Switch) -> FailoverPlan:
        held = self._provider(switch).holding(switch)
        change = Change(switch.name, held, switch.records(Side.FAILOVER))
        reading = self._read(switch, change, Side.FAILOVER)
        found = risks(switch, change, reading, self._clock(), to=Side.FAILOVER)
        return FailoverPlan(switch, change, found, reading.served_ttl(change), reading.guarded)

    def _read(self, switch: Switch, change: Change, to: Side) -> Reading:
        guarded, unguarded = self._reader.guarded(switch)
        try:
            other_types = self._reader.other_types(switch.name, switch.zone)
        except NoAnswerError:
            other_types = ()  # the name servers are silent, which stops the switch already
        reading = Reading(
            answers=self._reader.answers(switch.name, switch.zone),
            other_types=other_types,
            guarded=guarded,
            unguarded=unguarded,
            negative_ttl=self._reader.negative_ttl(switch.zone),
        )
        return self._with_hosts(reading, switch, change) if to is Side.FAILOVER else reading

    def _with_hosts(self, reading: Reading, switch: Switch, change: Change) -> Reading:
        """The same with what the status host and the normal host show a browser."""
        here = [address for value in switch.failover for address in self._reader.addresses(value)]
        there = [
            address for item in change.before for value in item.values for address in self._reader.addresses(value)
        ]
        return replace(
            reading,
            certificates=tuple(self._browser.certificate(switch.name, address) for address in here),
            strict_transport=self._browser.strict_transport(switch.name, there[0]) if there else None,
        )

    def _ask(self, run_id: str, switch: Switch, change: Change, to: Side, by: Actor) -> None:
        try:
            receipt = self._provider(switch).point(switch, change, to=to)
        except NotHeardError as error:
            _, run = self._run(run_id)
            self._doubt(run_id, str(error))
            self._settle(run, switch)
        except ProviderError as error:
            self._refuse(run_id, str(error), by)
            raise
        else:
            self._done(run_id, to, receipt, by)

    def _settle(self, run: FailoverRun, switch: Switch) -> None:
        """Read back what the provider holds, and say which of the two it is; leave it open when nobody can tell."""
        to = Side.FAILOVER if run.state is RunState.APPLYING else Side.NORMAL
        try:
            held = self._provider(switch).holding(switch)
        except ProviderError as error:
            self._doubt(run.id, f"{UNHEARD} {error} It is looked up again and again until it is known.")
            return
        old, new = (run.change.before, run.change.after)[:: 1 if to is Side.FAILOVER else -1]
        if leads_to(held, new):
            words = "" if run.steps else f"{UNHEARD} Read back: it made the change."
            self._done(run.id, to, Receipt(words=words), SYSTEM)
        elif leads_to(held, old) and not run.steps:
            self._refuse(run.id, f"{UNHEARD} Read back: it did not make the change; try again.", SYSTEM)
        elif not leads_to(held, old):
            self._doubt(run.id, f"Neither the old nor the new records stand at {switch.name}. Somebody must look.")

    def _done(self, run_id: str, to: Side, receipt: Receipt, by: Actor) -> None:
        with self._database.transaction(by=by) as session:
            if receipt.steps:
                failovers.hand_to_person(session, run_id, list(receipt.steps))
                return
            tell = failovers.note_applied if to is Side.FAILOVER else failovers.note_reverted
            tell(session, run_id, reference=receipt.reference, words=receipt.words, now=self._clock())

    def _refuse(self, run_id: str, words: str, by: Actor) -> None:
        with self._database.transaction(by=by) as session:
            failovers.note_refused(session, run_id, words, now=self._clock())

    def _doubt(self, run_id: str, words: str) -> None:
        with self._database.transaction() as session:
            failovers.note_doubt(session, run_id, words)

    def _compare(self, run_id: str, switch: Switch) -> None:
        """Mail, name servers and proofs must be what they were."""
        _, run = self._run(run_id)
        found = touched(run.guarded, self._reader.guarded(switch)[0])
        if list(found) != list(run.touched):
            with self._database.transaction() as session:
                failovers.note_touched(session, run_id, list(found), now=self._clock())

    def _note_seen(self, run: FailoverRun, watch: Watch) -> None:
        with self._database.transaction() as session:
            failovers.note_seen(
                session, run.id, everywhere=watch.is_visible, by_most=watch.is_seen_by_most, now=self._clock()
            )

    def _progress(self, run: FailoverRun, switch: Switch) -> str:
        if not run.reference or run.visible_at:
            return ""
        try:
            return self._provider(switch).progress(run.reference)
        except ProviderError as error:
            return str(error)

    def _provider(self, switch: Switch) -> DnsProvider:
        provider = self._by_key.get(switch.provider)
        if provider is None:
            raise RefusedError(
                {"provider": f"{switch.provider} is not set up here: its settings are missing (docs/failover.md)."}
            )
        return provider

    def _run(self, run_id: str) -> tuple[Switch, FailoverRun]:
        with self._database.read() as session:
            row = run_row(session, run_id)
            switch = frozen_switch(session.get_one(SwitchRow, row.switch_id))
            return switch, frozen_run(row, switch.name)


def _check_ours(run: FailoverRun, held: Records, reason: str) -> None:
    """Refuse to write over what somebody else put there, unless a reason is given."""
    if leads_to(held, run.change.after) or leads_to(held, run.change.before) or reason.strip():
        return
    there = "; ".join(f"{item.type} {', '.join(item.values)}" for item in held) or "nothing"
    raise RefusedError(
        {"reason": f"Somebody else changed this name: {there} stands there now. To put the old records back, say why."}
    )
