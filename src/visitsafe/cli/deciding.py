"""`visitsafe review`: a manager's queue, and one decision with its reasons."""

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.flag_texts import flag_text
from visitsafe.cli.output import result, result_json, say, stands
from visitsafe.errors import NotPermittedError, UsageError, VisitsafeError
from visitsafe.opening import HOME_VISIT, desk_of, later, library_of, zone_of
from visitsafe.record.terms import Decision, Status
from visitsafe.state.phrases import how_to_change
from visitsafe.text.clean import terminal
from visitsafe.text.clock import clock, moment, to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from visitsafe.checklists.questionnaire import ChecklistSet
    from visitsafe.desk import Desk
    from visitsafe.record.bodies import Countersigning, Finding, KnownFact, Made
    from visitsafe.state.fold import PlanState


def review(
    context: typer.Context,
    ref: Annotated[str | None, typer.Argument(help="The plan's reference; the queue without one.")] = None,
    decision: Annotated[Decision | None, typer.Option(help="countersign, return or refuse.")] = None,
    reason: Annotated[str, typer.Option(help="Your reasons; for a return, what must change.")] = "",
    condition: Annotated[
        list[str] | None, typer.Option(help="What must be so for the countersignature; may be repeated.")
    ] = None,
    instead: Annotated[
        str, typer.Option(help="For a refusal: how the child or adult will be seen instead.")
    ] = "",
    not_companion: Annotated[
        bool,
        typer.Option("--not-companion", help="The companion whose name is like yours is somebody else."),
    ] = False,
    overrule: Annotated[
        bool,
        typer.Option("--overrule", help="Countersign although another manager refused or returned it."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON afterwards.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="No colour, no cursor tricks.")] = False,
) -> None:
    """Read a plan and countersign it, return it or refuse it."""
    with desk_of(context) as desk:
        if decision is not None:
            if ref is None:
                raise UsageError(
                    "which plan is the decision on", hint="visitsafe review K7Q2-M9 --decision ..."
                )
            state = desk.plan(desk.resolve(ref))
            words = Words(
                decision,
                flag_text("--reason", reason),
                [flag_text("--condition", one) for one in condition or ()],
                flag_text("--instead", instead),
                not_companion=not_companion,
                overrule=overrule,
            )
            signing = later(context, desk)
        else:
            from visitsafe.cli.review_talk import talk

            state, words, own = talk(context, desk, ref, plain=plain)
            signing = later(context, own)
        done = _decide(context, signing, state, words, tell=decision is not None)
        with stands(f"{done.ref} is {done.status}; see: visitsafe show {done.ref}"):
            _tell(desk, done, words.decision, json=json)


class Words:
    """A manager's decision in words, from flags or from the talk at the terminal."""

    def __init__(
        self,
        decision: Decision,
        reason: str,
        conditions: "Sequence[str]",
        instead: str,
        *,
        not_companion: bool = False,
        overrule: bool = False,
    ) -> None:
        """Take the words as they were given; control characters are dropped.

        With `not_companion` a companion whose name is like the manager's is somebody else; with `overrule`
        they know that another manager held the visit back.
        """
        from visitsafe.text.clean import clean

        self.decision = decision
        self.reason = clean(reason, lines=True)
        self.conditions = tuple(filter(None, (clean(condition, lines=True) for condition in conditions)))
        self.instead = clean(instead, lines=True)
        self.not_companion = not_companion
        self.overrule = overrule


def _decide(
    context: typer.Context, desk: "Desk", state: "PlanState", words: Words, *, tell: bool
) -> "PlanState":
    """Sign the decision. Only countersigning needs the checklist: returning and refusing always work.

    Whoever decides in one line (`tell`) is told what the signature confirms, before it is made.
    """
    from msgspec.structs import replace

    from visitsafe.cli.review_known import facts_first
    from visitsafe.planning.decide import (
        check_may_decide,
        decide,
        decided_body,
        overruled,
        overruling,
        somebody_else,
    )
    from visitsafe.planning.known import known_of

    check_may_decide(desk, state, words.decision)
    held_back = overruled(desk, state) if words.decision is Decision.COUNTERSIGN else ()
    if held_back and not words.overrule:
        raise NotPermittedError(
            overruling(held_back[-1], state),
            hint=f"talk to {held_back[-1].name} first; to countersign it all the same, add: --overrule",
        )
    goes_by: Countersigning | None = None
    made: Made | None = None
    missing: Sequence[Finding] = ()
    if words.decision is Decision.COUNTERSIGN:
        goes_by, made = goes_by_of(context, state)
        facts = known_of(desk, zone_of(desk.roster), state).facts
        missing = left_out_of(context, state, facts)
        for warning in (
            *(facts_first(state.body, facts) if tell else ()),
            *warnings_of(context, state, facts),
        ):
            desk.warn(warning)
    body = decided_body(
        goes_by,
        made,
        state,
        words.decision,
        words.reason,
        words.conditions,
        words.instead,
        missing,
    )
    if words.decision is Decision.COUNTERSIGN:
        others = somebody_else(desk, state, said=words.not_companion)
        body = replace(body, attested=(*body.attested, *others))
    if tell and body.attested:
        say("By countersigning you confirm:")
        for item in body.attested:
            say(f"- {item.text}")
    done = decide(desk, state, body)
    for one in held_back if tell else ():
        say(f"this overrules {one.name}: {overruling(one, state)}")
    return done


def warnings_of(context: typer.Context, state: "PlanState", facts: "Sequence[KnownFact]") -> list[str]:
    """What a manager is warned of before deciding, besides what the plan itself says.

    Args:
        context: For the checklists of this computer.
        state: The plan.
        facts: What is known now.
    """
    from visitsafe.planning.decide import differences, left_out_words

    here = _checklists_here(context, state)
    missing = left_out_of(context, state, facts)
    warnings = []
    if state.problems:
        warnings.append(
            "the record does not hold, so this plan can be returned or refused, not countersigned"
        )
    if here is None:
        warnings.append(
            f"the checklist {_made_with(state)} is not here: its findings could not be checked,"
            " and you decide on what the plan carries"
        )
    else:
        warnings += differences(here, state.body)
    warnings += [left_out_words(one) for one in missing]
    return warnings


def left_out_of(
    context: typer.Context, state: "PlanState", facts: "Sequence[KnownFact]"
) -> "tuple[Finding, ...]":
    """The findings that a plan should carry and does not, as far as they can be told here."""
    from visitsafe.planning.decide import altered_ladder, findings_left_out, stops_known

    here = _checklists_here(context, state)
    missing = findings_left_out(here, state.body, facts) if here else None
    if missing is None:
        nearest = here or _shipped(context)
        missing = stops_known(nearest, state.body, facts) if nearest else ()
    return (*altered_ladder(here, state.body), *missing)


def _checklists_here(context: typer.Context, state: "PlanState") -> "ChecklistSet | None":
    """Those with the id that a plan was made with; None if there are none here that can be used."""
    return _set_of(context, _made_with(state))


def _shipped(context: typer.Context) -> "ChecklistSet | None":
    """What a plan is measured by if its own checklists are not here."""
    return _set_of(context, HOME_VISIT)


def _set_of(context: typer.Context, name: str) -> "ChecklistSet | None":
    try:
        return library_of(context).checklist_set(name)
    except VisitsafeError:
        return None


def _made_with(state: "PlanState") -> str:
    return state.body.checklists[0].id if state.body.checklists else HOME_VISIT


def goes_by_of(context: typer.Context, state: "PlanState") -> "tuple[Countersigning, Made | None]":
    """What countersigning a plan goes by, and the review checklist that this is from.

    The plan carries it. Where the checklist of this computer asks for conditions besides, it is heeded, too:
    the one of that name, else the one that ships, for a plan may name one that nobody has.

    Raises:
        NotFoundError: The plan carries none, and there is no such checklist here.
    """
    from msgspec.structs import replace

    from visitsafe.errors import NotFoundError
    from visitsafe.planning.compose import countersigning
    from visitsafe.record.bodies import Made

    carried, made_with = state.body.review, _made_with(state)
    if not carried:
        found = library_of(context).checklist_set(made_with)
        if found.review is None:
            raise NotFoundError(
                f"the checklist {made_with!r} names no review checklist", hint="add uses: review to it"
            )
        review = found.review
        made = Made(id=review.id, version=review.version, digest=found.digests[review.id])
        return countersigning(review), made
    named = [one for one in state.body.checklists if one.id == carried.id]
    here = _checklists_here(context, state) or _shipped(context)
    more = countersigning(here.review).conditions if here and here.review else ()
    conditions = tuple(dict.fromkeys((*carried.conditions, *more)))
    return replace(carried, conditions=conditions), named[0] if named else None


def _who_holds_back(state: "PlanState") -> str:
    """Who stands in the way of a countersignature that had not seen them: the more cautious one stands."""
    from visitsafe.planning.decide import overruling

    if state.withdrawn:
        return f'it was withdrawn: "{state.withdrawn}"'
    if state.decision is None:
        return f"{state.author.person.name} has signed a newer version"
    return (
        f"{overruling(state.decision, state)}; talk to them, then decide again: visitsafe review {state.ref}"
    )


def _tell(desk: "Desk", state: "PlanState", decided: Decision, *, json: bool) -> None:
    if decided is Decision.COUNTERSIGN and state.status is not Status.COUNTERSIGNED:
        say(f"your countersignature is on the record and does not stand: {_who_holds_back(state)}")
    if json:
        from visitsafe.state.duress_redaction import hides_duress
        from visitsafe.supervision.shapes import plan_shape

        result_json(plan_shape(hides_duress(state, desk.me, desk.now), desk.now))
        return
    who = terminal(state.author.person.name)
    start = moment(state.body.visit.start, zone_of(desk.roster))
    result(f"{state.ref} is {state.status}: {who}, {start}")
    if state.decided and state.decided.decision is Decision.RETURN:
        change = how_to_change(state, desk.now)
        say(f"let {state.author.person.name} know; they change it with: {change}")
    else:
        say(f"let {state.author.person.name} know")
    _tell_on_the_way(desk, state)


def _tell_on_the_way(desk: "Desk", state: "PlanState") -> None:
    """What a decision does not change: whoever is out, or was expected by now, stays watched as agreed."""
    who, visit = state.author.person.name, state.visit
    other = state.status is not Status.COUNTERSIGNED or visit.version != state.version.id
    if state.closed or not other or not visit.watched:
        return
    if visit.out:
        due = clock(visit.due_back, zone_of(desk.roster), desk.now)
        say(f"{who} has set out already: ring them; the watch goes on until they are back, due {due}")
    elif visit.start <= to_text(desk.now):
        ends = f"visitsafe back {state.ref} --for {shlex.quote(who)} --known-by HOW"
        say(
            f"the visit has started, and stays watched until somebody reports {who} back or stands it down:"
            f" {ends}"
        )
