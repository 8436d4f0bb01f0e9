"""`visitsafe watch --drill`: play an alarm, to see what one looks like and which channels work."""

import os
from collections.abc import Callable

from visitsafe.cli.output import result, say
from visitsafe.cli.watch_means import Outfit, outfit
from visitsafe.cli.watch_ready import ADD_CHANNEL
from visitsafe.desk import Desk
from visitsafe.errors import NotPermittedError
from visitsafe.opening import Context, desk_of
from visitsafe.record.terms import ROLE_WORDS
from visitsafe.text.clean import one_line
from visitsafe.watch.drill import Tried, play, play_made_up
from visitsafe.watch.outbox import dead, living
from visitsafe.watch.watcher import Watching

FAILED = 1


def drill(context: Context, ref: str | None) -> int:
    """Play a drill and say which channels worked.

    Args:
        context: The invocation.
        ref: Of which visit; a made-up one without.

    Returns:
        The exit code: 1 if a message could not be sent, or a channel could not even be tried.

    Raises:
        NotPermittedError: There is nobody to tell, or this visit is no place for a drill now.
    """
    with desk_of(context) as desk:
        fitted = outfit(context, desk, 0)
        contacts, members = fitted.means.contacts, fitted.roster.members
        faults = [*fitted.reach.faults, *dead(contacts, members)]
        for fault in faults:
            say(f"NOT TRIED: {fault}")
        if not living(contacts, members).channels:
            raise NotPermittedError("there are no channels to try", hint=ADD_CHANNEL)
        heard: list[Tried] = []
        said = _made_up(fitted, heard) if ref is None else _of_visit(desk, fitted, ref, heard)
    worked = [tried for tried in heard if not tried.why]
    said.insert(0, f"DRILL: {len(worked)} of {len(heard)} messages were handed over.")
    result("\n".join(one_line(line) for line in said))
    return 0 if len(worked) == len(heard) and not faults else FAILED


def _of_visit(desk: Desk, fitted: Outfit, ref: str, heard: list[Tried]) -> list[str]:
    hands = Watching(fitted.means, fitted.roster, _unheard, _unheard, drilling=True).hands
    state = play(hands, desk.store, desk.resolve(ref), os.urandom(4).hex(), _into(heard))
    return [
        f"The whole ladder of {state.ref} was played; its record shows it as a drill.",
        f"Now try to take it on: visitsafe acknowledge {state.ref}",
        f"and end it: visitsafe stand-down {state.ref} --because test (the all-clear goes out then)",
    ]


def _made_up(fitted: Outfit, heard: list[Tried]) -> list[str]:
    hands = Watching(fitted.means, fitted.roster, _unheard, _unheard, drilling=True).hands
    play_made_up(hands, _into(heard))
    return [
        "It was about a made-up visit: nothing is on the record, and nothing has to be ended.",
        "In a real alarm, take it on with: visitsafe acknowledge REF",
        "and end it with: visitsafe stand-down REF --because safe",
        "To try these two as well: visitsafe watch REF --drill",
    ]


def _into(heard: list[Tried]) -> Callable[[Tried], None]:
    """Says what became of each message as it happens: a channel that hangs takes a while."""

    def hear(tried: Tried) -> None:
        heard.append(tried)
        channel = tried.channel
        who = ROLE_WORDS.get(channel.who, channel.who)
        say(f"{channel.label} ({who}): {f'NOT SENT, {tried.why}' if tried.why else 'handed over'}")

    return hear


def _unheard(*_: object) -> None:
    """Nothing else is told: the drill says what matters itself."""
