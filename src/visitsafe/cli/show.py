"""`visitsafe show` and `list`: one plan in full, and several.

Usable at 40 columns and read aloud from top to bottom. What a manager sees before deciding is in
`review_screen`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.checklists.facts import Known, in_order, with_answer
from visitsafe.cli.output import (
    GOOD,
    QUIET,
    STOP,
    STRONG,
    WARN,
    fact,
    heading,
    item,
    make_console,
    put,
    result,
    result_json,
    say,
)
from visitsafe.cli.review_screen import changed_since, first_known, notes_before
from visitsafe.opening import desk_of, invocation, zone_of
from visitsafe.record.bodies import DecidedBody, PlanBody
from visitsafe.record.kinds import kind_words
from visitsafe.record.refs import reference
from visitsafe.record.terms import Level, Status
from visitsafe.state.after import CORRECTED, before, words_before, words_of
from visitsafe.state.duties import Met, duties_of, talk_by
from visitsafe.state.entry_words import (
    DOCUMENTS,
    incident_title,
    marker_words,
    owed_words,
    reason_of,
    says,
    sealed_words,
)
from visitsafe.state.fold import called
from visitsafe.state.ladder import is_alarming
from visitsafe.state.phrases import (
    DECISION_WORDS,
    LEVEL_WORDS,
    answering,
    expired,
    overtaken_words,
    plain_words,
    went_first,
    who_goes,
    worst_first,
)
from visitsafe.state.redaction import without_details
from visitsafe.state.rules import NOT_SHARE
from visitsafe.state.sharing_words import state_words, to_words
from visitsafe.state.visit_words import (
    MET,
    AlarmTold,
    Told,
    alarms,
    drills,
    how_to_close,
    name_of,
    reported,
    stage_words,
    standing,
    unclosed,
)
from visitsafe.text.clean import cut, terminal
from visitsafe.text.clock import (
    age,
    clock,
    date_only,
    day,
    exactly_and_local,
    moment,
    short_span,
    span,
    to_text,
)
from visitsafe.text.redact import without_address

if TYPE_CHECKING:
    from rich.console import Console

    from visitsafe.desk import Desk
    from visitsafe.find import Listed
    from visitsafe.record.bodies import Filled, SharedBody
    from visitsafe.record.stored import PlanRow
    from visitsafe.state.fold import PlanState
    from visitsafe.state.removed import Removed
    from visitsafe.state.rules import Judged
    from visitsafe.state.visit import Event
    from visitsafe.team.roster import Roster


INDENT = 2


def show_after(console: "Console", state: "PlanState", now: datetime, zone: tzinfo) -> None:
    """Write what was recorded after a visit, and what is still owed; nothing if there is none of it.

    Args:
        console: Where to.
        state: The plan, as whoever looks may see it.
        now: For what is overdue.
        zone: Whose local time is shown.
    """
    _incidents(console, state, zone)
    _debriefs(console, state, now, zone)
    _sharing(console, state, now, zone)
    _documents(console, state, zone)


def _incidents(console: "Console", state: "PlanState", zone: tzinfo) -> None:
    if state.after.incidents:
        heading(console, "Incidents and near misses")
    for said in state.after.incidents:
        title = incident_title(said.body)
        item(
            console,
            (f"{title}, ", STRONG),
            moment(said.happened, zone),
            _by_whom(state, said),
            indent=INDENT,
        )
        _form_answers(console, said.body)
        _before(console, state, said, zone)
        if said.id in state.after.not_talked_over:
            how = f"visitsafe debrief {state.ref}"
            put(console, ("Not talked over yet: ", WARN), how, indent=2 * INDENT)


def _debriefs(console: "Console", state: "PlanState", now: datetime, zone: tzinfo) -> None:
    by = "" if state.after.not_talked_over else talk_by(state)
    if not state.after.debriefs and not by:
        return
    heading(console, "How it was")
    for said in state.after.debriefs:
        item(console, f"Talked over, {moment(said.happened, zone)}", _by_whom(state, said), indent=INDENT)
        _form_answers(console, said.body)
        _before(console, state, said, zone)
    if by:
        word = ("OVERDUE since ", WARN) if by < to_text(now) else "by "
        how = f": visitsafe debrief {state.ref}"
        item(console, "To be talked over, ", word, day(by, zone), how, indent=INDENT)


def _sharing(console: "Console", state: "PlanState", now: datetime, zone: tzinfo) -> None:
    duties = duties_of(state)
    others = [one for one in state.after.shared if not one.body.trigger]
    if duties or others:
        heading(console, "Telling other professionals")
    for one in duties:
        named = f", to {to_words(one)}" if one.left else ""
        style = WARN if one.met(now) is Met.OVERDUE else ""
        item(
            console, f"{one.number}. {one.duty.label}: ", (state_words(one, now, zone), style), named,
            indent=INDENT,
        )  # fmt: skip
        if one.said is not None:
            fact(console, "Event", one.said.body.what, indent=2 * INDENT)
    for said in others:
        kept = said.body.decision == NOT_SHARE
        told = "Decided not to share" if kept else f"Shared with {'; '.join(said.body.recipients)}"
        item(console, f"{told}, {moment(said.happened, zone)}", _by_whom(state, said), indent=INDENT)
        fact(
            console,
            "Because" if kept else "Said",
            said.body.reason if kept else said.body.what,
            indent=2 * INDENT,
        )
    if any(one.open for one in duties):
        put(console, f"When it is done: visitsafe share {state.ref}", indent=INDENT)


def _documents(console: "Console", state: "PlanState", zone: tzinfo) -> None:
    after = state.after
    if after.documents or after.markers:
        heading(console, "Documents and markers")
    for said in after.documents:
        body = said.body
        review = f"; looked at again {body.review}" if body.review else ""
        title = DOCUMENTS.get(body.document, body.document)
        item(
            console,
            f"{title}, {date_only(said.happened, zone)}{review}",
            _by_whom(state, said),
            indent=INDENT,
        )
        for action in body.actions:
            by = f", by {action.by}" if action.by else ""
            item(console, f"{action.what} ({action.who}{by})", indent=2 * INDENT)
    for one in after.markers[-1:]:
        item(console, marker_words(one.body), indent=INDENT)


def _by_whom(state: "PlanState", said: "Event[Filled] | Event[SharedBody]") -> str:
    """Who signed it, and whose word it is."""
    heard = getattr(said.body, "heard", None)
    told = f", told by {name_of(state, heard.person)}" if heard else ""
    return f", signed by {said.author.person.name}{told}"


def _form_answers(console: "Console", body: "Filled") -> None:
    for label, answer in words_of(body):
        fact(console, label, answer, indent=2 * INDENT)


def _before(console: "Console", state: "PlanState", said: "Event[Filled]", zone: tzinfo) -> None:
    """What was corrected, in full: a correction hides nothing."""
    for old in before(state.after, said.id):
        when = moment(old.happened, zone)
        item(console, f"{CORRECTED.capitalize()} ({when}{_by_whom(state, old)}):", indent=2 * INDENT)
        for label, answer in words_before(old.body):
            fact(console, label, answer, indent=3 * INDENT)


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
    from visitsafe.cli.review_screen import known_now
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
    from visitsafe.cli.output import put

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


def show_way(console: "Console", state: "PlanState", now: datetime, zone: tzinfo) -> None:
    """Write what happened on the way, if anything did or should have."""
    told, missing = reported(state, zone), standing(state, now, zone)
    if told or missing:
        heading(console, "On the way")
    for sentence in missing:
        put(console, (sentence, WARN), indent=INDENT)
    _who_was_told(console, told, state, zone)
    for alarm in alarms(state, zone):
        _alarm(console, alarm, state, zone, STOP if alarm.open else STRONG)
    for drill in drills(state, zone):
        _alarm(console, drill, state, zone, QUIET)


def _alarm(console: "Console", alarm: AlarmTold, state: "PlanState", zone: tzinfo, style: str) -> None:
    console.print()
    put(console, (alarm.title, style))
    _who_was_told(console, alarm.told, state, zone)


def _who_was_told(console: "Console", told: Sequence[Told], state: "PlanState", zone: tzinfo) -> None:
    for one in told:
        at = clock(one.at, zone, state.body.visit.start)
        put(console, (one.text, STOP if one.grave else ""), indent=INDENT, mark=f"{at}  ")
        for line in one.more:
            item(console, line, indent=2 * INDENT)


LONGEST_CASE, LONGEST_AREA = 60, 120
"""What a list shows of either. A longer one was signed by another program."""
UNDER_REFERENCE = len("K7Q2-M9  ")
LEVELS: Mapping[str, str] = {Level.STOP: "stop finding", Level.CONTROL: "control finding"}
"""What the worst finding is called in a list, where `stop` alone would read as an order."""
STATUS_STYLES = {
    Status.AWAITING: WARN,
    Status.COUNTERSIGNED: GOOD,
    Status.RETURNED: WARN,
    Status.REFUSED: STOP,
    Status.WITHDRAWN: STOP,
}


def show_plan(
    console: "Console",
    state: "PlanState",
    now: datetime,
    zone: tzinfo,
    *,
    include_details: bool = False,
    known: Known = Known(),
) -> None:
    """Write a plan and all that happened to it.

    Args:
        console: Where to.
        state: The plan.
        now: For what is overdue or expired.
        zone: Whose local time is shown.
        include_details: With the address.
        known: What is known now of the visit and its case, for a manager; told first.
    """
    state = state if include_details else without_details(state)
    put(console, (f"Visit plan {state.ref}: {plain_words(state, now)}", STATUS_STYLES[state.status]))
    for problem in state.problems:
        put(console, ("Does not hold: ", STOP), problem)
    _known(console, state, known)
    _visit(console, state, now, zone)
    show_way(console, state, now, zone)
    _findings(console, state, before_told=bool(known.notes))
    _decision(console, state, zone)
    show_after(console, state, now, zone)
    _answers(console, state.body, now)
    _record(console, state, zone)


def _known(console: "Console", state: "PlanState", known: Known) -> None:
    """What earlier visits leave, as of now; what was known when it was signed, and what differs since."""
    if known.notes:
        heading(console, "From earlier visits of this case, as of now")
        for one in first_known(state, known.notes):
            item(console, (one.text, WARN), (f" ({one.source})", QUIET), indent=INDENT)
        for text in notes_before(state, known.notes):
            item(console, text, indent=INDENT)
    signed, since = in_order(state.body.known), changed_since(state.body, known.facts)
    if signed or since:
        heading(console, "Known when it was signed")
    for fact_known in signed:
        item(console, with_answer(state.body, fact_known), indent=INDENT)
    for text in since:
        item(console, (text, WARN), indent=INDENT)
    if known.notes or signed or since:
        console.print()


def _visit(console: "Console", state: "PlanState", now: datetime, zone: tzinfo) -> None:
    visit = state.body.visit
    put(console, span(visit.start, visit.due_back, zone))
    put(console, f"{state.author.person.name}, {who_goes(state.going)}")
    put(console, f"Case {visit.case}, {visit.area}" if visit.area.strip() else f"Case {visit.case}")
    for condition in state.conditions:
        said = MET[state.visit.conditions.get(condition, "")]
        fact(console, said if state.visit.out else "Condition", (condition, STRONG))
    fact(console, "Address", visit.address)
    fact(console, "Purpose", visit.purpose)
    fact(console, "Why it cannot wait", state.body.urgent)
    fact(console, "Withdrawn because", state.withdrawn)
    if state.sealed:
        fact(console, "Tracing details", sealed_words(state.sealed, now))


def _findings(console: "Console", state: "PlanState", *, before_told: bool) -> None:
    """What the checklist raised; what earlier visits left only if it was not told before."""
    body = state.body
    found = [one for one in worst_first(body) if not (before_told and one.from_before)]
    told = f": what the checklist says to {state.author.person.name}" if found else ""
    heading(console, f"Findings{told}")
    if not found:
        put(console, "None.", indent=INDENT)
    styles = {Level.STOP: STOP, Level.CONTROL: WARN, Level.NOTE: STRONG}
    for finding in found:
        put(console, (f"{LEVEL_WORDS[finding.level]}. ", styles[finding.level]), finding.text, indent=INDENT)
        fact(console, "Because", "; ".join(finding.because), indent=2 * INDENT)
        answers = answering(finding, body.controls)
        for control in answers:
            fact(console, "Answered by", f"{control.text} ({control.who})", indent=2 * INDENT)
        if not answers and finding.level is not Level.NOTE:
            put(console, ("No control measure yet.", STRONG), indent=2 * INDENT)
        fact(console, "Source", (finding.source, QUIET), indent=2 * INDENT)


def _decision(console: "Console", state: "PlanState", zone: tzinfo) -> None:
    heading(console, "Decision")
    if state.decision is None or state.decided is None:
        put(console, "No manager has decided on this version.", indent=INDENT)
        return
    body = state.decided
    at = moment(state.decision.entry.content.at, zone)
    put(console, f"{DECISION_WORDS[body.decision]} by {state.decision.name}, {at}", indent=INDENT)
    if body.of != state.version.id:
        put(
            console,
            "Made on an earlier version; it stands until a manager decides again.",
            indent=INDENT,
        )
    fact(console, "Reasons", body.rationale, indent=INDENT)
    for condition in body.conditions:
        fact(console, "Condition", (condition, STRONG), indent=INDENT)
    fact(console, "How the purpose will be met", body.purpose_met, indent=INDENT)


def _answers(console: "Console", body: PlanBody, now: datetime) -> None:
    section = None
    for shown in body.shown:
        if shown.section != section:
            section = shown.section
            heading(console, section)
        given = body.standing.get(shown.id, "")
        standing = f" (given {age(given, now)})" if given and given != to_text(now) else ""
        fact(console, shown.label, f"{shown.answer}{standing}", indent=INDENT)


def _record(console: "Console", state: "PlanState", zone: tzinfo) -> None:
    heading(console, "Signed")
    for judged in state.judged:
        item(console, _signed(judged, zone), indent=INDENT)
        fact(console, "Says", says(judged, state), indent=2 * INDENT)
        fact(console, "Reason", reason_of(judged), indent=2 * INDENT)
        if judged.why_not:
            put(console, ("Does not count: ", STRONG), judged.why_not, indent=2 * INDENT)
        elif judged.doubt:
            put(console, ("In doubt: ", STRONG), judged.doubt, indent=2 * INDENT)
    fact(console, "To check it", f"visitsafe verify {state.ref}", indent=INDENT)


def _signed(judged: "Judged", zone: tzinfo) -> str:
    content = judged.entry.content
    what = DECISION_WORDS[judged.body.decision].lower() if isinstance(judged.body, DecidedBody) else ""
    at = exactly_and_local(content.at, zone)
    return f"{at}: {what or kind_words(content.kind)}, by {judged.name}; signature good"


def list_plans(
    console: "Console",
    rows: Sequence["PlanRow"],
    roster: "Roster",
    now: datetime,
    zone: tzinfo,
    states: Mapping[str, "PlanState"],
) -> None:
    """Write a line or two for each plan, in the order given.

    Args:
        console: Where to.
        rows: The plans.
        roster: For the names.
        now: For who is late.
        zone: Whose local time is shown.
        states: The state of each of them, by the plan's id.
    """
    if not rows:
        put(console, "No plans here. To plan a visit: visitsafe plan")
    refs = called(states[row.plan] for row in rows)
    for row in rows:
        _row(console, row, states[row.plan], refs[row.plan], roster, now, zone)


def _row(
    console: "Console",
    row: "PlanRow",
    state: "PlanState",
    ref: str,
    roster: "Roster",
    now: datetime,
    zone: tzinfo,
) -> None:
    status = "expired" if expired(state, now) else "watched as agreed" if state.overtaken else row.status
    stage = stage_words(state, now, zone)
    words = [
        status,
        stage,
        LEVELS.get(row.level, row.level),
        "urgent" if row.urgent or went_first(state) else "",
        owed_words(state, now),
    ]
    grave = row.level == Level.STOP and row.status == Status.AWAITING
    late = not state.closed and (is_alarming(state, now) or bool(went_first(state)))
    mark, when = f"{ref}  ", f"{short_span(row.start, row.due_back, zone)}  "
    put(console, (when, STRONG), (", ".join(filter(None, words)), STOP if grave or late else ""), mark=mark)
    area = without_address(state.facts.area, state.facts.address)
    author = roster.known.get(row.by)
    facts = (
        cut(state.facts.case, LONGEST_CASE),
        cut(area, LONGEST_AREA),
        author.person.name if author else "somebody not in the team",
    )
    put(console, ", ".join(fact for fact in facts if fact.strip()), indent=UNDER_REFERENCE)
    if state.overtaken:
        newer = overtaken_words(state, zone)
        put(console, f"{newer[:1].upper()}{newer[1:]}.", indent=UNDER_REFERENCE)
    if unclosed(state, now):
        put(console, how_to_close(state, ref), indent=UNDER_REFERENCE)
