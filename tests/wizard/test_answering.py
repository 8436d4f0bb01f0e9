"""Answers as people type them, one by one and a whole file at a time."""

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safe_plan import next_question
from visitsafe.checklists.model import Question, Section
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.wizard.answers import (
    AnswerContext,
    AnswerError,
    Parsed,
    Raw,
    case_warning,
    options,
    parse,
    parse_all,
)

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
START = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
HERE = AnswerContext(now=NOW, zone=LONDON)
KINDS = ["yes-no", "acknowledge", "choice", "choices", "text", "time", "people"]
CHOICES = [{"id": "car", "text": "By car"}, {"id": "on-foot", "text": "On foot, or by bicycle"}]


def question(name: str, answer: str, **fields: Any) -> Question:
    choices = CHOICES if answer.startswith("choice") else []
    source = [{"document": "salford-2011", "paragraph": "7.2"}]
    given = {
        "id": name,
        "label": name.capitalize(),
        "ask": f"{name}?",
        "why": "It matters.",
        "source": source,
    }
    return Question.model_validate({**given, "answer": answer, "choices": choices, **fields})


def answer(kind: str, raw: Raw, context: AnswerContext = HERE, **fields: Any) -> Any:
    return parse(question("asked", kind, **fields), raw, context)


def refusal(kind: str, raw: Raw, context: AnswerContext = HERE, **fields: Any) -> str:
    with pytest.raises(AnswerError) as caught:
        answer(kind, raw, context, **fields)
    return caught.value.sentence


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["y", "yes", "YES", " Yes. ", "true", "1", ["yes"]], "yes"),
        (["n", "No", "false", "2"], "no"),
        (["not-sure", "not sure", "Not_Sure", "unsure", "?", "ns", "don\u2019t know", "3"], "not-sure"),
    ],
)
def test_yes_no_and_not_sure_are_understood_in_every_usual_spelling(words: list[Raw], meant: str) -> None:
    assert {answer("yes-no", word) for word in words} == {meant}


@pytest.mark.parametrize("raw", ["maybe", "yes, but not alone", "0", "4", "yesno", "-", ["yes", "no"]])
def test_what_is_not_plainly_one_answer_is_refused_and_says_what_to_type(raw: Raw) -> None:
    assert "yes, no or not-sure" in refusal("yes-no", raw)


def test_a_rule_is_acknowledged_or_not_but_never_not_sure() -> None:
    assert [answer("acknowledge", said) for said in ("ok", "Understood", "1", "no", "2")] == [
        *("yes", "yes", "yes", "no", "no")
    ]
    assert "yes or no" in refusal("acknowledge", "not sure")


@pytest.mark.parametrize("raw", ["on-foot", "On foot", "ON_FOOT", "2", "on foot, or by bicycle", ["on-foot"]])
def test_a_choice_is_made_by_id_by_number_or_by_its_text(raw: Raw) -> None:
    assert answer("choice", raw) == "on-foot"


def test_a_text_that_looks_like_another_choices_number_is_refused_not_guessed() -> None:
    workers = [{"id": "two", "text": "2"}, {"id": "one", "text": "1"}]
    assert "could be one or two" in refusal("choice", "1", choices=workers)


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("car", ("car",)),
        ("on-foot, car", ("car", "on-foot")),
        ("2 1 2", ("car", "on-foot")),
        (["on foot, or by bicycle", "car"], ("car", "on-foot")),
        ("On foot, or by bicycle", ("on-foot",)),
        ("none", ("none",)),
        ("None of these", ("none",)),
        ("3", ("none",)),
    ],
)
def test_several_choices_are_kept_once_each_in_the_order_of_the_checklist(
    raw: Raw, meant: tuple[str, ...]
) -> None:
    assert answer("choices", raw) == meant


def test_none_stands_alone() -> None:
    assert "choose none or other answers, not both" in refusal("choices", "none, car")
    assert "names, or none, not both" in refusal("people", ["none", "Jo Bloggs"])
    assert '"bus" is not an answer' in refusal("choices", "car, bus")


def test_ticking_nothing_is_not_an_answer_to_a_question_with_choices() -> None:
    assert "needs an answer" in refusal("choices", [])
    assert answer("choices", [], required=False) == ""


def test_people_are_separated_by_semicolons_so_that_a_name_may_have_a_role_after_a_comma() -> None:
    assert answer("people", "Jo Bloggs, health visitor; Ann  Lee\nJo Bloggs, Health Visitor") == (
        "Jo Bloggs, health visitor",
        "Ann Lee",
    )
    assert [answer("people", said) for said in ("none", "Nobody")] == [(), ()]
    assert "needs an answer" in refusal("people", "")
    assert answer("people", "", required=False) == "", "passed over is not none"
    assert '"?" is not a name' in refusal("people", "?")
    for said in ("y", "YES", "n", "no", "u", "not sure"):
        assert f'"{said}" is not a name' in refusal("people", said)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("blank", ["", "  \n", "\u200b\u2060", "\x1b[0m", "\u3164"])
def test_a_required_question_refuses_what_cannot_be_seen(kind: str, blank: str) -> None:
    assert "needs an answer" in refusal(kind, blank)
    assert answer(kind, blank, required=False) == ""


def test_text_keeps_its_lines_and_a_case_reference_is_one_line() -> None:
    assert answer("text", " one\r\n\n\n\n two \t three\u2028four\n") == "one\n\n two   three\nfour"
    assert answer("text", "C\u200d-47\n11", fills="case") == "C-47 11"
    assert answer("text", "e\u0301") == "\u00e9"
    assert answer("text", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645") == (
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    )


def test_bytes_that_a_terminal_handed_over_unread_are_repaired() -> None:
    assert answer("text", "J\udcc3\udcbcrgen") == "J\u00fcrgen"
    assert answer("text", "a\ud800b\udcffc") == "a\ufffdb\ufffdc"


def test_an_answer_that_is_too_long_is_refused_with_its_length() -> None:
    assert "at most 60 fit" in refusal("text", "C" * 61, fills="case")
    assert "that is 121 characters long" in refusal("text", "A" * 121, fills="area")
    assert "at most 4000 fit" in refusal("text", "A" * 4001)
    assert answer("text", "A" * 4000) == "A" * 4000


@given(raw=st.text(st.characters(exclude_categories=[]), max_size=60), kind=st.sampled_from(KINDS))
def test_no_input_raises_anything_but_an_answer_error_and_none_can_act_on_a_terminal(
    raw: str, kind: str
) -> None:
    try:
        value = answer(kind, raw, required=False)
    except AnswerError as error:
        value = error.sentence
    for text in [value] if isinstance(value, str) else value:
        text.encode()
        hidden = {one for one in text if unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
        assert hidden <= set("\n\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2")


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[31mred\x1b[0m",
        "\x1b]8;;http://example.org\x07red\x1b]8;;\x07",
        "\x9b31mred",
        "\u202ered\u2066",
        "r\x00ed",
    ],
)
def test_a_terminal_sequence_or_direction_mark_never_gets_into_an_answer(hostile: str) -> None:
    assert answer("text", hostile) == "red"
    assert answer("people", hostile) == ("red",)


def test_a_time_is_kept_in_utc_and_the_start_may_not_be_past() -> None:
    assert answer("time", "1 Jul 2027 15:30") == "2027-07-01T14:30:00Z"
    assert answer("time", "yesterday 10:00") == "2026-11-22T10:00:00Z"
    assert "the start has passed" in refusal("time", "today 07:30", fills="start")
    urgent = AnswerContext(NOW, LONDON, urgent=True)
    assert answer("time", "today 07:30", urgent, fills="start") == "2026-11-23T07:30:00Z"


def test_due_back_follows_the_start_and_needs_one() -> None:
    started = AnswerContext(NOW, LONDON, start=START)
    assert answer("time", "+90m", started, fills="due_back") == "2026-11-23T15:30:00Z"
    assert "must be after the start" in refusal("time", "14:00", started, fills="due_back")
    assert "more than 24 hours" in refusal("time", "25 Nov 15:00", started, fills="due_back")
    assert "first when the visit starts" in refusal("time", "15:30", fills="due_back")


def test_every_numbered_option_is_what_its_number_means() -> None:
    for kind in ("yes-no", "acknowledge", "choice"):
        offered = options(question("asked", kind))
        assert [answer(kind, str(number)) for number in range(1, len(offered) + 1)] == [
            one for one, _ in offered
        ]


def test_a_case_that_looks_like_a_person_is_warned_about() -> None:
    assert "case reference" in (case_warning("Mary Jones") or "")
    assert "case reference" in (case_warning("mary@example.org") or "")
    for value in ("The Smith family, 12 Oak Road", "Smith family 2", "Mrs Jones 1042", "Baby Patel 3"):
        assert "looks like a person" in (case_warning(value) or ""), value
    for value in ("12 Oak Road", "14B Acacia Ave", "flat 2, 9 high elms street", "M5 3EQ", "case at m5 3eq"):
        assert "looks like an address" in (case_warning(value) or ""), value
    usual = (
        "C-4711",
        "LCS Mary 42",
        "northern-17",
        "CF 2041",
        "2026/118 family",
        "S47-12",
        "LA 12 road",
        "12",
    )
    assert [case_warning(value) for value in usual] == [None] * len(usual)


QUESTIONS = Questionnaire(
    sections=(
        Section(
            id="all",
            title="All",
            questions=(
                question("case", "text", fills="case"),
                question("start", "time", fills="start"),
                question("due-back", "time", fills="due_back"),
                question("companions", "people", fills="companions"),
                question("car-targeted", "yes-no", unsafe="yes"),
                question("taxi-waiting", "yes-no", when={"car-targeted": "yes"}),
                question("taxi-firm", "text", when={"taxi-waiting": "yes"}),
                question("how", "choices", required=False),
                question("notes", "text", required=False),
                question("training", "yes-no", unsafe="no", valid_for=365),
            ),
        ),
    ),
    rules=(),
)
COMPLETE: dict[str, Raw] = {
    "case": "C-4711",
    "start": "tomorrow 14:00",
    "due-back": "15:30",
    "companions": [],
    "car-targeted": "no",
    "training": "yes",
}


def read(standing: dict[str, str] | None = None, **changes: Raw) -> Parsed:
    raw = COMPLETE | {name.replace("_", "-"): value for name, value in changes.items()}
    return parse_all(QUESTIONS, raw, HERE, standing or {})


def test_a_complete_file_answers_every_question_that_applies() -> None:
    parsed = read()
    assert parsed.problems == ()
    assert parsed.answers == {
        "case": "C-4711",
        "start": "2026-11-24T14:00:00Z",
        "due-back": "2026-11-24T15:30:00Z",
        "companions": (),
        "car-targeted": "no",
        "how": "",
        "notes": "",
        "training": "yes",
    }
    assert next_question(QUESTIONS, parsed.answers) is None


def test_everything_that_is_wrong_is_said_at_once() -> None:
    parsed = read(
        case="", start="banana", car_targeted="maybe", trainnig="yes", taxi_waiting="perhaps", how="bus"
    )
    assert dict(parsed.problems).keys() == {
        "trainnig",
        "case",
        "start",
        "car-targeted",
        "taxi-waiting",
        "how",
    }
    assert "do you mean training?" in dict(parsed.problems)["trainnig"]


def test_an_answer_that_does_not_apply_names_the_answer_that_says_so() -> None:
    sentences = dict(read(taxi_waiting="yes", taxi_firm="City Cabs").problems)
    assert 'only asked when "Car-targeted" is yes or not sure, and here it is no' in sentences["taxi-waiting"]
    assert '"Taxi-waiting" is not asked' in sentences["taxi-firm"]


def test_a_bad_answer_leaves_open_whether_what_hangs_on_it_applies() -> None:
    for bad in ("maybe", ""):
        for taxi in ("", "yes"):
            parsed = read(car_targeted=bad, taxi_waiting=taxi, taxi_firm="City Cabs")
            assert [name for name, _ in parsed.problems] == ["car-targeted"]


def test_not_sure_counts_as_the_unsafe_answer_and_asks_what_hangs_on_it() -> None:
    assert [name for name, _ in read(car_targeted="not sure").problems] == ["taxi-waiting"]


def test_due_back_is_looked_at_even_while_the_start_is_not_known() -> None:
    assert [name for name, _ in read(start="banana", due_back="soon").problems] == ["start", "due-back"]
    assert [name for name, _ in read(start="banana", due_back="+90m").problems] == ["start"]
    assert [name for name, _ in read(start="", due_back="07:00").problems] == ["start"]


def test_a_blank_answer_where_none_applies_is_no_problem_and_a_written_empty_list_is_none() -> None:
    assert read(taxi_waiting="", taxi_firm=[]).problems == ()
    assert read(how=[]).answers["how"] == ("none",)


def test_standing_answers_fill_what_the_file_leaves_out_and_nothing_else() -> None:
    standing = {"training": "yes", "taxi-waiting": "yes"}
    parsed = read(standing, training="")
    assert parsed.problems == ()
    assert parsed.answers["training"] == "yes"
    assert "taxi-waiting" not in parsed.answers
    assert read(standing, training="no").answers["training"] == "no"


def test_what_else_can_be_done_about_a_start_that_has_passed_is_as_the_door_has_it() -> None:
    door = replace(HERE, if_late="stop here and run: visitsafe plan --resume --urgent")
    says = "the start has passed; type a time that is still to come"
    assert refusal("time", "today 07:00", HERE, fills="start") == says
    assert (
        refusal("time", "today 07:00", door, fills="start")
        == f"{says}, or, if it cannot wait, {door.if_late}"
    )
    assert refusal("time", "20 November 2026 07:00", door, fills="start") == says  # no urgent visit either


def test_a_telephone_number_is_kept_as_it_is_usually_written_and_what_is_none_is_refused() -> None:
    assert answer("telephone", "01614960000") == "0161 496 0000"
    assert refusal("telephone", "0161 49").startswith("this is not a telephone number: it is too short")
