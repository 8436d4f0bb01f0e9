"""How one visit checklist extends another: an agency changes what is its own and inherits the rest.

Questions and rules with an id of the base take its place; a section with an id of the base gets its new
questions at the end; new sections and rules come last. `add_choices` adds answers to a question.
`leave_out` takes questions and rules away; one that
the extension also writes comes back at its new place. What an extension does not write is the base's.
The ids within each file are taken to be unique; `checking` proves that.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from visitsafe.checklists.check import ChecklistProblem, did_you_mean
from visitsafe.checklists.model import (
    AnswerType,
    Condition,
    Item,
    Question,
    Section,
    Uses,
    VisitChecklist,
)

Path = tuple[str | int, ...]
T = TypeVar("T", bound=Item)


@dataclass(frozen=True)
class Origin:
    """Where a part was written: in the base or in the extension, and at which path there."""

    in_base: bool
    path: Path


def extend(base: VisitChecklist, extension: VisitChecklist) -> VisitChecklist:
    """Lay an extension over the checklist that it extends."""
    own = extension.model_fields_set
    return extension.model_copy(
        update={
            "person_visited": (extension if "person_visited" in own else base).person_visited,
            "uses": _overlay(base.uses, extension.uses),
            "sections": tuple(_with_choices(section, extension) for section in _sections(base, extension)),
            "rules": _place(base.rules, extension.rules, extension.leave_out),
        }
    )


def unknown_in_leave_out(base: VisitChecklist, extension: VisitChecklist) -> Iterator[tuple[Path, str]]:
    """The ids in `leave_out` which the base does not have, each with its path."""
    known = ids_of(base)
    for index, name in enumerate(extension.leave_out):
        if name not in known:
            yield ("leave_out", index), name


def cannot_be_added(extension: VisitChecklist, result: VisitChecklist) -> Iterator[ChecklistProblem]:
    """What is wrong with the choices that an extension adds to questions."""
    questions = {question.id: question for question in _questions(result)}
    for name, added in extension.add_choices.items():
        path, question = ("add_choices", name), questions.get(name)
        if question is None:
            yield ChecklistProblem(
                path, f'there is no question "{name}"{did_you_mean(name, questions)}', at_key=True
            )
            continue
        if question.answer not in {AnswerType.CHOICE, AnswerType.CHOICES}:
            sentence = f'"{name}" is answered with {question.answer}, and only a choice can get more choices'
            yield ChecklistProblem(path, sentence, at_key=True)
            continue
        before = [choice.id for choice in question.choices[: -len(added)]]
        for index, choice in enumerate(added):
            if choice.id in before:
                sentence = f'"{name}" has a choice "{choice.id}" already: give this one another id'
                yield ChecklistProblem((*path, index, "id"), sentence)


def still_named(extension: VisitChecklist, result: VisitChecklist) -> Iterator[tuple[Path, str, list[str]]]:
    """The ids in `leave_out` that the result still names; each with its path, and what names it."""
    present = ids_of(result)
    for index, name in enumerate(extension.leave_out):
        if name in present:
            continue
        by = [q.id for q in _questions(result) if _names(q.when, name)]
        by += [rule.id for rule in result.rules if name in rule.settle or _names(rule.when, name)]
        if by:
            yield ("leave_out", index), name, by


def _names(condition: Condition | None, name: str) -> bool:
    return any(name in mapping for mapping in condition or ())


def ids_of(checklist: VisitChecklist) -> list[str]:
    """The ids of a checklist's own questions and rules, in its order."""
    return [question.id for question in _questions(checklist)] + [rule.id for rule in checklist.rules]


def origins(base: VisitChecklist, extension: VisitChecklist, result: VisitChecklist) -> Mapping[Path, Origin]:
    """For each section, question, rule and use of the result: where it was written."""
    of_base, of_extension = _written(base), _written(extension)
    return {
        path: Origin(in_base=False, path=of_extension[what])
        if what in of_extension
        else Origin(in_base=True, path=of_base[what])
        for what, path in _written(result).items()
        if what in of_extension or what in of_base
    }


def _written(checklist: VisitChecklist) -> dict[tuple[str, ...], Path]:
    """The path of each part by its kind and id."""
    written: dict[tuple[str, ...], Path] = {
        ("use", name): ("uses", name) for name in checklist.uses.model_fields_set
    }
    for i, section in enumerate(checklist.sections):
        written["section", section.id] = ("sections", i)
        for j, question in enumerate(section.questions):
            at: Path = ("sections", i, "questions", j)
            written["question", question.id] = at
            written |= {
                ("choice", question.id, choice.id): (*at, "choices", k)
                for k, choice in enumerate(question.choices)
            }
    for name, added in checklist.add_choices.items():
        for index, choice in enumerate(added):
            written.setdefault(("choice", name, choice.id), ("add_choices", name, index))
    written.update({("rule", rule.id): ("rules", i) for i, rule in enumerate(checklist.rules)})
    return written


def _questions(checklist: VisitChecklist) -> Iterator[Question]:
    return (question for section in checklist.sections for question in section.questions)


def _overlay(base: Uses, extension: Uses) -> Uses:
    return base.model_copy(update={name: getattr(extension, name) for name in extension.model_fields_set})


def _place(base: Sequence[T], extension: Sequence[T], leave_out: Sequence[str]) -> tuple[T, ...]:
    """The base's items, each replaced by the extension's of the same id, and then the new ones."""
    own = {item.id: item for item in extension}
    in_place = [own.pop(item.id, item) for item in base if item.id not in leave_out]
    return (*in_place, *own.values())


def _sections(base: VisitChecklist, extension: VisitChecklist) -> Iterator[Section]:
    """The base's sections as changed, then the new ones; one that is left without questions is gone."""
    own = {section.id: section for section in extension.sections}
    stay = {question.id for question in _questions(base)} - set(extension.leave_out)
    replacing = {question.id: question for question in _questions(extension) if question.id in stay}
    for section in base.sections:
        changed = own.pop(section.id, None)
        kept = [replacing.get(question.id, question) for question in section.questions if question.id in stay]
        added = [question for question in (changed.questions if changed else ()) if question.id not in stay]
        if kept or added:
            yield _section(section, changed, (*kept, *added))
    for section in own.values():
        new = tuple(question for question in section.questions if question.id not in stay)
        if new:
            yield section.model_copy(update={"questions": new})


def _with_choices(section: Section, extension: VisitChecklist) -> Section:
    questions = tuple(
        question.model_copy(update={"choices": (*question.choices, *extension.add_choices[question.id])})
        if question.id in extension.add_choices
        else question
        for question in section.questions
    )
    return section.model_copy(update={"questions": questions})


def _section(base: Section, changed: Section | None, questions: tuple[Question, ...]) -> Section:
    """The base's section with these questions; title, about and screen as the extension writes them."""
    names = (changed.model_fields_set if changed else set()) - {"questions"}
    return base.model_copy(
        update={**{name: getattr(changed, name) for name in names}, "questions": questions}
    )
