"""`visitsafe share`: what has to be told to other professionals, that it was, and a letter that says it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.forms import PageFormat
from visitsafe.cli.output import deliver, flag_text, result, result_json, say, stands
from visitsafe.errors import InterruptedByUserError, UsageError
from visitsafe.opening import desk_of, invocation, later, zone_of
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


def share(
    context: typer.Context,
    ref: Annotated[str | None, typer.Argument(help="The plan's reference, such as K7Q2-M9.")] = None,
    duty: Annotated[int | None, typer.Option(help="Which duty, by its number.", min=1)] = None,
    told: Annotated[
        list[str] | None,
        typer.Option("--with", help="Who was told, by role and agency; may be repeated."),
    ] = None,
    how: Annotated[str, typer.Option(help="How: by telephone, at a meeting, by letter.")] = "",
    what: Annotated[str, typer.Option(help="What they were told: facts and precautions.")] = "",
    at: Annotated[str, typer.Option(help="When, if not now.")] = "",
    declined: Annotated[bool, typer.Option("--not", help="It was decided not to share it.")] = False,
    reason: Annotated[str, typer.Option(help="With --not: why.")] = "",
    letter: Annotated[bool, typer.Option("--letter", help="Write a letter to the others.")] = False,
    without: Annotated[
        list[int] | None,
        typer.Option("--leave-out", help="With --letter: without this line, by its number; may be repeated."),
    ] = None,
    form: Annotated[PageFormat, typer.Option("--format", help="With --letter: md or html.")] = PageFormat.MD,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="With --letter: to this new file.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Every duty whose day has passed.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="No colour, no cursor tricks.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what was shared with other professionals, or see what still has to be."""
    from visitsafe.followup.sharing import Sharing
    from visitsafe.text.clean import is_name

    if told and not all(is_name(one.strip()) for one in told):
        raise UsageError("--with names nobody", hint="say who was told: --with 'health visitor, NHS'")
    said = Sharing(
        recipients=tuple(flag_text("--with", one) for one in told or ()),
        how=flag_text("--how", how),
        what=flag_text("--what", what),
        reason=flag_text("--reason", reason),
        declined=declined,
    )
    if overdue and ref is not None:
        raise UsageError("--overdue is about every plan", hint="leave out the reference, or --overdue")
    if ref is None and (letter or said != Sharing() or duty is not None):
        raise UsageError("which plan", hint="visitsafe share K7Q2-M9; what is open: visitsafe share")
    with desk_of(context) as desk:
        if ref is None:
            _tell_open(desk, overdue=overdue, json=json)
            return
        state = desk.plan(desk.resolve(ref))
        if letter:
            seen = _seen(desk, state)
            _letter(context, desk, seen, duty, said, without or [], (form, out), plain=plain)
        elif said == Sharing() and duty is None:
            _list_or_ask(context, desk, state, plain=plain, json=json)
        else:
            _record(context, later(context, desk), state, duty, said, at, json=json)


def _seen(desk: "Desk", state: "PlanState") -> "PlanState":
    """What may be shown, counted and numbered; what is signed follows the record as it is."""
    from visitsafe.state.duress_redaction import hides_duress

    return hides_duress(state, desk.me, desk.now)


def _record(
    context: typer.Context,
    desk: "Desk",
    state: "PlanState",
    number: int | None,
    said: "Sharing",
    at: str,
    *,
    json: bool,
) -> None:
    from msgspec.structs import replace

    from visitsafe.cli.doorstep import happened
    from visitsafe.followup.sharing import duty_numbered, the_open_duty
    from visitsafe.followup.sharing import share as sign

    if at:
        said = replace(said, happened=happened(at, invocation(context).now, zone_of(desk.roster)))
    seen = _seen(desk, state)
    duty = duty_numbered(seen, number) if number else the_open_duty(seen)
    done = sign(desk, state, duty, said)
    with stands(f"it is recorded in {done.ref}; see: visitsafe share {done.ref}"):
        _tell(desk, _seen(desk, done), json=json)


def _list_or_ask(
    context: typer.Context, desk: "Desk", state: "PlanState", *, plain: bool, json: bool
) -> None:
    """At a terminal: show the duties and ask about one; elsewhere show them."""
    import sys

    from visitsafe.state.duties import duties_of

    seen = _seen(desk, state)
    waiting = [one for one in duties_of(seen) if one.open]
    if json or not waiting or not (sys.stdin.isatty() and sys.stdout.isatty()):
        _tell(desk, seen, json=json)
        return
    asked = _talk(context, desk, seen, waiting, plain=plain)
    if asked is not None:
        duty, said, own = asked
        _record(context, later(context, own), state, duty.number, said, "", json=json)


def _tell(desk: "Desk", state: "PlanState", *, json: bool) -> None:
    from visitsafe.state.duties import duties_of
    from visitsafe.state.sharing_words import duty_lines, sharing_shape

    found = duties_of(state)
    if json:
        result_json(sharing_shape(state, desk.now))
        return
    if not found:
        others = len(state.after.shared)
        done = f"; {others} things were shared without one" if others else ""
        result(f"{state.ref}: nothing in it has to be shared{done}")
        return
    lines = [line for one in found for line in duty_lines(one, desk.now, zone_of(desk.roster))]
    result(
        "\n".join([f"{state.ref}: what has to be shared with other professionals", *map(kept_line, lines)])
    )
    if any(one.open for one in found):
        say(f"when it is done: visitsafe share {state.ref} --duty N --with ROLE --how ... --what ...")
        say(f"a letter for it: visitsafe share {state.ref} --letter")


def _tell_open(desk: "Desk", *, overdue: bool, json: bool) -> None:
    """What is open for whoever asks, for a manager of the whole team; or all that is overdue."""
    from visitsafe.followup.owed import owed_plans, still_open
    from visitsafe.record.terms import Role
    from visitsafe.state.sharing_words import duty_shape, open_line
    from visitsafe.text.clock import to_text

    everybody = overdue or Role.MANAGER in desk.member().roles
    found = still_open(owed_plans(desk, mine=not everybody).states)
    if overdue:
        found = [pair for pair in found if pair[1].by < to_text(desk.now)]
    if json:
        result_json([{"ref": state.ref, **duty_shape(one, desk.now)} for state, one in found])
    elif found:
        zone = zone_of(desk.roster)
        result("\n".join(kept_line(open_line(state, one, desk.now, zone)) for state, one in found))
    elif overdue:
        result("Nothing is overdue: what had to be shared was, or its day has not come.")
    else:
        result("Nothing is open: what had to be shared was.")


def _letter(
    context: typer.Context,
    desk: "Desk",
    state: "PlanState",
    number: int | None,
    said: "Sharing",
    without: list[int],
    paper: tuple[PageFormat, Path | None],
    *,
    plain: bool,
) -> None:
    """Write a letter; whoever writes it sees each line that it can say, and may leave it out."""
    import sys

    from visitsafe.followup.sharing import Letter, duty_numbered, letter, letter_lines, letter_title
    from visitsafe.state.duties import duties_of

    me, zone = desk.member(), zone_of(desk.roster)
    words = Letter(
        team=desk.roster.name,
        writer=me.person.name,
        reach=me.person.email,
        phone=desk.roster.settings.desk_phone or "",
        to=said.recipients,
        said=(said.what,) if said.what.strip() else (),
    )
    duties = [duty_numbered(state, number)] if number else duties_of(state)
    lines = [text for _, text in letter_lines(state, duties, words, desk.now, zone)]
    if wrong := [number for number in without if not 1 <= number <= len(lines)]:
        raise UsageError(
            f"the letter has no line {wrong[0]} to leave out", hint=f"its lines are 1 to {len(lines)}"
        )
    if not without and lines and sys.stdin.isatty() and sys.stdout.isatty():
        without = _left_out(context, lines, plain=plain)
    elif lines:
        say("what it can say; leave a line out with: --leave-out NUMBER")
        for place, text in enumerate(lines, start=1):
            say(kept_line(f"{place}{'  left out' if place in without else ''}  {text}"))
    page = letter(state, duties, words, desk.now, zone, without)
    form, out = paper
    if form is PageFormat.HTML:
        from visitsafe.text.html import html_page

        page = html_page(page, letter_title(state))
    deliver(out, page)
    waiting = [one.number for one in duties if one.open]
    which = f" --duty {waiting[0]}" if waiting else ""
    say(
        f"read it before it goes, and write in by hand which family it is; when it has gone: "
        f"visitsafe share {state.ref}{which} --with ROLE --how letter --what ..."
    )


def _talk(
    context: typer.Context, desk: "Desk", state: "PlanState", waiting: "Sequence[DutyState]", *, plain: bool
) -> "tuple[DutyState, Sharing, Desk] | None":
    """Ask what became of one of the duties that are open; None if nothing has yet.

    The desk comes back with its key open, so that nothing typed is lost.

    Raises:
        InterruptedByUserError: Nothing was recorded.
    """
    from visitsafe.cli.prompts import talk_at
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
        told = _ask_who_was_told(asker, duty)
        if told is not None:
            return told


def _ask_who_was_told(asker: "Talk", duty: "DutyState") -> "Sharing | None":
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


def _left_out(context: typer.Context, lines: "Sequence[str]", *, plain: bool) -> list[int]:
    """Which lines of a letter are left out, by their number from 1: each is shown before it is written.

    Raises:
        InterruptedByUserError: It is not written after all.
    """
    from visitsafe.cli.prompts import talk_at

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
