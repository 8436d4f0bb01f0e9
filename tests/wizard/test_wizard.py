"""The driver: what is saved, what is said, what is computed, and how many prompts a plan takes."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from visitsafe.checklists.assessment import Value
from visitsafe.checklists.library import load_all, shipped_folder
from visitsafe.checklists.questionnaire import compile_questionnaire
from visitsafe.errors import InterruptedByUserError
from visitsafe.text.clock import from_text
from visitsafe.wizard.draft import DraftStage, Session, begin, final, findings, repeat
from visitsafe.wizard.session import (
    AskOne,
    AskTogether,
    Event,
    Goto,
    ParsedAnswer,
    Pause,
    Review,
    Sign,
    apply,
)
from wizard.fronts import NOW, Light, Saved, TableFront, always
from wizard.samples import CALM, QUESTIONNAIRE

FRESH = begin("home-visit", "d", "2026-11-23T09:00:00Z")
SHIPPED = compile_questionnaire(load_all([shipped_folder()]).checklist_set("home-visit"))
STANDING_NAMES = ("training", "manager-has-details", "family-can-contact-work", "private-details")
IN_DATE: dict[str, tuple[Value, str]] = dict.fromkeys(STANDING_NAMES, ("yes", "2026-10-01T09:00:00Z"))
ROUTINE: dict[str, Value] = {
    **{question.id: {"yes": "no", "no": "yes"}.get(question.unsafe or "", "yes") for question in SHIPPED},
    "case": "LCS-2041",
    "start": "2026-11-23T13:00:00Z",
    "due-back": "2026-11-23T14:30:00Z",
    "area": "M6",
    "address": "",
    "purpose": "Monthly visit",
    "how-seen": "In the kitchen, and the baby awake",
    "joint-visit": "no",
    "uncooperativeness": ("none",),
    "warning-marker": "checked-none",
    "communication": ("none",),
    "exit-plan": "Sit near the door",
}


def asked(front: TableFront) -> list[str]:
    return [page.question.id if isinstance(page, AskOne) else type(page).__name__ for page in front.asked]


def test_a_whole_plan_is_asked_saved_at_each_event_and_returned() -> None:
    front, saved = TableFront(CALM), Saved()
    session = saved.run(QUESTIONNAIRE, FRESH, front)
    assert session == saved.sessions[-1]
    assert len(saved.sessions) == len(front.asked)
    assert final(QUESTIONNAIRE, session)["case"] == "LCS-1"


def test_stopping_saves_the_half_typed_text_and_says_how_to_go_on() -> None:
    front, saved = TableFront(CALM, {AskOne: [ParsedAnswer("case", "LCS-1"), Pause("tomorr")]}), Saved()
    with pytest.raises(InterruptedByUserError) as stopped:
        saved.run(QUESTIONNAIRE, FRESH, front)
    assert "visitsafe plan --resume" in str(stopped.value.hint)
    assert (saved.sessions[-1].half, saved.sessions[-1].answers) == ("tomorr", {"case": "LCS-1"})


def test_answers_of_an_unfinished_page_are_saved_at_once() -> None:
    front, saved = TableFront(CALM), Saved()
    saved.run(QUESTIONNAIRE, FRESH, front)
    before = len(saved.sessions)
    front.keep({"share-fear": "yes"})
    assert len(saved.sessions) == before + 1
    assert saved.sessions[-1].answers["share-fear"] == "yes"


def one_by_one(answers: dict[str, Value]) -> list[Event]:
    """The single answers that this table gives, to be followed by others."""
    front = TableFront(answers)
    Saved().run(QUESTIONNAIRE, FRESH, front)
    return [ParsedAnswer(name, answers[name]) for name in asked(front) if name in QUESTIONNAIRE.by_id]


def test_an_answer_that_no_longer_applies_is_said() -> None:
    answers = CALM | {"history": "yes"}
    script: dict[type, list[Event]] = {
        Review: [Goto("history")],
        AskOne: [*one_by_one(answers), ParsedAnswer("history", "no")],
    }
    front = TableFront(answers, script)
    Saved().run(QUESTIONNAIRE, FRESH, front)
    assert "No longer applies, and does not count: History detail, Kinds." in front.told


def test_daylight_is_proposed_with_its_reason_and_still_asked() -> None:
    front = TableFront(CALM)
    Saved().run(QUESTIONNAIRE, FRESH, front, propose=always("no"))
    proposals = [guide.proposal for guide in front.guides]
    assert [proposal for proposal in proposals if proposal] == [Light("no")]
    assert "daylight" in asked(front)


def test_after_a_change_of_time_an_answer_computed_the_same_is_kept_and_said() -> None:
    session = Saved().run(QUESTIONNAIRE, FRESH, TableFront(CALM))
    session = apply(QUESTIONNAIRE, session, ParsedAnswer("due-back", "2026-11-23T16:00:00Z"))
    front = TableFront(CALM)
    Saved().run(QUESTIONNAIRE, session, front)
    assert "daylight" not in asked(front)
    assert "Daylight: still yes. The sun sets at 16:01." in front.told


def test_after_a_change_of_time_an_answer_computed_differently_is_asked_again() -> None:
    session = Saved().run(QUESTIONNAIRE, FRESH, TableFront(CALM))
    session = apply(QUESTIONNAIRE, session, ParsedAnswer("due-back", "2026-11-23T16:00:00Z"))
    front = TableFront(CALM)
    Saved().run(QUESTIONNAIRE, session, front, propose=always("no"))
    assert "daylight" in asked(front)


def test_a_draft_whose_start_has_passed_asks_for_it_before_anything_else() -> None:
    session = Saved().run(QUESTIONNAIRE, FRESH, TableFront(CALM))
    tomorrow = NOW + timedelta(days=1)
    answers = CALM | {"start": "2026-11-24T15:30:00Z", "due-back": "2026-11-24T16:30:00Z"}
    front = TableFront(answers)
    session = Saved().run(QUESTIONNAIRE, session, front, now=lambda: tomorrow)
    assert asked(front)[:2] == ["start", "due-back"]
    assert front.told[0].startswith("Start, please look at it again: ")
    assert final(QUESTIONNAIRE, session)["start"] == "2026-11-24T15:30:00Z"


def test_a_start_that_passes_while_the_last_page_is_shown_cannot_be_signed() -> None:
    later = CALM | {"start": "2026-11-23T21:00:00Z", "due-back": "2026-11-23T22:00:00Z"}
    front = TableFront(later, {AskOne: one_by_one(CALM)})
    start = from_text(str(CALM["start"]))

    def now() -> datetime:
        return start if any(isinstance(page, Sign) for page in front.asked) else NOW

    session = Saved().run(QUESTIONNAIRE, FRESH, front, now=now)
    assert asked(front).count("Sign") == 2
    assert final(QUESTIONNAIRE, session)["start"] == "2026-11-23T21:00:00Z"


def test_a_routine_visit_with_standing_answers_in_date_takes_at_most_20_prompts() -> None:
    front = TableFront(ROUTINE)
    session = Saved().run(SHIPPED, begin("home-visit", "d", "x", standing=IN_DATE), front)
    assert findings(SHIPPED, session) == ()
    assert len(front.asked) <= 20


PER_VISIT = {
    *("joint-visit", "threat-expected", "phone", "whereabouts-known", "warning-marker", "companions"),
    *(question.id for question in SHIPPED if question.id.startswith("share-")),
} - {"share-with", "share-decision", "share-reason"}
TOGETHER: dict[str, Value] = {"joint-visit": "yes", "companions": ("Ann Archer",)}


@pytest.mark.parametrize(
    ("answers", "light"),
    [
        (ROUTINE, "yes"),
        (ROUTINE | {"car-targeted": "yes", "taxi-waiting": "no"}, "yes"),
        (ROUTINE | TOGETHER | {"car-targeted": "yes", "taxi-waiting": "no"}, "no"),
    ],
)
def test_a_repeat_asks_all_that_is_about_one_visit_in_at_most_10_prompts(
    answers: dict[str, Value], light: str
) -> None:
    fresh = begin("home-visit", "d", "x", standing=IN_DATE)
    old = final(SHIPPED, Saved().run(SHIPPED, fresh, TableFront(answers)))
    front = TableFront(answers)
    again = repeat(SHIPPED, fresh, old, (), "K7Q2-M9")
    session: Session = Saved().run(SHIPPED, again, front, propose=always(light))
    assert len(front.asked) <= 10
    one = {page.question.id for page in front.asked if isinstance(page, AskOne)}
    grids = [[q.id for q in page.questions] for page in front.asked if isinstance(page, AskTogether)]
    alone = {"companions"} if answers["joint-visit"] == "no" else set()
    assert one.union(*grids) >= PER_VISIT - alone
    assert sum(not PER_VISIT.isdisjoint(grid) for grid in grids) == 1
    offered = [page.values for page in front.asked if isinstance(page, AskTogether)]
    assert all(PER_VISIT.isdisjoint(values) for values in offered)
    assert final(SHIPPED, session) == old


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_draft_with_a_time_that_no_clock_shows_asks_for_it_again(year: str) -> None:
    session = Saved().run(QUESTIONNAIRE, FRESH, TableFront(CALM))
    absurd = f"{year}-01-01T00:00:00Z"
    session = replace(
        session,
        stage=DraftStage.QUESTIONS,
        cursor="start",
        answers={**session.answers, "start": absurd},
        shelved={"due-back": absurd},
    )
    front = TableFront(CALM)
    again = Saved().run(QUESTIONNAIRE, session, front)
    assert asked(front)[0] == "start"
    assert final(QUESTIONNAIRE, again)["start"] == CALM["start"]
