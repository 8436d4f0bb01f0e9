"""The talk about a duty to share: which one, whether it was shared, with whom, how and what was said."""

from typing import TYPE_CHECKING

import typer

from visitsafe.cli.output import result
from visitsafe.errors import InterruptedByUserError
from visitsafe.opening import invocation, zone_of
from visitsafe.text.clean import is_name, kept_line, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from visitsafe.cli.prompts.talk import Talk
    from visitsafe.desk import Desk
    from visitsafe.followup.sharing import Sharing
    from visitsafe.state.duties import DutyState
    from visitsafe.state.fold import PlanState

WITHOUT_TERMINAL = "use: visitsafe share REF --duty N --with ROLE --how ... --what ..."
DONE, DECLINED, LATER = "They have been told", "We decided not to tell them", "Not yet"
WAYS = ("By telephone", "At a meeting", "By letter or message", "Another way")
ANOTHER = len(WAYS) - 1
WRITE = "Write the letter"


def talk(
    context: typer.Context, desk: "Desk", state: "PlanState", waiting: "Sequence[DutyState]", *, plain: bool
) -> "tuple[DutyState, Sharing, Desk] | None":
    """Ask what became of one of the duties that are open; None if nothing has yet.

    The desk comes back with its key open, so that nothing typed is lost.

    Raises:
        InterruptedByUserError: Nothing was recorded.
    """
    from visitsafe.cli.prompts.talk import talk_at
    from visitsafe.membership.details import unlocked_once
    from visitsafe.state.sharing_words import duty_lines

    asker = talk_at(invocation(context).environ, plain=plain, otherwise=WITHOUT_TERMINAL)
    lines = [line for one in waiting for line in duty_lines(one, desk.now, zone_of(desk.roster))]
    result("\n".join([f"{state.ref}: still to be shared", *map(kept_line, lines)]))
    duty = waiting[0]
    if len(waiting) > 1:
        labels = [one_line(one.duty.label) for one in waiting]
        picked = asker.pick("Which one?", labels, [one.number for one in waiting])
        if picked is None:
            return None
        duty = waiting[picked]
    ready = unlocked_once(desk)
    said = _became(asker, duty, ready.signer)
    return None if said is None else (duty, said, ready)


def _became(asker: "Talk", duty: "DutyState", unlock: "Callable[[], object]") -> "Sharing | None":
    """Going back begins again, so that nothing half said is signed."""
    from visitsafe.followup.sharing import Sharing

    while True:
        label = one_line(duty.duty.label)
        which = asker.pick(f"{duty.number}  {label}: what became of it?", [DONE, DECLINED, LATER])
        if which is None or (DONE, DECLINED, LATER)[which] == LATER:
            return None
        unlock()
        if (DONE, DECLINED, LATER)[which] == DECLINED:
            reason = asker.type("Why is it not shared? Your reason becomes part of the record")
            if reason is not None:
                return Sharing(declined=True, reason=reason)
            continue
        told = _told(asker, duty)
        if told is not None:
            return told


def _told(asker: "Talk", duty: "DutyState") -> "Sharing | None":
    from visitsafe.followup.sharing import Sharing

    before = "; ".join(duty.duty.recipients)
    recipients: tuple[str, ...] = ()
    while not recipients:
        who = asker.type("Who was told? Role and agency, several with ; between them", before)
        if who is None:
            return None
        recipients = tuple(filter(None, (part.strip() for part in who.split(";"))))
        if not all(map(is_name, recipients)):
            asker.say("Somebody was told: give a role and an agency.")
            recipients = ()
    way = asker.pick("How were they told?", WAYS)
    if way is None:
        return None
    how = asker.type("Which way?") if way == ANOTHER else WAYS[way].casefold()
    what = None if how is None else asker.type("What were they told? Facts and precautions, please")
    if how is None or what is None:
        return None
    return Sharing(recipients=recipients, how=how, what=what)


def left_out(context: typer.Context, lines: "Sequence[str]", *, plain: bool) -> list[int]:
    """Which lines of a letter are left out, by their number from 1: each is shown before it is written.

    Raises:
        InterruptedByUserError: It is not written after all.
    """
    from visitsafe.cli.prompts.talk import talk_at

    otherwise = "use: visitsafe share REF --letter --leave-out N"
    asker = talk_at(invocation(context).environ, plain=plain, otherwise=otherwise)
    without: set[int] = set()
    while True:
        shown = [
            f"{'[left out] ' if number in without else ''}{kept_line(text)}"
            for number, text in enumerate(lines, start=1)
        ]
        title = "What the letter says. Pick a line to leave it out, or to put it back"
        picked = asker.pick(title, [*shown, WRITE])
        if picked == len(lines):
            return sorted(without)
        if picked is None:
            raise InterruptedByUserError("stopped; no letter was written")
        without ^= {picked + 1}
