"""What an answer does to the other answers of a session.

A changed time takes back what hangs on it. An answer whose question stops applying is shelved, never
lost: its question is asked again if it applies again, with the old answer as an offer. Of both the person
is told, in the session's notices.
"""

from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from visitsafe.checklists.assessment import Value, applicability
from visitsafe.checklists.facts import changed
from visitsafe.checklists.model import AnswerType, VisitField
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.record.bodies import KnownFact
from visitsafe.wizard.draft_file import Session, without


def answered(questionnaire: Questionnaire, session: Session, values: Mapping[str, Value]) -> Session:
    """The session with these answers, and without those which they make doubtful or pointless."""
    changed = [name for name, value in values.items() if session.answers.get(name) != value]
    session = replace(
        session,
        answers={**session.answers, **values},
        shelved=without(session.shelved, values),
        standing=without(session.standing, values),
        carried=tuple(name for name in session.carried if name not in values),
        half="",
    )
    for name in changed:
        if questionnaire.by_id[name].fills is VisitField.CASE:
            session = replace(session, case=str(session.answers[name]))
    session = _ask_again(questionnaire, session, _hangs_on(questionnaire, changed))
    return shelve(questionnaire, session)


def taken_back(session: Session, names: Collection[str]) -> Session:
    """The session without these answers, which are still offered when their questions are asked again."""
    taken = {name: session.answers[name] for name in names if name in session.answers}
    return replace(
        session,
        answers=without(session.answers, taken),
        shelved=session.shelved | taken,
        standing=without(session.standing, taken),
        carried=tuple(name for name in session.carried if name not in taken),
    )


def learned(questionnaire: Questionnaire, session: Session, facts: Sequence[KnownFact]) -> Session:
    """The session once these facts are known.

    Answers carried over from another plan are taken back if something they hang on says more than it did
    when that plan was made. What was answered in this session is not: it was answered knowing it. Of those
    only words are offered again, to be changed; what was picked is picked anew, or Enter would sign it.

    Args:
        questionnaire: What is asked where these facts are known.
        session: The plan in the making.
        facts: What is known now.
    """
    session = replace(session, facts=tuple(facts))
    news = changed(session.facts_before, facts)
    doubtful = [name for name in session.carried if not news.isdisjoint(_hangs_on_facts(questionnaire, name))]
    if doubtful:
        labels = ", ".join(questionnaire.by_id[name].label for name in doubtful)
        notice = f"Because of what has happened since that plan, please answer again: {labels}."
        session = taken_back(session, doubtful)
        picked = [name for name in doubtful if questionnaire.by_id[name].answer is not AnswerType.TEXT]
        session = replace(
            session, shelved=without(session.shelved, picked), notices=(*session.notices, notice)
        )
    return shelve(questionnaire, session)


def _hangs_on_facts(questionnaire: Questionnaire, name: str) -> tuple[str, ...]:
    return questionnaire.by_id[name].ask_again_if


def _hangs_on(questionnaire: Questionnaire, changed: Collection[str]) -> tuple[str, ...]:
    """What must be asked again because a time changed: other times after the start, and what is computed."""
    fills = {questionnaire.by_id[name].fills for name in changed}
    if not fills & {VisitField.START, VisitField.DUE_BACK}:
        return ()
    due_back = VisitField.START in fills
    return tuple(
        question.id
        for question in questionnaire
        if question.id not in changed
        and (question.propose is not None or (due_back and question.answer is AnswerType.TIME))
    )


def _ask_again(questionnaire: Questionnaire, session: Session, names: Collection[str]) -> Session:
    doubtful = [name for name in names if name in session.answers]
    if not doubtful:
        return session
    labels = ", ".join(questionnaire.by_id[name].label for name in doubtful)
    notice = f"Because the time has changed, please look again at: {labels}."
    return replace(taken_back(session, doubtful), notices=(*session.notices, notice))


def shelve(questionnaire: Questionnaire, session: Session) -> Session:
    """Put aside the answers that no longer apply and say so; standing ones come back by themselves."""
    lost: list[str] = []
    while True:
        applicable = applicability(questionnaire, session.answers)
        gone = {name: value for name, value in session.answers.items() if applicable[name] is False}
        back = {
            name: value
            for name, value in session.shelved.items()
            if name in session.standing and name not in session.answers and applicable.get(name)
        }
        if not gone and not back:
            break
        lost += [name for name in gone if name not in session.standing]
        answers = without(session.answers, gone) | back
        session = replace(session, answers=answers, shelved=without(session.shelved, back) | gone)
    labels = ", ".join(questionnaire.by_id[name].label for name in lost)
    notices = (f"No longer applies, and does not count: {labels}.",) if lost else ()
    return replace(session, notices=session.notices + notices)
