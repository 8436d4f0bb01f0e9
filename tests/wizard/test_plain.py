"""The wizard in plain lines: what is typed, what is written, and no escape byte anywhere."""

import io
from dataclasses import replace

import pytest

from visitsafe.checklists.assessment import Value
from visitsafe.cli.prompts.plain import Lines, PlainTalk
from visitsafe.errors import InterruptedByUserError
from visitsafe.record.bodies import Control
from visitsafe.wizard.answers import AnswerContext
from visitsafe.wizard.draft import Session, begin, final, final_controls
from visitsafe.wizard.session import (
    BACK,
    CONFIRM,
    AnsweredMany,
    AskOne,
    AskTogether,
    ControlFor,
    Event,
    Goto,
    Measures,
    ParsedAnswer,
    Pause,
    Review,
    Sign,
    apply,
    screen,
)
from visitsafe.wizard.words import Guide
from wizard.fronts import GUIDE, LONDON, NOW, Light, Saved, always, keep_nothing
from wizard.samples import CALM, GRID, QUESTIONNAIRE, reach

FRESH = begin("home-visit", "d", "2026-11-23T09:00:00Z")


def front(typed: str, columns: int = 80) -> tuple[PlainTalk, io.StringIO]:
    out = io.StringIO()
    return PlainTalk(Lines(io.StringIO(typed), out, columns=lambda: columns)), out


def at(name: str, answers: dict[str, Value] = CALM) -> AskOne:
    session = FRESH
    while True:
        page = screen(QUESTIONNAIRE, session)
        if isinstance(page, AskOne) and page.question.id == name:
            return page
        values = {one.id: answers[one.id] for one in page.questions} if isinstance(page, AskTogether) else {}
        event: Event = (
            ParsedAnswer(page.question.id, answers[page.question.id])
            if isinstance(page, AskOne)
            else AnsweredMany(values)
        )
        session = apply(QUESTIONNAIRE, session, event)


def ask(page: AskOne, typed: str, guide: Guide = GUIDE) -> tuple[Event, str]:
    asking, out = front(typed)
    return asking.ask_one(page, guide), out.getvalue()


@pytest.mark.parametrize(
    ("typed", "answer"), [("y", "yes"), ("N", "no"), ("u", "not-sure"), ("not sure", "not-sure"), ("2", "no")]
)
def test_yes_no_and_not_sure_are_taken_by_letter_word_or_number(typed: str, answer: str) -> None:
    assert ask(at("history"), f"{typed}\n")[0] == ParsedAnswer("history", answer)


def test_that_it_does_not_apply_is_taken_only_where_it_is_offered() -> None:
    page = at("history")
    offered = replace(page, question=page.question.model_copy(update={"does_not_apply": True}))
    event, out = ask(offered, "x\n")
    assert event == ParsedAnswer("history", "does-not-apply")
    assert "x if it does not apply" in out
    event, out = ask(page, "x\ny\n")
    assert (event, out.count("Not accepted")) == (ParsedAnswer("history", "yes"), 1)


def test_an_empty_line_is_no_answer() -> None:
    event, out = ask(at("history"), "\n\ny\n")
    assert event == ParsedAnswer("history", "yes")
    assert out.count("This needs an answer.") == 2


def test_an_empty_line_keeps_the_answer_given_before() -> None:
    session = apply(QUESTIONNAIRE, apply(QUESTIONNAIRE, FRESH, ParsedAnswer("case", "LCS-1")), BACK)
    page = screen(QUESTIONNAIRE, session)
    assert isinstance(page, AskOne)
    event, out = ask(page, "\n")
    assert event == ParsedAnswer("case", "LCS-1")
    assert "Your answer so far: LCS-1." in out


@pytest.mark.parametrize(("typed", "event"), [("<", BACK), ("q", Pause()), ("", Pause())])
def test_back_and_stop_at_a_list(typed: str, event: Event) -> None:
    assert ask(at("history"), f"{typed}\n" if typed else "")[0] == event


@pytest.mark.parametrize(
    ("typed", "event"), [(":b", BACK), (":q", Pause()), ("q", ParsedAnswer("case", "q"))]
)
def test_in_free_text_back_and_stop_have_a_colon(typed: str, event: Event) -> None:
    assert ask(at("case"), f"{typed}\n")[0] == event


def test_a_question_mark_tells_the_source_and_asks_again() -> None:
    event, out = ask(at("history"), "?\ny\n")
    assert event == ParsedAnswer("history", "yes")
    assert "Source: salford-2011 7.2" in out


def test_a_time_counts_only_after_it_was_read_back_and_accepted() -> None:
    event, out = ask(at("start"), "today 15:30\nn\ntomorrow 3pm\ny\n")
    assert event == ParsedAnswer("start", "2026-11-24T15:00:00Z")
    assert "That is Monday 23 November 2026, 15:30 (GMT)." in out
    assert "That is Tuesday 24 November 2026, 15:00 (GMT)." in out


@pytest.mark.parametrize(
    ("typed", "what"),
    [
        ("Ann Smith", "a person"),
        ("The Smith family, 12 Oak Road", "a person"),
        ("12 Oak Road, M5 3EQ", "an address"),
    ],
)
def test_a_case_that_looks_like_a_name_or_an_address_wants_a_second_look(typed: str, what: str) -> None:
    event, out = ask(at("case"), f"{typed}\nn\nLCS-9\n")
    assert event == ParsedAnswer("case", "LCS-9")
    assert f"This looks like {what}: use the case reference" in out
    assert "Please type the case reference." in out


def test_what_looks_like_a_slip_is_not_agreed_to_by_an_empty_line() -> None:
    event, out = ask(at("case"), "Ann Smith\n\ny\n")
    assert event == ParsedAnswer("case", "Ann Smith")
    assert "Is that right? (y/n)" in out


def test_a_computed_answer_is_shown_and_must_still_be_typed() -> None:
    guide = Guide(AnswerContext(NOW, LONDON), Light("no"))
    event, out = ask(at("daylight"), "\nn\n", guide)
    assert event == ParsedAnswer("daylight", "no")
    assert "The sun sets at 16:01. Proposed answer: no." in out
    assert "This needs an answer." in out


def test_control_characters_do_not_get_in_or_out() -> None:
    event, out = ask(at("history-detail", CALM | {"history": "yes"}), "loud \x1b[31mred\x07\n")
    assert event == ParsedAnswer("history-detail", "loud red")
    assert "\x1b" not in out


def grid(typed: str) -> tuple[Event, str, list[Value]]:
    kept: list[Value] = []
    asking, out = front(typed)
    page = screen(QUESTIONNAIRE, session_at_grid())
    assert isinstance(page, AskTogether)
    return asking.ask_together(page, GUIDE, lambda values: kept.extend(values.values())), out.getvalue(), kept


def session_at_grid() -> Session:
    return reach(FRESH, CALM, AskTogether)


@pytest.mark.parametrize("typed", ["n u y\n", "nuy\n", "n, u, y\n", "2 u\n1 n\n3 y\n", "2 u\nn y\n"])
def test_a_page_of_questions_is_answered_in_one_line_or_by_number(typed: str) -> None:
    event, _, _ = grid(typed)
    assert event == AnsweredMany(dict(zip(GRID, ("no", "not-sure", "yes"), strict=True)))


def test_each_answer_of_a_page_is_kept_before_the_page_is_finished() -> None:
    event, out, kept = grid("2 u\n")
    assert (event, kept) == (Pause(), ["not-sure"])
    assert "Open: 1, 3." in out


@pytest.mark.parametrize("typed", ["y", "n n", "x x x", "4 y", "nnnn"])
def test_a_line_that_does_not_fit_a_page_answers_nothing(typed: str) -> None:
    event, out, kept = grid(f"{typed}\n")
    assert (event, kept) == (Pause(), [])
    assert "Not accepted" in out


def test_the_rules_are_all_taken_with_one_letter() -> None:
    session = apply(QUESTIONNAIRE, session_at_grid(), AnsweredMany(dict.fromkeys(GRID, "no")))
    page = screen(QUESTIONNAIRE, session)
    assert isinstance(page, AskTogether)
    assert front("y\n")[0].ask_together(page, GUIDE, keep_nothing) == AnsweredMany(
        {one.id: "yes" for one in page.questions}
    )
    assert front("u u u\n")[0].ask_together(page, GUIDE, keep_nothing) == Pause()


def test_the_review_page_goes_to_an_answer_by_its_number() -> None:
    page = screen(QUESTIONNAIRE, reach(FRESH, CALM, Review))
    assert isinstance(page, Review)
    asking, out = front("99\n2\n")
    assert asking.review(page, GUIDE) == Goto("start")
    assert "2. Start: Monday 23 November 2026, 15:30 (GMT)" in out.getvalue()
    assert front("\nok\n")[0].review(page, GUIDE) == CONFIRM


def test_a_plan_is_signed_by_the_word_and_by_nothing_else() -> None:
    page = screen(QUESTIONNAIRE, reach(FRESH, CALM, Sign))
    assert isinstance(page, Sign)
    assert front("y\nok\n\nyes\n")[0].sign(page, GUIDE) == Pause()
    asking, out = front("sign\n")
    assert asking.sign(page, GUIDE) == CONFIRM
    assert "Start: Monday 23 November 2026, 15:30 (GMT)" in out.getvalue()


@pytest.mark.parametrize(
    ("typed", "texts", "write"),
    [("1 3", ("The joint",), True), ("2,1", ("The joint", "The office"), False), ("4", (), False)],
)
def test_control_measures_are_chosen_by_number(typed: str, texts: tuple[str, ...], write: bool) -> None:
    page = screen(QUESTIONNAIRE, reach(FRESH, CALM | {"history": "yes"}, ControlFor))
    assert isinstance(page, ControlFor)
    asking, out = front(f"\n1 4\n9\n{typed}\n")
    assert asking.control(page) == Measures("violence", texts, write=write)
    assert out.getvalue().count("Not accepted") == 3


SCRIPT = """LCS-1
today 15:30
y
+60m

Ann Lee; Bo Ray
y
y
a shouting match
1, 2
2
y
n
y
n n y
School nurse
y
ok
1
1 3
Ring the police first
Ann
me
1
me
sign
"""


def test_a_whole_plan_in_plain_lines_without_one_escape_byte() -> None:
    asking, out = front(SCRIPT, columns=40)
    session = Saved().run(QUESTIONNAIRE, FRESH, asking, propose=always("yes"))
    text = out.getvalue()
    assert "\x1b" not in text
    assert text.isascii()
    assert max(len(line) for line in text.replace(": ", "\n").splitlines()) < 40
    assert final(QUESTIONNAIRE, session)["companions"] == ("Ann Lee", "Bo Ray")
    assert Control(rule="no-phone", text="The alarm", who="me") in final_controls(QUESTIONNAIRE, session)


def test_the_end_of_the_input_stops_and_loses_nothing() -> None:
    asking, _ = front("LCS-1\ntoday 15:30\ny\n")
    saved = Saved()
    with pytest.raises(InterruptedByUserError):
        saved.run(QUESTIONNAIRE, FRESH, asking)
    assert set(saved.sessions[-1].answers) == {"case", "start"}


def test_an_optional_choice_is_passed_over_by_an_empty_line() -> None:
    page = at("setting")
    page = replace(page, question=page.question.model_copy(update={"required": False}))
    event, written = ask(page, "\n")
    assert event == ParsedAnswer("setting", "")
    assert "An empty line leaves it open." in written


def test_of_several_questions_only_an_optional_one_is_passed_over() -> None:
    page = at_grid()
    first, *others = page.questions
    page = replace(page, questions=(first.model_copy(update={"required": False}), *others), values={})
    asking, out = front("n n -\n- n y\n")
    values = {first.id: "", others[0].id: "no", others[1].id: "yes"}
    assert asking.ask_together(page, GUIDE, keep_nothing) == AnsweredMany(values)
    assert "- passes over 1" in " ".join(out.getvalue().split())
    assert "Not accepted" in out.getvalue()


def at_grid() -> AskTogether:
    session = FRESH
    while not isinstance(page := screen(QUESTIONNAIRE, session), AskTogether):
        assert isinstance(page, AskOne)
        session = apply(QUESTIONNAIRE, session, ParsedAnswer(page.question.id, CALM[page.question.id]))
    return page
