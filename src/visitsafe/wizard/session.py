"""The wizard as two pure functions: `screen` says what is shown next, `apply` what an event makes of it.

The rules: back never validates, skips what does not apply and keeps the answer. An answer that stops
applying is shelved and the person is told; if its question applies again it is asked again, with the old
answer as an offer. A time that changes takes with it what hangs on it. Nothing can be signed while a
question is open. There is no clock, no terminal and no file here.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from visitsafe.checklists.assessment import Value, applicability, told_at_once
from visitsafe.checklists.facts import in_order
from visitsafe.checklists.model import AnswerType
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.wizard.draft import findings
from visitsafe.wizard.draft_file import DraftStage, Session
from visitsafe.wizard.measures import (
    concerns,
    control_screen,
    decided,
    forget_settled,
    measured,
    reopened,
    to_decide,
    who_does,
    wrote,
)
from visitsafe.wizard.pages import question_screen, review, visit_rows, walk_of
from visitsafe.wizard.screens import (
    AnsweredMany,
    Event,
    Findings,
    Goto,
    Measures,
    Move,
    NothingLeft,
    ParsedAnswer,
    Pause,
    Reconsider,
    Reopen,
    Screen,
    Sign,
    Who,
    Wrote,
)
from visitsafe.wizard.session_keeping import answered, shelve, taken_back
from visitsafe.wizard.walk import Page, PageWalk

__all__ = ["DraftStage", "Session", "apply", "screen"]


def screen(questionnaire: Questionnaire, session: Session) -> Screen:
    """The page that a session is on."""
    session = _settle_place(questionnaire, session)
    match session.stage:
        case DraftStage.QUESTIONS:
            return question_screen(questionnaire, session)
        case DraftStage.REVIEW:
            return review(questionnaire, session)
        case DraftStage.FINDINGS:
            return Findings(concerns(questionnaire, session))
        case DraftStage.CONTROLS:
            wanted = to_decide(questionnaire, session)
            number = [one.finding.rule for one in wanted].index(session.cursor)
            return control_screen(session, wanted, number)
        case DraftStage.SIGN:
            found, rows = concerns(questionnaire, session), visit_rows(questionnaire, session)
            return Sign(found, rows, session.urgent, session.about, in_order(session.facts))
        case _:
            return NothingLeft()


def apply(questionnaire: Questionnaire, session: Session, event: Event) -> Session:
    """The session after an event. An event that does not fit the page changes nothing."""
    session = replace(_settle_place(questionnaire, session), notices=())
    if isinstance(event, Measures | Wrote | Who | Reconsider):
        return _decide(questionnaire, session, event)
    if isinstance(event, Move):
        return _move(questionnaire, session, event)
    if isinstance(event, Pause):
        return replace(session, half=event.half)
    return _change(questionnaire, session, event)


def _change(
    questionnaire: Questionnaire, session: Session, event: ParsedAnswer | AnsweredMany | Goto | Reopen
) -> Session:
    match event:
        case ParsedAnswer(name, value):
            return _answer(questionnaire, session, {name: value})
        case AnsweredMany(values, done):
            after = _answer(questionnaire, session, values)
            return after if done else _stay(session, after)
        case Goto(name):
            return _go_to(questionnaire, session, name)
        case Reopen(name, because):
            return _reopen(questionnaire, session, name, because)


def _move(questionnaire: Questionnaire, session: Session, move: Move) -> Session:
    if move is Move.BACK:
        return _back(questionnaire, replace(session, half=""))
    return _confirm(questionnaire, session)


# Where the person stands.


def _settle_place(questionnaire: Questionnaire, session: Session) -> Session:
    """The place which the session means: a page that exists, and none after the review while one is open."""
    walk = walk_of(questionnaire, session)
    if session.stage is DraftStage.QUESTIONS:
        if walk.page_with(session.cursor):
            return session
        if walk.first_open is None:
            return replace(session, stage=DraftStage.REVIEW, cursor="", origin=None, walking=False)
        return replace(session, cursor=walk.entry(walk.first_open))
    if session.stage in {DraftStage.CONTROLS, DraftStage.SIGN, DraftStage.DONE} and walk.first_open:
        return replace(session, stage=DraftStage.REVIEW, cursor="", origin=None)
    if session.stage is DraftStage.FINDINGS and not _has_findings(questionnaire, session):
        return replace(session, stage=DraftStage.REVIEW if walk.first_open else DraftStage.SIGN)
    return _settle_control(questionnaire, session) if session.stage is DraftStage.CONTROLS else session


def _has_findings(questionnaire: Questionnaire, session: Session) -> bool:
    """Whether there is a page of findings: a form has only notes, and shows them where it is signed.

    So does a plan about which no more is known than what earlier visits tell: that costs no page.
    """
    return not session.about and bool(findings(questionnaire, session))


def _settle_control(questionnaire: Questionnaire, session: Session) -> Session:
    wanted = [one.finding.rule for one in to_decide(questionnaire, session)]
    if session.cursor in wanted:
        return session
    return _next_control(questionnaire, session)


def _next_control(questionnaire: Questionnaire, session: Session) -> Session:
    """On to the next finding that is not decided; then back to where the person came from, or to sign."""
    rules = [one.finding.rule for one in to_decide(questionnaire, session)]
    undecided = next((rule for rule in rules if not decided(session, rule)), None)
    if undecided is not None and session.origin is None:
        return replace(session, stage=DraftStage.CONTROLS, cursor=undecided)
    return replace(session, stage=session.origin or DraftStage.SIGN, cursor="", origin=None)


# Events on questions.


def _answer(questionnaire: Questionnaire, session: Session, values: Mapping[str, Value]) -> Session:
    applicable = applicability(questionnaire, session.answers)
    values = {name: value for name, value in values.items() if applicable.get(name)}
    if not values:
        return session
    after = forget_settled(questionnaire, session, answered(questionnaire, session, values))
    told = told_at_once(questionnaire, session.answers)
    new = [text for text in told_at_once(questionnaire, after.answers) if text not in told]
    after = replace(after, notices=(*after.notices, *new))
    return _go_on(questionnaire, after, next(iter(values)))


def _stay(before: Session, after: Session) -> Session:
    """Answers of a page that is not finished yet count at once, but the person stays on the page."""
    return replace(
        after, stage=before.stage, cursor=before.cursor, origin=before.origin, walking=before.walking
    )


def _go_on(questionnaire: Questionnaire, session: Session, answered: str) -> Session:
    """From an answered page to the next: what is open, or on through the pages already answered."""
    walk = walk_of(questionnaire, session)
    here = walk.page_with(answered)
    first_open = walk.first_open
    if session.origin is not None and first_open is None:
        return _settle_place(questionnaire, replace(session, stage=session.origin, cursor="", origin=None))
    later = walk.after(here) if here and session.walking and session.origin is None else None
    target = _earlier(walk, first_open, later)
    if target is None:
        return replace(session, stage=DraftStage.REVIEW, cursor="", walking=False)
    return replace(session, cursor=walk.entry(target), walking=session.walking and target != first_open)


def _earlier(walk: PageWalk, one: Page | None, other: Page | None) -> Page | None:
    known = [page for page in (one, other) if page is not None]
    return min(known, key=walk.pages.index, default=None)


def _go_to(questionnaire: Questionnaire, session: Session, name: str) -> Session:
    if walk_of(questionnaire, session).page_with(name) is None:
        return session
    origin = session.stage if session.stage in {DraftStage.REVIEW, DraftStage.FINDINGS} else session.origin
    return replace(session, stage=DraftStage.QUESTIONS, cursor=name, origin=origin, walking=False, half="")


def _reopen(questionnaire: Questionnaire, session: Session, name: str, because: str) -> Session:
    if name not in session.answers:
        return session
    origin = session.origin if session.stage is DraftStage.QUESTIONS else DraftStage.REVIEW
    after = replace(
        taken_back(_half_aside(questionnaire, session), {name}),
        stage=DraftStage.QUESTIONS,
        cursor=name,
        origin=origin,
        walking=False,
        notices=(because,),
    )
    return shelve(questionnaire, after)


def _half_aside(questionnaire: Questionnaire, session: Session) -> Session:
    """What was half typed belongs to its own question: offered there again, and on no other page."""
    asked = questionnaire.by_id.get(session.cursor)
    if session.half and asked is not None and asked.answer is AnswerType.TEXT:
        session = replace(session, shelved={session.cursor: session.half, **session.shelved})
    return replace(session, half="")


# Events on the other pages.


def _back(questionnaire: Questionnaire, session: Session) -> Session:
    match session.stage:
        case DraftStage.QUESTIONS if session.origin is not None:
            return replace(session, stage=session.origin, cursor="", origin=None)
        case DraftStage.QUESTIONS | DraftStage.REVIEW:
            walk = walk_of(questionnaire, session)
            here = walk.page_with(session.cursor) if session.stage is DraftStage.QUESTIONS else None
            page = walk.before(here)
            if page is None:
                return session
            return replace(session, stage=DraftStage.QUESTIONS, cursor=walk.entry(page), walking=True)
        case DraftStage.CONTROLS:
            return _control_back(questionnaire, session)
        case DraftStage.SIGN if _has_findings(questionnaire, session):
            return replace(session, stage=DraftStage.FINDINGS, cursor="")
        case _:
            return replace(session, stage=DraftStage.REVIEW, cursor="")


def _control_back(questionnaire: Questionnaire, session: Session) -> Session:
    """From who does it to the choice; from a choice to the finding before; from the first to the findings."""
    if session.cursor in session.considered:
        return reopened(session, session.cursor)
    rules = [one.finding.rule for one in to_decide(questionnaire, session)]
    number = rules.index(session.cursor)
    if session.origin is not None or number == 0:
        return replace(session, stage=DraftStage.FINDINGS, cursor="", origin=None)
    return reopened(session, rules[number - 1])


def _confirm(questionnaire: Questionnaire, session: Session) -> Session:
    walk = walk_of(questionnaire, session)
    first_open = walk.first_open
    if first_open is not None and session.stage is not DraftStage.QUESTIONS:
        origin = session.stage if session.stage is DraftStage.FINDINGS else DraftStage.REVIEW
        return replace(
            session, stage=DraftStage.QUESTIONS, cursor=walk.entry(first_open), origin=origin, walking=False
        )
    match session.stage:
        case DraftStage.REVIEW:
            return _settle_place(
                questionnaire, replace(session, stage=DraftStage.FINDINGS, cursor="", origin=None)
            )
        case DraftStage.FINDINGS:
            return _next_control(questionnaire, session)
        case DraftStage.SIGN:
            return replace(session, stage=DraftStage.DONE)
        case _:
            return session


def _decide(
    questionnaire: Questionnaire, session: Session, event: Measures | Wrote | Who | Reconsider
) -> Session:
    match event:
        case Reconsider(rule):
            return replace(reopened(session, rule), origin=DraftStage.FINDINGS)
        case Measures():
            session = measured(session, event)
        case Wrote():
            session = wrote(session, event)
        case Who(rule, text, who):
            session = who_does(session, rule, text, who)
    if session.stage is DraftStage.CONTROLS and session.cursor in session.considered:
        done = not session.writing and decided(session, session.cursor)
        return _next_control(questionnaire, session) if done else session
    return session
