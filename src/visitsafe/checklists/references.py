"""Whether everything a checklist names exists and fits: what must hold before anybody plans with it.

Ids, the parts that each type of question needs, the facts of the visit, and conditions: an unknown question
in a condition would be a rule that is silently never raised. Quick enough to run before every plan.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from visitsafe.checklists.assessment import BLANK, GIVEN, NONE, possible_tokens
from visitsafe.checklists.checklist import AnswerType, Choice, Condition, Question, VisitChecklist, VisitField
from visitsafe.checklists.facts import ALWAYS, FACTS
from visitsafe.checklists.forms import FormChecklist
from visitsafe.checklists.problem import Path, Placed, Problem, by_cause, did_you_mean, place
from visitsafe.checklists.questionnaire import ChecklistSet
from visitsafe.record.kinds import Answer

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


def references(checklists: ChecklistSet) -> list[Problem]:
    """What is wrong with the ids, questions, facts and conditions of a set, in no particular order."""
    placed = place(checklists)
    problems = [
        *flow_references(placed, "visit"),
        *_facts(placed),
        *_review_rules(checklists, placed),
        *_people_in_steps(checklists, placed),
    ]
    return by_cause(problems)


def flow_references(placed: Placed, slot: str) -> Iterator[Problem]:
    """What is wrong with ids, questions and conditions of any flow of questions; `slot` is what begins it."""
    yield from _repeated_ids(placed, slot)
    yield from repeated([section.id for section in placed.questionnaire.sections], (slot, "sections"))
    for path, question in placed.questions:
        yield from _question(path, question)
    yield from _question_conditions(placed)
    yield from _rules(placed)


def repeated(ids: Sequence[str], path: Path) -> Iterator[Problem]:
    """A problem for each id of a list that stood in it before."""
    seen: set[str] = set()
    for index, name in enumerate(ids):
        if name in seen:
            yield Problem((*path, index, "id"), f'the id "{name}" is used twice: give one of them another')
        seen.add(name)


def repeated_own_ids(checklist: VisitChecklist | FormChecklist) -> Iterator[Problem]:
    """The same for the sections, questions and rules of one file."""
    yield from repeated([section.id for section in checklist.sections], ("sections",))
    places: list[tuple[Path, str]] = [
        (("sections", i, "questions", j), question.id)
        for i, section in enumerate(checklist.sections)
        for j, question in enumerate(section.questions)
    ]
    places += [(("rules", i), rule.id) for i, rule in enumerate(checklist.rules)]
    yield from _once(places)


def _once(places: Sequence[tuple[Path, str]]) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for path, name in places:
        # One reminder is a question and up to two rules; the sharing duty is three questions and a rule.
        if first.setdefault(name, path) != path:
            sentence = f'the id "{name}" is used twice, by questions or rules: give one of them another'
            yield Problem((*path, "id"), sentence)


def _repeated_ids(placed: Placed, slot: str) -> Iterator[Problem]:
    """Questions and rules share one space of ids, so that `leave_out` and findings are unambiguous."""
    both = [(path, q.id) for path, q in placed.questions] + [(path, r.id) for path, _, r in placed.rules]
    # A checklist that takes an id of those it uses is the one to change: it comes last.
    return _once(sorted(both, key=lambda pair: pair[0][0] == slot))


def _question(path: Path, question: Question) -> Iterator[Problem]:
    """Each type of question has the keys that it needs, and no others."""
    kind = question.answer
    if kind in {AnswerType.CHOICE, AnswerType.CHOICES}:
        yield from _choices(path, question.choices)
    elif question.choices:
        sentence = f"a question with answer: {kind} has no choices: leave them out, or write answer: choice"
        yield Problem((*path, "choices"), sentence, at_key=True)
    if kind is AnswerType.YES_NO and question.unsafe is None:
        sentence = 'the key "unsafe" is missing here: write the unsafe answer, "yes" or "no", or neither'
        yield Problem(path, sentence)
    if kind is not AnswerType.YES_NO and question.unsafe is not None:
        sentence = f"only a yes-no question has an unsafe answer, this one is {kind}: leave unsafe out"
        yield Problem((*path, "unsafe"), sentence, at_key=True)
    if kind is not AnswerType.YES_NO and question.does_not_apply:
        sentence = f"only a yes-no question offers that it does not apply, this one is {kind}: leave it out"
        yield Problem((*path, "does_not_apply"), sentence, at_key=True)
    yield from _moment(path, question)
    yield from _ask_again(path, question)
    if question.propose and kind is not AnswerType.YES_NO:
        yield Problem(
            (*path, "propose"), "daylight is proposed for a yes-no question: leave it out", at_key=True
        )


def _ask_again(path: Path, question: Question) -> Iterator[Problem]:
    """`always`, or facts that exist."""
    again, at = question.ask_again_if, (*path, "ask-again-if")
    if again == (ALWAYS,) and question.valid_for is not None:
        sentence = "an answer that is kept for some days is not asked always: leave one of the two out"
        yield Problem(at, sentence, at_key=True)
    for index, name in enumerate(() if again == (ALWAYS,) else again):
        if name not in FACTS:
            better = did_you_mean(name, FACTS) or f": write always, or facts: {', '.join(FACTS)}"
            yield Problem((*at, index), f'there is no fact "{name}"{better}')


def _moment(path: Path, question: Question) -> Iterator[Problem]:
    if question.moment and (question.answer is not AnswerType.TIME or question.fills):
        sentence = "only a time that is no fact of the visit is past or coming: leave moment out"
        yield Problem((*path, "moment"), sentence, at_key=True)


def _choices(path: Path, choices: Sequence[Choice]) -> Iterator[Problem]:
    if not choices:
        yield Problem(path, 'the key "choices" is missing here: write the answers, each with id and text')
    yield from repeated([choice.id for choice in choices], (*path, "choices"))
    for index, choice in enumerate(choices):
        if choice.id in RESERVED:
            sentence = f'"{choice.id}" has a meaning of its own in conditions: choose another id'
            yield Problem((*path, "choices", index, "id"), sentence)


def _facts(placed: Placed) -> Iterator[Problem]:
    """The visit has a case, an area, a start, a time due back and a purpose, each asked once."""
    first: dict[VisitField, int] = {}
    for index, (path, question) in enumerate(placed.questions):
        if question.fills is None:
            continue
        if first.setdefault(question.fills, index) != index:
            sentence = f'"{question.fills}" is filled by an earlier question already: leave fills out here'
            yield Problem((*path, "fills"), sentence)
        yield from _fact(path, question, question.fills)
    for fact in NEEDED:
        if fact not in first:
            yield Problem(
                ("visit", "sections"), f"no question fills the visit's {fact}: add one", at_key=True
            )
    if first.get(VisitField.START, -1) > (due_back := first.get(VisitField.DUE_BACK, len(placed.questions))):
        path = placed.questions[due_back][0]
        yield Problem((*path, "fills"), "the time due back is asked before the start: ask the start first")


def _fact(path: Path, question: Question, fact: VisitField) -> Iterator[Problem]:
    if question.answer is not FIELDS[fact]:
        sentence = f"the visit's {fact} needs answer: {FIELDS[fact]}, not {question.answer}"
        yield Problem((*path, "answer"), sentence)
    if question.valid_for is not None:
        sentence = f"the visit's {fact} differs from visit to visit: leave valid_for out"
        yield Problem((*path, "valid_for"), sentence, at_key=True)
    if fact in NEEDED and question.when is not None:
        yield Problem((*path, "when"), f"every visit needs its {fact}: leave when out", at_key=True)
    if fact in NEEDED and not question.required:
        yield Problem((*path, "required"), f"every visit needs its {fact}: leave required out", at_key=True)


def _question_conditions(placed: Placed) -> Iterator[Problem]:
    earlier: set[str] = set()
    for path, question in placed.questions:
        if question.when is not None:
            yield from _condition(placed, (*path, "when"), question.when, earlier)
        earlier.add(question.id)


def _rules(placed: Placed) -> Iterator[Problem]:
    every = placed.questionnaire.by_id
    for path, at, rule in placed.rules:
        yield from _condition(placed, at, rule.when, every.keys())
        for index, name in enumerate(rule.settle):
            if name not in every:
                sentence = f'there is no question "{name}"{did_you_mean(name, every)}'
                yield Problem((*path, "settle", index), sentence, cause=f"question {name}")
        yield from repeated([choice.id for choice in rule.suggest], (*path, "suggest"))


def _condition(
    placed: Placed, path: Path, condition: Condition, known: AbstractSet[str]
) -> Iterator[Problem]:
    every = placed.questionnaire.by_id
    for index, mapping in enumerate(condition):
        for name, wanted in mapping.items():
            at = (*path, index, name)
            if name in FACTS:
                yield from _fact_wanted(at, name, wanted, path)
            elif "." in name:
                sentence = f'there is no fact "{name}"{did_you_mean(name, FACTS)}'
                yield Problem(at, sentence, at_key=True)
            elif name not in every:
                sentence = f'there is no question "{name}"{did_you_mean(name, known)}'
                yield Problem(at, sentence, at_key=True, cause=f"question {name}")
            elif name not in known:
                sentence = f'"{name}" is asked here or later: a condition can only name questions before it'
                yield Problem(at, sentence, at_key=True)
            else:
                yield from _wanted(at, every[name], wanted)


def _fact_wanted(at: Path, name: str, wanted: Sequence[str], path: Path) -> Iterator[Problem]:
    if path[0] == "form":
        yield Problem(at, "facts are known when a visit is planned, and a form is no plan", at_key=True)
    possible = FACTS[name].values
    if not wanted:
        yield Problem(at, f'no value of "{name}" is named: write one of {", ".join(possible)}')
    for index, word in enumerate(wanted):
        if word not in possible:
            better = did_you_mean(word, possible) or f": write one of {', '.join(possible)}"
            yield Problem((*at, index), f'"{word}" is no value of "{name}"{better}')


def _wanted(path: Path, question: Question, wanted: Sequence[str]) -> Iterator[Problem]:
    possible = sorted(possible_tokens(question))
    if not wanted:
        yield Problem(path, f'no answer to "{question.id}" is named: write one of {", ".join(possible)}')
    for index, word in enumerate(wanted):
        if word not in possible:
            better = did_you_mean(word, possible) or f": write one of {', '.join(possible)}"
            sentence = f'"{word}" is no answer to "{question.id}"{better}'
            yield Problem((*path, index), sentence, cause=f"answer {question.id} {word}")


def _review_rules(checklists: ChecklistSet, placed: Placed) -> Iterator[Problem]:
    """The rules for which a countersignature must carry conditions exist."""
    rules = [rule.id for _, _, rule in placed.rules]
    for i, needs in enumerate(checklists.review.conditions if checklists.review else ()):
        for j, name in enumerate(needs.rules):
            if name not in rules:
                sentence = f'{checklists.visit.id} has no rule "{name}"{did_you_mean(name, rules)}'
                yield Problem(("review", "conditions", i, "rules", j), sentence)


def _people_in_steps(checklists: ChecklistSet, placed: Placed) -> Iterator[Problem]:
    """The questions whose answers name the people of a step are asked, and answered with people."""
    every = placed.questionnaire.by_id
    for index, step in enumerate(checklists.escalation.steps if checklists.escalation else ()):
        path = ("escalation", "steps", index, "person")
        if step.person is None:
            continue
        if step.person not in every:
            better = did_you_mean(step.person, every)
            yield Problem(path, f'{checklists.visit.id} has no question "{step.person}"{better}')
        elif every[step.person].answer is not AnswerType.PEOPLE:
            yield Problem(path, f'"{step.person}" does not ask for people: write answer: people there')
