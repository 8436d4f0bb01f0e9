"""Removing the content of cases: signed first, then emptied (docs/adr/0019).

A case goes whole or not at all. What removes it is durable before anything is emptied; an interruption in
between is finished by running it again. Inside the transactions it is looked at once more what came in since
the survey: that keeps its case.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

import msgspec

from visitsafe.desk import Desk, summariser_at
from visitsafe.errors import NotPermittedError, StoreError, VerificationError
from visitsafe.record.bodies import ERASURE, KEEP_DAYS_INCIDENT, MOST_REMOVED, Gone, PurgedBody
from visitsafe.record.entry import Entry, compose, seal_entry
from visitsafe.record.kinds import Kind
from visitsafe.record.stored import Store, Summarise, nothing_first
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.retention.holds import check_purger, check_reason
from visitsafe.retention.policy import CaseVerdict, facts_of, gone_of, named_in
from visitsafe.retention.purge_clock import check_clock
from visitsafe.retention.purge_survey import SIGNED, Survey, Unfinished, rules_of
from visitsafe.state.fold import PlanState
from visitsafe.state.removed import Removed
from visitsafe.state.rules import agreed_days
from visitsafe.team.roster import case_key

if TYPE_CHECKING:
    from visitsafe.record.ssh import Signer

CHANGED = "something was recorded about it meanwhile: run the command again"


class PurgeableStore(Protocol):
    """A store whose entries can be emptied."""

    @property
    def store(self) -> Store:
        """The store."""
        ...

    def blank(
        self,
        plan: str,
        named: Mapping[str, str],
        now: datetime,
        summarise: Summarise,
        *,
        first: Callable[[], None] = nothing_first,
    ) -> int:
        """Empty entries of a plan: each id, and that of the `purged` entry that names it."""
        ...

    def clock(self) -> datetime | None:
        """The time by the clock of the store's server; None if it has none, as a file."""
        ...

    def wipe(self) -> str:
        """Get the bytes out of the store's files; a sentence if they may still be there."""
        ...


class Done(msgspec.Struct, frozen=True):
    """What was removed.

    Attributes:
        cases: How many cases.
        plans: The ids of the plans.
        entries: How many entries have no content any more that had some.
        left: Cases that were to go and did not: each with why.
        still: Where the bytes may still be; empty if they are gone.
    """

    cases: int
    plans: tuple[str, ...]
    entries: int
    left: tuple[tuple[str, str], ...]
    still: str


def remove(desk: Desk, purge: PurgeableStore, found: Survey, reason: str, today: date | None = None) -> Done:
    """Remove what a survey says goes.

    Args:
        desk: Of a manager or admin, at the store of `purge`.
        purge: Where.
        found: A survey of a moment ago.
        reason: Why; it is kept for good, and everybody can read it.
        today: The day that it is, as a person knows it and not this computer.

    Raises:
        NotPermittedError: The person asking may not, gives no reason, or the team changed meanwhile; or
            nothing shows that this computer's clock is right.
        StoreError: The store refuses it; what was removed until then is removed.
    """
    check_purger(desk, "remove records")
    check_reason(reason)
    check_clock(desk, purge.clock(), today)
    removing = _Removing(desk.renewed(), purge, found, reason)
    try:
        for one in found.going:
            removing.case(one)
        for part in found.unfinished:
            if part.goes:
                removing.rest(part)
        return removing.done(purge.wipe())
    except StoreError as error:
        if not removing.begun:
            raise
        again = "what was removed until then is removed; run the same command again, and it goes on"
        raise StoreError(f"the removal stopped half way: {error.message}", hint=again) from error


class _ChangedError(Exception):
    """Something about a case came in meanwhile."""


class _Removing:
    """Cases being removed, one after the other, while others may be adding to the store."""

    def __init__(self, desk: Desk, purge: PurgeableStore, found: Survey, reason: str) -> None:
        self._signer: Signer = desk.signer()
        self._desk, self._purge, self._reason = desk, purge, reason.strip()
        self._position = found.position
        self._touched: set[str] = set()
        self._mine: set[str] = set()
        self._plans: list[str] = []
        self._left: list[tuple[str, str]] = []
        self._cases = self._entries = 0

    @property
    def begun(self) -> bool:
        """Whether anything was signed or emptied."""
        return bool(self._mine or self._entries)

    def case(self, one: CaseVerdict) -> None:
        """Remove a case, unless something about it came in meanwhile."""
        try:
            states = [self._desk.plan(facts.plan) for facts in one.plans]
            if [facts_of(state) for state in states] != list(one.plans):
                raise _ChangedError
            named = self._sign(
                {state.plan: (state.heads, self._bodies(one, state)) for state in states}, one.key
            )
            for state in states:
                here = {gone.id for gone in gone_of(state)}
                signed = {name: by for name, by in named_in(state).items() if name in here}
                self._blank(state.plan, signed | named.get(state.plan, {}), one.key)
        except (_ChangedError, VerificationError):
            self._left.append((one.case, CHANGED))
        else:
            self._cases += 1

    def rest(self, part: Unfinished) -> None:
        """Empty what is here again of a removed plan, and what came in since if that goes too."""
        removed = part.removed
        try:
            signed = {} if part.why_not else self._sign_left(removed)
            self._blank(removed.plan, removed.named | signed, removed.plan)
        except _ChangedError:
            self._left.append((removed.ref, CHANGED))

    def _sign_left(self, removed: Removed) -> dict[str, str]:
        gone = tuple(
            Gone(
                id=one.entry.id, kind=one.entry.content.kind, at=one.entry.content.at, by=one.entry.content.by
            )
            for one in removed.judged
            if one.entry.id in removed.left
        )
        body = PurgedBody(
            rule=KEEP_DAYS_INCIDENT,
            reason=self._reason,
            days=agreed_days(rules_of(self._desk), KEEP_DAYS_INCIDENT),
            since=max((one.at for one in gone), default=""),
            start=removed.body.start,
            due_back=removed.body.due_back,
            removed=(),
        )
        signed = self._sign({removed.plan: (removed.heads, _parted(body, gone))}, removed.plan)
        return signed.get(removed.plan, {})

    def done(self, still: str) -> Done:
        """What came of it."""
        return Done(self._cases, tuple(self._plans), self._entries, tuple(self._left), still)

    def _bodies(self, one: CaseVerdict, state: PlanState) -> Sequence[PurgedBody]:
        """What has to be signed about a plan; nothing if its removal is signed already."""
        gone = gone_of(state)
        if one.rule == SIGNED or named_in(state).keys() >= {each.id for each in gone}:
            return []
        body = PurgedBody(
            rule=one.rule,
            reason=self._reason,
            days=one.days,
            since="" if one.rule == ERASURE else one.since,
            start=state.body.visit.start,
            due_back=state.visit.due_back,
            removed=(),
        )
        return _parted(body, gone)

    def _sign(
        self, plans: Mapping[str, tuple[Sequence[str], Sequence[PurgedBody]]], key: str
    ) -> dict[str, dict[str, str]]:
        """Sign what removes the entries of plans, and append it all at once.

        Args:
            plans: For each plan its heads, and what is to be signed.
            key: Of their case.

        Returns:
            For each plan: each id, and that of the entry that names it.
        """
        made: list[Entry] = []
        named: dict[str, dict[str, str]] = {}
        for plan, (heads, bodies) in plans.items():
            for body in bodies:
                after = [*heads, *self._desk.roster.heads]
                payload = compose(plan, Kind.PURGED, self._desk.now, self._signer.fingerprint, after, body)
                made.append(seal_entry(payload, self._signer))
                named.setdefault(plan, {}).update({gone.id: made[-1].id for gone in body.removed})
        if made:
            self._mine.update(entry.id for entry in made)
            self._purge.store.append(
                made, self._desk.now, self._summarise(), first=lambda: self._unchanged(plans, key)
            )
        return named

    def _blank(self, plan: str, named: Mapping[str, str], key: str) -> None:
        self._entries += self._purge.blank(
            plan, named, self._desk.now, self._summarise(), first=lambda: self._unchanged([plan], key)
        )
        self._plans.append(plan)

    def _summarise(self) -> Summarise:
        self._desk.roster.refuse_damage()
        return summariser_at(self._purge.store, self._desk.roster.team_id, self._desk.roster)

    def _unchanged(self, plans: Iterable[str], key: str) -> None:
        """Inside a transaction: nothing about these plans, their case or the team has come in meanwhile."""
        store = self._purge.store
        for row in store.scan(self._position):
            self._position = row.position
            if row.stream == TEAM_STREAM:
                raise NotPermittedError(
                    "the team's record changed meanwhile, so nothing more was removed",
                    hint="run the command again",
                )
            if row.id not in self._mine:
                listed = store.row(row.stream)
                self._touched |= {row.stream, case_key(listed.case_ref) if listed else row.stream}
        if self._touched.intersection([*plans, key]):
            raise _ChangedError


def _parted(body: PurgedBody, gone: Sequence[Gone]) -> list[PurgedBody]:
    """The same for as many entries as one entry may remove at a time."""
    return [
        msgspec.structs.replace(body, removed=tuple(gone[at : at + MOST_REMOVED]))
        for at in range(0, len(gone), MOST_REMOVED)
    ]
