"""A drill: the whole ladder of a visit at once, or a made-up visit, so that people know an alarm.

Everything that goes out is marked DRILL. A drill about a visit is on its record, apart from all that is
real, and never touches the real alarm; it is refused while that visit needs somebody. The made-up one leaves
nothing in the record and spares the telephones of workers, who may be at a door.
"""

from collections.abc import Callable

import msgspec

from visitsafe.errors import NotPermittedError, VerificationError
from visitsafe.record.bodies import EscalatedBody
from visitsafe.record.kinds import Kind
from visitsafe.record.stored import Store
from visitsafe.record.terms import Outcome, Role
from visitsafe.state import ladder as alarm
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import WORKER
from visitsafe.team.people import as_heard
from visitsafe.text.clock import to_text
from visitsafe.watch.messages import drill_of_nobody
from visitsafe.watch.outbox import Channel, living
from visitsafe.watch.watch_acting import Hands


class Tried(msgspec.Struct, frozen=True):
    """A channel and what became of the message on it; `why` is empty if it was handed over."""

    channel: Channel
    why: str


def play(hands: Hands, store: Store, plan: str, drill: str, heard: Callable[[Tried], None]) -> PlanState:
    """Play a visit's whole ladder at once.

    Args:
        hands: What raises and sends.
        store: Where the visit is.
        plan: Its id.
        drill: The drill's id.
        heard: Hears of each message.

    Returns:
        The visit afterwards.

    Raises:
        VerificationError: The visit cannot be read.
        NotPermittedError: It has a real alarm, a drill is open, or a watcher is acting on it.
    """
    with hands.claimed(store, plan) as mine:
        if not mine:
            raise NotPermittedError(
                "a watcher is acting on this visit now", hint="wait a minute, and try again"
            )
        hands.view.read(store, hands.means.now())  # whoever is under duress anywhere is not rung for a drill
        state = _read(hands, store, plan)
        _check(state, hands)
        for rung in state.visit.ladder.steps:
            due = to_text(hands.means.now())
            body = EscalatedBody(
                of=state.version.id, step=rung.id, due=due, watcher=hands.means.watcher, drill=drill
            )
            hands.put(store, state, Kind.ESCALATED, body)
            state = _read(hands, store, plan)
        return _send(hands, store, state, drill, heard)


def play_made_up(hands: Hands, heard: Callable[[Tried], None]) -> None:
    """Send one message about a made-up visit on every channel but the workers'; nothing is recorded."""
    means, roster = hands.means, hands.view.roster
    workers = {
        as_heard(member.person.email)
        for member in roster.members.values()
        if member.roles.isdisjoint({Role.MANAGER, Role.DUTY})
    }
    text = drill_of_nobody(roster.settings.desk_phone or "")
    for channel in living(means.contacts, roster.members).channels:
        if as_heard(channel.who) not in {WORKER, *workers}:
            heard(Tried(channel, means.send(channel, text)))


def _send(
    hands: Hands, store: Store, state: PlanState, drill: str, heard: Callable[[Tried], None]
) -> PlanState:
    """Each message once; what fails is tried again by a watcher, like all else."""
    tried: set[tuple[str, str]] = set()
    while owed := [
        message
        for message in hands.messages(state)
        if message.drill == drill and (message.about, message.channel.label) not in tried
    ]:
        message = owed[0]
        tried.add((message.about, message.channel.label))
        hands.send(store, state.plan, message)
        state = _read(hands, store, state.plan)
        for one in state.visit.drills[drill].sent:
            if one.body.about == message.about and one.body.channel == message.channel.label:
                heard(Tried(message.channel, one.body.why if one.body.outcome is Outcome.FAILED else ""))
    return state


def _read(hands: Hands, store: Store, plan: str) -> PlanState:
    fresh = hands.view.fold_now(store, plan)
    if fresh is None:
        raise VerificationError(hands.view.reason(plan), hint="run: visitsafe verify")
    return fresh.state


def _check(state: PlanState, hands: Hands) -> None:
    now = hands.means.now()
    if alarm.is_alarming(state, now) or state.visit.alarm.raised or alarm.to_raise(state, now):
        raise NotPermittedError(
            f"{state.ref} has a real alarm, and nobody must take that for a drill",
            hint="see: visitsafe board; for a drill without a visit: visitsafe watch --drill",
        )
    if any(drill.over is None for drill in state.visit.drills.values()):
        raise NotPermittedError(
            f"a drill of {state.ref} is still open",
            hint=f"end it first: visitsafe stand-down {state.ref} --because test",
        )
