"""The pages of questions and answers, as a session fills them."""

from visitsafe.checklists.assessment import BLANK, NONE
from visitsafe.checklists.model import AnswerType, Question, Section, VisitField
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.wizard.draft_file import Session
from visitsafe.wizard.screens import AnswerRow, AskOne, AskTogether, Review
from visitsafe.wizard.walk import Page, PageWalk

EACH_TITLE = "This visit"
EACH_ABOUT = "Each visit is another one, so this is asked every time. Not sure counts as the careful answer."


def walk_of(questionnaire: Questionnaire, session: Session) -> PageWalk:
    """The order of the pages, where kept answers are not asked."""
    kept = frozenset(session.standing) | frozenset(session.carried)
    return PageWalk(questionnaire, session.answers, kept, repeats=bool(session.repeats))


def question_screen(questionnaire: Questionnaire, session: Session) -> AskOne | AskTogether:
    """The page of the question at the session's cursor."""
    walk = walk_of(questionnaire, session)
    page = walk.page_with(session.cursor) or walk.pages[0]
    section = _section(questionnaire, page, session.cursor)
    questions = tuple(questionnaire.by_id[name] for name in _on_page(walk, page, session))
    offers = session.shelved | session.answers
    can_back = session.origin is not None or walk.before(page) is not None
    if len(questions) > 1:
        said = session.answers  # an answer that was set aside is given anew, or Enter would sign it
        values = {question.id: said[question.id] for question in questions if question.id in said}
        return AskTogether(section, questions, walk.progress(page), can_back, values)
    question = questions[0]
    return AskOne(
        section=section,
        question=question,
        progress=walk.progress(page),
        can_back=can_back,
        value=offers.get(question.id),
        given=question.id in session.answers,
        half=session.half,
        reported=not session.about and _reported(questionnaire, question),
    )


def _section(questionnaire: Questionnaire, page: Page, cursor: str) -> Section:
    """The section of a page; of one that gathers several, the words for it."""
    sections = {questionnaire.section_of[name].id for name in page}
    section = questionnaire.section_of[cursor]
    if len(sections) == 1:
        return section
    return section.model_copy(update={"title": EACH_TITLE, "about": EACH_ABOUT})


def _reported(questionnaire: Questionnaire, question: Question) -> bool:
    """Whether leaving this question open is itself a finding."""
    empty = {BLANK, NONE} if question.answer is AnswerType.PEOPLE else {BLANK}
    return any(
        empty.intersection(mapping.get(question.id, ()))
        for rule in questionnaire.rules
        for mapping in rule.when
    )


def _on_page(walk: PageWalk, page: Page, session: Session) -> Page:
    """Of a page with several questions: one if it is changed, what is open, or all that are not kept."""
    shown = walk.shown(page)
    if session.origin is not None:
        waiting = tuple(name for name in shown if name not in session.answers)
        return (session.cursor,) if session.cursor in session.answers else waiting
    return tuple(name for name in shown if name not in walk.kept) or shown


def _as_before(session: Session, name: str) -> bool:
    """Whether an answer is that of the plan which is repeated or revised, however it came here."""
    if name not in session.answers:
        return False
    return name in session.carried or session.answers[name] == session.before.get(name)


def review(questionnaire: Questionnaire, session: Session) -> Review:
    """Every answer that counts, and every question that still wants one."""
    walk = walk_of(questionnaire, session)
    rows = tuple(
        AnswerRow(
            id=question.id,
            section=questionnaire.section_of[question.id].title,
            label=question.label,
            question=question,
            value=session.answers.get(question.id),
            at=session.standing.get(question.id, ""),
            carried=_as_before(session, question.id),
        )
        for question in questionnaire
        if walk.applicable[question.id]
    )
    return Review(rows, walk.before(None) is not None, session.repeats or session.revises)


def visit_rows(questionnaire: Questionnaire, session: Session) -> tuple[AnswerRow, ...]:
    """Which visit it is: its case and its times."""
    shown = (VisitField.CASE, VisitField.START, VisitField.DUE_BACK)
    rows = {row.question.fills: row for row in review(questionnaire, session).rows}
    return tuple(rows[field] for field in shown if field in rows)
