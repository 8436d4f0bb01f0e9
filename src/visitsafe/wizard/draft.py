"""Where a draft comes from and what comes out of it.

Begun afresh, from a plan that is repeated or revised, or fitted to a checklist that changed meanwhile.
Nothing reaches the plan but what `final` and its neighbours give.
"""

from collections.abc import Collection, Mapping

import msgspec

from visitsafe.checklists.assessment import Answers, Value, applicability, assess, possible_tokens, tokens
from visitsafe.checklists.facts import ALWAYS
from visitsafe.checklists.model import AnswerType, Question
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.errors import VerificationError
from visitsafe.record.bodies import Control, Finding, KnownFact
from visitsafe.record.terms import Level
from visitsafe.text.clock import from_text
from visitsafe.wizard.draft_file import DraftStage, Session, without

__all__ = [
    "DraftStage",
    "Session",
    "begin",
    "final",
    "final_controls",
    "final_standing",
    "findings",
    "refit",
    "refit_times",
    "repeat",
    "revise",
]

LISTS = frozenset({AnswerType.CHOICES, AnswerType.PEOPLE})
EARLIEST, LATEST = 2000, 2999


def begin(
    checklist: str,
    digest: str,
    started: str,
    *,
    standing: Mapping[str, tuple[Value, str]] | None = None,
    urgent: str = "",
) -> Session:
    """A new plan.

    Args:
        checklist: The id of the visit checklist.
        digest: The digest of its file's bytes.
        started: UTC text.
        standing: Standing answers that are in date: question id to answer and UTC text of when it was given.
        urgent: Why the visit goes before it is countersigned; empty if it does not.
    """
    known = standing or {}
    return Session(
        checklist=checklist,
        digest=digest,
        started=started,
        answers={name: value for name, (value, _) in known.items()},
        standing={name: at for name, (_, at) in known.items()},
        urgent=urgent,
    )


def repeat(
    questionnaire: Questionnaire,
    fresh: Session,
    old: Answers,
    controls: Collection[Control],
    plan: str,
    facts: Collection[KnownFact] = (),
) -> Session:
    """The same case again: kept is what does not differ from visit to visit, until something new is known.

    Asked again are start and due back, what is computed from them, the rules that are acknowledged, what is
    about one visit (`ask-again-if: always`), and standing answers out of date. The review page then asks what
    else has changed. A stop finding of then is decided anew.

    Args:
        questionnaire: What is asked today.
        fresh: A session as `begin` gives it, with the standing answers in date.
        old: The answers of the plan that is repeated.
        controls: Its control measures.
        plan: Its reference.
        facts: What was known when it was made.
    """
    again = {question.id for question in questionnaire if _ask_again(question)}
    forgotten = {question.id for question in questionnaire if _forget(question)}
    session = _carry(questionnaire, fresh, old, controls, again, forgotten, facts)
    stops = {rule.id for rule in questionnaire.rules if rule.level is Level.STOP}
    considered = tuple(rule for rule in session.considered if rule not in stops)
    return msgspec.structs.replace(session, repeats=plan, considered=considered)


def revise(
    questionnaire: Questionnaire,
    fresh: Session,
    old: Answers,
    controls: Collection[Control],
    plan: str,
    facts: Collection[KnownFact] = (),
) -> Session:
    """A plan that was returned or has changed: every answer is kept, the review page comes first.

    The arguments are those of `repeat`.
    """
    session = _carry(questionnaire, fresh, old, controls, frozenset(), frozenset(), facts)
    return msgspec.structs.replace(session, revises=plan)


def _ask_again(question: Question) -> bool:
    once = question.propose is not None or question.ask_again_if == (ALWAYS,)
    return once or question.valid_for is not None or _forget(question)


def _forget(question: Question) -> bool:
    """An old time, acknowledgement or answer about one visit is not even offered; who came along is."""
    once = question.ask_again_if == (ALWAYS,) and question.answer is not AnswerType.PEOPLE
    is_time = question.answer is AnswerType.TIME and question.valid_for is None
    return once or is_time or question.answer is AnswerType.ACKNOWLEDGE


def _carry(
    questionnaire: Questionnaire,
    fresh: Session,
    old: Answers,
    controls: Collection[Control],
    again: Collection[str],
    forgotten: Collection[str],
    facts: Collection[KnownFact],
) -> Session:
    usable = {name: value for name, value in old.items() if _fits(questionnaire, name, value)}
    carried = [name for name in usable if name not in again and name not in fresh.standing]
    offered = {name: value for name, value in usable.items() if name in again and name not in forgotten}
    decided_on = assess(questionnaire.knowing(facts), old)
    return msgspec.structs.replace(
        fresh,
        answers={**{name: usable[name] for name in carried}, **fresh.answers},
        shelved={name: value for name, value in offered.items() if name not in fresh.answers},
        carried=tuple(carried),
        before=usable,
        facts_before=tuple(facts),
        controls=tuple(controls),
        considered=tuple(dict.fromkeys(finding.rule for finding in decided_on)),
    )


def refit(questionnaire: Questionnaire, session: Session, digest: str) -> Session:
    """Fit a draft to the checklist of today; what no longer fits is asked again, and the person is told."""
    bad = [name for name, value in session.answers.items() if not _fits(questionnaire, name, value)]
    notices = session.notices
    if bad:
        labels = ", ".join(
            questionnaire.by_id[name].label if name in questionnaire.by_id else name for name in bad
        )
        notices += (f"The checklist has changed since you began. No longer counted: {labels}.",)
    return msgspec.structs.replace(
        session,
        digest=digest,
        answers=without(session.answers, bad),
        shelved={n: v for n, v in session.shelved.items() if _fits(questionnaire, n, v)},
        standing=without(session.standing, bad),
        carried=tuple(name for name in session.carried if name not in bad),
        notices=notices,
    )


def refit_times(questionnaire: Questionnaire, session: Session) -> Session:
    """Leave out times that no clock shows, which only a damaged or hand-made draft holds: they are asked."""
    times = {question.id for question in questionnaire if question.answer is AnswerType.TIME}

    def bad(answers: Mapping[str, Value]) -> set[str]:
        return {name for name in times & answers.keys() if not _is_time(answers[name])}

    return msgspec.structs.replace(
        session,
        answers=without(session.answers, bad(session.answers)),
        shelved=without(session.shelved, bad(session.shelved)),
    )


def _is_time(value: Value) -> bool:
    """Whether this is a time which every zone can show, or no time on purpose."""
    try:
        return value == "" or EARLIEST <= from_text(str(value)).year <= LATEST
    except VerificationError:
        return False


def _fits(questionnaire: Questionnaire, name: str, value: Value) -> bool:
    """Whether a value can be an answer to the question of that name."""
    question = questionnaire.by_id.get(name)
    if question is None:
        return False
    if value != "" and isinstance(value, tuple) is not (question.answer in LISTS):
        return False
    return tokens(question, value) <= possible_tokens(question)


def final(questionnaire: Questionnaire, session: Session) -> dict[str, Value]:
    """The answers that count, in the order asked: those whose question certainly applies."""
    applicable = applicability(questionnaire, session.answers)
    return {
        question.id: session.answers[question.id]
        for question in questionnaire
        if applicable[question.id] and question.id in session.answers
    }


def final_standing(questionnaire: Questionnaire, session: Session) -> dict[str, str]:
    """Of the answers that count, the standing ones that were not asked today, and when they were given."""
    counted = final(questionnaire, session)
    return {name: at for name, at in session.standing.items() if name in counted}


def findings(questionnaire: Questionnaire, session: Session) -> tuple[Finding, ...]:
    """What the answers raise, worst first."""
    return assess(questionnaire, session.answers)


def final_controls(questionnaire: Questionnaire, session: Session) -> tuple[Control, ...]:
    """The control measures that answer a finding which still stands, each with who does it."""
    raised = {finding.rule for finding in findings(questionnaire, session)}
    return tuple(control for control in session.controls if control.rule in raised and control.who)
