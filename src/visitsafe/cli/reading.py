"""`visitsafe show` and `visitsafe list`: looking at plans."""

from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.opening import desk_of, invocation, zone_of
from visitsafe.cli.output import result_json, say
from visitsafe.domain.refs import reference, references

if TYPE_CHECKING:
    from visitsafe.domain.fold import PlanState
    from visitsafe.domain.stored import PlanRow
    from visitsafe.usecases.desk import Desk
    from visitsafe.usecases.listing import Listed

Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
Plain = Annotated[bool, typer.Option("--plain", help="No colour, no cursor tricks; good for screen readers.")]
Details = Annotated[
    bool, typer.Option("--include-details", help="With the address and other personal details.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(show)
    app.command("list")(list_)


def show(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(help="The plan's reference, such as K7Q2-M9.")],
    json: Json = False,
    include_details: Details = False,
    plain: Plain = False,
) -> None:
    """Show a plan and all that happened to it."""
    from visitsafe.cli.screens import make_console, show_plan
    from visitsafe.domain.discretion import hides_duress
    from visitsafe.domain.shapes import plan_shape

    with desk_of(context) as desk:
        state = hides_duress(desk.plan(desk.resolve(ref)), desk.me)
    if json:
        result_json(plan_shape(state, desk.now, include_details=include_details))
        return
    console = make_console(plain=plain, environ=invocation(context).environ)
    show_plan(console, state, desk.now, zone_of(desk.roster), include_details=include_details)


def list_(
    context: typer.Context,
    json: Json = False,
    every: Annotated[bool, typer.Option("--all", help="Closed ones too: refused, withdrawn, back.")] = False,
    case: Annotated[str | None, typer.Option(help="Only the plans for this case.")] = None,
    plain: Plain = False,
) -> None:
    """List plans, the latest visit first, and how far each visit has come."""
    from visitsafe.usecases.listing import listed

    with desk_of(context) as desk:
        found = [_as_seen(desk, one) for one in listed(desk, every=every, case=case)]
    rows = [row for _, row in found if every or row.open]
    states = {state.plan: state for state, _ in found}
    refs = references([row.plan for row in rows])
    if json:
        from visitsafe.domain.shapes import list_shape

        shapes = list_shape(rows, desk.roster, states, desk.now)
        result_json([{**shape, "ref": refs[shape["plan"]]} for shape in shapes])
        return
    from visitsafe.cli.screens import list_plans, make_console

    console = make_console(plain=plain, environ=invocation(context).environ)
    list_plans(console, rows, desk.roster, desk.now, zone_of(desk.roster), states)
    for plan, ref in refs.items():
        if ref != reference(plan):
            say(f"several plans are called {reference(plan)}: the one of {_start(rows, plan)} is {ref}")


def _as_seen(desk: "Desk", one: "Listed") -> "tuple[PlanState, PlanRow]":
    """A plan as the person who asks may see it; its row must not tell what the state hides."""
    import msgspec

    from visitsafe.domain.discretion import hides_duress

    state = hides_duress(one.state, desk.me)
    if state is one.state:
        return state, one.row
    row = msgspec.structs.replace(
        one.row,
        stage=state.visit.stage,
        closed=state.settled,
        due_back=state.visit.due_back,
        entries=len(state.judged),
        newest=state.judged[-1].entry.id,
    )
    return state, row


def _start(rows: "list[PlanRow]", plan: str) -> str:
    return next(row.start for row in rows if row.plan == plan)
