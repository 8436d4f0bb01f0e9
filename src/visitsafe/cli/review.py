"""`visitsafe review`: a manager's queue, and one decision with its reasons."""

import shlex
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import flag_text, result, result_json, say, stands
from visitsafe.errors import (
    InterruptedByUserError,
    NotFoundError,
    NotPermittedError,
    UsageError,
    VisitsafeError,
)
from visitsafe.opening import HOME_VISIT, desk_of, invocation, later, library_of, opened, zone_of
from visitsafe.record.terms import Decision, Status
from visitsafe.state.phrases import how_to_change, overtaken_words
from visitsafe.text.clean import one_line, terminal
from visitsafe.text.clock import clock, moment, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from visitsafe.checklists.questionnaire import ChecklistSet
    from visitsafe.cli.prompts.talk import Talk
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

    from visitsafe.cli.review_screen import facts_first
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


WITHOUT_TERMINAL = "use: visitsafe review REF --decision countersign --reason '...' (or return, or refuse)"
PROMPT_ROWS = 12
"""What the question under the plan needs."""
COUNTERSIGN, WITH_CONDITIONS, RETURN, REFUSE, READ = "countersign", "conditions", "return", "refuse", "read"
WAYS = {
    COUNTERSIGN: "Countersign: the visit can go ahead as planned",
    WITH_CONDITIONS: "Countersign with conditions",
    RETURN: "Return: something has to change first",
    REFUSE: "Refuse: this visit does not go ahead",
    READ: "Read every answer first",
}
REASONS = {
    COUNTERSIGN: "Why can this go ahead? Your reasons, in your words",
    WITH_CONDITIONS: "Why can this go ahead? Your reasons, in your words",
    RETURN: "What has to change, and why?",
    REFUSE: "Why should this visit not go ahead?",
}
MORE = {
    WITH_CONDITIONS: "What must be so? Several conditions with ; between them",
    REFUSE: "How will the child or adult be seen instead, and the purpose met?",
}


def talk(
    context: typer.Context, desk: "Desk", ref: str | None, *, plain: bool
) -> tuple["PlanState", Words, "Desk"]:
    """Show a plan and take a decision on it; the desk with its key open, so that nothing typed is lost.

    Raises:
        InterruptedByUserError: Nothing was decided.
        NotFoundError: Nothing is waiting for a decision.
        UsageError: There is no terminal.
    """
    from visitsafe.cli.output import make_console
    from visitsafe.cli.prompts import talk_at
    from visitsafe.cli.review_screen import known_now, review_plan
    from visitsafe.cli.show import show_plan
    from visitsafe.planning.decide import (
        check_may_decide,
        left_out_words,
        overruled,
        overruling,
        previous_plan,
    )
    from visitsafe.state.duress_redaction import hides_duress

    environ = invocation(context).environ
    asker = talk_at(environ, plain=plain, otherwise=WITHOUT_TERMINAL)
    state = desk.plan(desk.resolve(ref)) if ref else _from_queue(desk, asker)
    check_may_decide(desk, state)
    console = make_console(plain=plain, environ=environ)
    previous, zone = previous_plan(desk, state), zone_of(desk.roster)
    rows = get_terminal_size().lines - PROMPT_ROWS
    seen = hides_duress(state, desk.me, desk.now)  # what is signed follows the record as it is
    known = known_now(desk, seen, zone)
    warnings = warnings_of(context, state, known.facts)
    checklist = _checklist(context, state)
    review_plan(console, seen, previous, desk.now, zone, rows, warnings, known)

    def read() -> None:
        review_plan(console, seen, previous, desk.now, zone, warnings=warnings, known=known)
        show_plan(console, seen, desk.now, zone, include_details=True, known=known)

    desk = opened(desk)
    _ask_about_companions(asker, desk, state)
    held_back = [f"- {overruling(one, state)}" for one in overruled(desk, state)]
    missing = left_out_of(context, state, known.facts)
    also = [f"{words[:1].upper()}{words[1:]}" for words in map(left_out_words, missing)]
    return state, _decision(asker, checklist, state, read, held_back, also), desk


def _ask_about_companions(asker: "Talk", desk: "Desk", state: "PlanState") -> None:
    """Somebody whose name is like a companion's says whether that is who they are.

    Raises:
        NotPermittedError: It is.
        InterruptedByUserError: They do not say.
    """
    from visitsafe.planning.decide import going_along, may_be_me

    for name in may_be_me(desk, state):
        picked = asker.pick(
            f'Is the companion "{one_line(name)}" you?', ["No, somebody else", "Yes, I go along"]
        )
        if picked is None:
            raise InterruptedByUserError("stopped; nothing was decided and nothing was signed")
        if picked:
            raise going_along()


def _checklist(context: typer.Context, state: "PlanState") -> "Countersigning | None":
    """What countersigning goes by; None if it is not here, which is said, or if the record does not hold."""
    if state.problems:
        return None
    try:
        return goes_by_of(context, state)[0]
    except VisitsafeError as error:
        say(f"this plan can be returned or refused, not countersigned: {error.message}")
        return None


def _from_queue(desk: "Desk", asker: "Talk") -> "PlanState":
    from visitsafe.find import listed
    from visitsafe.planning.decide import queue

    states = [one.state for one in listed(desk)]
    if besides := _besides(desk, states):
        asker.say(*besides)
    found = queue(desk, states)
    for state in found:
        if state.withdrawn:
            asker.say(f"{_line(desk, state)}. Ring them: visitsafe board")
    waiting = [state for state in found if not state.withdrawn]
    if not waiting:
        raise NotFoundError("no plan is waiting for your decision", hint="all plans: visitsafe list")
    if len(waiting) == 1:
        asker.say(f"One plan is waiting: {waiting[0].ref}")
        return waiting[0]
    picked = asker.pick("Which plan?", [_line(desk, state) for state in waiting])
    if picked is None:
        raise InterruptedByUserError("stopped; nothing was decided and nothing was signed")
    return waiting[picked]


def _besides(desk: "Desk", states: "Sequence[PlanState]") -> list[str]:
    """What waits for a manager besides decisions."""
    from visitsafe.cli.home import incident_lines, to_tell

    lines = [*incident_lines(desk, states, {}), *to_tell(desk, {state.plan: state for state in states})]
    return ["Besides decisions, this waits for you:", *(f"- {line}" for line in lines), ""] if lines else []


def _line(desk: "Desk", state: "PlanState") -> str:
    from visitsafe.checklists.facts import FACTS, pressing
    from visitsafe.state.ladder import set_out_words, went_without
    from visitsafe.state.plan_row import worst

    gone = f"{': '.join(set_out_words(state, desk.me)).rstrip(' .')}; " if went_without(state) else ""
    urgent = gone or ("URGENT, " if state.body.urgent else "")
    level = worst(state.body)
    found = f", worst finding: {level}" if level else ", no findings"
    found += "".join(f"; on record: {FACTS[one.name].label.lower()}" for one in pressing(state.body)[:1])
    start = moment(state.body.visit.start, zone_of(desk.roster))
    if state.overtaken and not gone:
        return (
            f"{state.ref}: {state.author.person.name}: {overtaken_words(state, zone_of(desk.roster))}{found}"
        )
    return f"{state.ref}: {urgent}{state.author.person.name}, {start}{found}"


def _decision(
    asker: "Talk",
    checklist: "Countersigning | None",
    state: "PlanState",
    read: "Callable[[], None]",
    held_back: "Sequence[str]",
    also: "Sequence[str]",
) -> Words:
    """Ask until it is signed; going back asks the question before again.

    `held_back` says who decided otherwise, for whoever is about to countersign.
    `also` says why it needs conditions besides what the checklist says.
    """
    from visitsafe.planning.decide import conditions_needed

    needed = [*(rule.text for rule in conditions_needed(checklist, state.body)), *also] if checklist else []
    ways = [way for way in WAYS if way not in _closed(needed, checklist)]
    answers: list[str] = []
    typed: dict[str, str] = {}
    while True:
        questions = _questions(
            asker, checklist, answers, typed, lambda: _way(asker, ways, needed, read), held_back
        )
        if len(answers) == len(questions):
            return _words(answers)
        answer = questions[len(answers)]()
        if answer is not None:
            answers.append(answer)
        elif answers:
            answers.pop()


def _questions(
    asker: "Talk",
    checklist: "Countersigning | None",
    answers: "Sequence[str]",
    typed: "dict[str, str]",
    way: "Callable[[], str | None]",
    held_back: "Sequence[str]",
) -> "list[Callable[[], str | None]]":
    """What is asked, as far as the answers so far decide it; what was typed before is offered again."""

    def ask(title: str) -> str | None:
        said = asker.type(title, typed.get(title, ""))
        typed[title] = said or typed.get(title, "")
        return said

    questions = [way]
    if answers:
        chosen = answers[0]
        questions.append(lambda: ask(REASONS[chosen]))
        if chosen == WITH_CONDITIONS:
            questions.append(lambda: _with_words(ask, MORE[chosen]))
        elif chosen in MORE:
            questions.append(lambda: ask(MORE[chosen]))
        questions.append(lambda: _signature(asker, checklist, chosen, held_back))
    return questions


def _with_words(ask: "Callable[[str], str | None]", title: str) -> str | None:
    """What was typed, once it holds more than what stands between conditions."""
    while True:
        said = ask(title)
        if said is None or said.replace(";", "").strip():
            return said


def _closed(needed: "Sequence[str]", checklist: "Countersigning | None") -> set[str]:
    """The ways that cannot be gone. Where conditions are needed, countersigning without is one of them."""
    if checklist is None:
        return {COUNTERSIGN, WITH_CONDITIONS}
    return {COUNTERSIGN} if needed else set()


def _way(
    asker: "Talk", ways: "Sequence[str]", needed: "Sequence[str]", read: "Callable[[], None]"
) -> str | None:
    """One of the ways that can be gone, after as much reading as is wanted."""
    asker.say(*needed)
    while True:
        picked = asker.pick("Your decision", [WAYS[way] for way in ways])
        if picked is None or ways[picked] != READ:
            return None if picked is None else ways[picked]
        read()


def _signature(
    asker: "Talk", checklist: "Countersigning | None", way: str, held_back: "Sequence[str]"
) -> str | None:
    """The explicit yes, with what is confirmed by it and who is overruled."""
    if held_back and way in {COUNTERSIGN, WITH_CONDITIONS}:
        asker.say("", "By countersigning you overrule another manager:", *held_back)
    if checklist is not None and way in {COUNTERSIGN, WITH_CONDITIONS}:
        asker.say("", "By countersigning you confirm:", *(f"- {item.text}" for item in checklist.attest))
    picked = asker.pick("Sign this decision?", ["Sign it", "Go back and change it", "Stop, and decide later"])
    if picked == 2:  # noqa: PLR2004 - the third line
        raise InterruptedByUserError("stopped; nothing was decided and nothing was signed")
    return "sign" if picked == 0 else None


def _words(answers: "Sequence[str]") -> Words:
    way, reason, more = answers[0], answers[1], answers[2]
    decision = {RETURN: Decision.RETURN, REFUSE: Decision.REFUSE}.get(way, Decision.COUNTERSIGN)
    conditions = more.replace(";", "\n").split("\n") if way == WITH_CONDITIONS else []
    return Words(
        decision, reason, conditions, more if way == REFUSE else "", not_companion=True, overrule=True
    )
