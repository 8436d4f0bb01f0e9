"""The talk in which a manager decides: the plan on one screen, then decision, reasons, signature."""

from shutil import get_terminal_size
from typing import TYPE_CHECKING

import typer

from visitsafe.cli.deciding import Words, goes_by_of, left_out_of, warnings_of
from visitsafe.cli.output import say
from visitsafe.errors import InterruptedByUserError, NotFoundError, VisitsafeError
from visitsafe.opening import invocation, opened, zone_of
from visitsafe.record.terms import Decision
from visitsafe.state.phrases import overtaken_words
from visitsafe.text.clean import one_line
from visitsafe.text.clock import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from visitsafe.cli.prompts.talk import Talk
    from visitsafe.desk import Desk
    from visitsafe.record.bodies import Countersigning
    from visitsafe.state.fold import PlanState

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
    from visitsafe.cli.lines import make_console
    from visitsafe.cli.prompts.talk import talk_at
    from visitsafe.cli.review_known import known_now
    from visitsafe.cli.review_screen import review_plan
    from visitsafe.cli.screens import show_plan
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
    from visitsafe.cli.home_owed import incident_lines, to_tell

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
