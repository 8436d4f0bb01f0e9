import unicodedata
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from story import Story, hostile_visit
from story_plan import visit
from visit_story import (
    DEE,
    DUE_BACK,
    LADDER,
    MO,
    START,
    acknowledged,
    back,
    countersigned,
    departed,
    duress,
    extended,
    heard_from,
    notified,
    raised,
    reported,
    stood_down,
)
from visitsafe.record.bodies import Companion, PlanBody, Sealed
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Because, Outcome
from visitsafe.text.clock import from_text, to_text
from visitsafe.watch.messages import Text, text_of
from visitsafe.watch.outbox import Channel, Message

LONDON = ZoneInfo("Europe/London")
DESK = "0161 496 0000"
ADDRESS = "12 Acacia Road, Salford"
ALARM_WORDS = ("late", "overdue", "danger", "alarm", "police", "999", "duress", "manager")


def out(**changes: Any) -> Story:
    """Sam has set out on a visit that may be hostile, due back at 16:30."""
    return departed(replace(countersigned(plan_of(**changes)), at=START))


def plan_of(**changes: Any) -> PlanBody:
    return hostile_visit(**{"ladder": LADDER, **changes})


def at(story: Story, minutes: int) -> Story:
    return replace(story, at=DUE_BACK + timedelta(minutes=minutes))


def told(story: Story, who: str = "duty", about: str = "", phone: str = DESK, **changes: Any) -> Text:
    """The message about the newest entry, as it goes out at that moment."""
    fields: dict[str, Any] = {"about": about or story.newest.id, **changes}
    channel = Channel("a label", who, address=fields.pop("address", False))
    now: datetime = fields.pop("now", story.at - timedelta(minutes=1))
    return text_of(Message(channel=channel, **fields), story.state, now, LONDON, phone)


def test_a_message_stands_alone() -> None:
    text = told(raised(at(out(), 15), "duty-rings"))
    assert text.title == f"{out().state.ref} Sam Okafor: 15 min late"
    for fact in (
        *("Sam Okafor is 15 min late", "Ordsall", out().state.ref, "today 16:30 (15 min ago)"),
        *("Who goes: Sam Okafor, alone", '"set out", today 15:30, by Sam Okafor', "Do now: Ring the worker."),
        *(f"visitsafe acknowledge {out().state.ref} --as-step 4", DESK, "nobody's until somebody"),
    ):
        assert fact in text.body


def test_what_to_do_and_how_to_take_it_on_come_before_the_details_for_messages_that_are_cut_short() -> None:
    body = told(raised(at(out(), 30), "manager-acts")).body
    order = [body.index(part) for part in ("Do now", "acknowledge", "Visit:", "Done so far", "If you call")]
    assert order == sorted(order)


def test_local_time_is_told_in_summer_too() -> None:
    summer = visit(start="2027-06-14T14:00:00Z", due_back="2027-06-14T15:00:00Z")
    story = raised(
        replace(countersigned(plan_of(visit=summer)), at=datetime.fromisoformat("2027-06-14T15:15:00Z")),
        "duty-rings",
    )
    assert "today 16:00 (15 min ago)" in told(story).body


def test_the_address_stands_only_where_the_agency_lets_it_go_out() -> None:
    story = raised(at(out(), 30), "manager-acts")
    assert f"Address: {ADDRESS}" in told(story, address=True).body
    assert f"Where: {ADDRESS} (Ordsall)" in told(story, address=True).body
    assert ADDRESS not in told(story).body
    assert f"visitsafe show {story.state.ref} --include-details" in told(story).body


def test_the_case_and_the_purpose_never_go_out() -> None:
    story = raised(at(out(), 30), "manager-acts")
    body = told(story, address=True).body
    assert "C-1042" not in body
    assert "children" not in body


def test_nobody_reads_free_notes_of_colleagues_on_a_telephone() -> None:
    story = acknowledged(
        raised(reported(out(), Kind.ARRIVED, note="quarrel upstairs"), "duty-rings"),
        "duty-rings",
        note="gossip",
    )
    over = stood_down(story, note="told me a secret")
    assert "quarrel" not in told(story).body
    assert "gossip" not in told(story).body
    assert "secret" not in told(over, all_clear=True).body


@pytest.mark.parametrize(
    ("step", "script"), [("duty-rings", False), ("manager-acts", True), ("decide", True)]
)
def test_only_steps_from_which_the_police_are_called_carry_the_script(step: str, script: bool) -> None:
    assert ("If you call the police" in told(raised(at(out(), 45), step)).body) is script


def test_the_script_gives_facts_in_the_order_of_a_call() -> None:
    story = reported(out(), Kind.ARRIVED, by=DEE)
    body = told(raised(at(story, 45), "decide")).body
    script = body[body.index("If you call the police") :]
    asked = (
        "What has happened: a colleague",
        "Where: Ordsall",
        "Who: Sam",
        "Last heard",
        "Known risk",
        "Car",
        "Your",
    )
    order = [script.index(part) for part in asked]
    assert order == sorted(order)
    assert "by telephone; Dee Desk took the call" in script
    assert "The visit ends after dark" in script
    assert script.endswith(DESK)


def test_the_companion_is_named() -> None:
    story = out(visit=visit(companions=(Companion(name="Nia Price"),)))
    assert "Who goes: Sam Okafor, with Nia Price" in told(raised(at(story, 15), "duty-rings")).body


def test_an_unreported_departure_is_said() -> None:
    assert "Last report: none" in told(raised(at(countersigned(plan_of()), 15), "duty-rings")).body


def test_what_was_done_is_told_by_label_and_by_name() -> None:
    story = raised(at(out(), 15), "duty-rings")
    step = story.newest.id
    story = notified(notified(story, step, "duty mailbox"), step, "gateway", outcome=Outcome.FAILED)
    story = raised(acknowledged(story, "duty-rings"), "manager-acts")
    body = told(story).body
    assert "today 16:45: step 4 of 7 raised; told: duty mailbox; could not tell: gateway" in body
    assert "Dee Desk took on step 4 of 7" in body


def test_taken_on_by_telephone_is_told_of_who_owns_it_not_of_who_wrote_it_down() -> None:
    story = raised(at(out(), 15), "duty-rings")
    story = acknowledged(story, "duty-rings", heard=heard_from(MO))
    assert told(story).body.startswith("Mo Khan took this on")


def test_a_step_that_was_late_because_nobody_watched_says_so() -> None:
    story = raised(at(out(), 40), "duty-rings", unwatched_from="2026-11-23T16:40:00Z")
    assert "late: nobody was watching from today 16:40" in told(story).body


def test_the_next_contact_hears_that_nobody_has_taken_it_on() -> None:
    story = raised(at(out(), 15), "duty-rings")
    text = told(story, round=2)
    assert "nobody has it" in text.title
    assert "Nobody has taken this on yet: you are contact 3." in text.body


def test_the_reminder_to_the_worker_is_two_kind_lines_that_name_nobody() -> None:
    for step, minutes in (("reminder", -10), ("nudge", 5), ("duty-rings", 15)):
        text = told(raised(at(out(), minutes), step), who="lone-worker", address=True)
        whole = f"{text.title}\n{text.body}".lower()
        assert text.body.count("\n") == 1
        assert "visitsafe extend" in whole
        for word in (*ALARM_WORDS, "sam", "ordsall", "acacia", "dee"):
            assert word not in whole


BY_THE_MINUTE = msgspec.structs.replace(LADDER.steps[0], do="You are due back in ten minutes.")


@pytest.mark.parametrize(
    ("minutes", "says", "by_the_ladder"),
    [
        (-10, "Your time is today 16:30, in 10 minutes.", True),
        (-9, "Your time is today 16:30, in 9 minutes.", True),
        (-4, "Your time is today 16:30, in 4 minutes.", False),
        (0, "Your time is now, today 16:30.", False),
        (25, "Your time was today 16:30, 25 minutes ago.", False),
        (60 * 24, "Your time was yesterday 16:30, 1 day ago.", False),
    ],
)
def test_a_reminder_that_goes_out_late_tells_the_true_time(
    minutes: int, says: str, by_the_ladder: bool
) -> None:
    ladder = msgspec.structs.replace(LADDER, steps=(BY_THE_MINUTE, *LADDER.steps[1:]))
    story = raised(at(out(ladder=ladder), minutes), "reminder", due=to_text(DUE_BACK - timedelta(minutes=10)))
    body = told(story, who="lone-worker").body
    assert body.startswith(says)
    assert ("in ten minutes" in body) == by_the_ladder
    assert "need longer" in body


def test_a_reminder_of_an_earlier_time_due_back_says_nothing_that_is_not_so_any_more() -> None:
    ladder = msgspec.structs.replace(LADDER, steps=(BY_THE_MINUTE, *LADDER.steps[1:]))
    story = raised(at(out(ladder=ladder), -10), "reminder", due=to_text(DUE_BACK - timedelta(minutes=10)))
    later = extended(story, to_text(DUE_BACK + timedelta(minutes=30)))
    body = told(later, who="lone-worker", about=story.newest.id, now=story.at).body
    assert body.startswith("Your time is today 17:00, in 39 minutes. Please report")


def test_the_workers_own_e_mail_gets_what_the_worker_may_read() -> None:
    text = told(raised(at(out(), 30), "manager-acts"), who="SAM@example.org")
    assert "police" not in text.body


def test_an_owner_is_reminded_until_somebody_stands_it_down() -> None:
    story = acknowledged(raised(at(out(), 15), "duty-rings"), "duty-rings")
    text = told(at(story, 31))
    assert text.title.endswith("30 min late, still open")
    assert "Do now: Ring the worker." in text.body
    assert "stand-down" in text.body


def test_after_back_is_reported_somebody_is_asked_to_speak_to_them() -> None:
    story = raised(at(out(), 15), "duty-rings")
    step = story.newest.id
    story = back(story, by=DEE)
    text = told(story, about=step, round=1)
    assert "reported back, alarm still open" in text.title
    assert "reported being back today 16:46 (by telephone; Dee Desk took the call)" in text.body
    assert "speak to Sam Okafor yourself" in text.body
    assert "Do now: Ring the worker." not in text.body


def test_under_duress_the_first_words_are_not_to_ring() -> None:
    story = raised(duress(out()), "manager-acts", due="2026-11-23T15:31:00Z")
    step = story.newest.id
    taken = acknowledged(story, "manager-acts", by=MO)
    for text in (told(story), told(story, round=1), told(taken), told(back(taken), about=step)):
        assert "do NOT ring" in text.title
        assert text.body.startswith("Do NOT ring or write to Sam Okafor")
        assert "dial 999" in text.body
        assert "the duress phrase, today 15:31" in text.body or "duress phrase today 15:31" in text.body
        assert "a manager ends it" in text.body
        assert "If you call the police" in text.body
        assert "speak to" not in text.body


@pytest.mark.parametrize(
    ("because", "title", "why"),
    [
        (Because.SAFE, "all clear", "Sam Okafor is safe"),
        (Because.FALSE_ALARM, "all clear", "it was a false alarm"),
        (Because.TEST, "all clear", "it was a test"),
        (Because.INCIDENT, "alarm ended: incident", "there was an incident; ask Mo Khan"),
    ],
)
def test_the_all_clear_says_who_says_so_and_why(because: Because, title: str, why: str) -> None:
    story = stood_down(raised(at(out(), 15), "duty-rings"), because)
    text = told(story, all_clear=True)
    assert text.title.endswith(title)
    assert "Mo Khan ended it today 16:46" in text.body
    assert why in text.body
    assert "nothing more" in text.body


def test_an_all_clear_for_a_visit_that_goes_on_says_until_when() -> None:
    story = stood_down(raised(at(out(), 15), "duty-rings"), until="2026-11-23T18:00:00Z")
    assert "due back today 18:00" in told(story, all_clear=True).body


def test_an_all_clear_that_comes_after_a_new_alarm_calms_nobody() -> None:
    story = stood_down(raised(at(out(), 15), "duty-rings"), until="2026-11-23T18:00:00Z")
    over = story.newest.id
    body = told(raised(at(story, 120), "duty-rings"), about=over, all_clear=True).body
    assert "still watched: go by the newest message" in body
    assert "nothing" not in body


def test_being_back_after_a_reminder_is_an_all_clear() -> None:
    text = told(back(raised(at(out(), 0), "overdue")), all_clear=True)
    assert "Sam Okafor reported being back today 16:31." in text.body


def test_a_drill_cannot_be_taken_for_real() -> None:
    story = raised(at(duress(out()), 60), "manager-acts", drill="d1")
    ref = story.state.ref
    for who in ("duty", "lone-worker"):
        text = told(story, who=who, drill="d1", address=True)
        assert text.title.startswith(f"DRILL {ref}")
        assert text.body.startswith("This is a drill: nobody is in danger.")
        for word in ("duress", "999", "late", "Acacia"):
            assert word not in text.title + text.body
    assert f"visitsafe acknowledge {ref} --as-step 6" in told(story, drill="d1").body
    assert "Open the tracing details." in told(story, drill="d1").body
    over = stood_down(story, Because.TEST, drill="d1")
    assert told(over, drill="d1", all_clear=True).title == f"DRILL {ref}: over"


def test_a_team_without_a_desk_number_is_told_to_ring_the_desk() -> None:
    assert "or ring the duty desk." in told(raised(at(out(), 15), "duty-rings"), phone="").body


def test_a_step_that_the_ladder_does_not_know_still_says_what_to_do() -> None:
    body = told(raised(at(out(), 15), "gone", due="2026-11-23T16:45:00Z")).body
    assert "read the plan and decide" in body


def test_after_an_extension_nobody_is_called_late() -> None:
    story = raised(at(out(), 15), "duty-rings")
    step = story.newest.id
    story = extended(story, "2026-11-23T17:30:00Z")
    assert told(story, about=step).title.endswith("due back today 17:30")


PIECES = st.sampled_from(
    ["\x1b[2J", "\n", "\r\n", "\u202e", "\u200b", "\x07", "\x9b31m", "a", " ", "<b>", "é"]
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)
SECRET = "YWdlLWVuY3J5cHRpb24"
FAR = "9 Secret Lane, M5"


@given(
    TEXTS, TEXTS, TEXTS, st.booleans(), st.sampled_from(["duty", "manager", "lone-worker", "sam@example.org"])
)
def test_no_message_holds_a_control_character_the_address_where_not_allowed_or_anything_sealed(
    area: str, name: str, label: str, allowed: bool, who: str
) -> None:
    sealed = Sealed(age=SECRET, to=(MO.fingerprint,), given="2026-11-01T09:00:00Z")
    plan = plan_of(
        visit=visit(area=area, address=f"{area}{FAR}", companions=(Companion(name=name),)), sealed=sealed
    )
    base = raised(at(departed(replace(countersigned(plan), at=START)), 30), "manager-acts")
    step = base.newest.id
    base = acknowledged(notified(base, step, f"x{label}"), "manager-acts")
    stories: list[tuple[Story, dict[str, Any]]] = [
        (base, {}),
        (back(base), {"about": step}),
        (stood_down(base), {"all_clear": True}),
    ]
    stories += [(raised(duress(base), "decide"), {}), (raised(base, "decide", drill="d"), {"drill": "d"})]
    for story, changes in stories:
        text = told(story, who=who, address=allowed, **changes)
        assert not [
            c for c in text.title + text.body if c != "\n" and unicodedata.category(c) in ("Cc", "Cf")
        ]
        assert "\n" not in text.title
        assert len(text.title) <= 160
        assert SECRET not in text.body
        if not allowed or who in ("lone-worker", "sam@example.org"):
            assert FAR not in text.title + text.body


@pytest.mark.parametrize("text", [ADDRESS, "ring 12 Acacia Road", "12, Acacia Rd.", "12 Aca\u200bcia\nRoad"])
def test_the_address_goes_out_nowhere_else_either(text: str) -> None:
    rungs = tuple(msgspec.structs.replace(rung, do=f"Go to {text} and knock.") for rung in LADDER.steps)
    ladder = msgspec.structs.replace(LADDER, steps=rungs)
    plan = plan_of(visit=visit(address=ADDRESS, area=text, companions=(Companion(name=text),)), ladder=ladder)
    story = departed(replace(countersigned(plan), at=START))
    steps = [raised(at(story, 30), "manager-acts"), raised(duress(story), "manager-acts")]
    steps += [raised(at(story, -10), "reminder"), stood_down(raised(at(story, 30), "manager-acts"))]
    for one in steps:
        for who in ("duty", "lone-worker"):
            said = told(one, who, all_clear=one is steps[-1])
            assert "Acacia" not in said.title + said.body
    assert "Acacia" in told(steps[0], address=True).body


@pytest.mark.parametrize(("may_know", "told_of"), [(True, True), (False, False)])
def test_about_another_visit_of_whoever_is_under_duress_nobody_is_told_to_ring(
    may_know: bool, told_of: bool
) -> None:
    story = raised(at(out(), 15), "duty-rings")
    for one in (story, acknowledged(story, "duty-rings"), stood_down(story), duress(story)):
        said = told(one, hushed=True, may_know=may_know, all_clear=one.newest.content.kind == "stood-down")
        assert said.title.endswith("do NOT ring them")
        assert said.body.startswith("Do NOT ring or write to Sam Okafor")
        assert "Ring the worker" not in said.body
        assert "speak to them" not in said.body
        assert ("duress" in (said.title + said.body).lower()) == told_of


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00Z", "9999-12-31T23:58:59Z"])
def test_duress_by_a_clock_at_either_end_of_time_still_says_not_to_ring(when: str) -> None:
    story = duress(replace(out(), at=from_text(when)))
    story = raised(at(story, -30), "manager-acts")
    assert "do NOT ring them" in told(story, now=DUE_BACK).title
