"""Which question comes next, and what the answers together mean: pure functions of checklist and answers.

An answer is a string, or a tuple of strings where several may be given. A question that was passed over
has the answer "" and counts as `blank`. A question which does not apply has no say: a condition on it is
false. Not sure counts as the unsafe answer (D7), and so does passing a yes/no question over. While a plan
is being made a question without an answer is open; when it is judged, one that may be passed over was.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo

import msgspec

from visitsafe.checklists.facts import FACTS, Occasion, fact_words
from visitsafe.checklists.model import (
    AnswerType,
    Condition,
    Question,
    Rule,
    SharingChecklist,
    Trigger,
    VisitField,
)
from visitsafe.checklists.questionnaire import (
    SHARE,
    SHARE_DECISION,
    SHARE_REASON,
    SHARE_WITH,
    Questionnaire,
    cite,
)
from visitsafe.errors import VerificationError
from visitsafe.record.bodies import Duty, Finding, Shown, Suggestion
from visitsafe.record.terms import Answer
from visitsafe.text.clock import from_text, in_full, to_text

Value = str | tuple[str, ...]
Answers = Mapping[str, Value]

BLANK = "blank"
GIVEN = "given"
NONE = "none"
DOES_NOT_APPLY = "does-not-apply"
"""An answer to a yes/no question that offers it: neither yes nor no, and never the unsafe one."""
_SAID = {Answer.YES: "yes", Answer.NO: "no", Answer.NOT_SURE: "not sure", DOES_NOT_APPLY: "does not apply"}


def tokens(question: Question, value: Value) -> frozenset[str]:
    """What conditions can see: the answer, the unsafe one if it is not sure, `given`, `none` or `blank`."""
    if value == "":
        return frozenset({BLANK}) | _unsafe(question)
    if value == ():
        return frozenset({NONE})
    if question.answer in {AnswerType.TEXT, AnswerType.TIME, AnswerType.PEOPLE, AnswerType.TELEPHONE}:
        return frozenset({GIVEN})
    if isinstance(value, tuple):
        return frozenset(value)
    return frozenset({value}) | (_unsafe(question) if value == Answer.NOT_SURE else frozenset())


def _unsafe(question: Question) -> frozenset[str]:
    """The answer that counts where none was really given: the cautious reading."""
    if question.answer is AnswerType.ACKNOWLEDGE:
        return frozenset({Answer.NO.value})
    return frozenset({question.worse}) if question.worse else frozenset()


def possible_tokens(question: Question) -> frozenset[str]:
    """Every word that a condition on this question may name."""
    optional = frozenset() if question.required else frozenset({BLANK})
    match question.answer:
        case AnswerType.YES_NO:
            return optional | yes_no(question)
        case AnswerType.ACKNOWLEDGE:
            return optional | {Answer.YES, Answer.NO}
        case AnswerType.CHOICE:
            return optional | {choice.id for choice in question.choices}
        case AnswerType.CHOICES:
            return optional | {choice.id for choice in question.choices} | {NONE}
        case AnswerType.PEOPLE:
            return optional | {GIVEN, NONE}
        case _:
            return optional | {GIVEN}


def yes_no(question: Question) -> frozenset[str]:
    """The answers that a yes/no question offers."""
    return frozenset(Answer) | ({DOES_NOT_APPLY} if question.does_not_apply else frozenset())


def holds(condition: Condition, seen: Mapping[str, frozenset[str] | None]) -> bool | None:
    """Whether a condition holds, three-valued.

    Args:
        condition: Any of its mappings must hold, of each mapping all pairs.
        seen: For each question its tokens; an empty set if it does not apply; None while it is open.

    Returns:
        True, False, or None while an open question could still decide it.
    """
    results = [_all_hold(mapping, seen) for mapping in condition]
    if any(result is True for result in results):
        return True
    return None if any(result is None for result in results) else False


def _all_hold(
    mapping: Mapping[str, tuple[str, ...]], seen: Mapping[str, frozenset[str] | None]
) -> bool | None:
    unknown = False
    for name, wanted in mapping.items():
        found = seen.get(name)
        if found is None:
            unknown = True
        elif found.isdisjoint(wanted):
            return False
    return None if unknown else True


def look(
    questionnaire: Questionnaire, answers: Answers, *, judged: bool = False
) -> tuple[dict[str, bool | None], dict[str, frozenset[str] | None]]:
    """Walk the questions once: which apply, and what conditions can see of each.

    With `judged` a question that may be passed over and has no answer counts as passed over.
    """
    applicable: dict[str, bool | None] = {}
    seen: dict[str, frozenset[str] | None] = {
        fact.id: frozenset({questionnaire.facts.get(fact.id, fact.calm)}) for fact in FACTS.values()
    }
    for question in questionnaire:
        applies = True if question.when is None else holds(question.when, seen)
        applicable[question.id] = applies
        if applies is False:
            seen[question.id] = frozenset()
        elif applies is True and question.id in answers:
            seen[question.id] = tokens(question, answers[question.id])
        elif applies is True and judged and not question.required:
            seen[question.id] = tokens(question, "")
        else:
            seen[question.id] = None
    return applicable, seen


def applicability(questionnaire: Questionnaire, answers: Answers) -> dict[str, bool | None]:
    """For each question, in order: whether it applies; None while an earlier answer could still decide it."""
    return look(questionnaire, answers)[0]


def split(questionnaire: Questionnaire, answers: Answers) -> tuple[dict[str, Value], dict[str, Value]]:
    """Part the answers into those which apply and those which are shelved because they no longer do."""
    applicable, _ = look(questionnaire, answers, judged=True)
    kept = {name: value for name, value in answers.items() if applicable.get(name)}
    return kept, {name: value for name, value in answers.items() if name not in kept}


def assess(questionnaire: Questionnaire, answers: Answers) -> tuple[Finding, ...]:
    """The findings that the answers raise, worst first; within a level in the checklist's order.

    Leaving an optional answer out is the same as passing the question over, so an answers file that says
    nothing of a way out or of a strategy does not come out cleaner than one that says there is none.
    """
    _, seen = look(questionnaire, answers, judged=True)
    raised = [rule for rule in questionnaire.rules if holds(rule.when, seen)]
    findings = [_finding(questionnaire, rule, answers, seen) for rule in raised]
    return tuple(sorted(findings, key=lambda finding: finding.level.weight))


def told_at_once(questionnaire: Questionnaire, answers: Answers) -> tuple[str, ...]:
    """What is to be told at once of what the answers raise so far, whatever is still open."""
    _, seen = look(questionnaire, answers)
    return tuple(rule.text for rule in questionnaire.rules if rule.at_once and holds(rule.when, seen))


def _finding(
    questionnaire: Questionnaire,
    rule: Rule,
    answers: Answers,
    seen: Mapping[str, frozenset[str] | None],
) -> Finding:
    return Finding(
        rule=rule.id,
        level=rule.level,
        text=rule.text,
        source=cite(rule.source),
        because=_because(questionnaire, rule.when, answers, seen),
        settle=tuple(name for name in rule.settle if seen.get(name) != frozenset()),
        suggest=tuple(
            Suggestion(id=one.id, text=one.text, tell=True if one.tell else msgspec.UNSET)
            for one in rule.suggest
        ),
    )


def _because(
    questionnaire: Questionnaire,
    condition: Condition,
    answers: Answers,
    seen: Mapping[str, frozenset[str] | None],
) -> tuple[str, ...]:
    """The answers and facts that made the condition hold, as `Label: answer`."""

    def said(name: str) -> str:
        if name in FACTS:
            return ": ".join(fact_words(name, questionnaire.facts.get(name, FACTS[name].calm)))
        question = questionnaire.by_id[name]
        return f"{question.label}: {in_words(question, answers.get(name, ''), questionnaire.zone)}"

    names = [name for mapping in condition if _all_hold(mapping, seen) for name in mapping]
    return tuple(map(said, dict.fromkeys(names)))


def in_words(question: Question, value: Value, zone: tzinfo) -> str:
    """An answer as a person would say it: choices by their text, a time with its day and by these clocks."""
    if value in {"", ()}:
        return "none" if value == () else "not answered"
    if question.answer in {AnswerType.YES_NO, AnswerType.ACKNOWLEDGE} and isinstance(value, str):
        return _SAID.get(value, value)
    if question.answer is AnswerType.TIME and isinstance(value, str):
        try:
            return in_full(from_text(value), zone)
        except VerificationError:
            return value  # of another program
    given = value if isinstance(value, tuple) else (value,)
    if question.answer not in {AnswerType.CHOICE, AnswerType.CHOICES}:
        return "; ".join(given)
    texts = {choice.id: choice.text for choice in question.choices} | {NONE: "none of these"}
    return "; ".join(texts.get(one, one) for one in given)


def occasion_of(questionnaire: Questionnaire, answers: Answers) -> Occasion:
    """What the answers settle of what facts are worked out from."""
    facts = {one.fills: answers.get(one.id, "") for one in questionnaire if one.fills}
    people = facts.get(VisitField.COMPANIONS, ())
    return Occasion(
        case=str(facts.get(VisitField.CASE) or "").strip(),
        start=_time(facts.get(VisitField.START, "")),
        due_back=_time(facts.get(VisitField.DUE_BACK, "")),
        companions=people if isinstance(people, tuple) else (),
    )


def _time(value: Value) -> datetime | None:
    return from_text(value) if isinstance(value, str) and value else None


def duties(
    sharing: SharingChecklist | None, questionnaire: Questionnaire, answers: Answers, at: datetime
) -> tuple[Duty, ...]:
    """What has to be shared because of these answers; days are counted from `at`."""
    if sharing is None:
        return ()
    recipients = answers.get(SHARE_WITH, ())
    by = to_text(at + timedelta(days=sharing.duty.within_days))
    given = {trigger.id: answers.get(trigger.id, Answer.NO.value) for trigger in sharing.triggers}
    raised = [
        (trigger, given[trigger.id] == Answer.YES)
        for trigger in sharing.triggers
        if Answer.YES in tokens(questionnaire.by_id[trigger.id], given[trigger.id])
    ]
    return tuple(
        Duty(
            trigger=trigger.id,
            label=trigger.label if sure else f"{trigger.label} (not sure)",
            ground=trigger.ground if sure else _ground_unsure(trigger),
            recipients=recipients if isinstance(recipients, tuple) else (),
            by=by,
            decision=str(answers.get(SHARE_DECISION) or SHARE),
            reason=str(answers.get(SHARE_REASON, "")),
            source=cite(trigger.source),
        )
        for trigger, sure in raised
    )


def _ground_unsure(trigger: Trigger) -> str:
    """What is not sure is not told as if it were (D19)."""
    return trigger.ground_unsure or f"Whoever was asked is not sure whether this is so: {trigger.ground}"


def shown(questionnaire: Questionnaire, name: str, value: Value) -> Shown:
    """A question as it is shown, and its answer in words."""
    question = questionnaire.by_id[name]
    return Shown(
        id=question.meaning,
        section=questionnaire.section_of[name].title,
        label=question.label,
        ask=question.ask,
        answer=in_words(question, value, questionnaire.zone),
        source=cite(question.source),
    )
