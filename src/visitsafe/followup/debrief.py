"""Talking a visit over: who may, when, and what the filled-in form becomes (3.5-3.9, 6.5-6.8).

The word of those who made the visit; somebody else takes it down for them and says so. How it left somebody
stays in this entry: nothing carries it to a plan. What is asked, and what is talked over, depends only on
what whoever asks may see.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from visitsafe.checklists.form_flow import Answered
from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, NotPermittedError
from visitsafe.followup.forms import MAYBE, FormKind
from visitsafe.followup.owed import my_debriefs
from visitsafe.record.bodies import DebriefedBody, Duty
from visitsafe.record.kinds import Kind
from visitsafe.record.meanings import Meaning
from visitsafe.record.terms import Answer
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.entry_words import incident_title
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import is_watched
from visitsafe.state.rules import SHARE, makes_the_visit
from visitsafe.state.visit import Event
from visitsafe.team.people import Member
from visitsafe.team.roster import is_self
from visitsafe.text.clock import moment, to_text
from visitsafe.visits.report import seen_by_worker, several

DEBRIEF = "debrief"
"""The id of the form."""
NEW = "debrief-new"
"""The trigger of the duty to tell others what the visit showed."""
SHARE_WITHIN = timedelta(days=2)
NOT_NAMED = "somebody who is not named"


@dataclass(frozen=True, kw_only=True)
class Debrief(FormKind[DebriefedBody]):
    """A visit as it is talked over."""

    kind = Kind.DEBRIEFED
    form = DEBRIEF

    def check(self, desk: Desk, state: PlanState) -> None:
        """As `FormKind.check`: those who made the visit, once it is over, and once."""
        self._check_went(desk, state)
        _check_over(desk, state)
        self.old(desk, state)
        done = not self.who and not self.correct and not _seen(desk, state).after.not_talked_over
        if done and _of_mine(desk, state):
            raise NotPermittedError(
                f"you have talked {state.ref} over already",
                hint=f"to add to it or change it: visitsafe debrief {state.ref} --correct",
            )

    def _check_went(self, desk: Desk, state: PlanState) -> None:
        """Refuse somebody who was not on the visit; others only pass on the word of somebody who was."""
        person = self.told_by(desk)
        if person is None:
            corrects = self.correct and _of_mine(desk, state)
            if not corrects and not _went(desk, state, desk.member()):
                name = state.author.person.name
                raise NotPermittedError(
                    f"{state.ref} is the visit of {name}, and those who made it say how it was",
                    hint=f"if they told you: --for '{name}' --known-by 'how you know that it was them'",
                )
        elif not _went(desk, state, person):
            raise NotPermittedError(
                f"{person.person.name} is not on the visit {state.ref}",
                hint=f"ask for the reference again; see: visitsafe show {state.ref}",
            )

    def said(self, desk: Desk, state: PlanState, zone: ZoneInfo) -> dict[str, tuple[str, ...]]:
        """As `FormKind.said`: beside the question whether something happened."""
        found = [
            f"{incident_title(one.body)}, {moment(one.happened, zone)}, recorded by {one.author.person.name}."
            for one in _seen(desk, state).after.incidents
        ]
        none = "No incident or near miss is on record for this visit."
        return {Meaning.AFTER_INCIDENT: tuple(found) or (none,)}

    def old(self, desk: Desk, state: PlanState) -> Event[DebriefedBody] | None:
        """As `FormKind.old`."""
        none = NotFoundError(
            f"you have not talked {state.ref} over yet",
            hint=f"leave out --correct: visitsafe debrief {state.ref}",
        )
        return self.newest_of_mine(desk, state.after.debriefs, none)

    def body(self, desk: Desk, state: PlanState, answered: Answered, _zone: ZoneInfo) -> DebriefedBody:
        """As `FormKind.body`."""
        old, nobody = self.old(desk, state), answered.word(Meaning.ANY_NOT_SEEN) != Answer.YES
        return DebriefedBody(
            of=state.version.id,
            form=answered.form,
            answers=answered.answers,
            shown=answered.shown,
            findings=answered.findings,
            heard=self.heard(desk, old),
            sharing=(*answered.sharing, *_new(answered, desk.now)),
            replaces=old.id if old else "",
            next_time=answered.text(Meaning.NEXT_TIME),
            not_seen=answered.text(Meaning.NOT_SEEN) or ("" if nobody else NOT_NAMED),
            effects=answered.several(Meaning.EFFECTS),
            about=tuple(one.id for one in _seen(desk, state).after.incidents),
        )


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


def never_set_out(state: PlanState) -> bool:
    """Whether nobody ever reported setting out: what is said is recorded all the same, and that shows."""
    return not state.visit.out


def is_unrecorded(desk: Desk, state: PlanState, body: DebriefedBody) -> bool:
    """Whether something happened, as was said, and nothing of it is on record."""
    happened = body.answers.get(Meaning.AFTER_INCIDENT) == Answer.YES
    return happened and not _seen(desk, state).after.incidents


def _went(desk: Desk, state: PlanState, person: Member) -> bool:
    counted = (one for one in state.judged if not one.why_not)
    return makes_the_visit(person, counted, desk.roster.everyone)


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


def _new(answered: Answered, now: datetime) -> Iterator[Duty]:
    """The duty to tell others what is new, if there is anything (4.10)."""
    said = answered.word(Meaning.NEW_FOR_OTHERS)
    if said not in MAYBE:
        return
    sure = said == Answer.YES
    yield Duty(
        trigger=NEW,
        label="Tell the others what is new" if sure else "Tell the others what may be new (not sure)",
        ground="The visit showed something that others who work with the family need to know."
        if sure
        else "The visit may have shown something that others who work with the family need to know.",
        recipients=answered.several(Meaning.OTHERS_WHO),
        by=to_text(now + SHARE_WITHIN),
        decision=SHARE,
        source='salford-2011 4.10; procedures-2023 "Professionals and their first line managers should '
        'consider"; visitsafe-default "Sharing within two days"',
    )
