"""What of a verification is printed for somebody who may not know of a duress (D15).

Everything is checked for them too, and the exit code is the same. But entries of the kinds that duress leads
to (`discretion.UNSEEN`) are not listed, with duress or without, so that nothing on the screen differs. What
is wrong with one of them is a fault as any other; only why is not told.
"""

import re
from typing import TYPE_CHECKING

import msgspec

from visitsafe.errors import VisitsafeError
from visitsafe.exchange.findings import VerifyReport, timed_entries
from visitsafe.record.refs import is_plan_id
from visitsafe.record.terms import ANSWERERS
from visitsafe.state.duress_redaction import UNSEEN, hides_duress, may_know_duress, without_unseen
from visitsafe.state.fold import PlanState

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.exchange.findings import Fault

_ABOUT = re.compile(r"(?P<ref>\S+): .*?the (?P<kind>[a-z][a-z0-9_-]*) entry (?P<entry>[0-9a-f]{12})")
_CLOCKS = re.compile(r"claims \S+ for the \S+ entry .*, who had seen it, claims ")


def discreet(desk: "Desk", report: VerifyReport, plan: str = "") -> VerifyReport:
    """The report as the person who asked may see it.

    Args:
        desk: Who asked.
        report: What was found.
        plan: If it is about one plan only: its id.
    """
    reader = _Reader(desk)
    told = msgspec.structs.replace(
        report,
        notes=tuple(note for note in report.notes if reader.may_read(note)),
        doubts=tuple(doubt for doubt in report.doubts if reader.may_read(doubt)),
        faults=tuple(map(reader.fault, report.faults)),
        uncounted=tuple(map(reader.fault, report.uncounted)),
    )
    return reader.about_one(told, plan) if plan else told


class _Reader:
    """Somebody who asked, and the plans of which they may know all or only a part."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        self._plans: dict[str, PlanState | None] = {}

    def may_read(self, sentence: str) -> bool:
        """Whether a sentence about an entry tells nothing that this person may not know."""
        about = _ABOUT.match(sentence)
        if about is None or self._knows(about["ref"]):
            return True
        if about["kind"] in UNSEEN:
            return False
        return not _CLOCKS.search(sentence) or self._sees_both(about["ref"], sentence)

    def fault(self, fault: "Fault") -> "Fault":
        """A fault, without saying why it is one where that might tell."""
        about = _ABOUT.match(fault.text)
        if about is None or about["kind"] not in UNSEEN or self._knows(about["ref"]):
            return fault
        return msgspec.structs.replace(fault, text=f"{about['ref']}: an entry does not count", entry="")

    def about_one(self, report: VerifyReport, plan: str) -> VerifyReport:
        """The report on one plan, without its entries of the kinds that this person does not see."""
        if self._knows(plan):
            return report
        state = self._plan(plan)
        if state is None:  # it does not hold: nothing is listed but what is wrong with it
            return msgspec.structs.replace(report, times=())
        seen = self._seen(state)
        unseen = sum(one.entry.content.kind in UNSEEN for one in state.judged)
        team = {entry.content.by for entry in self._desk.roster.order.entries}
        signers = team | {one.entry.content.by for one in seen.judged}
        return msgspec.structs.replace(
            report,
            entries=report.entries - unseen,
            times=tuple(timed_entries(seen)),
            signers=tuple(one for one in report.signers if one.fingerprint in signers),
        )

    def _knows(self, ref: str) -> bool:
        state = self._plan(ref)
        if state is not None:
            return may_know_duress(state, self._desk.me)
        return self._desk.me is not None and not self._desk.me.roles.isdisjoint(ANSWERERS)

    def _plan(self, ref: str) -> PlanState | None:
        """The plan; None if it does not hold, or its content was removed."""
        if ref not in self._plans:
            try:
                plan = ref if is_plan_id(ref) else self._desk.resolve(ref)
                self._plans[ref] = self._desk.plan(plan)
            except VisitsafeError:
                self._plans[ref] = None
        return self._plans[ref]

    def _seen(self, state: PlanState) -> PlanState:
        return without_unseen(hides_duress(state, self._desk.me))

    def _sees_both(self, ref: str, sentence: str) -> bool:
        """Whether two claims that contradict each other are both of entries that this person sees."""
        state = self._plan(ref)
        timed = timed_entries(self._seen(state)) if state is not None else ()
        return any(
            f"entry {one.entry[:12]}, and {one.latest_by}, who had seen it, claims {one.latest}:" in sentence
            for one in timed
        )
