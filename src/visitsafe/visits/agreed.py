"""What was agreed and may be otherwise when somebody sets out: the manager's conditions, and who comes along.

Nothing here refuses a report: it is recorded what was said, and a manager is told. Only a word that nobody
could understand, such as a condition that there is not, is asked for again.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, ProblemsError, UsageError
from visitsafe.record.bodies import Comes, Companion, Condition, Finding, KnownFact, PlanBody
from visitsafe.record.meanings import Meaning
from visitsafe.record.terms import Answer
from visitsafe.state.fold import PlanState
from visitsafe.team.people import meant_by, not_one, words_in
from visitsafe.team.roster import is_self
from visitsafe.text.clean import clean, is_name, quoted

if TYPE_CHECKING:
    from visitsafe.checklists.questionnaire import ChecklistSet

ALL = "all"


def conditions_said(
    state: PlanState, met: Sequence[str], not_met: Sequence[str], *, every: bool
) -> tuple[Condition, ...]:
    """The conditions with what was said of each.

    Args:
        state: The visit.
        met: Numbers from 1 of those that are met, or `all`.
        not_met: Of those that are not.
        every: Those of which nothing was said too.

    Raises:
        UsageError: There is no such condition, or one is said to be both.
    """
    texts = state.conditions
    yes, no = (_places(state, flag, said) for flag, said in (("--met", met), ("--not-met", not_met)))
    if both := yes & no:
        raise UsageError(f"condition {min(both)} cannot be met and not met", hint="leave one of them out")
    said = {**dict.fromkeys(yes, Answer.YES.value), **dict.fromkeys(no, Answer.NO.value)}
    return tuple(
        Condition(text=text, met=said.get(place, ""))
        for place, text in enumerate(texts, start=1)
        if every or place in said
    )


def _places(state: PlanState, flag: str, said: Sequence[str]) -> set[int]:
    count = len(state.conditions)
    found: set[int] = set()
    for word in filter(None, re.split(r"[\s,;]+", " ".join(said))):
        if word.casefold() == ALL:
            found |= set(range(1, count + 1))
        elif word.isascii() and word.isdecimal() and 1 <= int(word[:3]) <= count:
            found.add(int(word[:3]))
        else:
            has = f"they are called 1 to {count}, in the order of: visitsafe show {state.ref}"
            hint = has if count else f"leave out {flag}"
            raise UsageError(f"{state.ref} has no condition {word[:20]!r}", hint=hint)
    return found


def company_said(
    desk: Desk, state: PlanState, coming: Sequence[str], gone: Sequence[str]
) -> tuple[Comes, ...]:
    """Who comes along after all, and who does not.

    Args:
        desk: Who reports.
        state: The visit.
        coming: Names as they were typed.
        gone: The same, of those who do not come.

    Raises:
        NotFoundError: Nobody of that name was to come.
        ProblemsError: It may be the name of several; they are listed.
        UsageError: It is the name of the worker, or none.
    """
    return (
        *(_as_comes(_who_does_not(state, clean(name)), comes=False) for name in gone),
        *(_as_comes(_who_does(desk, state, clean(name)), comes=True) for name in coming),
    )


def _as_comes(one: Companion, *, comes: bool) -> Comes:
    return Comes(name=one.name, key=one.key, comes=comes)


def _who_does_not(state: PlanState, name: str) -> Companion:
    planned = state.going.visit.companions
    found = _called(name, planned)
    if len(found) == 1:
        return found[0]
    if found:
        raise ProblemsError(
            f"{name[:60]!r} may be more than one of those who come along",
            [one.name for one in found],
            hint="say which, by the whole name",
        )
    if not planned:
        return Companion(name=name)
    names = ", ".join(one.name for one in planned)
    raise NotFoundError(f"nobody called {name[:60]!r} was to come along", hint=f"coming along: {names}")


def _who_does(desk: Desk, state: PlanState, name: str) -> Companion:
    known = _called(name, state.anybody_along.visit.companions)
    if len(known) == 1:
        return known[0]
    if not is_name(name):
        raise UsageError(f"{quoted(name)} is not a name", hint="say who comes along: --with 'Priya Nair'")
    members = [one for one in desk.roster.members.values() if one.roles]
    found = meant_by(name, members)
    if not found:
        return Companion(name=name)
    if any(not is_self(other, found[0], members) for other in found):
        raise not_one(name, found, members)
    if is_self(found[0], state.author, members):
        raise UsageError(
            f"{found[0].person.name} makes this visit", hint="--with names somebody else who comes along"
        )
    return Companion(name=found[0].person.name, key=found[0].fingerprint)


def _called(name: str, companions: Sequence[Companion]) -> list[Companion]:
    """Those who have this name, or a part of it."""
    whole = [one for one in companions if words_in(one.name) == words_in(name)]
    typed = set(words_in(name))
    return whole or [one for one in companions if typed and typed <= set(words_in(one.name))]


def raised_by(
    checklists: "ChecklistSet", state: PlanState, company: Sequence[Comes], facts: Sequence[KnownFact]
) -> tuple[tuple[Finding, ...], bool]:
    """What the rules say now that others go along than was planned, and did not say of the plan.

    Args:
        checklists: Those of this computer.
        state: The visit.
        company: Who comes along, and who does not, as it is reported now.
        facts: What is known now; it counts besides what the plan says was known.

    Returns:
        The findings, and whether these are the checklists that the plan was made with: if not, only the stops
        that what is known raises are among them.
    """
    from visitsafe.planning.decide import findings_left_out, stops_known

    visit = msgspec.structs.replace(state.visit, company=(*state.visit.company, *company))
    before, now = (_answered(one) for one in (state, msgspec.structs.replace(state, visit=visit)))
    found, old = (findings_left_out(checklists, one, facts) for one in (now, before))
    same = found is not None
    if found is None or old is None:
        found, old = (stops_known(checklists, one, facts) for one in (now, before))
    known = {one.rule for one in old}
    return tuple(one for one in found if one.rule not in known), same


def _answered(state: PlanState) -> PlanBody:
    """The plan as it would answer whether two go, by who comes along now."""
    body = state.going
    if Meaning.JOINT not in body.answers or not state.visit.company:
        return body
    answer = Answer.YES if body.visit.companions else Answer.NO
    return msgspec.structs.replace(body, answers={**body.answers, Meaning.JOINT: answer.value})
