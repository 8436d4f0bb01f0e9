"""`plan --answers FILE`: the answers of a whole plan in one YAML file.

Everything is read as text, so `yes`, `14:30` and `2026-11-23` mean what was typed. Whatever is wrong is said
at once, each as `file:line:column: sentence`: the file's shape here, the answers by the same rules as in the
wizard (`domain.answering`). Which checklist the file names is looked up by the caller, between `load` and
`read_answers`. docs/answers-file.md
describes the format, `answers_template` prints an empty one.
"""

import difflib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

from visitsafe.checklists import yaml as yaml_words
from visitsafe.checklists.assessment import Answers, Value, assess, occasion_of
from visitsafe.checklists.facts import Occasion
from visitsafe.checklists.model import AnswerType, VisitField
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
from visitsafe.text.clean import clean, quoted
from visitsafe.wizard.answering import AnswerContext, Raw, is_blank, parse_all

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
