"""What people type or write in a file, turned into answers: one `parse` for all three front ends.

A sentence always says what to type instead. Yes/no, acknowledgements and choices are taken by word, by
number (`options` has the order) or by their text; nothing is taken for granted, and a required question
refuses blank. What an answer means is `assessment`'s affair.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from visitsafe.checklists.assessment import (
    BLANK,
    DOES_NOT_APPLY,
    GIVEN,
    NONE,
    Answers,
    Value,
    applicability,
    in_words,
    tokens,
)
from visitsafe.checklists.facts import FACTS
from visitsafe.checklists.model import AnswerType, Condition, Question, VisitField
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.record.terms import Answer
from visitsafe.team.people import Member, meant_by
from visitsafe.text.clean import clean, is_name, quoted
from visitsafe.text.clock import from_text, to_text
from visitsafe.text.phones import PhoneError, telephone
from visitsafe.text.redact import has_address
from visitsafe.text.times import (
    TimeError,
    check_due_back,
    check_start,
    parse_time,
    time_in_form,
    time_of_visit,
)

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


Raw = str | Sequence[str]

LONGEST = {VisitField.CASE: 60, VisitField.AREA: 120}
LONGEST_TEXT = 4000
LONGEST_NAME = 120
MOST_PEOPLE = 30
ONE_LINE = frozenset({VisitField.CASE, VisitField.AREA})
"""Texts of one line, which are soon typed anew."""
_NOBODY = frozenset({NONE, "nobody", "no one", "no-one", "noone"})
_NONE: Mapping[AnswerType, Value] = {AnswerType.CHOICES: (NONE,), AnswerType.PEOPLE: ()}
"""What an empty list means that somebody wrote into a file on purpose."""
_REFERENCE = "use the case reference, so that no name goes into the record"
_PEOPLE = frozenset({"family", "household", "mr", "mrs", "ms", "miss", "mx", "dr", "baby"})
_EMPTY: Answers = MappingProxyType({})


class AnswerError(ValueError):
    """Something is no answer to the question; `sentence` says what to type."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class AnswerContext:
    """What an answer may depend on.

    Attributes:
        now: Aware.
        zone: Whose clocks the person reads.
        start: Aware, when the visit starts; None while that is not known.
        urgent: The visit goes before it is countersigned, so that it may have started.
        form: It is a form that is filled in: its times may have passed.
        team: Who is in the team, by whom a companion may be meant.
        country: Whose telephone numbers are meant where none is named.
        if_late: What else can be done about a start that has passed, as the door has it: half a sentence.
    """

    now: datetime
    zone: ZoneInfo
    start: datetime | None = None
    urgent: bool = False
    form: bool = False
    team: tuple[Member, ...] = ()
    country: str = ""
    if_late: str = ""


@dataclass(frozen=True)
class Parsed:
    """All answers of a file: those that hold, and each problem as question id and sentence.

    `taken` names the questions whose answer was known already, because the file leaves them out.
    """

    answers: dict[str, Value]
    problems: tuple[tuple[str, str], ...]
    taken: tuple[str, ...] = ()


def is_blank(raw: Raw) -> bool:
    """Whether nothing was said. On a screen an empty list is nothing said."""
    return not any(clean(one) for one in ([raw] if isinstance(raw, str) else raw))


def parse(question: Question, raw: Raw, context: AnswerContext) -> Value:
    """The answer that was meant.

    Args:
        question: What was asked.
        raw: A line of text, or several.
        context: For times.

    Returns:
        A string (times as UTC text), or a tuple for `choices` and `people`, () for nobody. An optional
        question that was passed over is "". For `choices`, `none` stands alone.

    Raises:
        AnswerError: With a sentence that says what to type.
    """
    if is_blank(raw):
        if question.required:
            raise AnswerError(f"this needs an answer: {expected(question)}")
        return ""
    if question.answer is AnswerType.PEOPLE:
        return _people(question, raw)
    if question.answer is AnswerType.CHOICES:
        return _choices(question, raw)
    text = _only(question, raw)
    match question.answer:
        case AnswerType.TEXT:
            return _text(question, text)
        case AnswerType.TIME:
            return _time(question, text, context)
        case AnswerType.TELEPHONE:
            try:
                return telephone(text, context.country)
            except PhoneError as error:
                raise AnswerError(f"this is not a telephone number: {error.sentence}") from error
        case _:
            return _choice(question, text)


def _only(question: Question, raw: Raw) -> str:
    if isinstance(raw, str):
        return raw
    if len(raw) != 1:
        raise AnswerError(f"only one answer fits here: {expected(question)}")
    return raw[0]


def _choice(question: Question, raw: str) -> str:
    found = meant(question, raw)
    if len(found) > 1:
        raise AnswerError(f"{quoted(raw)} could be {either(sorted(found))}; type that word")
    if not found:
        raise AnswerError(f"{quoted(raw)} is not an answer here: {expected(question)}")
    return found.pop()


def _choices(question: Question, raw: Raw) -> tuple[str, ...]:
    parts = _parts(question, raw) if isinstance(raw, str) else [one for one in raw if clean(one)]
    found = {_choice(question, part) for part in parts}
    if NONE in found and len(found) > 1:
        raise AnswerError("choose none or other answers, not both")
    return tuple(value for value, _ in options(question) if value in found)


def _parts(question: Question, raw: str) -> list[str]:
    """A line split at commas, and where those parts mean nothing, at spaces."""
    if meant(question, raw):
        return [raw]
    parts = [part for part in re.split(r"[,;\n]", clean(raw, lines=True)) if part.strip()]
    return [one for part in parts for one in ([part] if meant(question, part) else part.split())]


def _people(question: Question, raw: Raw) -> tuple[str, ...]:
    said = re.split(r"[;\n]", clean(raw, lines=True)) if isinstance(raw, str) else [*raw]
    names: dict[str, str] = {}
    for name in filter(None, map(clean, said)):
        names.setdefault(name.casefold(), name)
    if names.keys() & _NOBODY and len(names) > 1:
        raise AnswerError("give names, or none, not both")
    if names.keys() <= _NOBODY:
        return ()
    for name in names.values():
        _no_longer_than(LONGEST_NAME, name)
        if not is_name(name):
            raise AnswerError(f"{quoted(name)} is not a name: {expected(question)}")
    if len(names) > MOST_PEOPLE:
        raise AnswerError(f"that is more than {MOST_PEOPLE} people; name those that matter most")
    return tuple(names.values())


def _text(question: Question, raw: str) -> str:
    is_case = question.fills is VisitField.CASE
    text = clean(raw, lines=question.fills not in ONE_LINE, joiners=not is_case)
    if question.fills in ONE_LINE and not (is_name(text) or any(map(str.isdigit, text))):
        raise AnswerError(f"{quoted(text)} is not an answer here; type {expected(question)}")
    _no_longer_than(LONGEST.get(question.fills, LONGEST_TEXT) if question.fills else LONGEST_TEXT, text)
    return text


def _no_longer_than(longest: int, text: str) -> None:
    if len(text) > longest:
        raise AnswerError(f"that is {len(text)} characters long, and at most {longest} fit; make it shorter")


def _time(question: Question, raw: str, context: AnswerContext) -> str:
    wrong = None
    is_due_back = question.fills is VisitField.DUE_BACK
    if is_due_back and context.start is None:
        raise AnswerError("answer first when the visit starts")
    try:
        if question.moment or (context.form and question.fills is None):
            return to_text(time_in_form(raw, context.now, context.zone, question.moment))
        if question.fills is None and context.start is not None:
            at = time_of_visit(raw, context.start, context.now, context.zone)
        else:
            at = parse_time(raw, context.now, context.zone, context.start if is_due_back else None)
    except TimeError as error:
        raise AnswerError(error.sentence) from error
    if question.fills is VisitField.START:
        wrong = check_start(at, context.now, urgent=context.urgent)
        can_be_urgent = not context.urgent and check_start(at, context.now, urgent=True) is None
        if wrong and can_be_urgent and context.if_late:
            wrong = f"{wrong}, or, if it cannot wait, {context.if_late}"
    elif is_due_back and context.start is not None:
        wrong = check_due_back(context.start, at, context.now)
    if wrong:
        raise AnswerError(wrong)
    return to_text(at)


def case_warning(value: str) -> str | None:
    """A sentence if what should be a case reference looks like a person's name or address (D14)."""
    words = [word.strip(".,;:()") for word in value.split()]
    names = [word for word in words if len(word) > 1 and word[0].isupper()]
    if "@" in value or (len(names) > 1 and not any(character.isdigit() for character in value)):
        return f"this looks like a person: {_REFERENCE}"
    if names and not _PEOPLE.isdisjoint(word.casefold() for word in words):
        return f"this looks like a person: {_REFERENCE}"
    return f"this looks like an address: {_REFERENCE}" if has_address(value) else None


def companion_doubts(names: Sequence[str], team: Iterable[Member]) -> list[str]:
    """A sentence for each companion who may be a member of the team, but is not called so.

    A member who goes along cannot countersign, and is told so only where it is known who they are.
    """
    team = list(team)
    doubts = []
    for name in names:
        people = dict.fromkeys(one.person.name for one in meant_by(name, team) if not one.answers_to(name))
        if people:
            who = either(list(people))
            doubts.append(f"{quoted(name)} may be {who} of the team: if so, give the whole name")
    return doubts


def parse_all(
    questionnaire: Questionnaire, raw: Mapping[str, Raw], context: AnswerContext, standing: Answers = _EMPTY
) -> Parsed:
    """Every answer of a file, and every problem with it.

    Args:
        questionnaire: What is asked.
        raw: Question id to what was written; blank counts as left out.
        context: For times; `start` is found in `raw`.
        standing: Answers already known, for questions that `raw` leaves out.

    Returns:
        Answers for every question that applies, "" for an optional one left out. A bad answer leaves open
        whether the questions that hang on it apply, so they are no problem yet.
    """
    problems = [(name, _unknown(questionnaire, name)) for name in raw if name not in questionnaire.by_id]
    answers: dict[str, Value] = {}
    taken: list[str] = []
    context = replace(context, start=_start(questionnaire, raw, context))
    for question in questionnaire:
        applies = applicability(questionnaire, answers)[question.id]
        given = raw.get(question.id, "")
        try:
            if applies is False:
                _must_be_blank(questionnaire, question, given, answers)
            elif question.id in standing and isinstance(given, str) and is_blank(given):
                answers[question.id] = standing[question.id]
                taken.append(question.id)
            elif applies or not is_blank(given):
                answers[question.id] = _in_file(question, given, context)
        except AnswerError as error:
            problems.append((question.id, error.sentence))
    return Parsed(answers, tuple(problems), tuple(taken))


def _start(questionnaire: Questionnaire, raw: Mapping[str, Raw], context: AnswerContext) -> datetime | None:
    for question in questionnaire:
        if question.fills is VisitField.START:
            try:
                value = parse(question, raw.get(question.id, ""), context)
            except AnswerError:
                return None
            return from_text(value) if isinstance(value, str) and value else None
    return context.start


def _in_file(question: Question, given: Raw, context: AnswerContext) -> Value:
    """As `parse`; but a written `[]` is none on purpose, and a time due back is read without a start too."""
    if not isinstance(given, str) and not given and question.answer in _NONE:
        return _NONE[question.answer]
    if question.fills is VisitField.DUE_BACK and context.start is None and not is_blank(given):
        midnight = context.now.astimezone(context.zone).replace(hour=0, minute=0)
        try:
            return to_text(parse_time(_only(question, given), context.now, context.zone, after=midnight))
        except TimeError as error:
            raise AnswerError(error.sentence) from error
    return parse(question, given, context)


def _unknown(questionnaire: Questionnaire, name: str) -> str:
    near = difflib.get_close_matches(name, questionnaire.by_id, n=1)
    return "there is no such question; " + (f"do you mean {near[0]}?" if near else "leave it out")


def _must_be_blank(questionnaire: Questionnaire, question: Question, given: Raw, answers: Answers) -> None:
    if is_blank(given):
        return
    applicable = applicability(questionnaire, answers)
    reasons = []
    for name, wanted in [pair for mapping in question.when or () for pair in mapping.items()]:
        if name in FACTS:
            known = questionnaire.facts.get(name, FACTS[name].calm)
            if known not in wanted:
                reasons.append(f"it is {FACTS[name].values[known]}")
            continue
        asked = questionnaire.by_id[name]
        if applicable[name] is False:
            reasons.append(f"{quoted(asked.label)} is not asked")
        elif name in answers and tokens(asked, answers[name]).isdisjoint(wanted):
            reasons.append(f"it is {in_words(asked, answers[name], questionnaire.zone)}")
    because = " and ".join(dict.fromkeys(reasons))
    when = only_when(questionnaire, question.when or ())
    raise AnswerError(f"this is only asked when {when}, and here {because}; leave it out")
