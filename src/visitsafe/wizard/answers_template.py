"""The empty answers file of `plan --print-answers`: every question, with what may be written after it.

It reads back as YAML. What must be answered stands ready with nothing after the colon; what depends on other
answers or may be left out is a comment until its # is taken away. Nothing is answered in advance.
"""

import textwrap
from collections.abc import Iterator

from visitsafe.checklists.assessment import BLANK, GIVEN
from visitsafe.checklists.facts import FACTS
from visitsafe.checklists.model import AnswerType, Condition, Question, VisitChecklist, VisitField
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.record.terms import Answer
from visitsafe.wizard.options import either, expected, options

_WIDTH = 100
_LISTED = frozenset({AnswerType.CHOICE, AnswerType.CHOICES})
_SEEN = {BLANK: "left out", GIVEN: "answered"}
_HEAD = """\
Answers for a visit plan: {title} ({id} {version}).
Write each answer after its colon. Lines that start with # are not read: take the # away from the
lines that you answer. Put a text with a colon, a # or quotes in it in quotes. When it is filled in:
visitsafe plan --answers FILE --yes
"""
_TAIL = """
# Control measures for findings, each with the id of the rule (visitsafe checklist show lists them),
# what is done (the id of a suggested measure, or your own words), and who does it.
# controls:
#   - rule:
#     do:
#     who:

# Only if the visit must go before it is countersigned: why.
# urgent:
"""


def template(visit: VisitChecklist, questionnaire: Questionnaire) -> str:
    """The commented file to fill in.

    Args:
        visit: The visit checklist that is answered.
        questionnaire: The same, compiled with the checklists that it uses.
    """
    head = _HEAD.format(title=" ".join(visit.title.split()), id=visit.id, version=visit.version)
    lines = [*(f"# {line}" for line in head.splitlines()), f"checklist: {visit.id}", "", "visit:"]
    by_field = {question.fills: question for question in questionnaire if question.fills}
    for field in VisitField:
        if field in by_field:
            lines += _entry(questionnaire, by_field[field])
    return "\n".join([*lines, *answer_lines(questionnaire)]).rstrip() + "\n" + _TAIL


def answer_lines(questionnaire: Questionnaire) -> Iterator[str]:
    """The key `answers`, and below it every question that fills no fact of the visit."""
    yield "answers:"
    for section in questionnaire.sections:
        asked = [question for question in section.questions if not question.fills]
        if asked:
            yield from _comment(f"--- {section.title} ---")
            yield ""
        for question in asked:
            yield from _entry(questionnaire, question)


def _entry(questionnaire: Questionnaire, question: Question) -> Iterator[str]:
    yield from _comment(question.ask)
    if question.answer in _LISTED:
        for value, text in options(question):
            yield from _comment(f"- {value}: {text}", hanging="  ")
        many = question.answer is AnswerType.CHOICES
        said = "Any of these, with commas between, or none alone" if many else "One of these"
    else:
        words = expected(question)
        said = words[0].upper() + words[1:]
    yield from _comment(". ".join([said, *_notes(questionnaire, question)]) + ".")
    ready = question.required and question.when is None
    yield f"  {'' if ready else '# '}{_key(question)}:"
    yield ""


def _notes(questionnaire: Questionnaire, question: Question) -> Iterator[str]:
    if question.when is not None:
        yield f"Only if {in_words(questionnaire, question.when)}"
    if not question.required:
        yield "May be left out"
    if question.valid_for is not None:
        yield f"May be left out while your standing answer is in date ({question.valid_for} days)"


def _comment(text: str, hanging: str = "") -> list[str]:
    words = " ".join(text.split())
    return textwrap.wrap(
        words,
        _WIDTH,
        initial_indent="  # ",
        subsequent_indent=f"  # {hanging}",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _key(question: Question) -> str:
    return str(question.fills or question.id)


def in_words(questionnaire: Questionnaire, condition: Condition) -> str:
    """A condition as `car-targeted is yes or not-sure`; not sure counts as the unsafe answer (D7)."""
    parts = [
        [_named(questionnaire, name, wanted) for name, wanted in mapping.items()] for mapping in condition
    ]
    same = {words for part in parts for _, words in part}
    if len(same) == 1 and len(parts) > 1 and all(len(part) == 1 for part in parts):
        return f"one of {', '.join(part[0][0] for part in parts)} is {same.pop()}"
    return ", or ".join(" and ".join(f"{name} is {words}" for name, words in part) for part in parts)


def _named(questionnaire: Questionnaire, name: str, wanted: tuple[str, ...]) -> tuple[str, str]:
    if name in FACTS:
        return name, either([*wanted])
    question = questionnaire.by_id[name]
    return _key(question), _wanted(question, wanted)


def _wanted(question: Question, wanted: tuple[str, ...]) -> str:
    words = [*wanted]
    if question.unsafe in words and Answer.NOT_SURE not in words:
        words.append(Answer.NOT_SURE)
    return either([_SEEN.get(word, word) for word in words])
