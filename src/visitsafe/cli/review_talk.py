"""The talk in which a manager decides: the plan on one screen, then decision, reasons, signature."""

from typing import TYPE_CHECKING

import typer

from visitsafe.cli.deciding import Words, review_checklist_of
from visitsafe.cli.opening import invocation, zone_of
from visitsafe.cli.wording import when
from visitsafe.domain.terms import Decision
from visitsafe.errors import InterruptedByUserError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from visitsafe.adapters.talk import Talk
    from visitsafe.domain.fold import PlanState
    from visitsafe.domain.kinds import ReviewChecklist
    from visitsafe.usecases.desk import Desk

WITHOUT_TERMINAL = "use: visitsafe review REF --decision countersign --reason '...' (or return, or refuse)"
COUNTERSIGN, WITH_CONDITIONS, RETURN, REFUSE = range(4)
WAYS = (
    "Countersign: the visit can go ahead as planned",
    "Countersign with conditions",
    "Return: something has to change first",
    "Refuse: this visit does not go ahead",
)
REASONS = {
    COUNTERSIGN: "Why can this go ahead? Your reasons, in your words",
    WITH_CONDITIONS: "Why can this go ahead? Your reasons, in your words",
    RETURN: "What has to change, and why?",
    REFUSE: "Why should this visit not go ahead?",
}
CONDITIONS = "What must be so? One condition to a line, or with ; between them"
INSTEAD = "How will the child or adult be seen instead, and the purpose met?"


def talk(context: typer.Context, desk: "Desk", ref: str | None, *, plain: bool) -> tuple["PlanState", Words]:
    """Show a plan and take a decision on it.

    Raises:
        InterruptedByUserError: Nothing was decided.
        NotFoundError: Nothing is waiting for a decision.
        UsageError: There is no terminal.
    """
    from visitsafe.adapters.talk import talk_at
    from visitsafe.cli.screens import make_console, review_plan
    from visitsafe.usecases.deciding import check_may_decide, previous_plan

    environ = invocation(context).environ
    asker = talk_at(environ, plain=plain, otherwise=WITHOUT_TERMINAL)
    state = desk.plan(desk.resolve(ref)) if ref else _from_queue(desk, asker)
    check_may_decide(desk, state)
    console = make_console(plain=plain, environ=environ)
    review_plan(console, state, previous_plan(desk, state), desk.now, zone_of(desk.roster))
    checklist, _ = review_checklist_of(context, state)
    return state, _decision(asker, checklist, state)


def _from_queue(desk: "Desk", asker: "Talk") -> "PlanState":
    from visitsafe.usecases.deciding import queue

    waiting = queue(desk)
    if not waiting:
        raise NotFoundError("no plan is waiting for your decision", hint="all plans: visitsafe list")
    if len(waiting) == 1:
        asker.say(f"One plan is waiting: {waiting[0].ref}")
        return waiting[0]
    picked = asker.pick("Which plan?", [_line(desk, state) for state in waiting])
    if picked is None:
        raise InterruptedByUserError("stopped; nothing was decided and nothing was signed")
    return waiting[picked]


def _line(desk: "Desk", state: "PlanState") -> str:
    from visitsafe.usecases.desk import worst

    urgent = "URGENT, " if state.body.urgent else ""
    level = worst(state.body)
    found = f", worst finding: {level}" if level else ", no findings"
    start = when(state.body.visit.start, zone_of(desk.roster))
    return f"{state.ref}: {urgent}{state.author.person.name}, {start}{found}"


def _decision(asker: "Talk", checklist: "ReviewChecklist", state: "PlanState") -> Words:
    """Ask until it is signed; going back asks the question before again."""
    needed = _needed(checklist, state)
    answers: list[int | str] = []
    while True:
        questions = _questions(asker, checklist, needed, answers)
        if len(answers) == len(questions):
            break
        answer = questions[len(answers)]()
        if answer is not None:
            answers.append(answer)
        elif answers:
            answers.pop()
    return _words([str(answer) for answer in answers])


def _needed(checklist: "ReviewChecklist", state: "PlanState") -> "Sequence[str]":
    from visitsafe.usecases.deciding import conditions_needed

    return [rule.text for rule in conditions_needed(checklist, state.body)]


def _questions(
    asker: "Talk", checklist: "ReviewChecklist", needed: "Sequence[str]", answers: "Sequence[int | str]"
) -> "list[Callable[[], int | str | None]]":
    """What is asked, as far as the answers so far decide it."""
    ways = list(WAYS)
    if needed:
        ways[COUNTERSIGN] = f"Countersign (not open: {needed[0].rstrip('.')})"
    questions: list[Callable[[], int | str | None]] = [lambda: _way(asker, ways, blocked=bool(needed))]
    if not answers:
        return questions
    way = int(answers[0])
    questions.append(lambda: asker.type(REASONS[way]))
    if way in {WITH_CONDITIONS, REFUSE}:
        questions.append(lambda: asker.type(CONDITIONS if way == WITH_CONDITIONS else INSTEAD))
    questions.append(lambda: _signature(asker, checklist, way))
    return questions


def _way(asker: "Talk", ways: "Sequence[str]", *, blocked: bool) -> int | None:
    while True:
        picked = asker.pick("Your decision", ways)
        if not (blocked and picked == COUNTERSIGN):
            return picked
        asker.say("A plan with this finding can only be countersigned with conditions.")


def _signature(asker: "Talk", checklist: "ReviewChecklist", way: int) -> int | None:
    """The explicit yes, with what is confirmed by it."""
    if way in {COUNTERSIGN, WITH_CONDITIONS}:
        asker.say("", "By countersigning you confirm:", *(f"- {item.text}" for item in checklist.attest))
    picked = asker.pick("Sign this decision?", ["Sign it", "Go back and change it", "Stop, and decide later"])
    if picked == 2:  # noqa: PLR2004 - the third line
        raise InterruptedByUserError("stopped; nothing was decided and nothing was signed")
    return 0 if picked == 0 else None


def _words(answers: "Sequence[str]") -> Words:
    way, reason, *rest = int(answers[0]), *answers[1:]
    decision = {RETURN: Decision.RETURN, REFUSE: Decision.REFUSE}.get(way, Decision.COUNTERSIGN)
    conditions = (
        [part for line in rest[0].split("\n") for part in line.split(";")] if way == WITH_CONDITIONS else []
    )
    return Words(decision, reason, conditions, rest[0] if way == REFUSE else "")
