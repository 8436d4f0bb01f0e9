"""Recording an incident or a near miss: what the filled-in form becomes, and signing it (4.6, 7.5, 8.1).

Anybody in the team may, at any time: while the visit is under way, after it was closed, on a plan that was
refused or withdrawn. Code knows a few questions of the form by their ids and gets on without any of them, for
an agency may have its own form. The days of RIDDOR are pointed out and nothing is decided about them.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo

import msgspec

from visitsafe.checklists.assessment import Value
from visitsafe.checklists.form_flow import Answered
from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, NotPermittedError
from visitsafe.record.bodies import NOT_ASKED, DebriefedBody, Duty, Finding, Heard, IncidentBody
from visitsafe.record.entry import VERSION, Content
from visitsafe.record.terms import Answer, Kind, Level
from visitsafe.state.duties import ALERT, incidents_waiting
from visitsafe.state.fold import PlanState
from visitsafe.state.rules_after import SHARE, is_quoted, why_not_after
from visitsafe.state.rules_visit import is_time
from visitsafe.state.visit import Event
from visitsafe.team.roster import is_self
from visitsafe.text.clock import DAYS, MONTHS, from_text, to_text
from visitsafe.visits.report import person_called

NOT_AT_ALL, UP_TO_THREE, OVER_SEVEN = "not-at-all", "up-to-three", "over-seven"
"""How long somebody is kept from their work, by the choices of the form; whatever else is not known yet."""
MAYBE = frozenset({Answer.YES, Answer.NOT_SURE})
SHOWS_THREE, SHOWS_SEVEN = 4, 8
"""The day on which it shows that it is more than three, or more than seven days."""
AT_ONCE, LATER = 10, 15
"""Days to report in full a death or serious injury; days to report an injury of more than seven days."""
CHECK = "Check with your health and safety lead"


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


__all__ = [
    "INCIDENT",
    "Recording",
    "check_may_record",
    "incidents_waiting",
    "known_answers",
    "record_incident",
]

INCIDENT = "incident"
"""The id of the form."""
NEAR_MISS, BEHAVIOURS, HURT, WHEN = "near-miss", "behaviours", "hurt", "when-it-happened"
SERIOUS, OFF_WORK, OTHERS, OTHERS_WHO = "injury-serious", "off-work", "others-at-risk", "others-who"
GO_ON = "go-on"
"""The questions of the form that code knows."""
ALERT_WITHIN = timedelta(days=1)


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """How an incident is to be recorded, besides what the form asks.

    Attributes:
        who: Whose word it is, by name, e-mail or fingerprint; empty for the signer's own.
        known_by: How the signer knew that it was that person.
        near_miss: Nothing came of it, unless the form says otherwise.
        happened: When, UTC text; empty for what the form says, else for now.
        correct: It takes the place of the newest one of the signer's.
    """

    who: str = ""
    known_by: str = ""
    near_miss: bool = False
    happened: str = ""
    correct: bool = False


def check_may_record(desk: Desk, state: PlanState, recording: Recording) -> None:
    """Refuse before anything is asked what could not be signed.

    Raises:
        NotPermittedError: The team does not know who asks, or they pass on their own word.
        NotFoundError: There is no such person, or nothing of theirs to correct.
    """
    desk.member()
    _heard(desk, recording)
    corrected(desk, state, recording)


def known_answers(desk: Desk, state: PlanState, recording: Recording) -> dict[str, Value]:
    """The answers that are known before anything is asked; they can be changed."""
    old = corrected(desk, state, recording)
    known: dict[str, Value] = dict(old.body.answers) if old else {}
    known.pop(GO_ON, None)  # whoever signed after the first questions now comes back for the rest
    if recording.near_miss:
        known[NEAR_MISS] = Answer.YES.value
    if recording.happened:
        known[WHEN] = recording.happened
    return known


def corrected(desk: Desk, state: PlanState, recording: Recording) -> Event[IncidentBody] | None:
    """The incident that is to be corrected: the newest that the signer wrote or said; None if none is to be.

    Raises:
        NotFoundError: They recorded none on this visit.
    """
    if not recording.correct:
        return None
    me, everyone = desk.member(), desk.roster.everyone
    mine = [
        one
        for one in state.after.incidents
        if is_self(me, one.author, everyone) or is_quoted(me, one.body, everyone)
    ]
    if not mine:
        raise NotFoundError(
            f"you have recorded no incident on {state.ref}",
            hint="only what you wrote or said is corrected; to record another, leave out --correct",
        )
    return mine[-1]


def record_incident(
    desk: Desk, state: PlanState, answered: Answered, recording: Recording, zone: tzinfo
) -> tuple[IncidentBody, PlanState]:
    """Sign an incident and append it; when this returns, it is on the disk.

    Args:
        desk: Who records it, at the moment of signing.
        state: The plan, whatever became of it.
        answered: The form.
        recording: The rest.
        zone: Whose days count.

    Returns:
        What was signed, and the plan with it.

    Raises:
        NotPermittedError: It would not count, or the team does not know who asks.
        NotFoundError: There is no such person, or nothing of theirs to correct.
    """
    body = incident_body(desk, state, answered, recording, zone)
    content = Content(
        v=VERSION,
        plan=state.plan,
        kind=Kind.INCIDENT,
        at=to_text(desk.now),
        by=desk.member().fingerprint,
        after=(),
        body={},
    )
    counted = [one for one in state.judged if not one.why_not]
    reason = why_not_after(content, desk.member(), body, counted, desk.roster.everyone)
    if reason:
        raise NotPermittedError(f"that would not count: {reason}", hint=f"see: visitsafe show {state.ref}")
    return body, desk.record(state.plan, Kind.INCIDENT, state.heads, body)


def incident_body(
    desk: Desk, state: PlanState, answered: Answered, recording: Recording, zone: tzinfo
) -> IncidentBody:
    """What is to be signed. Raises as `record_incident`."""
    answers, old = answered.answers, corrected(desk, state, recording)
    near_miss = _one(answers, NEAR_MISS)
    nothing_came = near_miss == Answer.YES or (not near_miss and recording.near_miss)
    when = _one(answers, WHEN)
    happened = (when if is_time(when) else "") or recording.happened or (old.happened if old else "")
    hurt = _one(answers, HURT)
    if hurt not in set(Answer):
        hurt = Answer.NO.value if nothing_came else NOT_ASKED
    return IncidentBody(
        of=state.version.id,
        form=answered.form,
        answers=answers,
        shown=answered.shown,
        findings=(
            *answered.findings,
            *_riddor(
                answers,
                Answer.NOT_SURE if hurt == NOT_ASKED else hurt,
                _day_of(happened, desk.now, zone),
                _day_of("", desk.now, zone),
            ),
        ),
        heard=_heard(desk, recording) or still_heard(desk, old),
        happened=happened,
        sharing=(*answered.sharing, *_alert(answers, desk.now, near_miss=nothing_came)),
        replaces=old.id if old else "",
        near_miss=nothing_came,
        behaviours=_several(answers, BEHAVIOURS),
        hurt=hurt,
    )


def _heard(desk: Desk, recording: Recording) -> Heard | None:
    if not recording.who:
        return None
    person = person_called(desk, recording.who)
    if is_self(desk.member(), person, desk.roster.everyone):
        raise NotPermittedError("that is your own word", hint="leave out --for and --known-by")
    return Heard(person=person.fingerprint, known_by=recording.known_by)


def still_heard(desk: Desk, old: Event[IncidentBody] | Event[DebriefedBody] | None) -> Heard | None:
    """Whose word it is that a correction replaces; None if they correct it themselves."""
    if old is None or is_quoted(desk.member(), old.body, desk.roster.everyone):
        return None
    return old.body.heard


def _one(answers: Mapping[str, Value], name: str) -> str:
    """An answer that is one word; empty if it was passed over, or the form does not ask it."""
    value = answers.get(name, "")
    return value if isinstance(value, str) else ""


def _several(answers: Mapping[str, Value], name: str) -> tuple[str, ...]:
    value = answers.get(name, ())
    return value if isinstance(value, tuple) else ()


def _day_of(happened: str, now: datetime, zone: tzinfo) -> date:
    at = from_text(happened) if happened else now
    try:
        return at.astimezone(zone).date()
    except OverflowError:  # at either end of what a clock can show
        return at.date()


def _alert(answers: Mapping[str, Value], now: datetime, *, near_miss: bool) -> Iterator[Duty]:
    """The duty to alert others at once, if they may meet the same (4.6)."""
    if _one(answers, OTHERS) in MAYBE:
        yield Duty(
            trigger=ALERT,
            label="Alert the others at once",
            ground=f"There was {'a near miss' if near_miss else 'an incident'}, and others who visit may "
            "meet the same.",
            recipients=_several(answers, OTHERS_WHO),
            by=to_text(now + ALERT_WITHIN),
            decision=SHARE,
            source='salford-2011 4.6; procedures-2023 "Any professional or agency faced with incidents"; '
            'visitsafe-default "Alerting within a day"',
        )


def _riddor(answers: Mapping[str, Value], hurt: str, day: date, today: date) -> tuple[Finding, ...]:
    return pointers(hurt, _one(answers, SERIOUS), _one(answers, OFF_WORK), day, today)
