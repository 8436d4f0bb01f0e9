"""What is signed about where a warning marker of a case stands, or that there is none (D14).

Anybody in the team may. It stands in the record of one plan of the case, and holds for the case: the next
plan for it is told (`last_time`).
"""

from datetime import date, datetime, timedelta, tzinfo

import msgspec

from visitsafe.errors import UsageError
from visitsafe.record.bodies import MarkedBody
from visitsafe.state.fold import PlanState
from visitsafe.state.known import ELSEWHERE, place_of
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
