"""`visitsafe` alone: what is waiting for this person, their visits, and the command for each."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import result
from visitsafe.opening import desk_of, settings_of, zone_of
from visitsafe.record.terms import ANSWERERS, Role, Status
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.fold import called
from visitsafe.state.ladder import is_alarming, is_watched, minutes_late, owner
from visitsafe.state.visit_words import COMES, DID_IT, how_to_close, unclosed, who_owns
from visitsafe.text.clean import kept_line, things
from visitsafe.text.clock import clock, date_only, in_minutes, short_span, to_text
from visitsafe.text.redact import without_address
from visitsafe.watch.heartbeat import anybody_watches, the_desk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from visitsafe.desk import Desk
    from visitsafe.state.fold import PlanState
    from visitsafe.wizard.draft import Session


def waiting(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False,
) -> None:
    """Plan a risky home visit, sign the plan, have it countersigned, and prove it later."""
    if context.invoked_subcommand is not None:
        return
    if version:
        from visitsafe import __version__

        result(f"visitsafe {__version__}")
        return
    if settings_of(context).key is None:
        result(
            "Nothing is set up yet. To plan a visit, run: visitsafe plan\n"
            "It asks who you are, makes your key, and goes on from there. All commands: visitsafe --help"
        )
        return
    from visitsafe.find import listed

    with desk_of(context) as desk:
        states = [one.state for one in listed(desk)]
        refs = called(states)
        lines = [
            *under_way(desk, states, refs),
            *incident_lines(desk, states, refs),
            *_drafts(context),
            *_forms(context),
            *_mine(desk, states, refs),
            *_decisions(desk, states, refs),
            *owed_lines(desk, states, refs),
            *audit_lines(desk),
        ]
    greeting = f"Hello {desk.me.person.name}. " if desk.me else ""
    if not lines:
        lines = ["Nothing is waiting for you.  To plan a visit: visitsafe plan"]
    from visitsafe.text.clean import terminal

    result("\n".join(terminal(line) for line in [greeting + desk.roster.name, *lines]))


def _drafts(context: typer.Context) -> list[str]:
    folder = settings_of(context).drafts
    if not any(folder.glob("*.json")):
        return []  # the usual case, and reading drafts loads all that the wizard needs
    from visitsafe.wizard.draft import list_drafts

    listing = list_drafts(folder)
    unfinished = [
        f"An unfinished plan{_case(draft.session)}:  visitsafe plan --resume" for draft in listing.drafts
    ]
    return [*listing.set_aside, *unfinished]


def _forms(context: typer.Context) -> list[str]:
    """What I began to write after a visit, or for a family, and have not signed."""
    from visitsafe.cli.forms import unfinished

    return [f"Begun and not signed, about {about}:  {command}" for about, command in unfinished(context)]


def _case(session: "Session") -> str:
    case = session.answers.get("case", "")
    return f" for case {case}" if case else ""


def _mine(desk: "Desk", states: "Sequence[PlanState]", refs: "Mapping[str, str]") -> list[str]:
    """My own plans that a manager sent back, or that are still waiting."""
    from visitsafe.state.duress_redaction import hides_duress
    from visitsafe.state.phrases import expired, how_to_change, overtaken_words
    from visitsafe.text.clock import moment

    me = desk.me
    if me is None:
        return ["The team does not know your key yet:  visitsafe team join"]
    lines = []
    now = desk.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    for state in (hides_duress(state, me, desk.now) for state in states):
        if not me.same_person(state.author) or state.body.visit.due_back < now or is_under_way(state, desk):
            continue
        ref, start = refs[state.plan], moment(state.body.visit.start, zone_of(desk.roster))
        if state.overtaken:
            how = "depart" if state.status is Status.AWAITING else "plan --revise"
            lines.append(f"{ref}: {overtaken_words(state, zone_of(desk.roster))}:  visitsafe {how} {ref}")
            lines += condition_lines(state)
        elif state.status is Status.RETURNED:
            lines.append(f"{ref} came back to you, visit {start}:  {how_to_change(state, desk.now)}")
        elif expired(state, desk.now):
            how = f"{how_to_change(state, desk.now)}, or: visitsafe withdraw {ref} --reason '...'"
            lines.append(f"{ref}: nobody decided before the start, {start}:  {how}")
        elif state.status is Status.AWAITING and state.body.urgent and not state.visit.closed:
            how = f"visitsafe depart {ref}"
            lines.append(f"{ref} is urgent and need not wait, visit {start}; when you set out:  {how}")
        elif state.status is Status.AWAITING:
            lines.append(f"{ref} waits for a manager, visit {start}:  visitsafe show {ref}")
        elif state.status is Status.COUNTERSIGNED and not state.visit.closed:
            lines.append(f"{ref} is countersigned, visit {start}; when you set out:  visitsafe depart {ref}")
            lines += condition_lines(state)
    return lines


def _decisions(desk: "Desk", states: "Sequence[PlanState]", refs: "Mapping[str, str]") -> list[str]:
    from visitsafe.planning.decide import queue

    if desk.me is None or Role.MANAGER not in desk.me.roles:
        return []
    return [_asked(desk, state, refs) for state in queue(desk, states)]


def _asked(desk: "Desk", state: "PlanState", refs: "Mapping[str, str]") -> str:
    """Why a manager has to look at a plan, and the command for it."""
    from visitsafe.state.ladder import set_out_words, went_without
    from visitsafe.state.phrases import overtaken_words
    from visitsafe.text.clock import moment

    who, how = f"{refs[state.plan]} by {state.author.person.name}", f"visitsafe review {refs[state.plan]}"
    if went_without(state):
        said = f"{who} {': '.join(set_out_words(state, desk.me))}".rstrip(" .")
        # nothing is left to decide on what was withdrawn; but somebody is out there
        return f"{said}. Ring them:  visitsafe board" if state.withdrawn else f"{said}:  {how}"
    if state.overtaken:
        return f"{who}: {overtaken_words(state, zone_of(desk.roster))}:  {how}"
    return f"{who} needs your decision, visit {moment(state.body.visit.start, zone_of(desk.roster))}:  {how}"


BOARD = "visitsafe board"


def under_way(desk: "Desk", states: "Sequence[PlanState]", refs: Mapping[str, str]) -> list[str]:
    """The lines about visits under way, mine before those of others.

    Args:
        desk: Who asks.
        states: The open plans.
        refs: Their references by the plan's id.
    """
    me = desk.me
    if me is None:
        return []
    seen = [hides_duress(state, me, desk.now) for state in states]
    mine = [state for state in seen if me.same_person(state.author)]
    others = [state for state in seen if not me.same_person(state.author)]
    lines = [*_out(desk, mine, refs)]
    if me.roles & ANSWERERS:
        lines += _alarms(desk, others, refs)
    if Role.MANAGER in me.roles:
        lines += _otherwise(desk, others, refs)
    return [*lines, *_nobody(desk, states, mine), *_unclosed(desk, mine, refs)]


def is_under_way(state: "PlanState", desk: "Desk") -> bool:
    """Whether a plan's visit has begun, or should have, or was never closed: its lines are here."""
    begun = bool(state.visit.trip) or (state.visit.watched and state.visit.start <= to_text(desk.now))
    return bool(begun) and not state.closed


def _out(desk: "Desk", mine: "Sequence[PlanState]", refs: Mapping[str, str]) -> Iterator[str]:
    """The visits that I am out on, or should be."""
    out = [state for state in mine if is_under_way(state, desk) and not unclosed(state, desk.now)]
    for state in out:
        ref, name = refs[state.plan], f" {refs[state.plan]}" if len(out) > 1 else ""
        zone, now = zone_of(desk.roster), to_text(desk.now)
        due, late = clock(state.visit.due_back, zone, now), minutes_late(state, desk.now)
        longer = f", or if you need longer: visitsafe extend{name}"
        were = f"you were due back {in_minutes(late)} ago" if late else f"you are due back {due}"
        if state.visit.back:
            yield f"You are back from {ref}, and the alarm is still open: somebody will speak to you."
        elif state.visit.needs_standing_down or owner(state, desk.now):
            yield (
                f"The desk is looking for you: {were} ({ref}).  visitsafe back{name}, "
                f"or ring {the_desk(desk)}{longer}"
            )
        elif late and not state.visit.trip:
            yield f"{were.capitalize()} ({ref}) and nobody has heard from you:  visitsafe back{name}{longer}"
        elif not state.visit.trip:
            start = clock(state.body.visit.start, zone, now)
            yield f"{ref} was to start at {start}, nobody has reported setting out:  visitsafe depart{name}"
        elif late:
            yield f"You are {in_minutes(late)} late on {ref}, due back {due}:  visitsafe back{name}{longer}"
        else:
            yield f"You are out on {ref}, due back {due}:  visitsafe back{name}"
        yield from condition_lines(state)


def _alarms(desk: "Desk", others: "Sequence[PlanState]", refs: Mapping[str, str]) -> Iterator[str]:
    """Colleagues for whom somebody has to act, duress first, then the latest."""
    alarming = [state for state in others if is_alarming(state, desk.now)]
    alarming.sort(key=lambda state: (state.visit.duress is None, state.visit.due_back))
    for state in alarming:
        who, late = f"{refs[state.plan]} {state.author.person.name}", minutes_late(state, desk.now)
        taken = owner(state, desk.now)
        has = f"; {who_owns(state, taken)} has taken it on" if taken else ""
        if state.visit.duress:
            yield f"{who}: DURESS, do not ring them{has}:  {BOARD}"
        elif state.visit.back or not late:
            yield f"{who}: the alarm is open and has to be stood down{has}:  {BOARD}"
        else:
            yield f"{who} is {in_minutes(late)} late{has}:  {BOARD}"


def condition_lines(state: "PlanState") -> Iterator[str]:
    """The manager's conditions, under the line of a visit of mine; not the address that one may name."""
    for text in state.conditions:
        met = " (NOT met)" if text in state.visit.unmet else ""
        yield f"  condition of {name_of_decider(state)}{met}: {kept_text(text, state)}"


def name_of_decider(state: "PlanState") -> str:
    """Whose condition it is."""
    return state.agreed.name if state.agreed else "a manager"


def kept_text(text: str, state: "PlanState") -> str:
    """A condition on one line, without the address."""
    return kept_line(without_address(text, state.body.visit.address))


def _otherwise(desk: "Desk", others: "Sequence[PlanState]", refs: Mapping[str, str]) -> Iterator[str]:
    """For managers: what is not as it was agreed on visits that are under way or to come."""
    for state in others:
        if state.closed or not (state.visit.unmet or state.visit.company):
            continue
        author = state.agreed.author if state.agreed else None
        mine = author is not None and desk.me is not None and desk.me.same_person(author)
        whose = "your condition" if mine else f"a condition of {name_of_decider(state)}"
        said = [f"{whose} is not met: {kept_text(text, state)}" for text in state.visit.unmet]
        said += [f"{kept_line(one.name)} {COMES[one.comes]}" for one in state.visit.company]
        ref = refs[state.plan]
        yield f"{ref} {state.author.person.name}: {'; '.join(said)}:  visitsafe show {ref}"


def _nobody(desk: "Desk", states: "Sequence[PlanState]", mine: "Sequence[PlanState]") -> Iterator[str]:
    """That nobody is watching, for those who could, and for those who are out."""
    assert desk.me is not None  # noqa: S101 - `under_way` has asked
    could = bool(desk.me.roles & ANSWERERS)
    count = sum(is_watched(state, desk.now) for state in (states if could else mine))
    if not count or anybody_watches(desk):
        return
    if could:
        visits = things(count, "visit is", "visits are")
        yield f"NOBODY IS WATCHING, and {visits} under way:  visitsafe watch"
    else:
        yield f"Nobody at the desk is watching now: ring {the_desk(desk)} so that somebody does."


def _unclosed(desk: "Desk", mine: "Sequence[PlanState]", refs: Mapping[str, str]) -> Iterator[str]:
    for state in mine:
        if unclosed(state, desk.now):
            ref, visit = refs[state.plan], state.body.visit
            when = short_span(visit.start, visit.due_back, zone_of(desk.roster))
            yield f"{ref} ({when}) is {DID_IT}  {how_to_close(state, ref)}"


FEW = 5
"""How many lines there are of a sort."""
MOST = 10
"""How many of incidents."""


def owed_lines(
    desk: "Desk", states: "Sequence[PlanState]" = (), refs: Mapping[str, str] | None = None
) -> list[str]:
    """The lines about what is owed: my visits to talk over, then others to tell, then documents.

    Args:
        desk: Who asks.
        states: Plans that were folded already.
        refs: Their references by the plan's id, where they are not the usual ones.
    """
    if desk.me is None:
        return []
    known = {state.plan: state for state in states}
    lines = (
        *_to_talk_over(desk, known, refs or {}),
        *to_tell(desk, known, refs or {}),
        *_documents(desk, known, refs or {}),
    )
    return [kept_line(line) for line in lines]


def incident_lines(desk: "Desk", states: "Sequence[PlanState]", refs: Mapping[str, str]) -> list[str]:
    """For managers: incidents on others' visits that nobody has talked over, the longest waiting first."""
    from visitsafe.state.duress_redaction import hides_duress
    from visitsafe.state.duties import incidents_waiting

    me = desk.me
    if me is None or Role.MANAGER not in me.roles:
        return []
    others = [state for state in states if state.after.incidents and not me.same_person(state.author)]
    lines = []
    waiting = incidents_waiting([hides_duress(state, me, desk.now) for state in others])
    for state, said in waiting[:MOST]:
        ref, what = refs.get(state.plan, state.ref), "near miss" if said.body.near_miss else "incident"
        whose = f"on the visit of {state.author.person.name}, recorded by {said.author.person.name}"
        lines.append(kept_line(f"{ref}: {what} {whose}, not talked over yet:  visitsafe show {ref}"))
    if more := max(0, len(waiting) - MOST):
        lines.append(f"... and {more} more incidents, not talked over yet:  visitsafe list --all")
    return lines


def _to_talk_over(desk: "Desk", known: "Mapping[str, PlanState]", refs: Mapping[str, str]) -> Iterator[str]:
    from visitsafe.followup.owed import my_debriefs

    found = my_debriefs(desk, known=known)
    over = [state for state in found.states if not is_under_way(state, desk)]
    for state in over[:FEW]:
        ref, visit = refs.get(state.plan, state.ref), state.body.visit
        when = short_span(visit.start, visit.due_back, zone_of(desk.roster))
        yield f"{ref} ({when}): talk it over, it takes a few minutes:  visitsafe debrief {ref}"
    if more := max(0, len(over) - FEW) + found.more:
        yield f"... and {more} more of your visits to talk over:  visitsafe list --all"


def to_tell(
    desk: "Desk", known: "Mapping[str, PlanState] | None" = None, refs: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The lines about duties to tell others: of my plans, and for a manager all whose day has passed."""
    from visitsafe.followup.owed import owed_plans, still_open
    from visitsafe.state.sharing_words import by_when

    me, now = desk.member(), to_text(desk.now)
    late = owed_plans(desk, late=True, known=known) if Role.MANAGER in me.roles else None
    mine = owed_plans(desk, mine=True, known=known).states
    states = {state.plan: state for state in (*(late.states if late else ()), *mine)}
    duties = [
        (state, one)
        for state, one in still_open([*states.values()])
        if one.by < now or me.same_person(state.author)
    ]
    for state, one in duties[:FEW]:
        ref = (refs or {}).get(state.plan, state.ref)
        whose = "" if me.same_person(state.author) else f" by {state.author.person.name}"
        when = f"are to be told {by_when(one, date_only(one.by, zone_of(desk.roster)))}"
        what = f"others {when if one.by >= now else 'should have been told'} ({one.duty.label})"
        yield kept_line(f"{ref}{whose}: {what}:  visitsafe share {ref}")
    if more := max(0, len(duties) - FEW) + (late.more if late else 0):
        yield f"... and {more} more to tell others:  visitsafe share"


def _documents(desk: "Desk", known: "Mapping[str, PlanState]", refs: Mapping[str, str]) -> Iterator[str]:
    """For managers: documents in which something is overdue, each once."""
    from visitsafe.followup.owed import owed_plans
    from visitsafe.state.duties import DocumentDue, documents_due
    from visitsafe.state.entry_words import DOCUMENTS
    from visitsafe.text.days import in_words

    if desk.me is None or Role.MANAGER not in desk.me.roles:
        return
    first: dict[str, DocumentDue] = {}
    for one in documents_due(owed_plans(desk, late=True, known=known).states, desk.now):
        first.setdefault(one.said.id, one)
    for one in list(first.values())[:FEW]:
        ref = refs.get(one.state.plan, one.state.ref)
        title = DOCUMENTS.get(one.said.body.document, one.said.body.document)
        since = in_words(date.fromisoformat(one.day))
        yield f"{ref}: {title}: something is overdue since {since}:  visitsafe document list {ref}"
    if more := max(0, len(first) - FEW):
        yield f"... and {more} more documents in which something is overdue:  visitsafe list --all"


def audit_lines(desk: "Desk") -> list[str]:
    """For managers, once a year: to look at what they owe themselves."""
    if desk.me is None or Role.MANAGER not in desk.me.roles:
        return []
    from visitsafe.supervision.audits import audit_due

    why = audit_due(desk)
    return [f"It is time to look at what managers owe ({why}):  visitsafe audit"] if why else []
