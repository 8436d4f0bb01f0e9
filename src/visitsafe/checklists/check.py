"""What a checklist must fulfil beyond its form: the proofs of `visitsafe checklist check`.

A set that one visit is planned with is proven together; each file is also checked alone: its sources, its
lists, the escalation ladder. Every question can be asked, every rule can be raised and avoided, and a
low-risk plan can come out clean. Where proof takes too long it says so instead of guessing.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches

from pydantic import BaseModel

from visitsafe.checklists.assessment import BLANK, GIVEN, NONE, possible_tokens
from visitsafe.checklists.facts import ALWAYS, FACTS
from visitsafe.checklists.form_flow import FormSet, compile_form
from visitsafe.checklists.model import (
    DUE_BACK,
    AnswerType,
    Checklist,
    Choice,
    CitedDocument,
    Condition,
    EscalationChecklist,
    EscalationStep,
    FormChecklist,
    Question,
    ReviewChecklist,
    Rule,
    SharingChecklist,
    ShouldNotChecklist,
    Source,
    SupervisionChecklist,
    VisitChecklist,
    VisitField,
)
from visitsafe.checklists.proofs import Prover
from visitsafe.checklists.questionnaire import ChecklistSet, Questionnaire, compile_questionnaire
from visitsafe.record.meanings import MEANINGS, Meaning
from visitsafe.record.terms import Answer, Level
from visitsafe.text.clean import things

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class ChecklistProblem:
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

    def below(self, *prefix: str) -> "ChecklistProblem":
        """The same problem with a path that begins further up."""
        return replace(self, path=(*prefix, *self.path))


def by_cause(problems: Iterable[ChecklistProblem]) -> list[ChecklistProblem]:
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
        places = f" (and in {things(more, 'more place')})" if more > 0 else ""
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


RESERVED = {NONE, BLANK, GIVEN, *Answer}
FIELDS = {
    VisitField.CASE: AnswerType.TEXT,
    VisitField.AREA: AnswerType.TEXT,
    VisitField.ADDRESS: AnswerType.TEXT,
    VisitField.START: AnswerType.TIME,
    VisitField.DUE_BACK: AnswerType.TIME,
    VisitField.PURPOSE: AnswerType.TEXT,
    VisitField.COMPANIONS: AnswerType.PEOPLE,
}
"""How each fact of the visit is answered."""
NEEDED = (VisitField.CASE, VisitField.AREA, VisitField.START, VisitField.DUE_BACK, VisitField.PURPOSE)


def references(checklists: ChecklistSet) -> list[ChecklistProblem]:
    """What is wrong with the ids, questions, facts and conditions of a set, in no particular order."""
    placed = place(checklists)
    problems = [
        *flow_references(placed, "visit"),
        *_facts(placed),
        *_review_rules(checklists, placed),
        *_people_in_steps(checklists, placed),
    ]
    return by_cause(problems)


def flow_references(placed: Placed, slot: str) -> Iterator[ChecklistProblem]:
    """What is wrong with ids, questions and conditions of any flow of questions; `slot` is what begins it."""
    yield from _repeated_ids(placed, slot)
    yield from repeated([section.id for section in placed.questionnaire.sections], (slot, "sections"))
    for path, question in placed.questions:
        yield from _question(path, question)
    yield from _meanings(placed)
    yield from _question_conditions(placed)
    yield from _rules(placed)


def _meanings(placed: Placed) -> Iterator[ChecklistProblem]:
    """Each meaning is one that visitsafe knows, and only one question has it."""
    count = Counter(question.meaning for _, question in placed.questions)
    for path, question in placed.questions:
        if question.means is None:
            continue
        if question.means not in MEANINGS:
            better = (
                did_you_mean(question.means, MEANINGS) or ": write the id that it has in the file that ships"
            )
            yield ChecklistProblem((*path, "means"), f'visitsafe knows no meaning "{question.means}"{better}')
        elif count[question.meaning] > 1:
            sentence = f'another question means "{question.means}" already, by its id or by its own means'
            yield ChecklistProblem((*path, "means"), sentence)


def repeated(ids: Sequence[str], path: Path) -> Iterator[ChecklistProblem]:
    """A problem for each id of a list that stood in it before."""
    seen: set[str] = set()
    for index, name in enumerate(ids):
        if name in seen:
            yield ChecklistProblem(
                (*path, index, "id"), f'the id "{name}" is used twice: give one of them another'
            )
        seen.add(name)


def repeated_own_ids(checklist: VisitChecklist | FormChecklist) -> Iterator[ChecklistProblem]:
    """The same for the sections, questions and rules of one file."""
    yield from repeated([section.id for section in checklist.sections], ("sections",))
    places: list[tuple[Path, str]] = [
        (("sections", i, "questions", j), question.id)
        for i, section in enumerate(checklist.sections)
        for j, question in enumerate(section.questions)
    ]
    places += [(("rules", i), rule.id) for i, rule in enumerate(checklist.rules)]
    yield from _once(places)


def _once(places: Sequence[tuple[Path, str]]) -> Iterator[ChecklistProblem]:
    first: dict[str, Path] = {}
    for path, name in places:
        # One reminder is a question and up to two rules; the sharing duty is three questions and a rule.
        if first.setdefault(name, path) != path:
            sentence = f'the id "{name}" is used twice, by questions or rules: give one of them another'
            yield ChecklistProblem((*path, "id"), sentence)


def _repeated_ids(placed: Placed, slot: str) -> Iterator[ChecklistProblem]:
    """Questions and rules share one space of ids, so that `leave_out` and findings are unambiguous."""
    both = [(path, q.id) for path, q in placed.questions] + [(path, r.id) for path, _, r in placed.rules]
    # A checklist that takes an id of those it uses is the one to change: it comes last.
    return _once(sorted(both, key=lambda pair: pair[0][0] == slot))


def _question(path: Path, question: Question) -> Iterator[ChecklistProblem]:
    """Each type of question has the keys that it needs, and no others."""
    kind = question.answer
    if kind in {AnswerType.CHOICE, AnswerType.CHOICES}:
        yield from _choices(path, question.choices)
    elif question.choices:
        sentence = f"a question with answer: {kind} has no choices: leave them out, or write answer: choice"
        yield ChecklistProblem((*path, "choices"), sentence, at_key=True)
    if kind is AnswerType.YES_NO and question.unsafe is None:
        sentence = 'the key "unsafe" is missing here: write the unsafe answer, "yes" or "no", or neither'
        yield ChecklistProblem(path, sentence)
    if kind is not AnswerType.YES_NO and question.unsafe is not None:
        sentence = f"only a yes-no question has an unsafe answer, this one is {kind}: leave unsafe out"
        yield ChecklistProblem((*path, "unsafe"), sentence, at_key=True)
    if kind is not AnswerType.YES_NO and question.does_not_apply:
        sentence = f"only a yes-no question offers that it does not apply, this one is {kind}: leave it out"
        yield ChecklistProblem((*path, "does_not_apply"), sentence, at_key=True)
    yield from _moment(path, question)
    yield from _ask_again(path, question)
    if question.propose and kind is not AnswerType.YES_NO:
        yield ChecklistProblem(
            (*path, "propose"), "daylight is proposed for a yes-no question: leave it out", at_key=True
        )


def _ask_again(path: Path, question: Question) -> Iterator[ChecklistProblem]:
    """`always`, or facts that exist."""
    again, at = question.ask_again_if, (*path, "ask-again-if")
    if again == (ALWAYS,) and question.valid_for is not None:
        sentence = "an answer that is kept for some days is not asked always: leave one of the two out"
        yield ChecklistProblem(at, sentence, at_key=True)
    for index, name in enumerate(() if again == (ALWAYS,) else again):
        if name not in FACTS:
            better = did_you_mean(name, FACTS) or f": write always, or facts: {', '.join(FACTS)}"
            yield ChecklistProblem((*at, index), f'there is no fact "{name}"{better}')


def _moment(path: Path, question: Question) -> Iterator[ChecklistProblem]:
    if question.moment and (question.answer is not AnswerType.TIME or question.fills):
        sentence = "only a time that is no fact of the visit is past or coming: leave moment out"
        yield ChecklistProblem((*path, "moment"), sentence, at_key=True)


def _choices(path: Path, choices: Sequence[Choice]) -> Iterator[ChecklistProblem]:
    if not choices:
        yield ChecklistProblem(
            path, 'the key "choices" is missing here: write the answers, each with id and text'
        )
    yield from repeated([choice.id for choice in choices], (*path, "choices"))
    for index, choice in enumerate(choices):
        if choice.id in RESERVED:
            sentence = f'"{choice.id}" has a meaning of its own in conditions: choose another id'
            yield ChecklistProblem((*path, "choices", index, "id"), sentence)


def _facts(placed: Placed) -> Iterator[ChecklistProblem]:
    """The visit has a case, an area, a start, a time due back and a purpose, each asked once."""
    first: dict[VisitField, int] = {}
    for index, (path, question) in enumerate(placed.questions):
        if question.fills is None:
            continue
        if first.setdefault(question.fills, index) != index:
            sentence = f'"{question.fills}" is filled by an earlier question already: leave fills out here'
            yield ChecklistProblem((*path, "fills"), sentence)
        yield from _fact(path, question, question.fills)
    for fact in NEEDED:
        if fact not in first:
            yield ChecklistProblem(
                ("visit", "sections"), f"no question fills the visit's {fact}: add one", at_key=True
            )
    if first.get(VisitField.START, -1) > (due_back := first.get(VisitField.DUE_BACK, len(placed.questions))):
        path = placed.questions[due_back][0]
        yield ChecklistProblem(
            (*path, "fills"), "the time due back is asked before the start: ask the start first"
        )


def _fact(path: Path, question: Question, fact: VisitField) -> Iterator[ChecklistProblem]:
    if question.answer is not FIELDS[fact]:
        sentence = f"the visit's {fact} needs answer: {FIELDS[fact]}, not {question.answer}"
        yield ChecklistProblem((*path, "answer"), sentence)
    if question.valid_for is not None:
        sentence = f"the visit's {fact} differs from visit to visit: leave valid_for out"
        yield ChecklistProblem((*path, "valid_for"), sentence, at_key=True)
    if fact in NEEDED and question.when is not None:
        yield ChecklistProblem((*path, "when"), f"every visit needs its {fact}: leave when out", at_key=True)
    if fact in NEEDED and not question.required:
        yield ChecklistProblem(
            (*path, "required"), f"every visit needs its {fact}: leave required out", at_key=True
        )


def _question_conditions(placed: Placed) -> Iterator[ChecklistProblem]:
    earlier: set[str] = set()
    for path, question in placed.questions:
        if question.when is not None:
            yield from _condition(placed, (*path, "when"), question.when, earlier)
        earlier.add(question.id)


def _rules(placed: Placed) -> Iterator[ChecklistProblem]:
    every = placed.questionnaire.by_id
    for path, at, rule in placed.rules:
        yield from _condition(placed, at, rule.when, every.keys())
        for index, name in enumerate(rule.settle):
            if name not in every:
                sentence = f'there is no question "{name}"{did_you_mean(name, every)}'
                yield ChecklistProblem((*path, "settle", index), sentence, cause=f"question {name}")
        yield from repeated([choice.id for choice in rule.suggest], (*path, "suggest"))


def _condition(
    placed: Placed, path: Path, condition: Condition, known: AbstractSet[str]
) -> Iterator[ChecklistProblem]:
    every = placed.questionnaire.by_id
    for index, mapping in enumerate(condition):
        for name, wanted in mapping.items():
            at = (*path, index, name)
            if name in FACTS:
                yield from _fact_wanted(at, name, wanted, path)
            elif "." in name:
                sentence = f'there is no fact "{name}"{did_you_mean(name, FACTS)}'
                yield ChecklistProblem(at, sentence, at_key=True)
            elif name not in every:
                sentence = f'there is no question "{name}"{did_you_mean(name, known)}'
                yield ChecklistProblem(at, sentence, at_key=True, cause=f"question {name}")
            elif name not in known:
                sentence = f'"{name}" is asked here or later: a condition can only name questions before it'
                yield ChecklistProblem(at, sentence, at_key=True)
            else:
                yield from _wanted(at, every[name], wanted)


def _fact_wanted(at: Path, name: str, wanted: Sequence[str], path: Path) -> Iterator[ChecklistProblem]:
    if path[0] == "form":
        yield ChecklistProblem(
            at, "facts are known when a visit is planned, and a form is no plan", at_key=True
        )
    possible = FACTS[name].values
    if not wanted:
        yield ChecklistProblem(at, f'no value of "{name}" is named: write one of {", ".join(possible)}')
    for index, word in enumerate(wanted):
        if word not in possible:
            better = did_you_mean(word, possible) or f": write one of {', '.join(possible)}"
            yield ChecklistProblem((*at, index), f'"{word}" is no value of "{name}"{better}')


def _wanted(path: Path, question: Question, wanted: Sequence[str]) -> Iterator[ChecklistProblem]:
    possible = sorted(possible_tokens(question))
    if not wanted:
        yield ChecklistProblem(
            path, f'no answer to "{question.id}" is named: write one of {", ".join(possible)}'
        )
    for index, word in enumerate(wanted):
        if word not in possible:
            better = did_you_mean(word, possible) or f": write one of {', '.join(possible)}"
            sentence = f'"{word}" is no answer to "{question.id}"{better}'
            yield ChecklistProblem((*path, index), sentence, cause=f"answer {question.id} {word}")


def _review_rules(checklists: ChecklistSet, placed: Placed) -> Iterator[ChecklistProblem]:
    """The rules for which a countersignature must carry conditions exist."""
    rules = [rule.id for _, _, rule in placed.rules]
    for i, needs in enumerate(checklists.review.conditions if checklists.review else ()):
        for j, name in enumerate(needs.rules):
            if name not in rules:
                sentence = f'{checklists.visit.id} has no rule "{name}"{did_you_mean(name, rules)}'
                yield ChecklistProblem(("review", "conditions", i, "rules", j), sentence)


def _people_in_steps(checklists: ChecklistSet, placed: Placed) -> Iterator[ChecklistProblem]:
    """The questions whose answers name the people of a step are asked, and answered with people."""
    every = placed.questionnaire.by_id
    for index, step in enumerate(checklists.escalation.steps if checklists.escalation else ()):
        path = ("escalation", "steps", index, "person")
        if step.person is None:
            continue
        if step.person not in every:
            better = did_you_mean(step.person, every)
            yield ChecklistProblem(path, f'{checklists.visit.id} has no question "{step.person}"{better}')
        elif every[step.person].answer is not AnswerType.PEOPLE:
            yield ChecklistProblem(
                path, f'"{step.person}" does not ask for people: write answer: people there'
            )


NOT_HERE = {
    "fills": "a form fills no fact of a visit: leave fills out",
    "valid_for": "a form keeps no standing answers: leave valid_for out",
    "propose": "nothing is computed for a form: leave propose out",
}
"""Keys of a question that only a visit checklist has."""


def form_references(form_set: FormSet) -> list[ChecklistProblem]:
    """What is wrong with the ids, questions, conditions and rules of a form, in no particular order."""
    problems = [*flow_references(place_form(form_set), "form")]
    problems += [problem.below("form") for problem in _only_a_form(form_set.form)]
    return by_cause(problems)


def form_alone(form: FormChecklist) -> Iterator[ChecklistProblem]:
    """What can be said about the file of a form by itself."""
    yield from repeated_own_ids(form)
    yield from _only_a_form(form)


def _only_a_form(form: FormChecklist) -> Iterator[ChecklistProblem]:
    for i, section in enumerate(form.sections):
        for j, question in enumerate(section.questions):
            yield from _form_question(("sections", i, "questions", j), question)
    for i, rule in enumerate(form.rules):
        if rule.level is not Level.NOTE:
            sentence = f"a form points something out and weighs nothing: write level: {Level.NOTE}"
            yield ChecklistProblem(("rules", i, "level"), sentence)
        if rule.suggest:
            sentence = "a form has no control measures: leave suggest out, and say it in the text"
            yield ChecklistProblem(("rules", i, "suggest"), sentence, at_key=True)


def lost_meanings(form: FormChecklist) -> str:
    """What visitsafe looks for in a form and finds no question for, in a sentence; empty if nothing."""
    asked = {question.meaning for section in form.sections for question in section.questions}
    lost = [one for one in Meaning if form.id in one.forms and one not in asked]
    if not lost:
        return ""
    what = "this" if len(lost) == 1 else "any of these"
    mend = "if a question asks it, write means: and this name below its id"
    return f"no question means {what}, so what follows from it is left out: {', '.join(lost)}; {mend}"


def _form_question(path: Path, question: Question) -> Iterator[ChecklistProblem]:
    for key, sentence in NOT_HERE.items():
        if getattr(question, key) is not None:
            yield ChecklistProblem((*path, key), sentence, at_key=True)
    if question.answer is AnswerType.ACKNOWLEDGE:
        sentence = "a rule to keep in mind belongs before a visit: ask a question with another answer"
        yield ChecklistProblem((*path, "answer"), sentence)


Documents = Mapping[str, CitedDocument] | None
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)*(-[0-9]+(\.[0-9]+)*)?")
CHANGE = "change or leave out the condition"
_FROM_HERE_ON = (
    "from here on nothing was proven, for there are too many questions that hang on one another: "
    "name fewer in conditions, or split the list"
)
_TOO_LONG = "takes too many combinations of answers to prove: name fewer questions in its conditions"


def check(checklists: ChecklistSet, documents: Documents) -> list[ChecklistProblem]:
    """Everything that is wrong with a set of checklists. No proof is tried while references are wrong.

    Args:
        checklists: A visit checklist and those that it uses.
        documents: The documents of `sources.yaml` by id; None if that cannot be read, and so says nothing.

    Returns:
        Problems, each with a path that begins with the member of the set.
    """
    problems = references(checklists)
    for slot, checklist in members(checklists).items():
        problems += [problem.below(slot) for problem in check_alone(checklist, documents)]
    if not problems:
        placed = place(checklists)
        problems += proven(placed, "a low-risk plan must come out clean", clean=True)
    return list(dict.fromkeys(problems))


def advice(checklists: ChecklistSet) -> list[ChecklistProblem]:
    """What holds and may still be a slip: an unsafe answer, or an added choice, that no rule names."""
    placed = place(checklists)
    named = {
        (name, word)
        for _, _, rule in placed.rules
        for mapping in rule.when
        for name, wanted in mapping.items()
        for word in wanted
    }
    found = [
        ChecklistProblem(path, f'no rule names "{question.worse}", the unsafe answer to this question')
        for path, question in placed.questions
        if path[0] == "visit" and question.worse and (question.id, question.worse) not in named
    ]
    found += [
        ChecklistProblem(
            ("visit", "add_choices", name, index), f'no rule names "{choice.id}", which is added to "{name}"'
        )
        for name, added in checklists.visit.add_choices.items()
        for index, choice in enumerate(added)
        if (name, choice.id) not in named
    ]
    return [replace(one, sentence=f"{one.sentence}, so nothing is said about it") for one in found]


def check_form(form_set: FormSet, documents: Documents) -> list[ChecklistProblem]:
    """The same for a form and the sharing checklist that it asks; paths begin with `form` or `sharing`."""
    problems = form_references(form_set)
    parts: dict[str, Checklist | None] = {"form": form_set.form, "sharing": form_set.sharing}
    for slot, checklist in parts.items():
        alone = check_alone(checklist, documents) if checklist else []
        problems += [problem.below(slot) for problem in alone]
    if not problems:
        problems += proven(place_form(form_set), "what is always told belongs under first or last")
    return list(dict.fromkeys(problems))


def members(checklists: ChecklistSet) -> dict[str, Checklist]:
    """The checklists of a set by the name of the member."""
    every: dict[str, Checklist | None] = {
        "visit": checklists.visit,
        "should_not": checklists.should_not,
        "sharing": checklists.sharing,
        "review": checklists.review,
        "escalation": checklists.escalation,
    }
    return {slot: checklist for slot, checklist in every.items() if checklist is not None}


def check_alone(checklist: Checklist, documents: Documents) -> list[ChecklistProblem]:
    """What can be said about one file by itself; for a visit checklist that extends another, as written."""
    problems = [
        problem for path, source in _sources(checklist, ()) for problem in _cited(path, source, documents)
    ]
    match checklist:
        case VisitChecklist():
            problems += _visit(checklist)
        case FormChecklist():
            problems += _lists(checklist, "first", "last")
            problems += form_alone(checklist)
        case SupervisionChecklist():
            problems += _lists(checklist, "prompts")
        case ShouldNotChecklist():
            problems += _lists(checklist, "should_not", "should", "if_it_happens")
        case SharingChecklist():
            problems += _lists(checklist, "triggers")
        case ReviewChecklist():
            problems += _lists(checklist, "attest", "conditions", "prompts")
        case EscalationChecklist():
            problems += _lists(checklist, "steps")
            problems += _ladder(checklist)
    return by_cause(problems)


def check_documents(documents: Sequence[CitedDocument]) -> list[ChecklistProblem]:
    """What is wrong with the documents of one `sources.yaml`: ids used twice, days that do not exist."""
    problems = list(repeated([document.id for document in documents], ("documents",)))
    for index, document in enumerate(documents):
        for name in ("issued", "review_date"):
            day = getattr(document, name)
            if day is not None and not _exists(day):
                problems.append(
                    ChecklistProblem(("documents", index, name), f"there is no day {day}: check it")
                )
    return problems


def past_review(document: CitedDocument, today: date) -> bool:
    """Whether a document's review date is over."""
    return document.review_date is not None and document.review_date < today.isoformat()


def _exists(day: str) -> bool:
    try:
        date.fromisoformat(day + "2013-01-01"[len(day) :])
    except ValueError:
        return False
    return True


def _lists(checklist: BaseModel, *names: str) -> Iterator[ChecklistProblem]:
    """Ids are unique in each of the lists."""
    for name in names:
        yield from repeated([item.id for item in getattr(checklist, name)], (name,))


def _visit(checklist: VisitChecklist) -> Iterator[ChecklistProblem]:
    if checklist.leave_out and checklist.extends is None:
        sentence = "leave_out needs extends: name the checklist from which something is left out"
        yield ChecklistProblem(("leave_out",), sentence, at_key=True)
    if checklist.add_choices and checklist.extends is None:
        sentence = "add_choices needs extends: name the checklist whose questions get more choices"
        yield ChecklistProblem(("add_choices",), sentence, at_key=True)
    yield from repeated_own_ids(checklist)


def _sources(value: object, path: Path) -> Iterator[tuple[Path, Source]]:
    """Every source that a model cites, however deep, with its path."""
    if isinstance(value, Source):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _sources(getattr(value, name), (*path, name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _sources(item, (*path, index))


def _cited(path: Path, source: Source, documents: Documents) -> Iterator[ChecklistProblem]:
    if documents is None:
        return
    document = documents.get(source.document)
    if document is None:
        better = did_you_mean(source.document, documents) or ": describe it in sources.yaml"
        sentence = f'no sources.yaml describes the document "{source.document}"{better}'
        yield ChecklistProblem((*path, "document"), sentence, cause=f"document {source.document}")
    elif document.paragraphs == "numbered" and not _NUMBER.fullmatch(source.paragraph):
        sentence = f'the paragraphs of {document.id} are numbered: write a number such as "7.2" or "5.6-5.9"'
        yield ChecklistProblem((*path, "paragraph"), sentence)


def _ladder(checklist: EscalationChecklist) -> Iterator[ChecklistProblem]:
    """The steps go forward in time, the high-risk step exists, and somebody has to take it on."""
    steps = checklist.steps
    yield from _counted_from_the_start(steps)
    for index in range(1, len(steps)):
        if steps[index].counts_from != steps[index - 1].counts_from:
            continue
        if steps[index].after < steps[index - 1].after:
            sentence = (
                f"this step comes before the one above it ({steps[index - 1].after}): order them by time"
            )
            yield ChecklistProblem(("steps", index, "after"), sentence)
    names = [step.id for step in steps if step.counts_from == DUE_BACK]
    if checklist.high_risk_step not in names:
        better = did_you_mean(checklist.high_risk_step, names) or f": the steps are {', '.join(names)}"
        yield ChecklistProblem(("high_risk_step",), f'there is no step "{checklist.high_risk_step}"{better}')
    if not any(step.acknowledge for step in steps):
        sentence = "nobody has to acknowledge any step: write acknowledge: true where somebody takes it on"
        yield ChecklistProblem(("steps",), sentence, at_key=True)


def _counted_from_the_start(steps: Sequence[EscalationStep]) -> Iterator[ChecklistProblem]:
    """Such a step tells that something was not heard, and never stands for one after the time due back."""
    for index, step in enumerate(steps):
        path = ("steps", index)
        if step.counts_from == DUE_BACK:
            if step.missing:
                sentence = "a report can only be missing from the start on: write counts_from: start"
                yield ChecklistProblem((*path, "missing"), sentence, at_key=True)
            continue
        if step.acknowledge:
            sentence = (
                "a step that counts from the start only tells, so that nobody who takes it on ends the watch"
            )
            yield ChecklistProblem((*path, "acknowledge"), f"{sentence}: leave acknowledge out", at_key=True)
        if step.after < 0:
            yield ChecklistProblem((*path, "after"), "nobody has set out before the start: write 0 or more")
        if index and steps[index - 1].counts_from == DUE_BACK:
            sentence = (
                "this step counts from the start: put it before those that count from the time due back"
            )
            yield ChecklistProblem((*path, "counts_from"), sentence)


def proven(placed: Placed, always: str, *, clean: bool = False) -> list[ChecklistProblem]:
    """What can never happen, or always does.

    Args:
        placed: The questions and rules.
        always: What is wrong with a rule that is raised whatever is answered.
        clean: Whether all rules must be avoidable in one and the same plan.
    """
    prover, problems = Prover(placed.questionnaire), list[ChecklistProblem]()
    for path, prove, wrong in _to_prove(placed, always):
        possible = prove(prover)
        if prover.left <= 0:
            return [*problems, ChecklistProblem(path, _FROM_HERE_ON)]
        if possible is not True:
            problems.append(ChecklistProblem(path, wrong if possible is False else f"this {_TOO_LONG}"))
    if clean and not problems:
        possible = prover.can_be_avoided([rule.when for _, _, rule in placed.rules])
        wrong = "whatever is answered, one rule or another is raised: a low-risk plan must come out clean"
        if possible is not True:
            said = wrong if possible is False else f"this {_TOO_LONG}"
            problems.append(ChecklistProblem(("visit", "rules"), said, at_key=True))
    return problems


Proof = Callable[[Prover], bool | None]


def _to_prove(placed: Placed, always: str) -> Iterator[tuple[Path, Proof, str]]:
    """Each place, its proof, and what is wrong if it cannot be: never asked, never raised, always raised."""
    for path, question in placed.questions:
        for index, mapping in enumerate(question.when or ()):
            wrong = f"no answers lead to this question: {CHANGE}"
            yield (*path, "when", index), _can_hold(mapping), wrong
    for _, at, rule in placed.rules:
        for index, mapping in enumerate(rule.when):
            yield (*at, index), _can_hold(mapping), f"no answers make all of this hold: {CHANGE}"
        yield at, _can_be_avoided(rule.when), f'"{rule.id}" is raised whatever is answered: {always}'


def _can_hold(mapping: dict[str, tuple[str, ...]]) -> Proof:
    return lambda prover: prover.can_hold((mapping,))


def _can_be_avoided(condition: Condition) -> Proof:
    return lambda prover: prover.can_be_avoided((condition,))
