"""The wizard with real keystrokes, in process: keys in through a pipe, pages out into a string."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output
from rich.console import Console

from visitsafe.checklists.assessment import Value
from visitsafe.cli.prompts.rich import RichTalk, Ticks
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
    Findings,
    Goto,
    Measures,
    ParsedAnswer,
    Pause,
    Reconsider,
    Review,
    Sign,
    Who,
    WhoDoes,
    WriteControl,
    Wrote,
    apply,
    screen,
)
from visitsafe.wizard.words import Guide, ways_on
from wizard.fronts import GUIDE, LONDON, NOW, Light, Saved, always, keep_nothing
from wizard.samples import CALM, GRID, QUESTIONNAIRE, RULES, reach
from wizard.test_plain import at

FRESH = begin("home-visit", "d", "2026-11-23T09:00:00Z")
ENTER, DOWN, UP, BACKTAB, CTRL_C, CTRL_D, ALT_ENTER, CLEAR = (
    "\r",
    "\x1b[B",
    "\x1b[A",
    "\x1b[Z",
    "\x03",
    "\x04",
    "\x1b\r",
    "\x15",
)


def _nothing() -> None:
    """Keys are typed ahead on purpose here."""


@dataclass
class Desk:
    """A front, its keyboard, its paper, and all that its prompts ever showed; they are gone once answered."""

    front: RichTalk
    keyboard: PipeInput
    paper: io.StringIO
    prompts: io.StringIO

    def press(self, *keys: str) -> None:
        self.keyboard.send_text("".join(keys))


@pytest.fixture
def desk() -> Iterator[Desk]:
    paper, prompts = io.StringIO(), io.StringIO()
    screen = Vt100_Output(prompts, lambda: Size(rows=40, columns=80))
    with create_pipe_input() as keyboard, create_app_session(input=keyboard, output=screen):
        console = Console(file=paper, width=80, markup=False, emoji=False, highlight=False)
        yield Desk(RichTalk(console=console, flush=_nothing, columns=lambda: 80), keyboard, paper, prompts)


P = TypeVar("P")


def on(kind: type[P], answers: dict[str, Value] = CALM, session: Session = FRESH) -> P:
    page = screen(QUESTIONNAIRE, reach(session, answers, kind))
    assert isinstance(page, kind)
    return page


@pytest.mark.parametrize(
    ("key", "event"),
    [
        ("y", ParsedAnswer("history", "yes")),
        ("n", ParsedAnswer("history", "no")),
        ("u", ParsedAnswer("history", "not-sure")),
        (DOWN + DOWN + ENTER, ParsedAnswer("history", "no")),
        (BACKTAB, BACK),
        (UP + ENTER, BACK),
        (CTRL_C, Pause()),
        (CTRL_D, Pause()),
    ],
)
def test_yes_no_and_not_sure_are_single_keys(desk: Desk, key: str, event: Event) -> None:
    desk.press(key)
    assert desk.front.ask_one(at("history"), GUIDE) == event


def test_that_it_does_not_apply_is_a_key_where_it_is_offered(desk: Desk) -> None:
    page = at("history")
    offered = replace(page, question=page.question.model_copy(update={"does_not_apply": True}))
    desk.press("x")
    assert desk.front.ask_one(offered, GUIDE) == ParsedAnswer("history", "does-not-apply")
    desk.press("x", "y")
    assert desk.front.ask_one(page, GUIDE) == ParsedAnswer("history", "yes")
    assert "= does not apply" in desk.paper.getvalue()


def test_nothing_is_preselected_so_enter_answers_nothing(desk: Desk) -> None:
    desk.press(ENTER, ENTER, ENTER, "n")
    assert desk.front.ask_one(at("history"), GUIDE) == ParsedAnswer("history", "no")


def test_enter_keeps_the_answer_given_before(desk: Desk) -> None:
    page = replace(at("history"), value="no", given=True)
    desk.press(ENTER)
    assert desk.front.ask_one(page, GUIDE) == ParsedAnswer("history", "no")
    assert "Your answer so far: no" in desk.paper.getvalue()


def test_what_does_not_count_any_more_is_picked_anew_and_not_by_enter(desk: Desk) -> None:
    page = replace(at("history"), value="no", given=False)
    desk.press(ENTER, ENTER, "y")
    assert desk.front.ask_one(page, GUIDE) == ParsedAnswer("history", "yes")
    assert "Your earlier answer was: no" in desk.paper.getvalue()


def test_a_question_mark_shows_the_source_and_asks_again(desk: Desk) -> None:
    desk.press("?", "y")
    assert desk.front.ask_one(at("history"), GUIDE) == ParsedAnswer("history", "yes")
    assert "Source: salford-2011 7.2" in desk.paper.getvalue()


def test_a_choice_is_a_single_key_too(desk: Desk) -> None:
    desk.press("2")
    assert desk.front.ask_one(at("setting"), GUIDE) == ParsedAnswer("setting", "flat")


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (" " + DOWN + " " + ENTER, ("shouting", "blocking")),
        (DOWN + DOWN + " " + ENTER, ("none",)),
        (ENTER + " " + ENTER, ("shouting",)),
        ("ai " + ENTER, ("shouting",)),
        (" " + DOWN + DOWN + " " + ENTER + " " + ENTER, ("none",)),
    ],
)
def test_choices_are_ticked_and_none_is_said_and_stands_alone(desk: Desk, keys: str, value: Value) -> None:
    desk.press(keys)
    page = at("kinds", CALM | {"history": "yes"})
    assert desk.front.ask_one(page, GUIDE) == ParsedAnswer("kinds", value)


def test_ticking_none_unticks_the_others_and_the_other_way_round() -> None:
    listed = Ticks(("a", "b", "none"), lambda: 80, ticked=set(), alone=frozenset({2}))
    for place, ticked in ((0, {0}), (1, {0, 1}), (2, {2}), (2, set()), (2, {2}), (1, {1})):
        listed.at = place
        listed.toggle()
        assert listed.ticked == ticked
    listed.at = 3
    listed.toggle()
    assert listed.ticked == {1}


def test_a_list_to_tick_has_a_line_to_go_back(desk: Desk) -> None:
    desk.press(UP, " ", ENTER)
    assert desk.front.ask_one(at("kinds", CALM | {"history": "yes"}), GUIDE) is BACK


def test_a_text_can_be_corrected_and_have_lines(desk: Desk) -> None:
    page = at("history-detail", CALM | {"history": "yes"})
    desk.press("one", ALT_ENTER, "two", ENTER)
    assert desk.front.ask_one(page, GUIDE) == ParsedAnswer("history-detail", "one\ntwo")


@pytest.mark.parametrize(
    ("key", "event"), [(CTRL_C, Pause("LCS-")), (CTRL_D, Pause("LCS-")), (BACKTAB, BACK)]
)
def test_half_typed_text_is_handed_over_when_the_person_stops(desk: Desk, key: str, event: Event) -> None:
    desk.press("LCS-", key)
    assert desk.front.ask_one(at("case"), GUIDE) == event


def test_half_typed_text_is_in_the_field_again(desk: Desk) -> None:
    desk.press("1", ENTER)
    assert desk.front.ask_one(replace(at("case"), half="LCS-"), GUIDE) == ParsedAnswer("case", "LCS-1")


def test_back_leaves_a_text_that_would_not_be_accepted(desk: Desk) -> None:
    desk.press("yesterday", ENTER, BACKTAB)
    assert desk.front.ask_one(at("start"), GUIDE) is BACK
    assert "Not accepted" in desk.prompts.getvalue()


TOMORROW = "2026-11-24T15:00:00Z"


@pytest.mark.parametrize(
    ("name", "bad", "said", "good", "value"),
    [
        ("start", "yesterday 9am", "Not accepted: the start has passed", "tomorrow 3pm", TOMORROW),
        ("start", "", "Please type a time like 15:30", "tomorrow 3pm", TOMORROW),
        ("case", "", "Please type the case reference.", "LCS-1", "LCS-1"),
        ("case", "y", '"y" is not an answer here; type the case reference', "LCS-1", "LCS-1"),
        ("companions", "y", '"y" is not a name', "Priya Nair", ("Priya Nair",)),
    ],
)
def test_what_is_not_accepted_leaves_the_line_and_its_note_the_screen(
    desk: Desk, name: str, bad: str, said: str, good: str, value: Value
) -> None:
    desk.press(bad, ENTER, good, ENTER)
    page = at(name)
    assert desk.front.ask_one(page if name != "companions" else needed(page), GUIDE) == ParsedAnswer(
        name, value
    )
    assert said in desk.prompts.getvalue()
    assert said not in desk.paper.getvalue()


def test_what_is_not_accepted_is_not_kept_as_half_typed_either(desk: Desk) -> None:
    desk.press("yesterday 9am", ENTER, CTRL_C)
    assert desk.front.ask_one(at("start"), GUIDE) == Pause("")


def test_a_question_mark_after_a_try_does_not_bring_the_try_back(desk: Desk) -> None:
    desk.press(CLEAR, "yesterday 9am", ENTER, "?", ENTER, "tomorrow 3pm", ENTER)
    page = replace(at("start"), half="yesterday")
    assert desk.front.ask_one(page, GUIDE) == ParsedAnswer("start", TOMORROW)


def test_a_long_text_stays_to_be_made_shorter(desk: Desk) -> None:
    desk.press("x" * 4002, ENTER, "\x7f\x7f", ENTER)
    page = at("history-detail", CALM | {"history": "yes"})
    assert desk.front.ask_one(page, GUIDE) == ParsedAnswer("history-detail", "x" * 4000)


def test_a_time_that_has_passed_is_not_typed_again_for_anybody(desk: Desk) -> None:
    page = replace(at("start"), value="2026-11-22T15:00:00Z")
    desk.press("tomorrow 3pm", ENTER)
    assert desk.front.ask_one(page, GUIDE) == ParsedAnswer("start", TOMORROW)
    assert "Your earlier answer was: Sunday 22 November 2026, 15:00" in desk.paper.getvalue()


def test_a_case_that_looks_like_a_name_is_asked_for_again_and_leaves_nothing_on_the_screen(
    desk: Desk,
) -> None:
    desk.press("The Smith family, 12 Oak Road", ENTER, ENTER, "n", ENTER, "CF-2041", ENTER)
    assert desk.front.ask_one(at("case"), GUIDE) == ParsedAnswer("case", "CF-2041")
    for said in ("This looks like a person", "Please type the case reference."):
        assert said in desk.prompts.getvalue()
        assert said not in desk.paper.getvalue()
    assert "Not accepted" not in desk.prompts.getvalue()


def test_a_time_is_one_prompt_and_is_said_in_full(desk: Desk) -> None:
    desk.press("tomorrow 3pm", ENTER)
    assert desk.front.ask_one(at("start"), GUIDE) == ParsedAnswer("start", "2026-11-24T15:00:00Z")
    assert "= Tuesday 24 November 2026, 15:00 (GMT)" in desk.paper.getvalue()
    assert "tomorrow 9am" in desk.paper.getvalue()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", ""),
        ("tomorrow 3pm", "= Tuesday 24 November 2026, 15:00 (GMT)"),
        ("tomor", "Not yet a time that counts: this is not a time that visitsafe can read"),
        ("yesterday 9am", "Not yet a time that counts: the start has passed"),
    ],
)
def test_a_time_is_understood_aloud_while_it_is_typed(typed: str, said: str) -> None:
    shown = GUIDE.while_typing(at("start").question, typed)
    assert shown.startswith(said)
    assert bool(shown) is bool(said)


def test_a_long_visit_wants_a_second_look_and_is_typed_anew(desk: Desk) -> None:
    desk.press("+20h", ENTER, "n", "+60m", ENTER)
    assert desk.front.ask_one(at("due-back"), GUIDE) == ParsedAnswer("due-back", "2026-11-23T16:30:00Z")
    assert "is the time due back right?" in desk.prompts.getvalue()
    assert "+90m" in desk.paper.getvalue()


def test_stopping_at_the_second_look_keeps_what_was_typed(desk: Desk) -> None:
    desk.press("Ann Smith", ENTER, CTRL_C)
    assert desk.front.ask_one(at("case"), GUIDE) == Pause("Ann Smith")


def test_an_answer_other_than_the_one_computed_now_is_not_preselected(desk: Desk) -> None:
    page = replace(at("daylight"), value="yes")
    desk.press(ENTER, ENTER, "n")
    guide = Guide(AnswerContext(NOW, LONDON), Light("no"))
    assert desk.front.ask_one(page, guide) == ParsedAnswer("daylight", "no")


def test_what_may_be_left_empty_says_so_and_whether_it_is_reported(desk: Desk) -> None:
    desk.press(ENTER)
    assert desk.front.ask_one(at("companions"), GUIDE) == ParsedAnswer("companions", "")
    text = " ".join(desk.paper.getvalue().split())
    assert "Several people with ; between them." in text
    assert "the plan then tells your manager" in text


def test_a_computed_answer_is_shown_and_is_not_taken_by_enter(desk: Desk) -> None:
    desk.press(ENTER, "y")
    event = desk.front.ask_one(at("daylight"), Guide(AnswerContext(NOW, LONDON), Light("no")))
    assert event == ParsedAnswer("daylight", "yes")
    assert "Proposed answer: no." in desk.paper.getvalue()


def test_markup_in_an_answer_is_text(desk: Desk) -> None:
    page = replace(at("case"), value="[red]LCS[/red] \x1b[31m", given=True)
    desk.press(CLEAR, "x", ENTER)
    desk.front.ask_one(page, GUIDE)
    assert "[red]LCS[/red]" in desk.paper.getvalue()
    assert "\x1b" not in desk.paper.getvalue()


def test_a_grid_takes_a_key_a_line_and_keeps_each_at_once(desk: Desk) -> None:
    kept: list[Value] = []
    desk.press("n", "u", ENTER, "y", ENTER)
    event = desk.front.ask_together(on(AskTogether), GUIDE, lambda values: kept.extend(values.values()))
    assert event == AnsweredMany(dict(zip(GRID, ("no", "not-sure", "yes"), strict=True)))
    assert kept == ["no", "not-sure", "yes"]


@pytest.mark.parametrize(
    ("keys", "event"),
    [
        (BACKTAB, BACK),
        (CTRL_C, Pause()),
        (CTRL_D, Pause()),
        (UP + ENTER, BACK),
        ("n" + DOWN + DOWN + ENTER, BACK),
    ],
)
def test_a_grid_can_be_left_at_any_time(desk: Desk, keys: str, event: Event) -> None:
    desk.press(keys)
    assert desk.front.ask_together(on(AskTogether), GUIDE, keep_nothing) == event


def test_enter_does_not_finish_a_grid_with_an_open_line(desk: Desk) -> None:
    desk.press("n", DOWN, "n", ENTER, "y", ENTER, ENTER)
    event = desk.front.ask_together(on(AskTogether), GUIDE, keep_nothing)
    assert event == AnsweredMany(dict(zip(GRID, ("no", "yes", "no"), strict=True)))


def test_a_grid_explains_the_line_and_keeps_its_place(desk: Desk) -> None:
    desk.press("n", "?", "n", "n", ENTER)
    event = desk.front.ask_together(on(AskTogether), GUIDE, keep_nothing)
    assert event == AnsweredMany(dict.fromkeys(GRID, "no"))
    assert "Why: Why share-hostility matters." in desk.paper.getvalue()


@pytest.mark.parametrize(("keys", "answers"), [("y", "yyy"), (" n " + ENTER, "yny"), (" ny", "yyy")])
def test_rules_are_taken_all_at_once_or_one_by_one(desk: Desk, keys: str, answers: str) -> None:
    session = apply(QUESTIONNAIRE, reach(FRESH, CALM, AskTogether), AnsweredMany(dict.fromkeys(GRID, "no")))
    page = screen(QUESTIONNAIRE, session)
    assert isinstance(page, AskTogether)
    desk.press(keys)
    words = {"y": "yes", "n": "no"}
    wanted = dict(zip(RULES, (words[one] for one in answers), strict=True))
    assert desk.front.ask_together(page, GUIDE, keep_nothing) == AnsweredMany(wanted)


@pytest.mark.parametrize(
    ("keys", "event"),
    [
        (DOWN + ENTER, CONFIRM),
        (ENTER + DOWN + DOWN + DOWN + ENTER, Goto("start")),
        (BACKTAB, BACK),
        (CTRL_C, Pause()),
    ],
)
def test_any_answer_can_be_changed_from_the_review_page(desk: Desk, keys: str, event: Event) -> None:
    desk.press(keys)
    assert desk.front.review(on(Review), GUIDE) == event


VIOLENT = CALM | {"history": "yes", "phone": "no"}


@pytest.mark.parametrize(
    ("keys", "event"),
    [
        (DOWN + ENTER, CONFIRM),
        (DOWN * 2 + ENTER + DOWN + ENTER, Goto("history")),
        (DOWN * 3 + "?" + DOWN + ENTER, Goto("phone")),
        (DOWN * 2 + ENTER + BACKTAB + DOWN + ENTER, CONFIRM),
        (DOWN * 4 + ENTER, BACK),
    ],
)
def test_each_finding_has_a_way_straight_to_what_settles_it(desk: Desk, keys: str, event: Event) -> None:
    desk.press(keys)
    assert desk.front.findings(on(Findings, VIOLENT)) == event


def test_a_finding_is_a_line_worst_first_and_its_details_come_when_it_is_chosen(desk: Desk) -> None:
    page = on(Findings, VIOLENT | {"training": "no"})
    lines = [text for text, _ in ways_on(page)]
    assert [line.partition(":")[0] for line in lines[1:]] == ["STOP", "NEEDS A CONTROL MEASURE", "TO NOTE"]
    desk.press(DOWN * 2 + ENTER + CTRL_C)
    assert desk.front.findings(page) == Pause()
    text = desk.paper.getvalue()
    assert "Because: History: yes" in text
    assert "Why: Why violence matters." in text
    assert "no-phone" not in text


def test_several_notes_are_one_line() -> None:
    page = on(Findings, VIOLENT | {"training": "no"})
    note = page.concerns[-1]
    lines = [text for text, _ in ways_on(Findings((*page.concerns, note)))]
    assert lines[-1] == "And 2 notes: choose this line to read them"


def test_a_finding_that_was_decided_can_be_decided_again(desk: Desk) -> None:
    page = screen(QUESTIONNAIRE, apply(QUESTIONNAIRE, reach(FRESH, VIOLENT, Sign), BACK))
    assert isinstance(page, Findings)
    desk.press(DOWN * 2, ENTER, DOWN * 2, ENTER)
    assert desk.front.findings(page) == Reconsider("violence")
    assert "Left to your manager" in desk.paper.getvalue()


@pytest.mark.parametrize(
    ("keys", "event"),
    [
        (" " + DOWN + DOWN + " " + ENTER, Measures("violence", ("The joint",), write=True)),
        (ENTER + DOWN * 3 + " " + ENTER, Measures("violence", ())),
        (" " + DOWN * 3 + " " + ENTER + " " + ENTER, Measures("violence", ())),
        (DOWN * 4 + ENTER, BACK),
        (CTRL_C, Pause()),
    ],
)
def test_control_measures_are_ticked_written_or_left_to_the_manager(
    desk: Desk, keys: str, event: Event
) -> None:
    desk.press(keys)
    assert desk.front.control(on(ControlFor, VIOLENT)) == event


def test_a_control_measure_is_written_and_somebody_must_do_it(desk: Desk) -> None:
    concern = on(ControlFor, VIOLENT).concern
    desk.press("Ring first", ENTER)
    assert desk.front.write(WriteControl(concern)) == Wrote("violence", "Ring first")
    desk.press(ENTER, " ", ENTER, "y", ENTER, "Ann", ENTER)
    control = Control(rule="violence", text="Ring first", who="")
    assert desk.front.who(WhoDoes(control)) == Who("violence", "Ring first", "Ann")


@pytest.mark.parametrize(
    ("keys", "event"),
    [
        (ENTER + ENTER + DOWN + ENTER, CONFIRM),
        (DOWN * 2 + ENTER, BACK),
        (DOWN * 3 + ENTER, Pause()),
        ("y" + CTRL_C, Pause()),
    ],
)
def test_signing_takes_a_choice_of_its_own(desk: Desk, keys: str, event: Event) -> None:
    desk.press(keys)
    assert desk.front.sign(on(Sign), GUIDE) == event


def test_a_whole_plan_with_keys_alone(desk: Desk) -> None:
    desk.press("LCS-1", ENTER, "today 15:30", ENTER, "+60m", ENTER, ENTER, "y")  # the visit
    desk.press("y", "a shouting match", ENTER, " ", ENTER, "1", "y", "y")  # the people, yourself
    desk.press("nnn", ENTER, "y")  # sharing, the rules
    desk.press(DOWN, ENTER, DOWN, ENTER)  # review, findings
    desk.press(" ", ENTER, "Ann", ENTER, DOWN, ENTER)  # a control measure, who, sign
    session = Saved().run(QUESTIONNAIRE, FRESH, desk.front, propose=always("yes"))
    assert final(QUESTIONNAIRE, session)["kinds"] == ("shouting",)
    assert final_controls(QUESTIONNAIRE, session) == (Control(rule="violence", text="The joint", who="Ann"),)


@pytest.mark.parametrize(("lines", "scrolls"), [("20", True), ("40", False)])
def test_in_a_low_window_a_list_leaves_its_question_on_the_screen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, lines: str, scrolls: bool
) -> None:
    monkeypatch.setenv("LINES", lines)
    monkeypatch.setenv("COLUMNS", "80")
    desk.press(CTRL_C)
    assert desk.front.review(on(Review), GUIDE) == Pause()
    assert ("(more below)" in desk.prompts.getvalue()) == scrolls


def needed(page: AskOne) -> AskOne:
    return replace(page, question=page.question.model_copy(update={"required": True}))


def optional(page: AskOne) -> AskOne:
    return replace(page, question=page.question.model_copy(update={"required": False}))


@pytest.mark.parametrize("keys", ["-", DOWN * 3 + ENTER])
def test_an_optional_choice_is_passed_over_by_its_line_or_a_dash(desk: Desk, keys: str) -> None:
    desk.press(keys)
    assert desk.front.ask_one(optional(at("setting")), GUIDE) == ParsedAnswer("setting", "")


def test_optional_ticks_are_passed_over_by_a_line_that_stands_alone(desk: Desk) -> None:
    page = optional(at("kinds", {**CALM, "history": "yes"}))
    desk.press(DOWN * 3, " ", ENTER)
    assert desk.front.ask_one(page, GUIDE) == ParsedAnswer("kinds", "")


def test_of_several_questions_only_an_optional_one_is_passed_over(desk: Desk) -> None:
    page = on(AskTogether)
    first, *others = page.questions
    page = replace(page, questions=(first.model_copy(update={"required": False}), *others), values={})
    desk.press("-", "-", "n", "y", ENTER)
    values = {first.id: "", others[0].id: "no", others[1].id: "yes"}
    assert desk.front.ask_together(page, GUIDE, keep_nothing) == AnsweredMany(values)
