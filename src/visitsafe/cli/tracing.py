"""`visitsafe trace`: opening somebody's tracing details, and sealing them again to those who are there now.

The opening is recorded before anything is shown; what is shown goes to this terminal and nowhere else.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import result, say, stands
from visitsafe.errors import NotPermittedError, UsageError, VisitsafeError
from visitsafe.opening import desk_of, invocation, zone_of
from visitsafe.text.clean import one_line

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.state.fold import PlanState

GIVE = "to give yours: visitsafe details"
GIVE_ONCE = "It takes two minutes, once: visitsafe details"


def trace(
    context: typer.Context,
    ref: Annotated[str | None, typer.Argument(help="The plan's reference, such as K7Q2-M9.")] = None,
    reason: Annotated[str, typer.Option(help="Why you open them; it is recorded with your name.")] = "",
    reseal: Annotated[
        bool, typer.Option("--reseal", help="Seal them again, to the managers and duty officers of now.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="With --reseal: every open plan that somebody cannot open.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="No colour, no cursor tricks.")] = False,
    json: Annotated[bool, typer.Option("--json", hidden=True)] = False,
) -> None:
    """Open the tracing details of somebody who has not come back."""
    from visitsafe.membership.details import unlocked_once
    from visitsafe.text.clean import clean

    if json:
        raise UsageError("tracing details are shown at a terminal and never as JSON", hint="leave out --json")
    if (every and not reseal) or every == bool(ref):
        raise UsageError("which plan", hint="visitsafe trace K7Q2-M9 --reason '...', or --reseal --all")
    reason = clean(reason, lines=True)
    if not reason:
        raise UsageError("opening tracing details needs a reason", hint="add: --reason 'not back, no answer'")
    with desk_of(context) as opened:
        desk = unlocked_once(opened)
        if every:
            _reseal_all(context, desk, reason)
        elif reseal:
            _reseal(context, desk, desk.plan(desk.resolve(ref or "")), reason)
        else:
            _trace(context, desk, desk.plan(desk.resolve(ref or "")), reason, plain=plain)


def _trace(context: typer.Context, desk: "Desk", state: "PlanState", reason: str, *, plain: bool) -> None:
    from visitsafe.cli.details import unlock
    from visitsafe.cli.details_screen import show_details
    from visitsafe.cli.lines import make_console
    from visitsafe.membership.details import open_details

    opened = open_details(desk, state, reason, unlock(context))
    say(f"recorded in {state.ref}: opened by {desk.member().person.name}")
    console = make_console(plain=plain, environ=invocation(context).environ)
    show_details(console, state, opened.sealed, opened.details, opened.by, desk.now, zone_of(desk.roster))


def _reseal(context: typer.Context, desk: "Desk", state: "PlanState", reason: str) -> None:
    from visitsafe.cli.details import unlock
    from visitsafe.membership.details import reseal
    from visitsafe.state.sealed import names

    done = reseal(desk, state, reason, unlock(context))
    with stands(f"the tracing details of {state.ref} are sealed again"):
        result(one_line(f"{state.ref}: sealed again to {names(done.sealed.openers if done.sealed else [])}"))


def _reseal_all(context: typer.Context, desk: "Desk", reason: str) -> None:
    """Each plan that can be; those that cannot are named, and then the exit code is 1."""
    from visitsafe.membership.details import to_reseal

    left = []
    states = to_reseal(desk)
    for state in states:
        try:
            _reseal(context, desk, state, reason)
        except VisitsafeError as error:
            left.append(state.ref)
            say(f"{state.ref}: {error.message}")
            say(f"hint: {error.hint}")
    if not states:
        result("every manager and duty officer can open the tracing details in every open plan")
    if left:
        raise NotPermittedError(
            f"{len(left)} of {len(states)} plans could not be sealed again: {', '.join(left)}",
            hint="somebody who can open them runs the same command",
        )
