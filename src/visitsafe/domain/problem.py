"""A problem in a checklist, and where the questions and rules of a compiled questionnaire were written.

Shared by `references` and `checking`. A path leads into a `ChecklistSet`: its member, then keys and indexes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from visitsafe.domain.checklist import Question, Rule, VisitChecklist
from visitsafe.domain.kinds import (
    EscalationChecklist,
    ReviewChecklist,
    SharingChecklist,
    ShouldNotChecklist,
)
from visitsafe.domain.questionnaire import ChecklistSet, Questionnaire, compile_questionnaire

Path = tuple[str | int, ...]
AnyChecklist = VisitChecklist | ShouldNotChecklist | SharingChecklist | ReviewChecklist | EscalationChecklist


@dataclass(frozen=True)
class Problem:
    """What is wrong, and what to write instead.

    Attributes:
        path: Where; it may lead to something that is missing, the nearest thing above is then shown.
        sentence: For the person who writes the file.
        at_key: The last key of the path is at fault, not its value.
    """

    path: Path
    sentence: str
    at_key: bool = False

    def below(self, *prefix: str) -> "Problem":
        """The same problem with a path that begins further up."""
        return Problem((*prefix, *self.path), self.sentence, self.at_key)


@dataclass(frozen=True)
class Placed:
    """A compiled questionnaire, with the path of each question and of each rule and its condition."""

    questionnaire: Questionnaire
    questions: tuple[tuple[Path, Question], ...]
    rules: tuple[tuple[Path, Path, Rule], ...]


def place(checklists: ChecklistSet) -> Placed:
    """Compile a set, and say where everything in the questionnaire was written."""
    compiled = compile_questionnaire(checklists)
    questions = [question for section in compiled.sections for question in section.questions]
    return Placed(
        compiled,
        tuple(zip(_question_paths(checklists), questions, strict=True)),
        tuple((*paths, rule) for paths, rule in zip(_rule_paths(checklists), compiled.rules, strict=True)),
    )


def _question_paths(checklists: ChecklistSet) -> Iterator[Path]:
    """In the order of `compile_questionnaire`."""
    for i, section in enumerate(checklists.visit.sections):
        yield from (("visit", "sections", i, "questions", j) for j in range(len(section.questions)))
    if checklists.sharing:
        yield from (("sharing", "triggers", i) for i in range(len(checklists.sharing.triggers)))
        yield from [("sharing", "duty")] * 3
    if checklists.should_not:
        yield from (("should_not", "should_not", i) for i in range(len(checklists.should_not.should_not)))


def _rule_paths(checklists: ChecklistSet) -> Iterator[tuple[Path, Path]]:
    """The same for rules: the path of each, and that of its condition."""
    for i in range(len(checklists.visit.rules)):
        yield ("visit", "rules", i), ("visit", "rules", i, "when")
    if checklists.sharing:
        yield ("sharing", "duty"), ("sharing", "duty")
    if checklists.should_not:
        for i, item in enumerate(checklists.should_not.should_not):
            yield ("should_not", "should_not", i), ("should_not", "should_not", i, "id")
            if item.breached is not None:
                yield ("should_not", "should_not", i), ("should_not", "should_not", i, "breached")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`: did you mean "daylight"?`, or "" if nothing is near."""
    near = get_close_matches(name, list(known), n=1)
    return f': did you mean "{near[0]}"?' if near else ""
