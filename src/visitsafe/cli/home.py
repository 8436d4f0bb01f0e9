"""`visitsafe` alone: what is waiting for this person, and the command for it."""

from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import result
from visitsafe.opening import desk_of, settings_of, zone_of
from visitsafe.record.terms import Role, Status
from visitsafe.state.fold import called

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
        from visitsafe.cli.home_owed import audit_lines, incident_lines, owed_lines
        from visitsafe.cli.home_visits import under_way

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
    from visitsafe.cli.form_talk import unfinished

    return [f"Begun and not signed, about {about}:  {command}" for about, command in unfinished(context)]


def _case(session: "Session") -> str:
    case = session.answers.get("case", "")
    return f" for case {case}" if case else ""


def _mine(desk: "Desk", states: "Sequence[PlanState]", refs: "Mapping[str, str]") -> list[str]:
    """My own plans that a manager sent back, or that are still waiting."""
    from visitsafe.cli.home_visits import condition_lines, is_under_way
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
