"""The wizard as two pure functions: `screen` says what is shown next, `apply` what an event makes of it.

The rules: back never validates, skips what does not apply and keeps the answer. An answer that stops
applying is shelved and the person is told; if its question applies again it is asked again, with the old
answer as an offer. A time that changes takes with it what hangs on it. Nothing can be signed while a
question is open. There is no clock, no terminal and no file here.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, partial
from itertools import groupby

from msgspec.structs import replace

from visitsafe.checklists.assessment import (
    BLANK,
    NONE,
    Answers,
    Value,
    applicability,
    holds,
    look,
    told_at_once,
)
from visitsafe.checklists.facts import ALWAYS, changed, in_order
from visitsafe.checklists.model import AnswerType, Question, Screen, Section, VisitField
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.record.bodies import Control, Finding, KnownFact
from visitsafe.record.terms import Level
from visitsafe.wizard.draft import DraftStage, Session, findings, without


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


@dataclass(frozen=True)
class Progress:
    """Page `number` of at most `total`. Going forward the total only shrinks."""

    number: int
    total: int


@dataclass(frozen=True)
class AskOne:
    """One question.

    Attributes:
        value: What stands as the answer now, or stood before; None if there was none.
        given: Whether `value` counts. If not, it is an older answer, offered and nothing more.
        half: Text that was half typed when the person last stopped here.
        reported: Leaving it open is allowed, and raises a finding.
    """

    section: Section
    question: Question
    progress: Progress
    can_back: bool
    value: Value | None = None
    given: bool = False
    half: str = ""
    reported: bool = False


@dataclass(frozen=True)
class AskTogether:
    """Several questions of one section on one page, with the answers that count so far."""

    section: Section
    questions: tuple[Question, ...]
    progress: Progress
    can_back: bool
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class AnswerRow:
    """One answer on the review page.

    Attributes:
        id: The question to go to.
        answer: In words; None while it is open.
        at: UTC text, when a standing answer was given; empty for an answer of today.
        carried: As it was in the plan that this one repeats or revises.
    """

    id: str
    section: str
    label: str
    question: Question
    value: Value | None
    at: str = ""
    carried: bool = False


@dataclass(frozen=True)
class Review:
    """Every answer that counts. `repeats`: it is the page which asks what has changed since then."""

    rows: tuple[AnswerRow, ...]
    can_back: bool
    repeats: str = ""

    @property
    def open(self) -> int:
        """How many questions still want an answer."""
        return sum(row.value is None for row in self.rows)


@dataclass(frozen=True)
class Concern:
    """A finding with the way to what settles it, and what was decided about it so far.

    Attributes:
        settle: The questions that could settle it and apply now.
        controls: The control measures chosen for it.
        left: It was left to the manager.
        why: Why the rule matters.
    """

    finding: Finding
    settle: tuple[Question, ...]
    controls: tuple[Control, ...] = ()
    left: bool = False
    why: str = ""

    @property
    def decided(self) -> bool:
        """Whether it has control measures, or was left to the manager."""
        return self.left or bool(self.controls)


@dataclass(frozen=True)
class Findings:
    """What the answers mean together, worst first."""

    concerns: tuple[Concern, ...]


@dataclass(frozen=True)
class ControlFor:
    """Which control measures answer this finding? Number and total count the findings to decide on."""

    concern: Concern
    progress: Progress


@dataclass(frozen=True)
class WriteControl:
    """The person wants to write a control measure of their own for this finding."""

    concern: Concern
    half: str = ""


@dataclass(frozen=True)
class WhoDoes:
    """Who carries out this control measure?"""

    control: Control
    half: str = ""


@dataclass(frozen=True)
class Sign:
    """The last page: an explicit yes to signing, under the case and the times that it is about.

    Attributes:
        form: It is a form that is signed, and what it is about; empty for a plan.
        facts: What is known of the visit and signed with the plan.
    """

    concerns: tuple[Concern, ...]
    visit: tuple[AnswerRow, ...] = ()
    urgent: str = ""
    form: str = ""
    facts: tuple[KnownFact, ...] = ()


@dataclass(frozen=True)
class NothingLeft:
    """Nothing is left to ask: the plan can be signed."""

    status: str = "sign"


Step = AskOne | AskTogether | Review | Findings | ControlFor | WriteControl | WhoDoes | Sign | NothingLeft


class Move(Enum):
    """Events without content."""

    BACK = "back"
    CONFIRM = "confirm"


@dataclass(frozen=True)
class ParsedAnswer:
    """An answer, parsed."""

    id: str
    value: Value


@dataclass(frozen=True)
class AnsweredMany:
    """The answers of a page with several questions; not `done` while the person is still on it."""

    values: Mapping[str, Value]
    done: bool = True


@dataclass(frozen=True)
class Goto:
    """Straight to the answer of one question, from the review page or from a finding."""

    id: str


@dataclass(frozen=True)
class Reconsider:
    """Straight to the control measures of one finding, by its rule."""

    rule: str


@dataclass(frozen=True)
class Reopen:
    """An answer does not hold any more for a reason from outside, such as a start that has passed."""

    id: str
    because: str


@dataclass(frozen=True)
class Measures:
    """The control measures chosen for a rule; none at all leaves it to the manager.

    `write`: the person wants to write one more.
    """

    rule: str
    texts: tuple[str, ...]
    write: bool = False


@dataclass(frozen=True)
class Wrote:
    """A control measure in the person's own words; empty text writes none."""

    rule: str
    text: str


@dataclass(frozen=True)
class Who:
    """Who carries out one control measure."""

    rule: str
    text: str
    who: str


@dataclass(frozen=True)
class Pause:
    """Stop for now and keep everything, the half-typed text too."""

    half: str = ""


BACK = Move.BACK
CONFIRM = Move.CONFIRM
Event = Move | ParsedAnswer | AnsweredMany | Goto | Reconsider | Reopen | Measures | Wrote | Who | Pause


TOGETHER = frozenset({AnswerType.YES_NO, AnswerType.ACKNOWLEDGE})
PageIds = tuple[str, ...]


def pages_of(questionnaire: Questionnaire) -> Iterator[PageIds]:
    """The pages in the order asked, each as the ids of its questions."""
    for section in questionnaire.sections:
        for _, questions in groupby(section.questions, partial(_page_key, section)):
            yield tuple(question.id for question in questions)


def _page_key(section: Section, question: Question) -> str:
    """Neighbours with the same key share a page."""
    # A page of several has a letter for yes, no and not sure alone.
    if section.screen is Screen.TOGETHER and question.answer in TOGETHER and not question.does_not_apply:
        return f"together: {question.answer}"
    return question.id


def _gathered(questionnaire: Questionnaire, pages: tuple[PageIds, ...]) -> Iterator[PageIds]:
    """The pages with all that is asked at each visit by yes or no on one, where the first of it stands."""
    each = tuple(question.id for question in questionnaire if at_each_visit(question))
    for page in pages:
        if each and each[0] in page:
            yield each
        if rest := tuple(name for name in page if name not in each):
            yield rest


def at_each_visit(question: Question) -> bool:
    """Whether it is asked at each visit, by yes or no and whatever was answered before."""
    always = question.ask_again_if == (ALWAYS,)
    return always and question.answer is AnswerType.YES_NO and question.when is None


@dataclass(frozen=True)
class PageWalk:
    """The pages as the answers make them.

    Attributes:
        kept: Questions that are answered without having been asked.
        repeats: It is a plan made from another: what is about one visit is asked on one page.
    """

    questionnaire: Questionnaire
    answers: Answers
    kept: frozenset[str]
    repeats: bool = False

    @cached_property
    def pages(self) -> tuple[PageIds, ...]:
        """Every page, also those that do not apply."""
        pages = tuple(pages_of(self.questionnaire))
        return tuple(_gathered(self.questionnaire, pages)) if self.repeats else pages

    @cached_property
    def applicable(self) -> dict[str, bool | None]:
        """For each question whether it applies; None while an earlier answer could still decide it."""
        return applicability(self.questionnaire, self.answers)

    @cached_property
    def first_open(self) -> PageIds | None:
        """The first page with a question that applies and has no answer."""
        return next((page for page in self.pages if self.is_open(page)), None)

    def shown(self, page: PageIds) -> PageIds:
        """The questions of a page that apply for certain."""
        return tuple(name for name in page if self.applicable[name])

    def is_open(self, page: PageIds) -> bool:
        """Whether something on this page waits for an answer."""
        return any(name not in self.answers for name in self.shown(page))

    def entry(self, page: PageIds) -> str:
        """The question at which to open a page: the first that waits for an answer, or the first."""
        shown = self.shown(page)
        return next((name for name in shown if name not in self.answers), shown[0])

    def page_with(self, name: str) -> PageIds | None:
        """The page on which a question stands, if it applies."""
        return next((page for page in self.pages if name in self.shown(page)), None)

    def asked(self, page: PageIds) -> bool:
        """Whether this page is, or may still be, put to the person on the way through."""
        possible = [name for name in page if self.applicable[name] is not False]
        return any(name not in self.kept for name in possible)

    def before(self, page: PageIds | None) -> PageIds | None:
        """The page to go back to; with None, from the end."""
        end = len(self.pages) if page is None else self.pages.index(page)
        earlier = (one for one in reversed(self.pages[:end]) if self.shown(one) and self.asked(one))
        return next(earlier, None)

    def after(self, page: PageIds) -> PageIds | None:
        """The page to walk on to after having gone back: the next one, or an earlier one that is open."""
        later = self.pages[self.pages.index(page) + 1 :]
        return next((one for one in later if self.shown(one) and self.asked(one)), None)

    def progress(self, page: PageIds) -> Progress:
        """Which page this is, of how many at most."""
        earlier = self.pages[: self.pages.index(page)]
        number = 1 + sum(1 for one in earlier if self.shown(one) and self.asked(one))
        total = sum(1 for one in self.pages if self.asked(one) or one == page)
        return Progress(number, total)


def concerns(questionnaire: Questionnaire, session: Session) -> tuple[Concern, ...]:
    """The findings, worst first, each with what would settle it and what was decided about it.

    What earlier visits leave to be known comes last: notes.
    """
    walk = PageWalk(questionnaire, session.answers, frozenset())
    found = (*findings(questionnaire, session), *session.known)
    why = {rule.id: rule.why for rule in questionnaire.rules}
    return tuple(
        Concern(
            finding=finding,
            settle=tuple(questionnaire.by_id[name] for name in finding.settle if walk.applicable.get(name)),
            controls=_controls(session, finding.rule),
            left=_left(session, finding),
            why=why.get(finding.rule, ""),
        )
        for finding in found
    )


def _left(session: Session, finding: Finding) -> bool:
    """Left to the manager: decided on, with no control measure. A note is nothing to decide on."""
    undecided = finding.level is Level.NOTE or finding.rule not in session.considered
    return not undecided and not _controls(session, finding.rule)


def to_decide(questionnaire: Questionnaire, session: Session) -> tuple[Concern, ...]:
    """The findings that want a control measure, one for each rule."""
    wanted = [one for one in concerns(questionnaire, session) if one.finding.level is not Level.NOTE]
    by_rule: dict[str, Concern] = {}
    for concern in wanted:
        by_rule.setdefault(concern.finding.rule, concern)
    return tuple(by_rule.values())


def _controls(session: Session, rule: str) -> tuple[Control, ...]:
    return tuple(control for control in session.controls if control.rule == rule)


def decided(session: Session, rule: str) -> bool:
    """Whether a finding has its control measures, each with who does it, or was left to the manager."""
    return rule in session.considered and all(control.who for control in _controls(session, rule))


def control_screen(session: Session, wanted: tuple[Concern, ...], number: int) -> Step:
    """The page for one finding: choose, then write one's own, then who does each."""
    concern = wanted[number]
    rule = concern.finding.rule
    if rule in session.considered and session.writing:
        return WriteControl(concern, session.half)
    if rule in session.considered:
        nobody = next((control for control in concern.controls if not control.who), None)
        if nobody is not None:
            return WhoDoes(nobody, session.half)
    return ControlFor(concern, Progress(number + 1, len(wanted)))


def measured(session: Session, event: Measures) -> Session:
    """Control measures were chosen; those that were there before keep who does them."""
    before = {control.text: control for control in _controls(session, event.rule)}
    chosen = [
        before.get(text, Control(rule=event.rule, text=text, who="")) for text in dict.fromkeys(event.texts)
    ]
    others = [control for control in session.controls if control.rule != event.rule]
    return replace(
        session,
        controls=(*others, *chosen),
        considered=tuple(dict.fromkeys((*session.considered, event.rule))),
        writing=event.write,
        half="",
    )


def wrote(session: Session, event: Wrote) -> Session:
    """A control measure was written. With nothing written and nothing chosen, the choice is open again."""
    new = (Control(rule=event.rule, text=event.text, who=""),) if event.text else ()
    session = replace(session, controls=session.controls + new, writing=False, half="")
    return session if _controls(session, event.rule) else reopened(session, event.rule)


def who_does(session: Session, rule: str, text: str, who: str) -> Session:
    """Somebody takes a control measure on."""
    controls = tuple(
        replace(control, who=who) if (control.rule, control.text) == (rule, text) else control
        for control in session.controls
    )
    return replace(session, controls=controls, half="")


def reopened(session: Session, rule: str) -> Session:
    """A finding is decided on once more; what was chosen stays as the offer."""
    considered = tuple(name for name in session.considered if name != rule)
    return replace(
        session, stage=DraftStage.CONTROLS, cursor=rule, considered=considered, writing=False, half=""
    )


def forget_settled(questionnaire: Questionnaire, before: Session, after: Session) -> Session:
    """A finding that is gone is no longer decided on, and its control measures no longer count."""
    possible = _possible(questionnaire, after)
    lost = _possible(questionnaire, before) - possible
    gone = [control.text for control in after.controls if control.rule in lost]
    notices = (f"No longer needed, because the finding is gone: {'; '.join(gone)}.",) if gone else ()
    return replace(
        after,
        considered=tuple(rule for rule in after.considered if rule in possible),
        notices=after.notices + notices,
    )


def _possible(questionnaire: Questionnaire, session: Session) -> set[str]:
    """The rules that are raised, or still may be, depending on what is open."""
    _, seen = look(questionnaire, session.answers)
    return {rule.id for rule in questionnaire.rules if holds(rule.when, seen) is not False}


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


def _section(questionnaire: Questionnaire, page: PageIds, cursor: str) -> Section:
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


def _on_page(walk: PageWalk, page: PageIds, session: Session) -> PageIds:
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


def screen(questionnaire: Questionnaire, session: Session) -> Step:
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


def _earlier(walk: PageWalk, one: PageIds | None, other: PageIds | None) -> PageIds | None:
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
