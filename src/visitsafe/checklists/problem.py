"""A problem in a checklist, and where the questions and rules of a compiled questionnaire were written.

Shared by `references` and `checking`. A path leads into a `ChecklistSet`: its member, then keys and indexes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches

from visitsafe.checklists.checklist import Question, Rule, VisitChecklist
from visitsafe.checklists.form_flow import FormSet, compile_form
from visitsafe.checklists.forms import FormChecklist, SupervisionChecklist
from visitsafe.checklists.kinds import (
    EscalationChecklist,
    ReviewChecklist,
    SharingChecklist,
    ShouldNotChecklist,
)
from visitsafe.checklists.questionnaire import ChecklistSet, Questionnaire, compile_questionnaire

Path = tuple[str | int, ...]
AnyChecklist = (
    VisitChecklist
    | ShouldNotChecklist
    | SharingChecklist
    | ReviewChecklist
    | EscalationChecklist
    | FormChecklist
    | SupervisionChecklist
)


@dataclass(frozen=True)
class Problem:
    """What is wrong, and what to write instead.

    Attributes:
        path: Where; it may lead to something that is missing, the nearest thing above is then shown.
        sentence: For the person who writes the file.
        at_key: The last key of the path is at fault, not its value.
        cause: What all problems have in common that come of one slip elsewhere; empty for one of its own.
    """

    path: Path
    sentence: str
    at_key: bool = False
    cause: str = ""

    def below(self, *prefix: str) -> "Problem":
        """The same problem with a path that begins further up."""
        return replace(self, path=(*prefix, *self.path))


def by_cause(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, and of those with one cause the first alone, with how many more there are."""
    every = list(dict.fromkeys(problems))
    counts = Counter(problem.cause for problem in every if problem.cause)
    told: set[str] = set()
    found = []
    for problem in every:
        if problem.cause in told:
            continue
        told |= {problem.cause} - {""}
        more = counts[problem.cause] - 1
        places = f" (and in {more} more place{'' if more == 1 else 's'})" if more > 0 else ""
        found.append(replace(problem, sentence=problem.sentence + places))
    return found


@dataclass(frozen=True)
class Placed:
    """A compiled questionnaire, with the path of each question and of each rule and its condition."""

    questionnaire: Questionnaire
    questions: tuple[tuple[Path, Question], ...]
    rules: tuple[tuple[Path, Path, Rule], ...]


def place(checklists: ChecklistSet) -> Placed:
    """Compile a set, and say where everything in the questionnaire was written."""
    compiled = compile_questionnaire(checklists)
    return _placed(compiled, _question_paths(checklists), _rule_paths(checklists))


def place_form(form_set: FormSet) -> Placed:
    """The same for a form: paths begin with `form` or `sharing`."""
    questions: list[Path] = [
        ("form", "sections", i, "questions", j)
        for i, section in enumerate(form_set.form.sections)
        for j in range(len(section.questions))
    ]
    rules: list[tuple[Path, Path]] = [
        (("form", "rules", i), ("form", "rules", i, "when")) for i in range(len(form_set.form.rules))
    ]
    if form_set.sharing:
        questions += _sharing_paths(form_set.sharing)
        rules.append((("sharing", "duty"), ("sharing", "duty")))
    return _placed(compile_form(form_set), questions, rules)


def _placed(compiled: Questionnaire, questions: Iterable[Path], rules: Iterable[tuple[Path, Path]]) -> Placed:
    asked = [question for section in compiled.sections for question in section.questions]
    return Placed(
        compiled,
        tuple(zip(questions, asked, strict=True)),
        tuple((*paths, rule) for paths, rule in zip(rules, compiled.rules, strict=True)),
    )


def _question_paths(checklists: ChecklistSet) -> Iterator[Path]:
    """In the order of `compile_questionnaire`."""
    for i, section in enumerate(checklists.visit.sections):
        yield from (("visit", "sections", i, "questions", j) for j in range(len(section.questions)))
    if checklists.sharing:
        yield from _sharing_paths(checklists.sharing)
    if checklists.should_not:
        yield from (("should_not", "should_not", i) for i in range(len(checklists.should_not.should_not)))


def _sharing_paths(sharing: SharingChecklist) -> Iterator[Path]:
    yield from (("sharing", "triggers", i) for i in range(len(sharing.triggers)))
    yield from [("sharing", "duty")] * 3


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
