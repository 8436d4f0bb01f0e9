"""The answers that a question offers, their numbers, and which of them some words mean.

One order for every front end: what is printed as 2 is what `2` means in a file. Words are taken exactly,
apart from case, spaces and a full stop: "yes, but ..." is no yes.
"""

import re
import unicodedata
from collections.abc import Sequence

from visitsafe.checklists.assessment import BLANK, DOES_NOT_APPLY, GIVEN, NONE
from visitsafe.checklists.facts import FACTS
from visitsafe.checklists.model import AnswerType, Condition, Question, VisitField
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.record.terms import Answer
from visitsafe.text.clean import clean, quoted

_SEEN = {BLANK: "left out", GIVEN: "answered"}
_WORDS = {
    **dict.fromkeys(["y", "yes", "true"], Answer.YES.value),
    **dict.fromkeys(["n", "no", "false"], Answer.NO.value),
}
_UNSURE = dict.fromkeys(
    ["?", "ns", "not sure", "unsure", "don't know", "dont know", "do not know", "not known", "unknown"],
    Answer.NOT_SURE.value,
)
_NOT_HERE = dict.fromkeys(["n/a", "na", "not applicable"], DOES_NOT_APPLY)
_UNDERSTOOD = dict.fromkeys(["ok", "okay", "understood", "i understand", "agreed"], Answer.YES.value)
_EXPECTED = {
    AnswerType.PEOPLE: "a name for each person with ; between them, or none",
    AnswerType.TIME: "a time like 15:30, tomorrow 9am or 23 Nov 15:30",
    AnswerType.TEXT: "your own words",
    AnswerType.TELEPHONE: "a telephone number with its area code",
}
_FILLED: dict[VisitField | None, str] = {
    VisitField.CASE: "the case reference",
    VisitField.DUE_BACK: "a time like 15:30, or a length like +90m",
}

_MOMENTS = {
    "past": "a time like 15:30, yesterday 9am or 23 Nov 15:30",
    "coming": "a time like tomorrow 9am, Monday 15:30 or 23 Nov 15:30",
}


def options(question: Question) -> tuple[tuple[str, str], ...]:
    """The answers to choose from, as value and text, in the order in which they are numbered from 1."""
    match question.answer:
        case AnswerType.YES_NO:
            more = ((DOES_NOT_APPLY, "Does not apply"),) if question.does_not_apply else ()
            return ((Answer.YES, "Yes"), (Answer.NO, "No"), (Answer.NOT_SURE, "Not sure"), *more)
        case AnswerType.ACKNOWLEDGE:
            return ((Answer.YES, "Understood"), (Answer.NO, "Not yet"))
        case AnswerType.CHOICE | AnswerType.CHOICES:
            none = ((NONE, "None of these"),) if question.answer is AnswerType.CHOICES else ()
            return tuple((choice.id, choice.text) for choice in question.choices) + none
        case _:
            return ()


def expected(question: Question) -> str:
    """What can be typed, in a few words."""
    offered = [value for value, _ in options(question)]
    match question.answer:
        case AnswerType.CHOICES:
            return f"any of {', '.join(offered[:-1])}, or {NONE}"
        case AnswerType.CHOICE:
            return f"one of {either(offered)}"
        case AnswerType.YES_NO | AnswerType.ACKNOWLEDGE:
            return either(offered)
        case _:
            moment = _MOMENTS.get(question.moment or "")
            return _FILLED.get(question.fills) or moment or _EXPECTED[question.answer]


def either(words: Sequence[str]) -> str:
    """`a, b or c`."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _plain(raw: str) -> str:
    """Spelling that does not matter taken away."""
    text = unicodedata.normalize("NFKC", clean(raw)).casefold().replace("\u2019", "'")
    return " ".join(text.removesuffix(".").split())


def meant(question: Question, raw: str) -> set[str]:
    """The options that the words can mean: more than one only if a text looks like another one's number."""
    said = _plain(raw)
    offered = options(question)
    words = dict[str, str]()
    if question.answer in {AnswerType.YES_NO, AnswerType.ACKNOWLEDGE}:
        words = _WORDS | (_UNSURE if question.answer is AnswerType.YES_NO else _UNDERSTOOD)
        words |= _NOT_HERE if question.does_not_apply else {}
    ids = {value: value for value, _ in offered}
    texts = {_plain(text): value for value, text in offered}
    numbers = {str(number): value for number, (value, _) in enumerate(offered, start=1)}
    hyphenated = re.sub("[ _]+", "-", said)
    if hyphenated in ids:
        return {hyphenated}
    return {table[said] for table in (words, texts, numbers) if said in table}


def only_when(questionnaire: Questionnaire, condition: Condition) -> str:
    """A condition in the words of the questions: `"Car targeted" is yes or not sure`."""
    return ", or ".join(
        " and ".join(_named(questionnaire, name, wanted) for name, wanted in mapping.items())
        for mapping in condition
    )


def _named(questionnaire: Questionnaire, name: str, wanted: Sequence[str]) -> str:
    if name in FACTS:
        words = either([FACTS[name].values.get(one, one) for one in wanted])
        return f"{quoted(FACTS[name].label)} is {words}"
    question = questionnaire.by_id[name]
    return f"{quoted(question.label)} is {_wanted(question, wanted)}"


def _wanted(question: Question, wanted: Sequence[str]) -> str:
    """The answers of a condition; not sure counts as the unsafe one (D7)."""
    unsure = [Answer.NOT_SURE.value] if question.unsafe in wanted and Answer.NOT_SURE not in wanted else []
    texts = _SEEN | dict(options(question))
    return either([texts.get(one, one).lower() for one in (*wanted, *unsure)])
