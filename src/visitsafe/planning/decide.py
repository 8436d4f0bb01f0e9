"""A manager's decision: the queue, what changed, whether it may be made, and making it (7.3; D5, D12)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from visitsafe.desk import Desk
from visitsafe.errors import NotPermittedError, VerificationError
from visitsafe.find import case_history, listed
from visitsafe.record.bodies import (
    LADDER_ALTERED,
    Attested,
    Countersigning,
    DecidedBody,
    Finding,
    KnownFact,
    Made,
    Needs,
    PlanBody,
)
from visitsafe.record.kinds import Kind
from visitsafe.record.order import Order
from visitsafe.record.refs import reference
from visitsafe.record.terms import Decision, Level, Role, Status
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import is_watched, went_without
from visitsafe.state.phrases import went_first, who_goes
from visitsafe.state.plan_row import worst
from visitsafe.state.rules import Judged, is_earlier
from visitsafe.team.people import Member, words_in
from visitsafe.team.roster import is_companion, is_self
from visitsafe.text.clock import to_text

if TYPE_CHECKING:
    from visitsafe.checklists.questionnaire import ChecklistSet


NOT_ASKED = "not asked"


class Changed(NamedTuple):
    """An answer that was another one before."""

    label: str
    before: str
    after: str


class Changes(NamedTuple):
    """What has changed since an earlier plan."""

    answers: tuple[Changed, ...]
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]


def changes(before: PlanBody, after: PlanBody) -> Changes:
    """The answers whose words differ, and the findings that are new or gone."""
    old, new = _words(before), _words(after)
    labels = {shown.id: shown.label for shown in (*before.shown, *after.shown)}
    answers = [
        Changed(labels.get(name, name), old.get(name, NOT_ASKED), new.get(name, NOT_ASKED))
        for name in dict.fromkeys((*new, *old))
        if old.get(name) != new.get(name)
    ]
    if who_goes(before) != who_goes(after):
        answers.insert(0, Changed("Who goes", who_goes(before), who_goes(after)))
    was, now = _raised(before), _raised(after)
    rules_before, rules_after = ({finding.rule for finding in found} for found in (was, now))
    return Changes(
        answers=tuple(answers),
        new=tuple(finding for finding in now if finding.rule not in rules_before),
        gone=tuple(finding for finding in was if finding.rule not in rules_after),
    )


def _raised(body: PlanBody) -> list[Finding]:
    """The findings that answers raised: what earlier visits tell is another each time."""
    return [finding for finding in body.findings if not finding.from_before]


def _words(body: PlanBody) -> dict[str, str]:
    """Answers as they were shown; as they were signed where no wording was."""
    signed = {
        name: value if isinstance(value, str) else ", ".join(value) for name, value in body.answers.items()
    }
    return {**signed, **{shown.id: shown.answer for shown in body.shown}}


MOST_DIFFERENCES = 10


def queue(desk: Desk, plans: Sequence[PlanState] | None = None) -> list[PlanState]:
    """The plans awaiting a decision that this person may make: who is out already, urgent, soonest, worst.

    Whoever set out without a countersignature is at the top whatever was decided before: a manager has to
    decide about a visit that is under way (D13). If it was withdrawn there is nothing to decide, but somebody
    to ring.

    Args:
        desk: Who asks.
        plans: The open plans, if they were folded already.
    """
    me = desk.member()
    states = [one.state for one in listed(desk)] if plans is None else plans
    mine = [
        state
        for state in states
        if (state.status is Status.AWAITING or went_without(state))
        and why_not_me(desk, me, state) is None
        and (not _too_late(desk, state) or (state.overtaken and is_watched(state, desk.now)))
    ]
    return sorted(mine, key=_pressing)


def _pressing(state: PlanState) -> tuple[bool, bool, str, int]:
    level = worst(state.body)
    weight = level.weight if isinstance(level, Level) else 9
    return not went_without(state), not state.body.urgent, state.body.visit.start, weight


def _too_late(desk: Desk, state: PlanState) -> bool:
    return state.started(to_text(desk.now)) and not state.body.urgent and not went_first(state)


def why_not_me(desk: Desk, me: Member, state: PlanState) -> NotPermittedError | None:
    """Why a member may not decide on a plan at all; None if they may."""
    if Role.MANAGER not in me.roles:
        return NotPermittedError("deciding on plans needs the role manager", hint="ask an admin for it")
    everyone = desk.roster.everyone
    if is_self(me, state.author, everyone):
        return NotPermittedError("nobody decides on their own plan", hint="ask another manager")
    return going_along() if is_companion(me, state.anybody_along, everyone) else None


def going_along() -> NotPermittedError:
    """The error for a manager who is the companion on a visit."""
    return NotPermittedError(
        "you go along on this visit, so somebody else has to decide", hint="ask another manager"
    )


def check_may_decide(desk: Desk, state: PlanState, decision: Decision | None = None) -> None:
    """Refuse a decision that would not count. Holding a visit back is always possible.

    Args:
        desk: Who decides.
        state: The plan.
        decision: What was decided; None while that is open.

    Raises:
        NotPermittedError: Not this person, not this plan, or too late.
        VerificationError: It is a countersignature, and the plan's record does not hold.
    """
    reason = why_not_me(desk, desk.member(), state)
    if reason is not None:
        raise reason
    if state.status is Status.WITHDRAWN:
        raise _withdrawn(state)
    if decision is Decision.COUNTERSIGN:
        _check_may_countersign(desk, state)
    if _too_late(desk, state) and decision in {None, Decision.COUNTERSIGN}:
        raise _has_begun(state)


def _has_begun(state: PlanState) -> NotPermittedError:
    if not state.overtaken:
        return NotPermittedError(
            f"the visit of {state.ref} was to start already",
            hint=f"ask for a new plan: visitsafe plan --repeat {state.ref}",
        )
    return NotPermittedError(
        f"by its newer version {state.ref} was to start already; it is watched as it was agreed before",
        hint=f"ring {state.author.person.name}; the newer version can be sent back: "
        f"visitsafe review {state.ref} --decision return --reason 'why'",
    )


def _withdrawn(state: PlanState) -> NotPermittedError:
    reason, name = went_without(state), state.author.person.name
    if not reason:
        return NotPermittedError(f"{state.ref} was withdrawn", hint="there is nothing to decide")
    return NotPermittedError(
        f"{state.ref} was withdrawn, so there is nothing to decide; but {name} has set out: {reason}",
        hint=f"ring {name}; until they are back: visitsafe board",
    )


def _check_may_countersign(desk: Desk, state: PlanState) -> None:
    if state.problems:
        raise VerificationError(
            f"the record of {state.ref} does not hold: {state.problems[0]}",
            hint=f"it can be returned or refused; run: visitsafe verify {state.ref}",
        )
    newest = max(one.entry.content.at for one in state.judged if not one.why_not)
    if is_earlier(to_text(desk.now), newest):
        raise NotPermittedError(
            f"an entry of {state.ref} says that it was made at {newest}, later than your clock's time",
            hint="compare the clocks of both computers; if theirs was wrong, ask for a new plan",
        )


def conditions_needed(review: Countersigning, body: PlanBody) -> tuple[Needs, ...]:
    """The rules by which countersigning this plan needs conditions."""
    return tuple(
        rule
        for rule in review.conditions
        if any(finding.level in rule.levels or finding.rule in rule.rules for finding in body.findings)
    )


def decided_body(
    review: Countersigning | None,
    made: Made | None,
    state: PlanState,
    decision: Decision,
    rationale: str,
    conditions: Sequence[str] = (),
    purpose_met: str = "",
    left_out: Sequence[Finding] = (),
) -> DecidedBody:
    """What a decision says, checked for what it must carry.

    Args:
        review: What the decision goes by; only countersigning needs it.
        made: The review checklist that it is from.
        state: The plan.
        decision: What was decided.
        rationale: Why, in the manager's words.
        conditions: What must be so for the countersignature.
        purpose_met: For a refusal, how the purpose will be met instead.
        left_out: Findings that the plan should carry and does not (`findings_left_out`).

    Raises:
        NotPermittedError: Reasons, conditions or the way in which the purpose will be met are missing.
    """
    if not rationale.strip():
        raise NotPermittedError("a decision needs reasons in your own words", hint="add: --reason '...'")
    if decision is Decision.REFUSE and not purpose_met.strip():
        raise NotPermittedError(
            "a refusal says how the purpose of the visit will be met instead",
            hint="add: --instead 'how the child or adult will be seen'",
        )
    countersigned = review if decision is Decision.COUNTERSIGN else None
    if countersigned and not conditions:
        _refuse_without_conditions(countersigned, state.body, left_out)
    return DecidedBody(
        of=state.version.id,
        decision=decision,
        rationale=rationale,
        conditions=tuple(conditions),
        purpose_met=purpose_met,
        attested=countersigned.attest if countersigned else (),
        checklist=made,
    )


def left_out_words(finding: Finding) -> str:
    """What is wrong with a plan that does not carry a finding, as a sentence."""
    if finding.rule == LADDER_ALTERED:
        return finding.text
    raised = "that its answers and what is known raise"
    return f"the plan leaves out a {finding.level} finding {raised}: {finding.text}"


def altered_ladder(checklists: "ChecklistSet | None", body: PlanBody) -> tuple[Finding, ...]:
    """The finding that the plan's ladder is not its checklist's, as far as that can be told here."""
    from visitsafe.checklists.questionnaire import compile_questionnaire
    from visitsafe.planning.compose import answers_of, ladder_altered, ladder_for

    made = None
    if checklists is not None and not _others(checklists, body):
        questionnaire = compile_questionnaire(checklists).knowing(body.known)
        made = ladder_for(checklists, body.findings, answers_of(questionnaire, body))
    found = ladder_altered(body, made)
    return (found,) if found else ()


def _refuse_without_conditions(review: Countersigning, body: PlanBody, left_out: Sequence[Finding]) -> None:
    for rule in conditions_needed(review, body):
        raise NotPermittedError(rule.text, hint="add: --condition '...'")
    for finding in left_out:
        raise NotPermittedError(
            left_out_words(finding),
            hint="return it, or add: --condition '...'",
        )


def findings_left_out(
    checklists: "ChecklistSet", body: PlanBody, facts: Sequence[KnownFact] = ()
) -> tuple[Finding, ...] | None:
    """The findings that a plan does not carry although its answers raise them, with what was or is known.

    Args:
        checklists: Those of this computer.
        body: The plan.
        facts: What is known now; it counts besides what the plan says was known.

    Returns:
        None if these are not the checklists, to the byte, that the plan was made with.
    """
    from visitsafe.checklists.questionnaire import compile_questionnaire
    from visitsafe.planning.compose import left_out

    if _others(checklists, body):
        return None
    questionnaire = compile_questionnaire(checklists)
    then = left_out(questionnaire.knowing(body.known), body)
    now = left_out(questionnaire.knowing(facts), body) if facts else ()
    return tuple({one.rule: one for one in (*then, *now)}.values())


def stops_known(
    checklists: "ChecklistSet", body: PlanBody, facts: Sequence[KnownFact]
) -> tuple[Finding, ...]:
    """The stop findings that what is known now raises and a plan does not carry, by other checklists' rules.

    A plan that was made with checklists that are not here may say anything of them; what the store knows of
    its case counts all the same (D17). What its answers alone would raise by these rules is not told.
    """
    from visitsafe.checklists.facts import DAYLIGHT, LIGHT
    from visitsafe.checklists.questionnaire import compile_questionnaire
    from visitsafe.planning.compose import left_out

    questionnaire = compile_questionnaire(checklists)
    anyhow = {one.rule for one in left_out(questionnaire.knowing(()), body)}
    # Daylight raises nothing by itself, only beside an answer, and that question may not have been asked.
    known = [one for one in facts if (one.name, one.value) != (LIGHT, DAYLIGHT)]
    found = left_out(questionnaire.knowing(known), body)
    return tuple(one for one in found if one.level is Level.STOP and one.rule not in anyhow)


def _others(checklists: "ChecklistSet", body: PlanBody) -> list[str]:
    """The ids of those that are not, to the byte, what the plan was made with."""
    made = {one.id: one.digest for one in body.checklists}
    return [name for name in {**made, **checklists.digests} if made.get(name) != checklists.digests.get(name)]


def differences(checklists: "ChecklistSet", body: PlanBody) -> list[str]:
    """How the checklists of this computer differ from what the plan was made with, as sentences.

    A plan carries the words that were shown and what deciding goes by; what differs besides is not told.
    """
    from visitsafe.checklists.questionnaire import compile_questionnaire
    from visitsafe.planning.compose import countersigning

    others = _others(checklists, body)
    if not others:
        return []
    here = {one.meaning: one for one in compile_questionnaire(checklists)}
    lines = [
        f'{one.label}: the plan asks "{one.ask}"; '
        + (
            f'the checklist here asks "{here[one.id].ask}"'
            if one.id in here
            else "the checklist here does not ask it"
        )
        for one in body.shown
        if one.id not in here or here[one.id].ask != one.ask
    ]
    if body.review and checklists.review:
        own = countersigning(checklists.review)
        lines += [
            f'the checklist here would have you confirm as well: "{one.text}"'
            for one in own.attest
            if one.text not in {other.text for other in body.review.attest}
        ]
        lines += [
            f'the checklist here does not have you confirm: "{one.text}"'
            for one in body.review.attest
            if one.text not in {other.text for other in own.attest}
        ]
    more = [f"and {len(lines) - MOST_DIFFERENCES} more differences"] if len(lines) > MOST_DIFFERENCES else []
    of = ", ".join(others)
    return [
        f"the plan was made with another text of {of} than the one here; you decide on what the plan carries",
        *lines[:MOST_DIFFERENCES],
        *more,
    ]


def may_be_me(desk: Desk, state: PlanState) -> list[str]:
    """The companions who may be the person deciding, by name: they share a word of it, and no key tells."""
    mine = {word for word in words_in(desk.member().person.name) if len(word) > 1}
    return [
        companion.name
        for companion in state.body.visit.companions
        if not companion.key and not mine.isdisjoint(words_in(companion.name))
    ]


def somebody_else(desk: Desk, state: PlanState, *, said: bool) -> tuple[Attested, ...]:
    """What a manager states by countersigning about companions whose names are like theirs.

    Args:
        desk: Who countersigns.
        state: The plan.
        said: Whether they said that those are other people.

    Raises:
        NotPermittedError: They did not say so.
    """
    names = may_be_me(desk, state)
    if names and not said:
        raise NotPermittedError(
            f"the companion {names[0]!r} shares a name with you, and nobody countersigns a visit that they go"
            " along on",
            hint="if that is somebody else, add: --not-companion; if it is you, another manager decides",
        )
    text = "The companion {!r} is somebody else, not the person who countersigns."
    return tuple(Attested(id="not-companion", text=text.format(name)) for name in names)


def overruled(desk: Desk, state: PlanState) -> tuple[Judged, ...]:
    """What other managers decided to hold the visit back, and a countersignature now would decide over.

    A refusal of any version, and a return of this one, unless a countersignature that had seen it came since;
    and the refusals of other plans of the case for the same time: a plan anew is not a way round them.
    """
    visit = state.body.visit
    beside = [
        one
        for other in case_history(desk, visit.case).plans
        if other.plan != state.plan
        and other.body.visit.start < visit.due_back
        and visit.start < other.body.visit.due_back
        for one in _held_back(desk, other)
        if _decision_of(one) is Decision.REFUSE
    ]
    return (*beside, *_held_back(desk, state))


def _held_back(desk: Desk, state: PlanState) -> tuple[Judged, ...]:
    order = Order(one.entry for one in state.judged)
    decided = [one for one in state.judged if isinstance(one.body, DecidedBody) and not one.why_not]
    over = [one for one in decided if _decision_of(one) is Decision.COUNTERSIGN]
    return tuple(
        one
        for one in decided
        if (_decision_of(one) is Decision.REFUSE or _is_of(one, state))
        and not is_self(desk.member(), one.author, desk.roster.everyone)
        and not any(order.seen(one.entry.id, later.entry.id) for later in over)
    )


def _decision_of(judged: Judged) -> Decision | None:
    return judged.body.decision if isinstance(judged.body, DecidedBody) else None


def _is_of(judged: Judged, state: PlanState) -> bool:
    """Whether it is a return of the newest version."""
    body = judged.body
    return isinstance(body, DecidedBody) and body.decision is Decision.RETURN and body.of == state.version.id


def overruling(judged: Judged, state: PlanState) -> str:
    """`Nia Price refused it: "Not alone."`, for whoever decides on a plan over it."""
    body = judged.body
    assert isinstance(body, DecidedBody)  # noqa: S101 - see `overruled`
    verb = "refused" if body.decision is Decision.REFUSE else "returned"
    plan = judged.entry.content.plan
    what = "it" if plan == state.plan else f"{reference(plan)}, of this case at this time"
    return f'{judged.name} {verb} {what}: "{body.rationale}"'


def check_openable(state: PlanState) -> None:
    """A plan whose tracing details nobody at hand can open is not countersigned (D4).

    Raises:
        NotPermittedError: With the way to mend it.
    """
    if state.sealed is None or state.sealed.earlier or state.sealed.at_hand:
        return
    raise NotPermittedError(
        "no manager or duty officer who stays behind can open the tracing details in this plan",
        hint=f"somebody who can open them runs: visitsafe trace {state.ref} --reseal --reason '...'; "
        f"or the worker signs again: visitsafe plan --revise {state.ref}",
    )


def decide(desk: Desk, state: PlanState, body: DecidedBody) -> PlanState:
    """Sign the decision and append it; the plan as the store then has it, with what others added."""
    check_may_decide(desk, state, body.decision)
    if body.decision is Decision.COUNTERSIGN:
        check_openable(state)
    return desk.record(state, Kind.DECIDED, body)


def previous_plan(desk: Desk, state: PlanState) -> PlanState | None:
    """The last plan before this one for the same case, to show what has changed; None if there is none.

    A plan that does not hold is passed over with a warning.
    """
    visit = state.body.visit
    every = case_history(desk, visit.case).plans
    earlier = [other for other in every if other.plan != state.plan and other.body.visit.start <= visit.start]
    return max(earlier, key=lambda other: other.body.visit.start, default=None)
