"""Recording an incident or a near miss: what the filled-in form becomes (4.6, 7.5, 8.1).

Anybody in the team may, at any time: while the visit is under way, after it was closed, on a plan that was
refused or withdrawn. The days of RIDDOR are pointed out and nothing is decided about them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from visitsafe.checklists.assessment import Value
from visitsafe.checklists.form_flow import Answered
from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError
from visitsafe.followup.forms import MAYBE, FormKind
from visitsafe.record.bodies import NOT_ASKED, Duty, Finding, IncidentBody
from visitsafe.record.kinds import Kind
from visitsafe.record.meanings import Meaning
from visitsafe.record.terms import Answer, Level
from visitsafe.state.duties import ALERT
from visitsafe.state.fold import PlanState
from visitsafe.state.rules import SHARE
from visitsafe.state.visit import Event
from visitsafe.text.clock import DAYS, MONTHS, from_text, is_time, to_text

INCIDENT = "incident"
"""The id of the form."""
ALERT_WITHIN = timedelta(days=1)
NOT_AT_ALL, UP_TO_THREE, OVER_SEVEN = "not-at-all", "up-to-three", "over-seven"
"""How long somebody is kept from their work, by the choices of the form; whatever else is not known yet."""
SHOWS_THREE, SHOWS_SEVEN = 4, 8
"""The day on which it shows that it is more than three, or more than seven days."""
AT_ONCE, LATER = 10, 15
"""Days to report in full a death or serious injury; days to report an injury of more than seven days."""
CHECK = "Check with your health and safety lead"


@dataclass(frozen=True, kw_only=True)
class Incident(FormKind[IncidentBody]):
    """An incident as it is recorded.

    Attributes:
        near_miss: Nothing came of it, unless the form says otherwise.
        happened: When, UTC text; empty for what the form says, else for now.
    """

    kind = Kind.INCIDENT
    form = INCIDENT
    near_miss: bool = False
    happened: str = ""

    def flags(self) -> list[str]:
        """As `FormKind.flags`."""
        return [*(["--near-miss"] if self.near_miss else []), *super().flags()]

    def check(self, desk: Desk, state: PlanState) -> None:
        """As `FormKind.check`: anybody in the team may."""
        desk.member()
        self.told_by(desk)
        self.old(desk, state)

    def known(self, desk: Desk, state: PlanState) -> dict[str, Value]:
        """As `FormKind.known`, and what the command says."""
        known = super().known(desk, state)
        known.pop(Meaning.GO_ON, None)  # whoever signed after the first questions now comes back for the rest
        if self.near_miss:
            known[Meaning.NEAR_MISS] = Answer.YES.value
        if self.happened:
            known[Meaning.WHEN] = self.happened
        return known

    def old(self, desk: Desk, state: PlanState) -> Event[IncidentBody] | None:
        """As `FormKind.old`."""
        none = NotFoundError(
            f"you have recorded no incident on {state.ref}",
            hint="only what you wrote or said is corrected; to record another, leave out --correct",
        )
        return self.newest_of_mine(desk, state.after.incidents, none)

    def body(self, desk: Desk, state: PlanState, answered: Answered, zone: ZoneInfo) -> IncidentBody:
        """As `FormKind.body`."""
        old = self.old(desk, state)
        near_miss, when = answered.word(Meaning.NEAR_MISS), answered.word(Meaning.WHEN)
        nothing_came = near_miss == Answer.YES or (not near_miss and self.near_miss)
        happened = (when if is_time(when) else "") or self.happened or (old.happened if old else "")
        hurt = answered.word(Meaning.HURT)
        if hurt not in set(Answer):
            hurt = Answer.NO.value if nothing_came else NOT_ASKED
        law = pointers(
            Answer.NOT_SURE if hurt == NOT_ASKED else hurt,
            answered.word(Meaning.SERIOUS),
            answered.word(Meaning.OFF_WORK),
            _day_of(happened, desk.now, zone),
            _day_of("", desk.now, zone),
        )
        return IncidentBody(
            of=state.version.id,
            form=answered.form,
            answers=answered.answers,
            shown=answered.shown,
            findings=(*answered.findings, *law),
            heard=self.heard(desk, old),
            happened=happened,
            sharing=(*answered.sharing, *_alert(answered, desk.now, near_miss=nothing_came)),
            replaces=old.id if old else "",
            near_miss=nothing_came,
            behaviours=answered.several(Meaning.BEHAVIOURS),
            hurt=hurt,
        )


def _day_of(happened: str, now: datetime, zone: tzinfo) -> date:
    at = from_text(happened) if happened else now
    try:
        return at.astimezone(zone).date()
    except OverflowError:  # at either end of what a clock can show
        return at.date()


def _alert(answered: Answered, now: datetime, *, near_miss: bool) -> Iterator[Duty]:
    """The duty to alert others at once, if they may meet the same (4.6)."""
    if answered.word(Meaning.OTHERS_AT_RISK) in MAYBE:
        yield Duty(
            trigger=ALERT,
            label="Alert the others at once",
            ground=f"There was {'a near miss' if near_miss else 'an incident'}, and others who visit may "
            "meet the same.",
            recipients=answered.several(Meaning.OTHERS_WHO),
            by=to_text(now + ALERT_WITHIN),
            decision=SHARE,
            source='salford-2011 4.6; procedures-2023 "Any professional or agency faced with incidents"; '
            'visitsafe-default "Alerting within a day"',
        )


def pointers(
    hurt: str, serious: str, off_work: str, day: date, today: date | None = None
) -> tuple[Finding, ...]:
    """What to look into, worst first; nothing if nobody was hurt.

    Args:
        hurt: Whether anybody was: `yes`, `no` or `not-sure`.
        serious: Whether anybody died or was injured seriously; likewise, or empty where nobody said.
        off_work: How long it keeps somebody from their work; empty where nobody said.
        day: The day on which it happened, where it happened.
        today: The day on which they are shown: a day before it is said to have passed.
    """
    if hurt not in MAYBE:
        return ()
    because = "Anybody hurt: yes" if hurt == Answer.YES else "Anybody hurt: not sure"
    return tuple(_pointers(serious, off_work, day, today or day, because))


def _pointers(serious: str, off_work: str, day: date, today: date, because: str) -> Iterator[Finding]:
    kept = "the injury keeps somebody from their normal work for more than"
    if serious != Answer.NO:
        yield _finding(
            "riddor-at-once",
            "If somebody died or is seriously injured, the law (RIDDOR) may want it reported at once, and in "
            f"full by {_by(day, AT_ONCE, today)}. {CHECK} today.",
            because,
            "Regulation 4(1)",
        )
    if off_work not in {NOT_AT_ALL, OVER_SEVEN}:
        yield _finding(
            "riddor-over-three-days",
            f"If {kept} three days, which shows on {_by(day, SHOWS_THREE, today)}, the law (RIDDOR) may "
            f"want a record of it. {CHECK}.",
            because,
            "Regulation 12",
        )
    if off_work not in {NOT_AT_ALL, UP_TO_THREE}:
        yield _finding(
            "riddor-over-seven-days",
            f"If {kept} seven days, which shows on {_by(day, SHOWS_SEVEN, today)}, the law (RIDDOR) may "
            f"want it reported by {_by(day, LATER, today)}. {CHECK}.",
            because,
            "Regulation 4(2)",
        )


def _finding(rule: str, text: str, because: str, paragraph: str) -> Finding:
    source = f'riddor-2013 "{paragraph}"; visitsafe-default "What an incident asks"'
    return Finding(rule=rule, level=Level.NOTE, text=text, source=source, because=(because,))


def _by(day: date, later: int, today: date) -> str:
    try:
        then = day + timedelta(days=later)
    except OverflowError:
        return "the last day that there is"
    passed = " (that day has passed)" if then < today else ""
    return f"{DAYS[then.weekday()]} {then.day} {MONTHS[then.month - 1]} {then.year}{passed}"
