"""Answers files: what they may look like, everything wrong at once with its line, and the template."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import safe_plan
from safe_plan import next_question
from visitsafe.checklists.model import VisitChecklist
from visitsafe.checklists.questionnaire import ChecklistSet, Questionnaire, compile_questionnaire
from visitsafe.errors import NotFoundError, ProblemsError, SettingsError, VisitsafeError
from visitsafe.record.bodies import Control
from visitsafe.wizard.answers import AnswerContext
from visitsafe.wizard.answers_file import (
    AnswersFile,
    CompleteAnswers,
    load,
    read_answers,
    template,
    wrong_checklist,
)

HERE = AnswerContext(now=datetime(2026, 11, 23, 8, 0, tzinfo=UTC), zone=ZoneInfo("Europe/London"))
SOURCE = [{"document": "salford-2011", "paragraph": "7.2"}]
GOOD = """\
checklist: small
visit:
  case: C-4711
  start: 14:00
  due_back: +90m
  companions: []
answers:
  threat-expected: yes
  strategies: "Leave at once: no discussion"
  behaviours: [shouting, silence]
controls:
  - rule: threat
    do: phone-first
    who: Ann Lee
"""


def item(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "why": "It matters.", "source": SOURCE, **fields}


def question(name: str, **fields: Any) -> dict[str, Any]:
    return item(name, label=name, ask=f"What about {name}?", **fields)


VISIT = VisitChecklist.model_validate(
    {
        "format": 1,
        "kind": "visit",
        "id": "small",
        "version": "1.0",
        "title": "Small",
        "about": "A test.",
        "sections": [
            {
                "id": "visit",
                "title": "The visit",
                "questions": [
                    question("case", answer="text", fills="case"),
                    question("start", answer="time", fills="start"),
                    question("due-back", answer="time", fills="due_back"),
                    question("companions", answer="people", fills="companions"),
                ],
            },
            {
                "id": "family",
                "title": "The family",
                "questions": [
                    question("threat-expected", unsafe="yes"),
                    question("strategies", answer="text", when={"threat-expected": "yes"}),
                    question(
                        "behaviours",
                        answer="choices",
                        required=False,
                        choices=[
                            {"id": "silence", "text": "Silence"},
                            {"id": "shouting", "text": "Shouting"},
                        ],
                    ),
                ],
            },
        ],
        "rules": [
            item(
                "threat",
                level="stop",
                when={"threat-expected": "yes"},
                text="Threats are expected.",
                suggest=[{"id": "phone-first", "text": "Ring before you set out."}],
            ),
            item(
                "quiet", level="note", when={"behaviours": "silence", "threat-expected": "no"}, text="Quiet."
            ),
        ],
    }
)
SMALL: Questionnaire = compile_questionnaire(ChecklistSet(VISIT, None, None, None, None, {}))


def loaded(text: str) -> AnswersFile:
    return load("-", io.BytesIO(text.encode()))


def read(text: str) -> CompleteAnswers:
    return read_answers(loaded(text), SMALL, HERE)


def problems(text: str) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        read(text)
    return [line.removeprefix("standard input:") for line in caught.value.problems]


def test_a_good_file_becomes_answers_and_control_measures() -> None:
    filled = read(GOOD)
    assert filled.answers == {
        "case": "C-4711",
        "start": "2026-11-23T14:00:00Z",
        "due-back": "2026-11-23T15:30:00Z",
        "companions": (),
        "threat-expected": "yes",
        "strategies": "Leave at once: no discussion",
        "behaviours": ("silence", "shouting"),
    }
    assert filled.controls == (Control(rule="threat", text="Ring before you set out.", who="Ann Lee"),)
    assert filled.urgent == ""


def test_a_file_is_read_from_its_path_and_named_in_its_problems(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(GOOD)
    assert read_answers(load(str(path)), SMALL, HERE) == read(GOOD)
    path.write_text("checklist: small\nvisit: [1]\n")
    with pytest.raises(ProblemsError) as caught:
        read_answers(load(str(path)), SMALL, HERE)
    assert all(line.startswith(f"{path}:") for line in caught.value.problems)


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no file"):
        load(str(tmp_path / "nowhere.yaml"))
    with pytest.raises(SettingsError, match="is a folder, not a file"):
        load(str(tmp_path))


def test_everything_that_is_wrong_is_listed_at_once_in_the_order_of_the_file() -> None:
    found = problems(
        """\
checklist: small
visti: {}
visit:
  case: ""
  start: banana
  adress: here
  address: 12 Example Street
answers:
  threat-expected: maybe
  strategys: none
  behaviours: {silence: yes}
controls:
  - rule: thraet
    do: phone-first
  - just ring
"""
    )
    assert [re.sub("; .*", "", line) for line in found] == [
        '2:1: "visti" is not known here',
        "4:3: companions: this needs an answer: a name for each person with ",
        "4:3: due_back: this needs an answer: a time like 15:30, or a length like +90m",
        "4:9: case: this needs an answer: the case reference",
        "5:10: start: this is not a time that visitsafe can read",
        '6:3: "adress" is not known here',
        "7:3: address: this checklist does not ask for it",
        '9:20: threat-expected: "maybe" is not an answer here: yes, no or not-sure',
        "10:3: strategys: there is no such question",
        "11:15: behaviours: write one answer here, or a plain list of answers",
        "13:5: who: say who does it",
        '13:11: rule: there is no rule "thraet"',
        "15:5: a control measure has the keys rule, do and who",
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("threat-expected: yes", "threat-expected: no"), "9:15: strategies: this is only asked when"),
        (("threat-expected: yes", "threat-expected: yes\n  threat-expected: no"), "stands here twice"),
        (("who: Ann Lee", "who: Ann Lee\n  - {rule: quiet, do: x, who: y}"), "raise no finding quiet"),
        (("answers:", "answers:\n  case: C-1"), "3:3: case: this stands under answers too"),
        (("checklist: small", "checklist: small\nurgent: [now]"), "write one text after urgent:"),
        (("start: 14:00", "start: today 06:00"), "the start has passed"),
        (("start: 14:00", "start: !!python/object:os.system 14:00"), "the tag"),
        (("case: C-4711", "case: [C-1, C-2]"), "only one answer fits here"),
    ],
)
def test_a_mistake_is_said_with_its_place(change: tuple[str, str], says: str) -> None:
    assert says in "\n".join(problems(GOOD.replace(*change)))


def test_words_that_a_remark_may_cut_short_are_refused_with_the_mend() -> None:
    text = GOOD.replace('"Leave at once: no discussion"', "Near #2 door").replace(
        "yes\n", "yes # as before\n"
    )
    (said,) = problems(text)
    mend = 'write "Near #2 door", or put a remark on a line of its own'
    assert said.endswith(f"9:15: strategies: what stands after # is not read; {mend}")
    (said,) = problems(GOOD.replace("companions: []", "companions:\n    - Jo Bloggs #2"))
    assert 'companions: what stands after # is not read; write "Jo Bloggs #2"' in said
    (said,) = problems(GOOD.replace("Ann Lee", "Ann #2"))
    assert 'write "Ann #2"' in said
    quoted = GOOD.replace('discussion"', 'discussion"  # quoted').replace("C-4711", "C-4711\n  # alone")
    assert read(quoted).answers == read(GOOD).answers


def test_an_urgent_visit_may_have_started_and_says_why() -> None:
    text = GOOD.replace("start: 14:00", "start: today 07:00\n  ").replace("+90m", "09:30")
    assert read(text + "urgent: The child rang\n").urgent == "The child rang"


def test_a_file_that_names_no_checklist_or_an_unknown_one_says_which_there_are() -> None:
    assert "say which checklist is answered" in problems("visit: {}\n")[0]
    error = wrong_checklist(loaded("checklist: hone-visit\nvisti: 1\n"), ["home-visit"])
    assert [line.split(": ", 1)[1] for line in error.problems] == [
        'there is no visit checklist "hone-visit"; there are home-visit',
        '"visti" is not known here; do you mean visit?',
    ]


def test_control_measures_may_be_written_in_own_words_and_lose_what_cannot_be_seen() -> None:
    text = GOOD.replace("do: phone-first", 'do: "Take \\u200bAnn"')
    assert read(text).controls[0].text == "Take Ann"


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_raise_anything_but_our_own_errors(raw: bytes) -> None:
    try:
        read_answers(load("-", io.BytesIO(raw)), SMALL, HERE)
    except VisitsafeError as error:
        assert error.message  # noqa: PT017 - anything else is let through and fails the test


def test_the_template_reads_back_and_asks_only_for_what_must_be_answered() -> None:
    text = template(VISIT, SMALL)
    assert loaded(text).checklist == "small"
    missing = [line.split(": ")[1] for line in problems(text)]
    assert sorted(missing) == ["case", "companions", "due_back", "start", "threat-expected"]
    assert "# Your own words. Only if threat-expected is yes or not-sure." in text
    assert "# - none: None of these" in text


def fill(text: str, answers: dict[str, str]) -> str:
    """Do what a person does: take the # away where there is an answer, and write it after the colon."""
    for key, value in answers.items():
        text, changed = re.subn(rf"^  (?:# )?{key}:$", f"  {key}: {value}", text, flags=re.MULTILINE)
        assert changed == 1, key
    return text


def test_a_template_that_is_filled_in_passes() -> None:
    answers = {"case": "C-4711", "start": "14:00", "due_back": "15:30", "companions": "Jo Bloggs, driver"}
    family = {"threat-expected": "not sure", "strategies": "Leave early", "behaviours": "none"}
    assert read(fill(template(VISIT, SMALL), answers | family)).answers == {
        "case": "C-4711",
        "start": "2026-11-23T14:00:00Z",
        "due-back": "2026-11-23T15:30:00Z",
        "companions": ("Jo Bloggs, driver",),
        "threat-expected": "not-sure",
        "strategies": "Leave early",
        "behaviours": ("none",),
    }


def test_the_template_of_the_shipped_home_visit_passes_when_it_is_filled_in() -> None:
    questionnaire = safe_plan.questionnaire()
    answers = safe_plan.safe_answers()
    keys = {q.id: str(q.fills or q.id) for q in questionnaire}
    written = {keys[name]: value if isinstance(value, str) else "none" for name, value in answers.items()}
    file = loaded(fill(template(safe_plan.shipped().visit, questionnaire), written))
    filled = read_answers(file, questionnaire, HERE)
    assert next_question(questionnaire, filled.answers) is None
    assert filled.answers["start"] == answers["start"]


def test_the_example_in_the_documentation_passes() -> None:
    page = (Path(__file__).parents[2] / "docs" / "answers-file.md").read_text("utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    filled = read_answers(loaded(example), safe_plan.questionnaire(), HERE)
    assert [control.rule for control in filled.controls] == ["car-no-taxi"]
