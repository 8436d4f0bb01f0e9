"""The order in which a questionnaire's pages come, given the answers so far.

A page is one question, or all the yes/no questions (or all the rules to acknowledge) of a section that is
shown together. Conditions only look back, so the page before is always the last one before that applies:
no history is kept. Kept answers (standing ones, or those of the plan that is repeated) are not asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby

from visitsafe.checklists.assessment import Answers, applicability
from visitsafe.checklists.facts import ALWAYS
from visitsafe.checklists.model import AnswerType, Question, Screen, Section
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.wizard.screens import Progress

TOGETHER = frozenset({AnswerType.YES_NO, AnswerType.ACKNOWLEDGE})
Page = tuple[str, ...]


def pages_of(questionnaire: Questionnaire) -> Iterator[Page]:
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


def _gathered(questionnaire: Questionnaire, pages: tuple[Page, ...]) -> Iterator[Page]:
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
    def pages(self) -> tuple[Page, ...]:
        """Every page, also those that do not apply."""
        pages = tuple(pages_of(self.questionnaire))
        return tuple(_gathered(self.questionnaire, pages)) if self.repeats else pages

    @cached_property
    def applicable(self) -> dict[str, bool | None]:
        """For each question whether it applies; None while an earlier answer could still decide it."""
        return applicability(self.questionnaire, self.answers)

    @cached_property
    def first_open(self) -> Page | None:
        """The first page with a question that applies and has no answer."""
        return next((page for page in self.pages if self.is_open(page)), None)

    def shown(self, page: Page) -> Page:
        """The questions of a page that apply for certain."""
        return tuple(name for name in page if self.applicable[name])

    def is_open(self, page: Page) -> bool:
        """Whether something on this page waits for an answer."""
        return any(name not in self.answers for name in self.shown(page))

    def entry(self, page: Page) -> str:
        """The question at which to open a page: the first that waits for an answer, or the first."""
        shown = self.shown(page)
        return next((name for name in shown if name not in self.answers), shown[0])

    def page_with(self, name: str) -> Page | None:
        """The page on which a question stands, if it applies."""
        return next((page for page in self.pages if name in self.shown(page)), None)

    def asked(self, page: Page) -> bool:
        """Whether this page is, or may still be, put to the person on the way through."""
        possible = [name for name in page if self.applicable[name] is not False]
        return any(name not in self.kept for name in possible)

    def before(self, page: Page | None) -> Page | None:
        """The page to go back to; with None, from the end."""
        end = len(self.pages) if page is None else self.pages.index(page)
        earlier = (one for one in reversed(self.pages[:end]) if self.shown(one) and self.asked(one))
        return next(earlier, None)

    def after(self, page: Page) -> Page | None:
        """The page to walk on to after having gone back: the next one, or an earlier one that is open."""
        later = self.pages[self.pages.index(page) + 1 :]
        return next((one for one in later if self.shown(one) and self.asked(one)), None)

    def progress(self, page: Page) -> Progress:
        """Which page this is, of how many at most."""
        earlier = self.pages[: self.pages.index(page)]
        number = 1 + sum(1 for one in earlier if self.shown(one) and self.asked(one))
        total = sum(1 for one in self.pages if self.asked(one) or one == page)
        return Progress(number, total)
