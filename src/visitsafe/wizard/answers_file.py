"""`plan --answers FILE`: the answers of a plan or a form in one YAML file, and the empty file to begin with.

Everything is read as text, so `yes`, `14:30` and `2026-11-23` mean what was typed. Whatever is wrong is
said at once, each as `file:line:column: sentence`: the file's shape here, the answers by the same rules as
in the wizard (`answers`). Which checklist the file names is looked up by the caller, between `load` and
`read_answers`. docs/answers-file.md describes the format.
"""

import difflib
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

from visitsafe.checklists import yaml as yaml_words
from visitsafe.checklists.assessment import BLANK, GIVEN, Answers, Value, assess, in_words, occasion_of
from visitsafe.checklists.facts import FACTS, Occasion
from visitsafe.checklists.model import (
    AnswerType,
    Condition,
    FormChecklist,
    Question,
    VisitChecklist,
    VisitField,
)
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.checklists.yaml import (
    MOST_BYTES,
    DataPath,
    Positions,
    Problem,
    printable,
    read_bytes,
    read_strings,
    refusal,
)
from visitsafe.errors import ProblemsError, SettingsError
from visitsafe.record.bodies import Control
from visitsafe.record.terms import Answer
from visitsafe.text.clean import clean, kept_line, quoted
from visitsafe.wizard.answers import AnswerContext, Raw, either, expected, is_blank, options, parse_all

KEYS = ("checklist", "visit", "answers", "controls", "urgent")
CONTROL_KEYS = ("rule", "do", "who")
LONGEST = {"do": 1000, "who": 120, "urgent": 4000}
HINT = "visitsafe plan --print-answers shows what an answers file looks like"
_ASKED = {
    "rule": "say which finding this answers, by the id of its rule",
    "do": "say what is done: the id of a suggested measure, or your own words",
    "who": "say who does it",
}
_EMPTY: Answers = MappingProxyType({})


@dataclass(frozen=True)
class CompleteAnswers:
    """What a complete answers file says, ready to be planned; `taken` as in `Parsed`."""

    answers: Mapping[str, Value]
    controls: tuple[Control, ...]
    urgent: str
    taken: tuple[str, ...] = ()


@dataclass(frozen=True)
class AnswersFile:
    """A file that has the right outline; its answers are not understood yet.

    Attributes:
        name: The file, for messages.
        checklist: The id of the visit checklist that it answers.
        visit: The facts of the visit by field.
        answers: Question id to what was written.
        controls: Control measures, each with `rule`, `do` and `who`; blank where nothing is written.
        urgent: Why the visit goes before it is countersigned; empty if it does not.
        positions: Where everything stands.
        problems: What is wrong so far.
        hint: How to see what such a file looks like.
    """

    name: str
    checklist: str
    visit: Mapping[str, Raw]
    answers: Mapping[str, Raw]
    controls: tuple[Mapping[str, str], ...]
    urgent: str
    positions: Positions
    problems: tuple[Problem, ...] = ()
    hint: str = HINT


@dataclass
class _Desk:
    """A file while it is read: what is found wrong is put down here and the reading goes on."""

    positions: Positions
    problems: list[Problem] = field(default_factory=list)

    def value(self, path: DataPath, sentence: str) -> None:
        self.problems.append(Problem(self.positions.nearest(path), sentence))

    def key(self, path: DataPath, sentence: str) -> None:
        self.problems.append(Problem(self.positions.key(path), sentence))


def load(path: str, stdin: BinaryIO | None = None, hint: str = HINT) -> AnswersFile:
    """Read a file's outline.

    Args:
        path: The file; `-` is standard input.
        stdin: What to read for `-`; standard input itself if None.
        hint: How to see what such a file looks like, for errors.

    Raises:
        ProblemsError: It is not YAML as it should be, or names no checklist.
        NotFoundError: There is no such file.
        SettingsError: It cannot be read.
    """
    name = "standard input" if path == "-" else printable(path)
    raw = _standard_input(stdin) if path == "-" else read_bytes(Path(path))
    data, positions = read_strings(raw, name)
    desk = _Desk(positions)
    if not isinstance(data, dict):
        desk.value((), "this is not a list of keys; begin with checklist:, visit: and answers:")
        raise refusal(name, desk.problems, hint)
    _known_keys(desk, (), data, KEYS)
    found = AnswersFile(
        name=name,
        checklist=_line(desk, ("checklist",), data.get("checklist", "")),
        visit=_answers(desk, "visit", data.get("visit", "")),
        answers=_answers(desk, "answers", data.get("answers", "")),
        controls=_controls(desk, data.get("controls", "")),
        urgent=_line(desk, ("urgent",), data.get("urgent", "")),
        positions=positions,
        hint=hint,
    )
    _known_keys(desk, ("visit",), found.visit, tuple(VisitField))
    if not found.checklist:
        desk.key(("checklist",), "say which checklist is answered, such as checklist: home-visit")
    if not found.checklist or len(found.checklist) > LONGEST["who"]:
        raise refusal(name, desk.problems, hint)
    return replace(found, problems=tuple(desk.problems))


def _standard_input(stdin: BinaryIO | None) -> bytes:
    stream = stdin or getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise SettingsError("there is no standard input to read", hint="give a file: --answers FILE")
    read: bytes = stream.read(MOST_BYTES + 1)
    return read


def _known_keys(desk: _Desk, at: DataPath, data: Iterable[str], known: tuple[str, ...]) -> None:
    for key in data:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            instead = f"do you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            desk.key((*at, key), f"{quoted(key)} is not known here; {instead}")


def _line(desk: _Desk, path: DataPath, value: Any) -> str:
    if not isinstance(value, str):
        desk.value(path, f"write one text after {path[-1]}:")
        return ""
    text = clean(value)
    longest = LONGEST.get(str(path[-1]), LONGEST["who"])
    if len(text) > longest:
        desk.value(path, f"that is {len(text)} characters long, and at most {longest} fit; make it shorter")
    return text


def _answers(desk: _Desk, block: str, data: Any) -> dict[str, Raw]:
    if data == "":
        return {}
    if not isinstance(data, dict):
        desk.value(
            (block,), f"write one line for each answer below {block}:, with its id, a colon and the answer"
        )
        return {}
    found: dict[str, Raw] = {}
    for key, value in data.items():
        if isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            found[key] = value
        else:
            desk.value((block, key), f"{key}: write one answer here, or a plain list of answers")
    return found


def _controls(desk: _Desk, data: Any) -> tuple[dict[str, str], ...]:
    if data == "":
        return ()
    if not isinstance(data, list):
        desk.value(("controls",), "write a list below controls:, each with rule, do and who")
        return ()
    found = []
    for number, one in enumerate(data):
        at: DataPath = ("controls", number)
        if not isinstance(one, dict):
            desk.value(at, "a control measure has the keys rule, do and who")
            continue
        _known_keys(desk, at, one, CONTROL_KEYS)
        found.append({key: _line(desk, (*at, key), one.get(key, "")) for key in CONTROL_KEYS})
    return tuple(found)


def wrong_checklist(file: AnswersFile, known: Iterable[str]) -> ProblemsError:
    """The error for a file that names a checklist which is not among the visit checklists known."""
    sentence = f"there is no visit checklist {quoted(file.checklist)}; there are {', '.join(known)}"
    problem = Problem(file.positions.nearest(("checklist",)), sentence)
    return refusal(file.name, [*file.problems, problem], file.hint)


def another_checklist(file: AnswersFile, named: str) -> ProblemsError:
    """The error for a file that answers one checklist where the command line names another."""
    sentence = f"this file answers {quoted(file.checklist)}, and --checklist names {quoted(named)}"
    problem = Problem(
        file.positions.nearest(("checklist",)), f"{sentence}; leave --checklist out, or change one"
    )
    return refusal(file.name, [*file.problems, problem], file.hint)


def read_answers(
    file: AnswersFile, questionnaire: Questionnaire, context: AnswerContext, standing: Answers = _EMPTY
) -> CompleteAnswers:
    """Understand a file's answers.

    Args:
        file: As loaded.
        questionnaire: The checklist that it names, compiled.
        context: For times; the file's own `urgent` counts too.
        standing: Answers already known, for questions which the file leaves out.

    Raises:
        ProblemsError: With every problem of the file, each on a line of its own.
    """
    desk = _Desk(file.positions, list(file.problems))
    raw, paths = _by_question(desk, file, questionnaire)
    context = replace(
        context,
        urgent=context.urgent or bool(file.urgent),
        if_late="say why: --urgent --reason '...', or a line with urgent:",
    )
    parsed = parse_all(questionnaire, raw, context, standing)
    for name, sentence in parsed.problems:
        path = paths.get(name) or _where_missing(questionnaire, name)
        unknown = name not in questionnaire.by_id
        (desk.key if unknown else desk.value)(path, f"{path[-1]}: {sentence}")
    _cut_short(desk, questionnaire, paths)
    controls = _measures(desk, file, questionnaire, None if desk.problems else parsed.answers)
    if desk.problems:
        raise refusal(file.name, desk.problems, file.hint)
    return CompleteAnswers(parsed.answers, controls, file.urgent, parsed.taken)


def taken_over(questionnaire: Questionnaire, given: CompleteAnswers) -> list[str]:
    """The answers that are signed although a file leaves them out: what is signed is shown before."""
    asked = [questionnaire.by_id[name] for name in given.taken]
    return [
        kept_line(f"{one.label}: {in_words(one, given.answers[one.id], questionnaire.zone)}") for one in asked
    ]


def settled_in(file: AnswersFile, questionnaire: Questionnaire, context: AnswerContext) -> Occasion:
    """What facts are worked out from, as far as the file settles it; what is wrong with it is said later."""
    raw, _ = _by_question(_Desk(file.positions), file, questionnaire)
    context = replace(context, urgent=context.urgent or bool(file.urgent))
    return occasion_of(questionnaire, parse_all(questionnaire, raw, context).answers)


def _by_question(
    desk: _Desk, file: AnswersFile, questionnaire: Questionnaire
) -> tuple[dict[str, Raw], dict[str, DataPath]]:
    """Facts of the visit under the ids of the questions that ask for them; and where each answer stands."""
    raw = dict(file.answers)
    paths: dict[str, DataPath] = {name: ("answers", name) for name in raw}
    filling = {str(question.fills): question.id for question in questionnaire if question.fills}
    for key, given in file.visit.items():
        name = filling.get(key)
        if name is None:
            if key in set(VisitField) and not is_blank(given):
                desk.key(("visit", key), f"{key}: this checklist does not ask for it; leave it out")
        elif name in file.answers and not is_blank(file.answers[name]):
            desk.key(("visit", key), f"{key}: this stands under answers too, as {name}; keep one of them")
        else:
            raw[name], paths[name] = given, ("visit", key)
    return raw, paths


def _cut_short(desk: _Desk, questionnaire: Questionnaire, paths: Mapping[str, DataPath]) -> None:
    """Refuse words without quotes behind which a `#` begins what is not read: it may belong to them.

    Behind an answer that is chosen, such as yes, it can only be a remark.
    """
    words = {paths[name] for name in paths if _is_words(questionnaire, name)}
    for path, value in desk.positions.remarks().items():
        if path in words or path[:-1] in words or path[0] in {"controls", "urgent"}:
            whole = yaml_words.quoted_word(f"{value.text}{value.remark}")
            mend = f"write {whole}, or put a remark on a line of its own"
            name = next(part for part in reversed(path) if isinstance(part, str))
            desk.value(path, f"{name}: what stands after # is not read; {mend}")


def _is_words(questionnaire: Questionnaire, name: str) -> bool:
    question = questionnaire.by_id.get(name)
    return question is None or question.answer in {
        AnswerType.TEXT,
        AnswerType.PEOPLE,
        AnswerType.TELEPHONE,
    }


def _where_missing(questionnaire: Questionnaire, name: str) -> DataPath:
    fills = questionnaire.by_id[name].fills
    return ("visit", str(fills)) if fills else ("answers", name)


def _measures(
    desk: _Desk, file: AnswersFile, questionnaire: Questionnaire, answers: Answers | None
) -> tuple[Control, ...]:
    """The control measures; `answers` is None while it is not known which findings there are."""
    raised = None if answers is None else {one.rule for one in assess(questionnaire, answers)}
    suggested = {(rule.id, one.id): one.text for rule in questionnaire.rules for one in rule.suggest}
    rules = {rule.id for rule in questionnaire.rules}
    for number, control in enumerate(file.controls):
        at: DataPath = ("controls", number)
        for key in CONTROL_KEYS:
            if not control[key]:
                desk.value((*at, key), f"{key}: {_ASKED[key]}")
        rule = control["rule"]
        if rule and rule not in rules:
            near = difflib.get_close_matches(rule, sorted(rules), n=1)
            asked = f"do you mean {near[0]}?" if near else "a finding names its rule"
            desk.value((*at, "rule"), f"rule: there is no rule {quoted(rule)}; {asked}")
        elif rule and raised is not None and rule not in raised:
            desk.value((*at, "rule"), f"rule: these answers raise no finding {rule}; leave the measure out")
    return tuple(
        Control(rule=one["rule"], text=suggested.get((one["rule"], one["do"]), one["do"]), who=one["who"])
        for one in file.controls
    )


_WIDTH = 100
_LISTED = frozenset({AnswerType.CHOICE, AnswerType.CHOICES})
_SEEN = {BLANK: "left out", GIVEN: "answered"}
_HEAD = """\
Answers for a {what}: {title} ({id} {version}).
Write each answer after its colon. Lines that start with # are not read: take the # away from the
lines that you answer. Put a text with a colon, a # or quotes in it in quotes. When it is filled in:
{command} --answers FILE --yes
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
    lines = [*_head(visit, "visit plan", "visitsafe plan"), "visit:"]
    by_field = {question.fills: question for question in questionnaire if question.fills}
    for fills in VisitField:
        if fills in by_field:
            lines += _entry(questionnaire, by_field[fills])
    return "\n".join([*lines, *_answer_lines(questionnaire)]).rstrip() + "\n" + _TAIL


def form_template(form: FormChecklist, questionnaire: Questionnaire, command: str) -> str:
    """The same for a form, which is filled in by a command; it has no visit and no control measures."""
    lines = [*_head(form, "form", command), *_answer_lines(questionnaire)]
    return "\n".join(lines).rstrip() + "\n"


def _head(checklist: VisitChecklist | FormChecklist, what: str, command: str) -> list[str]:
    title = " ".join(checklist.title.split())
    head = _HEAD.format(what=what, title=title, id=checklist.id, version=checklist.version, command=command)
    return [*(f"# {line}" for line in head.splitlines()), f"checklist: {checklist.id}", ""]


def _answer_lines(questionnaire: Questionnaire) -> Iterator[str]:
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
        yield f"Only if {condition_in_words(questionnaire, question.when)}"
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


def condition_in_words(questionnaire: Questionnaire, condition: Condition) -> str:
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


def read_form(
    path: str,
    form: FormChecklist,
    questionnaire: Questionnaire,
    context: AnswerContext,
    known: Answers,
    command: str,
) -> CompleteAnswers:
    """The answers in a file.

    Args:
        path: The file; `-` is standard input.
        form: The form that is filled in.
        questionnaire: It, compiled.
        context: For times.
        known: Answers known already, for questions which the file leaves out.
        command: The command that fills it in, for hints.

    Raises:
        ProblemsError: With every problem of the file, each on a line of its own.
        NotFoundError: There is no such file.
        SettingsError: It cannot be read.
    """
    hint = f"{command} --print-answers shows what an answers file looks like"
    file = load(path, hint=hint)
    problems = []
    if file.checklist != form.id:
        sentence = f"this file answers another checklist; write checklist: {form.id}"
        problems.append(Problem(file.positions.nearest(("checklist",)), sentence))
    for key, given in (("visit", file.visit), ("controls", file.controls), ("urgent", file.urgent)):
        if given:
            sentence = f"a form has only answers: leave {key} out"
            problems.append(Problem(file.positions.key((key,)), sentence))
    if problems:
        raise refusal(file.name, [*file.problems, *problems], hint)
    return read_answers(replace(file, urgent=""), questionnaire, context, known)
