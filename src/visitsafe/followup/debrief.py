"""Talking a visit over: who may, when, what the filled-in form becomes, and signing it (3.5-3.9, 6.5-6.8).

The word of those who made the visit; somebody else takes it down for them and says so. Code knows a few
questions of the form by their ids and gets on without any of them, for an agency may have its own form. How
it left somebody stays in this entry: nothing carries it to a plan. What is asked, and what is talked over,
depends only on what whoever asks may see.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta, tzinfo

import msgspec

from visitsafe.checklists.assessment import Value
from visitsafe.checklists.form_flow import Answered
from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, NotPermittedError
from visitsafe.followup.incident import still_heard
from visitsafe.followup.owed import my_debriefs
from visitsafe.record.bodies import DebriefedBody, Duty, Heard, PlanBody
from visitsafe.record.entry import VERSION, Content
from visitsafe.record.terms import Answer, Kind
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.entry_words import incident_title
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import is_watched
from visitsafe.state.rules_after import SHARE, is_quoted, why_not_after
from visitsafe.state.visit import Event
from visitsafe.team.people import Member
from visitsafe.team.roster import is_companion, is_self
from visitsafe.text.clock import moment, to_text
from visitsafe.visits.report import person_called, several
from visitsafe.visits.setting_out import seen_by_worker

DEBRIEF = "debrief"
"""The id of the form."""
NEXT_TIME, NOT_SEEN, EFFECTS, RELIEVED, UNSAID = "next-time", "not-seen", "effects", "relieved", "unsaid"
ANY_NOT_SEEN, ANY_UNSAID, AFTER_INCIDENT = "any-not-seen", "any-unsaid", "after-incident"
NEW_FOR_OTHERS, OTHERS_WHO = "new-for-others", "others-who"
"""The questions of the form that code knows."""
MAYBE = frozenset({Answer.YES, Answer.NOT_SURE})
NEW = "debrief-new"
"""The trigger of the duty to tell others what the visit showed."""
SHARE_WITHIN = timedelta(days=2)
NOT_NAMED = "somebody who is not named"


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """How a visit is talked over, besides what the form asks.

    Attributes:
        who: Whose word it is, by name, e-mail or fingerprint; empty for the signer's own.
        known_by: How the signer knew that it was that person.
        correct: It takes the place of the newest one of the signer's.
    """

    who: str = ""
    known_by: str = ""
    correct: bool = False


def find_debrief(desk: Desk, zone: tzinfo, ref: str = "") -> PlanState:
    """The visit that is meant: by its reference, or the only one of mine that waits to be talked over.

    Raises:
        NotFoundError: No plan answers to the reference, or none of mine waits.
        ProblemsError: Several of mine wait; each is named.
        NotPermittedError: The team does not know who asks.
    """
    if ref:
        return desk.plan(desk.resolve(ref))
    waiting = my_debriefs(desk).states
    if len(waiting) > 1:
        raise several(desk, waiting, zone)
    if not waiting:
        raise NotFoundError(
            "no visit of yours waits to be talked over",
            hint="any visit can be: visitsafe debrief K7Q2-M9; see: visitsafe list --all",
        )
    return desk.plan(waiting[0].plan)


def check_may_debrief(desk: Desk, state: PlanState, telling: Telling) -> None:
    """Refuse before anything is asked what could not be signed, or comes too early.

    Raises:
        NotPermittedError: They did not make the visit, or it is not over, or was talked over by them already.
        NotFoundError: There is no such person, or nothing of theirs to correct.
    """
    _check_went(desk, state, telling)
    _check_over(desk, state)
    if telling.correct:
        corrected(desk, state, telling)
    elif not telling.who and not _seen(desk, state).after.not_talked_over and _of_mine(desk, state):
        raise NotPermittedError(
            f"you have talked {state.ref} over already",
            hint=f"to add to it or change it: visitsafe debrief {state.ref} --correct",
        )


def never_set_out(state: PlanState) -> bool:
    """Whether nobody ever reported setting out: what is said is recorded all the same, and that shows."""
    return not state.visit.out


def known_answers(desk: Desk, state: PlanState, telling: Telling) -> dict[str, Value]:
    """The answers that are known before anything is asked; they can be changed."""
    old = corrected(desk, state, telling)
    return dict(old.body.answers) if old else {}


def on_record(desk: Desk, state: PlanState, zone: tzinfo) -> dict[str, tuple[str, ...]]:
    """What the record says beside the question whether something happened, for whoever signs to see."""
    found = [
        f"{incident_title(one.body)}, {moment(one.happened, zone)}, recorded by {one.author.person.name}."
        for one in _seen(desk, state).after.incidents
    ]
    return {AFTER_INCIDENT: tuple(found) or ("No incident or near miss is on record for this visit.",)}


def is_unrecorded(desk: Desk, state: PlanState, body: DebriefedBody) -> bool:
    """Whether something happened, as was said, and nothing of it is on record."""
    return body.answers.get(AFTER_INCIDENT) == Answer.YES and not _seen(desk, state).after.incidents


def corrected(desk: Desk, state: PlanState, telling: Telling) -> Event[DebriefedBody] | None:
    """The debrief that is to be corrected: the newest that the signer wrote or said; None if none is to be.

    Raises:
        NotFoundError: They have not talked this visit over.
    """
    if not telling.correct:
        return None
    me, everyone = desk.member(), desk.roster.everyone
    quoted = [one for one in state.after.debriefs if is_quoted(me, one.body, everyone)]
    mine = [one for one in state.after.debriefs if one in quoted or one in _of_mine(desk, state)]
    if not mine:
        raise NotFoundError(
            f"you have not talked {state.ref} over yet",
            hint=f"leave out --correct: visitsafe debrief {state.ref}",
        )
    return mine[-1]


def record_debrief(
    desk: Desk, state: PlanState, answered: Answered, telling: Telling
) -> tuple[DebriefedBody, PlanState]:
    """Sign a debrief and append it; when this returns, it is on the disk.

    Args:
        desk: Who signs, at the moment of signing.
        state: The plan.
        answered: The form.
        telling: The rest.

    Returns:
        What was signed, and the plan with it.

    Raises:
        NotPermittedError: It would not count, or the team does not know who asks.
        NotFoundError: There is no such person, or nothing of theirs to correct.
    """
    body = debriefed_body(desk, state, answered, telling)
    me, everyone = desk.member(), desk.roster.everyone
    content = Content(
        v=VERSION,
        plan=state.plan,
        kind=Kind.DEBRIEFED,
        at=to_text(desk.now),
        by=me.fingerprint,
        after=(),
        body={},
    )
    counted = [one for one in state.judged if not one.why_not]
    if reason := why_not_after(content, me, body, counted, everyone):
        raise NotPermittedError(f"that would not count: {reason}", hint=f"see: visitsafe show {state.ref}")
    return body, desk.record(state.plan, Kind.DEBRIEFED, state.heads, body)


def debriefed_body(desk: Desk, state: PlanState, answered: Answered, telling: Telling) -> DebriefedBody:
    """What is to be signed. Raises as `record_debrief`."""
    answers, old = answered.answers, corrected(desk, state, telling)
    effects = answers.get(EFFECTS, ())
    return DebriefedBody(
        of=state.version.id,
        form=answered.form,
        answers=answers,
        shown=answered.shown,
        findings=answered.findings,
        heard=_heard(desk, telling) or still_heard(desk, old),
        sharing=(*answered.sharing, *_new(desk, answers)),
        replaces=old.id if old else "",
        next_time=_words(answers, NEXT_TIME),
        not_seen=_words(answers, NOT_SEEN) or (NOT_NAMED if answers.get(ANY_NOT_SEEN) == Answer.YES else ""),
        effects=effects if isinstance(effects, tuple) else (),
        about=tuple(one.id for one in _seen(desk, state).after.incidents),
    )


def _check_went(desk: Desk, state: PlanState, telling: Telling) -> None:
    """Refuse somebody who was not on the visit; others only pass on the word of somebody who was."""
    me, everyone = desk.member(), desk.roster.everyone
    if not telling.who:
        if not _went(desk, state, me) and not (telling.correct and _of_mine(desk, state)):
            name = state.author.person.name
            raise NotPermittedError(
                f"{state.ref} is the visit of {name}, and those who made it say how it was",
                hint=f"if they told you: --for '{name}' --known-by 'how you know that it was them'",
            )
        return
    person = person_called(desk, telling.who)
    if is_self(me, person, everyone):
        raise NotPermittedError("that is your own word", hint="leave out --for and --known-by")
    if not _went(desk, state, person):
        raise NotPermittedError(
            f"{person.person.name} is not on the visit {state.ref}",
            hint=f"ask for the reference again; see: visitsafe show {state.ref}",
        )


def _went(desk: Desk, state: PlanState, person: Member) -> bool:
    everyone = desk.roster.everyone
    versions = [one for one in state.judged if isinstance(one.body, PlanBody) and not one.why_not]
    return any(
        is_self(person, one.author, everyone)
        or (isinstance(one.body, PlanBody) and is_companion(person, one.body, everyone))
        for one in versions
    )


def _check_over(desk: Desk, state: PlanState) -> None:
    """Refuse while somebody is out, and before there is anything to talk over; as the worker may see it."""
    seen, now = seen_by_worker(state), to_text(desk.now)
    visit = seen.visit
    if visit.back or seen.closed:
        return
    goes_on = visit.early is not None and is_watched(seen, desk.now)
    if visit.out or goes_on or (seen.started(now) and now < visit.due_back):
        raise NotPermittedError(
            f"the visit {state.ref} is not over yet",
            hint=f"first say that you are back: visitsafe back {state.ref}; if something has happened: "
            f"visitsafe incident {state.ref}",
        )
    if not seen.started(now) and not _seen(desk, state).after.incidents:
        raise NotPermittedError(
            f"the visit {state.ref} has not begun", hint=f"see: visitsafe show {state.ref}"
        )


def _seen(desk: Desk, state: PlanState) -> PlanState:
    """The plan as whoever asks may see it (D15)."""
    return hides_duress(state, desk.me, desk.now)


def _of_mine(desk: Desk, state: PlanState) -> list[Event[DebriefedBody]]:
    me, everyone = desk.member(), desk.roster.everyone
    return [one for one in state.after.debriefs if is_self(me, one.author, everyone)]


def _heard(desk: Desk, telling: Telling) -> Heard | None:
    if not telling.who:
        return None
    return Heard(person=person_called(desk, telling.who).fingerprint, known_by=telling.known_by)


def _words(answers: Mapping[str, Value], name: str) -> str:
    """An answer in one's own words; empty if it was passed over, or the form does not ask it."""
    value = answers.get(name, "")
    return value if isinstance(value, str) else "; ".join(value)


def _new(desk: Desk, answers: Mapping[str, Value]) -> Iterator[Duty]:
    """The duty to tell others what is new, if there is anything (4.10)."""
    if answers.get(NEW_FOR_OTHERS) not in MAYBE:
        return
    who, sure = answers.get(OTHERS_WHO, ()), answers[NEW_FOR_OTHERS] == Answer.YES
    yield Duty(
        trigger=NEW,
        label="Tell the others what is new" if sure else "Tell the others what may be new (not sure)",
        ground="The visit showed something that others who work with the family need to know."
        if sure
        else "The visit may have shown something that others who work with the family need to know.",
        recipients=who if isinstance(who, tuple) else (),
        by=to_text(desk.now + SHARE_WITHIN),
        decision=SHARE,
        source='salford-2011 4.10; procedures-2023 "Professionals and their first line managers should '
        'consider"; visitsafe-default "Sharing within two days"',
    )
