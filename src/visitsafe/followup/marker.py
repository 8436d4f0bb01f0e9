"""Recording where a warning marker of a case stands, or that there is none (D14).

Anybody in the team may. It stands in the record of one plan of the case, and holds for the case: the next
plan for it is told (`last_time`).
"""

from datetime import date, datetime, timedelta, tzinfo

import msgspec

from visitsafe.desk import Desk
from visitsafe.errors import NotPermittedError, UsageError
from visitsafe.find import case_history, newest_of
from visitsafe.record.bodies import MarkedBody
from visitsafe.record.entry import VERSION, Content
from visitsafe.record.terms import Kind
from visitsafe.state.duties import CaseHistory
from visitsafe.state.fold import PlanState
from visitsafe.state.markers import ELSEWHERE, place_of
from visitsafe.state.rules_after import why_not_after
from visitsafe.text.clock import to_text
from visitsafe.text.days import in_words, typed_day
from visitsafe.text.redact import without_address

HALF_A_YEAR = timedelta(days=183)
"""A day without a year that is further off may be one that has passed."""


class Marking(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody typed about a marker.

    Attributes:
        none: They looked, and there is none.
        system: The system that holds it.
        reference: Its reference there.
        checked: The day on which they looked; empty for today.
        review: The day on which its review is due; empty if it names none.
    """

    none: bool = False
    system: str = ""
    reference: str = ""
    checked: str = ""
    review: str = ""

    @property
    def anything(self) -> bool:
        """Whether something is to be recorded."""
        return self.none or any((self.system, self.reference, self.checked, self.review))


def find_case(desk: Desk, ref: str, case: str) -> tuple[PlanState, CaseHistory]:
    """The plan in whose record a marker is kept, and its case.

    Args:
        desk: Who asks.
        ref: A plan's reference; empty to go by the case.
        case: The case's reference; empty to go by the plan.

    Raises:
        UsageError: Neither is given, or both.
        NotFoundError: There is no such plan or case.
    """
    if bool(ref) == bool(case):
        raise UsageError(
            "say which case: by a plan's reference, or by the case's own",
            hint="visitsafe marker K7Q2-M9, or: visitsafe marker --case CF-1; see: visitsafe list --all",
        )
    state = desk.plan(desk.resolve(ref)) if ref else newest_of(desk, case)
    return state, case_history(desk, state.body.visit.case)


def marked_body(state: PlanState, marking: Marking, now: datetime, zone: tzinfo) -> MarkedBody:
    """What is to be signed.

    Raises:
        UsageError: Something is missing, is no day, or says more than where the marker stands.
    """
    today = now.astimezone(zone).date()
    checked = typed_day("--checked", marking.checked, today) if marking.checked else today
    if checked > today:
        raise UsageError("nobody has looked yet on a day to come", hint="--checked is the day you looked")
    of, address = state.version.id, state.body.visit.address
    if marking.none:
        if marking.system or marking.reference or marking.review:
            raise UsageError(
                "--none says that there is no marker", hint="leave out --system, --reference and --review"
            )
        return MarkedBody(of=of, found=False, checked=checked.isoformat())
    return MarkedBody(
        of=of,
        found=True,
        checked=checked.isoformat(),
        system=_needed("--system", marking.system, address),
        reference=_needed("--reference", marking.reference, address),
        review=_review(marking, today, checked),
    )


def _needed(flag: str, typed: str, address: str) -> str:
    if not typed.strip():
        raise UsageError(
            f"say where the marker stands: {flag} is missing",
            hint="--system 'case system' --reference 4417; if you looked and there is none: --none",
        )
    text = place_of(flag, typed)
    if without_address(text, address) != text:
        raise UsageError(f"the text behind {flag} names the address of the visit", hint=ELSEWHERE)
    return text


def _review(marking: Marking, today: date, checked: date) -> str:
    if not marking.review:
        return ""
    day = typed_day("--review", marking.review, today, checked)
    if day - today > HALF_A_YEAR and str(day.year) not in marking.review:
        raise UsageError(
            f"--review: {in_words(day)} is more than half a year off", hint="if that is meant, add the year"
        )
    return day.isoformat()


def record_marker(desk: Desk, state: PlanState, body: MarkedBody) -> PlanState:
    """Sign where a marker stands; when this returns, it is on the disk.

    Raises:
        NotPermittedError: It would not count, or the team does not know who asks.
    """
    me = desk.member()
    content = Content(
        v=VERSION,
        plan=state.plan,
        kind=Kind.MARKED,
        at=to_text(desk.now),
        by=me.fingerprint,
        after=(),
        body={},
    )
    counted = [one for one in state.judged if not one.why_not]
    if reason := why_not_after(content, me, body, counted, desk.roster.everyone):
        raise NotPermittedError(f"that would not count: {reason}", hint=f"see: visitsafe show {state.ref}")
    return desk.record(state.plan, Kind.MARKED, state.heads, body)
