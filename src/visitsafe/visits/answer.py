"""Taking an alarm on and standing it down: by somebody other than the worker, who says who they are (D11).

Sent is not owned: a step is taken on by a named person, and the alarm ends only when a manager or duty
officer stands it down and says why; under duress, a manager. A drill is acted on only while nothing real is
open. The watcher sends the messages; nothing is sent from here.
"""

from collections.abc import Iterable
from datetime import tzinfo

import msgspec

from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, NotPermittedError
from visitsafe.record.bodies import AcknowledgedBody, Heard, Rung, StoodDownBody
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Because, Outcome, Stage
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import is_alarming, to_raise
from visitsafe.team.people import Member
from visitsafe.team.roster import is_self
from visitsafe.text.clock import from_text, to_text
from visitsafe.visits.report import person_called, several

OWN = "somebody else has to hear that all is well: ring the duty desk or your manager"


class TakenOn(msgspec.Struct, frozen=True):
    """An acknowledgement that is on the record.

    Attributes:
        after: The visit, as whoever signed may see it.
        rung: The step that was taken on.
        owner: Who took it on.
        drill: The drill's id, if it is only a drill.
    """

    after: PlanState
    rung: Rung
    owner: Member
    drill: str = ""


class Ended(msgspec.Struct, frozen=True):
    """A stand-down that is on the record.

    Attributes:
        after: The visit.
        told: The channels that were told of the alarm, and so get the all-clear.
        drill: The drill's id, if it is only a drill.
    """

    after: PlanState
    told: tuple[str, ...]
    drill: str = ""


def find_alarm(desk: Desk, zone: tzinfo, ref: str = "") -> PlanState:
    """The visit whose alarm is meant; without a reference the only one with an alarm.

    Args:
        desk: Who asks.
        zone: Whose local time is told where there are several.
        ref: The reference, if one was given.

    Raises:
        NotFoundError: No plan answers to the reference, or nobody has an alarm.
        NotPermittedError: The team does not know who asks.
        ProblemsError: Several visits have one; each is named.
    """
    desk.member()
    if ref:
        return desk.plan(desk.resolve(ref))
    now = to_text(desk.now)
    rows = [row for row in desk.store.plans(open_only=True) if row.start <= now or row.stage != Stage.PLANNED]
    fits = _alarming(desk, [row.plan for row in rows])
    if not fits:
        from visitsafe.find import maybe_open  # only where the rows do not help

        fits = _alarming(desk, maybe_open(desk.store, desk.now))
    if len(fits) > 1:
        raise several(desk, fits, zone)
    if not fits:
        raise NotFoundError("no visit has an alarm now", hint="see who is out: visitsafe board")
    return fits[0]


def _alarming(desk: Desk, plans: Iterable[str]) -> list[PlanState]:
    """Those with an alarm, or with a drill if there is no alarm."""
    states = [state for state in map(desk.plan_if_sound, plans) if state is not None]
    real = [state for state in states if _is_real(desk, seen_by_me(desk, state))]
    return real or [state for state in states if _drill(state)]


def seen_by_me(desk: Desk, state: PlanState) -> PlanState:
    """A visit as whoever is asking may see it."""
    return hides_duress(state, desk.member(), desk.now)


def _is_real(desk: Desk, seen: PlanState) -> bool:
    return bool(seen.visit.alarm.raised or seen.visit.duress) or is_alarming(seen, desk.now)


def _drill(state: PlanState) -> str:
    """The id of the newest drill that is still going on; empty if there is none."""
    going = [drill for drill, alarm in state.visit.drills.items() if alarm.over is None]
    return going[-1] if going else ""


def which_drill(desk: Desk, state: PlanState, hint: str = "") -> str:
    """The drill that is meant; empty if it is the real thing.

    Raises:
        NotPermittedError: Nothing is open, real or drill.
    """
    if _is_real(desk, seen_by_me(desk, state)):
        return ""
    drill = _drill(state)
    if not drill:
        raise NotPermittedError(f"{state.ref} has no alarm now", hint=hint or "see: visitsafe board")
    return drill


def take_on(
    desk: Desk, state: PlanState, *, step: str = "", who: str = "", known_by: str = "", note: str = ""
) -> TakenOn:
    """Sign that somebody has taken an alarm on.

    Args:
        desk: Who signs.
        state: The visit.
        step: The step's place in the ladder, from 1, or its id; the highest that is due if empty.
        who: Who took it on, if not the signer.
        known_by: How the signer knew that it was they.
        note: Anything to add.

    Raises:
        NotFoundError: The ladder has no such step, or nobody in the team is called so.
        NotPermittedError: There is no alarm, the step has not come up, or it is about a visit that they make.
    """
    me = desk.member()
    drill = which_drill(desk, state)
    owner = person_called(desk, who) if who else me
    if who and owner.until:
        raise NotPermittedError(f"{owner.person.name} is not in the team any more", hint="who took it on?")
    if is_self(owner, me, desk.roster.everyone):
        owner, heard = me, None
    else:
        heard = Heard(person=owner.fingerprint, known_by=known_by)
    rung = _rung(desk, state, drill, step)
    body = AcknowledgedBody(step=rung.id, heard=heard, note=note, drill=drill)
    after = desk.record(state, Kind.ACKNOWLEDGED, body, OWN)
    return TakenOn(seen_by_me(desk, after), rung, owner, drill)


def _rung(desk: Desk, state: PlanState, drill: str, step: str) -> Rung:
    """The step of the ladder that is meant."""
    seen = seen_by_me(desk, state)
    steps = seen.visit.ladder.steps
    alarm = seen.visit.drills[drill] if drill else seen.visit.alarm
    raised = [one.body.step for one in alarm.raised]
    if not drill:  # what is due counts before a watcher has raised it: somebody saw it on the board and acts
        raised += [one.rung.id for one in to_raise(seen, desk.now)]
    if step:
        by_place = {str(place): rung.id for place, rung in enumerate(steps, start=1)}
        step = by_place.get(step, step)
        if step not in {*by_place.values(), *raised}:
            raise NotFoundError(
                f"the ladder of {state.ref} has no step {step[:40]!r}",
                hint=f"its steps are called 1 to {len(steps)}, like: --as-step {len(steps)}",
            )
        if not drill and step not in raised:
            raise NotPermittedError(
                f"{seen.visit.called(step)} has not come up on {state.ref}, so nobody can take it on yet",
                hint=f"take on what is open now: visitsafe acknowledge {state.ref}",
            )
        return seen.visit.rung(step)
    top = seen.visit.ladder.start or steps[-1].id
    return seen.visit.rung(max(raised, key=seen.visit.level, default=top))


def stand_down(desk: Desk, state: PlanState, because: Because, *, note: str = "", until: str = "") -> Ended:
    """Sign that an alarm is over.

    Args:
        desk: Who signs: a manager or duty officer.
        state: The visit.
        because: Why.
        note: What was found out, and how.
        until: If the visit goes on, when the worker is due back now: UTC text. Else the watch over it ends.

    Raises:
        NotPermittedError: There is no alarm, or it is not theirs to stand down.
    """
    drill = which_drill(desk, state, f"if they are back: visitsafe back {state.ref} --for WHO --known-by HOW")
    if drill and (because is not Because.TEST or until):
        raise NotPermittedError(
            "only a drill is open, and that is stood down as a test",
            hint=f"visitsafe stand-down {state.ref} --because test",
        )
    if not drill and not until:
        _check_needed(desk, state)
    if until and from_text(until) <= desk.now:
        raise NotPermittedError("the new time due back has passed", hint="say a time that is still to come")
    body = StoodDownBody(because=because, note=note, until=until, drill=drill)
    alarm = state.visit.drills[drill] if drill else state.visit.alarm
    after = desk.record(state, Kind.STOOD_DOWN, body, _who_may(desk, state))
    told = dict.fromkeys(one.body.channel for one in alarm.sent if one.body.outcome is Outcome.SENT)
    return Ended(seen_by_me(desk, after), tuple(told), drill)


def _check_needed(desk: Desk, state: PlanState) -> None:
    """A stand-down ends the watch: nobody is to go unwatched for a step that only tells."""
    seen = seen_by_me(desk, state)
    if seen.visit.duress or is_alarming(seen, desk.now):
        return
    name = state.author.person.name
    raise NotPermittedError(
        f"nothing has to be stood down for {state.ref}: it is watched until {name} is back",
        hint=f"pass on what you hear: visitsafe arrive {state.ref} --for NAME, or visitsafe back "
        f"{state.ref} --for NAME",
    )


def _who_may(desk: Desk, state: PlanState) -> str:
    """What to do if a stand-down is refused."""
    if is_self(desk.member(), state.author, desk.roster.everyone):
        return OWN
    return "ask a manager to stand it down; take it on with: visitsafe acknowledge " + state.ref
