"""`visitsafe show` and `visitsafe list`: looking at plans."""

from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import result, result_json, say
from visitsafe.opening import desk_of, invocation, zone_of
from visitsafe.record.refs import reference
from visitsafe.text.clean import terminal

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.find import Listed
    from visitsafe.record.stored import PlanRow
    from visitsafe.state.fold import PlanState
    from visitsafe.state.removed import Removed

Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
Plain = Annotated[bool, typer.Option("--plain", help="No colour, no cursor tricks; good for screen readers.")]
Details = Annotated[
    bool, typer.Option("--include-details", help="With the address and other personal details.")
]


def show(
    context: typer.Context,
    ref: Annotated[
        str, typer.Argument(help="The plan's reference, such as K7Q2-M9; not needed if only one is open.")
    ] = "",
    json: Json = False,
    include_details: Details = False,
    plain: Plain = False,
) -> None:
    """Show a plan and all that happened to it."""
    from visitsafe.checklists.facts import Known
    from visitsafe.cli.lines import make_console
    from visitsafe.cli.review_known import known_now
    from visitsafe.cli.screens import show_plan
    from visitsafe.state.duress_redaction import hides_duress
    from visitsafe.state.removed import RemovedError
    from visitsafe.supervision.shapes import plan_shape

    with desk_of(context) as desk:
        try:
            plan = desk.resolve(ref) if ref else _only_open(desk)
            state = hides_duress(desk.plan(plan), desk.me, desk.now)
        except RemovedError as error:
            _show_removed(desk, error.removed, json=json)
            return
        zone = zone_of(desk.roster)
        known = Known() if json else known_now(desk, state, zone)
    if json:
        result_json(plan_shape(state, desk.now, include_details=include_details))
        return
    console = make_console(plain=plain, environ=invocation(context).environ)
    show_plan(console, state, desk.now, zone, include_details=include_details, known=known)


def _only_open(desk: "Desk") -> str:
    """The plan that is meant without a reference: my only open one, else the only open one of all.

    Raises:
        NotFoundError: None is open.
        SeveralVisitsError: Several are; each is named, with the whole command for the first.
    """
    from visitsafe.errors import NotFoundError
    from visitsafe.find import listed
    from visitsafe.visits.report import several

    states = [one.state for one in listed(desk)]
    mine = [state for state in states if desk.me is not None and desk.me.same_person(state.author)]
    states = mine or states
    if not states:
        raise NotFoundError("no plan is open", hint="name one, like K7Q2-M9; see: visitsafe list --all")
    if len(states) > 1:
        error = several(desk, states, zone_of(desk.roster))
        error.hint = f"say which, for example: visitsafe show {error.refs[0]}"
        raise error
    say(f"{states[0].ref} is the only one that is open{' for you' if mine else ''}")
    return states[0].plan


def _show_removed(desk: "Desk", removed: "Removed", *, json: bool) -> None:
    from visitsafe.supervision.shapes import removed_lines, removed_shape

    if json:
        result_json(removed_shape(removed, desk.roster.known))
        return
    result("\n".join(terminal(line) for line in removed_lines(removed, desk.roster.known)))


def list_(
    context: typer.Context,
    json: Json = False,
    every: Annotated[bool, typer.Option("--all", help="Closed ones too: refused, withdrawn, back.")] = False,
    case: Annotated[str | None, typer.Option(help="Only the plans for this case.")] = None,
    plain: Plain = False,
) -> None:
    """List plans, the latest visit first, and how far each visit has come."""
    from visitsafe.find import listed, removed_plans
    from visitsafe.state.fold import called
    from visitsafe.supervision.shapes import removed_line, removed_list_shape

    with desk_of(context) as desk:
        found = [_as_seen(desk, one) for one in listed(desk, every=every, case=case)]
        gone = removed_plans(desk) if every and case is None else []
    rows = [row for _, row in found if every or row.open]
    states = {state.plan: state for state, _ in found}
    refs = called(states[row.plan] for row in rows)
    if json:
        from visitsafe.supervision.shapes import list_shape

        shapes = list_shape(rows, desk.roster, states, desk.now)
        removed = [removed_list_shape(one, desk.roster.known) for one in gone]
        result_json([*({**shape, "ref": refs[shape["plan"]]} for shape in shapes), *removed])
        return
    from visitsafe.cli.lines import make_console, put
    from visitsafe.cli.screens import list_plans

    console = make_console(plain=plain, environ=invocation(context).environ)
    if rows or not gone:
        list_plans(console, rows, desk.roster, desk.now, zone_of(desk.roster), states)
    for one in gone:
        put(console, removed_line(one))
    for plan, ref in refs.items():
        if ref != reference(plan):
            say(f"several plans are called {reference(plan)}: the one of {_start(rows, plan)} is {ref}")


def _as_seen(desk: "Desk", one: "Listed") -> "tuple[PlanState, PlanRow]":
    """A plan as the person who asks may see it; its row must not tell what the state hides."""
    import msgspec

    from visitsafe.state.duress_redaction import hides_duress
    from visitsafe.state.duties import owed

    state = hides_duress(one.state, desk.me, desk.now)
    if state is one.state:
        return state, one.row
    row = msgspec.structs.replace(
        one.row,
        stage=state.visit.stage,
        closed=state.settled,
        due_back=state.visit.due_back,
        entries=len(state.judged),
        newest=state.judged[-1].entry.id,
        owed=owed(state),
    )
    return state, row


def _start(rows: "list[PlanRow]", plan: str) -> str:
    return next(row.start for row in rows if row.plan == plan)
