"""What a checklist must fulfil beyond its form: the proofs of `visitsafe checklist check`.

A set that one visit is planned with is proven together; each file is also checked alone: its sources, its
lists, the escalation ladder. Every question can be asked, every rule can be raised and avoided, and a
low-risk plan can come out clean. Where proof takes too long it says so instead of guessing.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from pydantic import BaseModel

from visitsafe.checklists.checklist import Condition, Source, VisitChecklist
from visitsafe.checklists.form_checking import form_alone, form_references
from visitsafe.checklists.form_flow import FormSet
from visitsafe.checklists.forms import FormChecklist, SupervisionChecklist
from visitsafe.checklists.kinds import (
    DUE_BACK,
    Document,
    EscalationChecklist,
    EscalationStep,
    ReviewChecklist,
    SharingChecklist,
    ShouldNotChecklist,
)
from visitsafe.checklists.problem import (
    AnyChecklist,
    Path,
    Placed,
    Problem,
    by_cause,
    did_you_mean,
    place,
    place_form,
)
from visitsafe.checklists.proofs import Prover
from visitsafe.checklists.questionnaire import ChecklistSet
from visitsafe.checklists.references import references, repeated, repeated_own_ids

Documents = Mapping[str, Document] | None
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)*(-[0-9]+(\.[0-9]+)*)?")
CHANGE = "change or leave out the condition"
_FROM_HERE_ON = (
    "from here on nothing was proven, for there are too many questions that hang on one another: "
    "name fewer in conditions, or split the list"
)
_TOO_LONG = "takes too many combinations of answers to prove: name fewer questions in its conditions"


def check(checklists: ChecklistSet, documents: Documents) -> list[Problem]:
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


def advice(checklists: ChecklistSet) -> list[Problem]:
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
        Problem(path, f'no rule names "{question.worse}", the unsafe answer to this question')
        for path, question in placed.questions
        if path[0] == "visit" and question.worse and (question.id, question.worse) not in named
    ]
    found += [
        Problem(
            ("visit", "add_choices", name, index), f'no rule names "{choice.id}", which is added to "{name}"'
        )
        for name, added in checklists.visit.add_choices.items()
        for index, choice in enumerate(added)
        if (name, choice.id) not in named
    ]
    return [replace(one, sentence=f"{one.sentence}, so nothing is said about it") for one in found]


def check_form(form_set: FormSet, documents: Documents) -> list[Problem]:
    """The same for a form and the sharing checklist that it asks; paths begin with `form` or `sharing`."""
    problems = form_references(form_set)
    parts: dict[str, AnyChecklist | None] = {"form": form_set.form, "sharing": form_set.sharing}
    for slot, checklist in parts.items():
        alone = check_alone(checklist, documents) if checklist else []
        problems += [problem.below(slot) for problem in alone]
    if not problems:
        problems += proven(place_form(form_set), "what is always told belongs under first or last")
    return list(dict.fromkeys(problems))


def members(checklists: ChecklistSet) -> dict[str, AnyChecklist]:
    """The checklists of a set by the name of the member."""
    every: dict[str, AnyChecklist | None] = {
        "visit": checklists.visit,
        "should_not": checklists.should_not,
        "sharing": checklists.sharing,
        "review": checklists.review,
        "escalation": checklists.escalation,
    }
    return {slot: checklist for slot, checklist in every.items() if checklist is not None}


def check_alone(checklist: AnyChecklist, documents: Documents) -> list[Problem]:
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


def check_documents(documents: Sequence[Document]) -> list[Problem]:
    """What is wrong with the documents of one `sources.yaml`: ids used twice, days that do not exist."""
    problems = list(repeated([document.id for document in documents], ("documents",)))
    for index, document in enumerate(documents):
        for name in ("issued", "review_date"):
            day = getattr(document, name)
            if day is not None and not _exists(day):
                problems.append(Problem(("documents", index, name), f"there is no day {day}: check it"))
    return problems


def past_review(document: Document, today: date) -> bool:
    """Whether a document's review date is over."""
    return document.review_date is not None and document.review_date < today.isoformat()


def _exists(day: str) -> bool:
    try:
        date.fromisoformat(day + "2013-01-01"[len(day) :])
    except ValueError:
        return False
    return True


def _lists(checklist: BaseModel, *names: str) -> Iterator[Problem]:
    """Ids are unique in each of the lists."""
    for name in names:
        yield from repeated([item.id for item in getattr(checklist, name)], (name,))


def _visit(checklist: VisitChecklist) -> Iterator[Problem]:
    if checklist.leave_out and checklist.extends is None:
        sentence = "leave_out needs extends: name the checklist from which something is left out"
        yield Problem(("leave_out",), sentence, at_key=True)
    if checklist.add_choices and checklist.extends is None:
        sentence = "add_choices needs extends: name the checklist whose questions get more choices"
        yield Problem(("add_choices",), sentence, at_key=True)
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


def _cited(path: Path, source: Source, documents: Documents) -> Iterator[Problem]:
    if documents is None:
        return
    document = documents.get(source.document)
    if document is None:
        better = did_you_mean(source.document, documents) or ": describe it in sources.yaml"
        sentence = f'no sources.yaml describes the document "{source.document}"{better}'
        yield Problem((*path, "document"), sentence, cause=f"document {source.document}")
    elif document.paragraphs == "numbered" and not _NUMBER.fullmatch(source.paragraph):
        sentence = f'the paragraphs of {document.id} are numbered: write a number such as "7.2" or "5.6-5.9"'
        yield Problem((*path, "paragraph"), sentence)


def _ladder(checklist: EscalationChecklist) -> Iterator[Problem]:
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
            yield Problem(("steps", index, "after"), sentence)
    names = [step.id for step in steps if step.counts_from == DUE_BACK]
    if checklist.high_risk_step not in names:
        better = did_you_mean(checklist.high_risk_step, names) or f": the steps are {', '.join(names)}"
        yield Problem(("high_risk_step",), f'there is no step "{checklist.high_risk_step}"{better}')
    if not any(step.acknowledge for step in steps):
        sentence = "nobody has to acknowledge any step: write acknowledge: true where somebody takes it on"
        yield Problem(("steps",), sentence, at_key=True)


def _counted_from_the_start(steps: Sequence[EscalationStep]) -> Iterator[Problem]:
    """Such a step tells that something was not heard, and never stands for one after the time due back."""
    for index, step in enumerate(steps):
        path = ("steps", index)
        if step.counts_from == DUE_BACK:
            if step.missing:
                sentence = "a report can only be missing from the start on: write counts_from: start"
                yield Problem((*path, "missing"), sentence, at_key=True)
            continue
        if step.acknowledge:
            sentence = (
                "a step that counts from the start only tells, so that nobody who takes it on ends the watch"
            )
            yield Problem((*path, "acknowledge"), f"{sentence}: leave acknowledge out", at_key=True)
        if step.after < 0:
            yield Problem((*path, "after"), "nobody has set out before the start: write 0 or more")
        if index and steps[index - 1].counts_from == DUE_BACK:
            sentence = (
                "this step counts from the start: put it before those that count from the time due back"
            )
            yield Problem((*path, "counts_from"), sentence)


def proven(placed: Placed, always: str, *, clean: bool = False) -> list[Problem]:
    """What can never happen, or always does.

    Args:
        placed: The questions and rules.
        always: What is wrong with a rule that is raised whatever is answered.
        clean: Whether all rules must be avoidable in one and the same plan.
    """
    prover, problems = Prover(placed.questionnaire), list[Problem]()
    for path, prove, wrong in _to_prove(placed, always):
        possible = prove(prover)
        if prover.left <= 0:
            return [*problems, Problem(path, _FROM_HERE_ON)]
        if possible is not True:
            problems.append(Problem(path, wrong if possible is False else f"this {_TOO_LONG}"))
    if clean and not problems:
        possible = prover.can_be_avoided([rule.when for _, _, rule in placed.rules])
        wrong = "whatever is answered, one rule or another is raised: a low-risk plan must come out clean"
        if possible is not True:
            said = wrong if possible is False else f"this {_TOO_LONG}"
            problems.append(Problem(("visit", "rules"), said, at_key=True))
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
