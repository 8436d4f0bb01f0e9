"""Who is on the board, in which order, and what it says about them."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from beats import beat, office
from story import DUE_BACK, EVE, MO, NIA, SAM, Actor, Story
from visit_story import (
    DEE,
    LADDER,
    OLA,
    acknowledged,
    at,
    back,
    countersigned,
    departed,
    duress,
    extended,
    late,
    minutes_after,
    planned,
    raised,
    reported,
    watched_plan,
)
from visitsafe.record.bodies import PlanBody
from visitsafe.record.kinds import Kind
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.text.clock import from_text
from visitsafe.watch.board import Board, BoardRow, rows_at
from visitsafe.watch.board_words import Tone, board_lines, board_shape, row_lines, watch_lines
from visitsafe.watch.heartbeat import counted_beats, watch_at


def body(nonce: int = 0, due: int = 0, **changes: object) -> PlanBody:
    """A plan of its own, due back some minutes later than the others."""
    facts = msgspec.structs.replace(watched_plan().visit, **changes)
    facts = msgspec.structs.replace(facts, due_back=minutes_after(facts.due_back, due))
    return watched_plan(visit=facts, nonce=f"{nonce:032x}")


def out(nonce: int = 0, due: int = 0, **changes: object) -> Story:
    return departed(at(countersigned(body(nonce, due, **changes)), DUE_BACK, -55), by=SAM)


def board(now: datetime, *stories: Story, me: Actor = MO, details: bool = False) -> Board:
    roster = stories[0].roster
    member = roster.members.get(me.fingerprint)
    states = [hides_duress(story.state, member, now) for story in stories]
    return Board(at=now, rows=rows_at(states, now, roster.known, details=details))


def row(story: Story, minutes: int = 0, me: Actor = MO, *, details: bool = False) -> BoardRow:
    (only,) = board(DUE_BACK + timedelta(minutes=minutes), story, me=me, details=details).rows
    return only


def text(shown: Board | BoardRow, minutes: int = 0) -> str:
    now = DUE_BACK + timedelta(minutes=minutes)
    lines = board_lines(shown, UTC) if isinstance(shown, Board) else row_lines(shown, now, UTC)
    return "\n".join(line.text for line in lines)


def test_only_watched_visits_are_on_the_board() -> None:
    stories = [out(1), back(out(2)), planned(body(3)), countersigned(body(4))]
    shown = board(DUE_BACK, *stories)
    assert {one.plan for one in shown.rows} == {stories[0].plan, stories[3].plan}


def test_the_most_urgent_comes_first() -> None:
    calm, soon, owned = out(1, due=60), out(2, due=30), raised(late(out(3, due=-20), 15), "duty-rings")
    owned = acknowledged(raised(owned, "manager-acts"), "manager-acts")
    unheard = raised(late(out(4, due=-17), 15), "duty-rings")
    pressed = duress(out(5, due=50))
    just_late = out(6, due=-3)
    expected = [pressed, unheard, owned, just_late, soon, calm]
    shown = board(DUE_BACK, calm, soon, owned, unheard, pressed, just_late)
    assert [one.plan for one in shown.rows] == [story.plan for story in expected]


def test_an_overdue_visit_that_nobody_raised_is_not_below_one_that_somebody_took_on() -> None:
    owned = acknowledged(raised(late(out(1, due=-50), 45), "decide"), "decide")
    unraised = out(2, due=-20)
    shown = board(DUE_BACK, owned, unraised)
    assert [one.plan for one in shown.rows] == [unraised.plan, owned.plan]


def test_a_row_says_who_where_and_when_without_the_address() -> None:
    shown = row(reported(out(companions=(NIA.companion,)), Kind.ARRIVED), -10)
    assert (shown.worker, shown.area, shown.companions) == ("Sam Okafor", "Ordsall", ("Nia Price",))
    assert shown.address == ""
    assert shown.departed == minutes_after(shown.due_back, -55)
    assert shown.last is not None
    assert (shown.last.kind, shown.last.through) == ("arrived", "")
    assert row(out(), details=True).address == "12 Acacia Road, Salford"


def test_an_area_that_names_the_address_is_left_out() -> None:
    story = out(area="12 Acacia Road, by the park")
    assert "Acacia" not in text(row(story))
    assert "Acacia" in text(row(story, details=True))


def test_who_took_a_call_is_named() -> None:
    shown = row(reported(out(), Kind.OK, DEE))
    assert shown.last is not None
    assert shown.last.through == "Dee Desk"
    assert "told Dee Desk" in text(shown)


def test_lateness_is_in_words_and_computed_when_read() -> None:
    story = out()
    assert "late" not in text(row(story, -1), -1)
    assert "1 minute late: Sam Okafor" in text(row(story, 1), 1)
    assert "12 minutes late: Sam Okafor" in text(row(story, 12), 12)
    assert "1 h 5 min late: Sam Okafor" in text(row(story, 65), 65)


def test_an_extension_moves_the_time_due_back() -> None:
    shown = row(extended(out(), minutes_after(out().state.visit.due_back, 45)), 10)
    assert (shown.late, shown.alarming) == (0, False)
    assert "due back 17:15" in text(shown, 10)


def test_whoever_forgot_to_report_setting_out_is_on_the_board() -> None:
    shown = row(countersigned(body()), -30)
    assert shown.departed == ""
    assert "Has not reported setting out: Sam Okafor" in text(shown, -30)
    assert "has not reported setting out" in text(row(countersigned(body()), 20), 20)


def test_the_next_step_says_when_and_whose_it_is() -> None:
    story = raised(late(out(), 1), "overdue")
    story = raised(raised(story, "reminder"), "nudge")
    assert "next 16:45 (in 5 min): step 4 of 7, duty officer Dee Desk" in text(row(story, 10), 10)


def test_a_role_that_only_the_worker_holds_is_said_to_be_empty() -> None:
    story = departed(at(countersigned(body()), DUE_BACK, -55))
    team = {key: one for key, one in story.roster.known.items() if key != DEE.fingerprint}
    (only,) = rows_at([story.state], DUE_BACK + timedelta(minutes=16), team)
    assert only.next is not None
    assert only.next.whose == ("duty officer (nobody has this role)",)


def test_a_step_that_is_due_and_was_not_raised_is_an_alarm_in_words() -> None:
    lines = row_lines(row(out(), 31), DUE_BACK + timedelta(minutes=31), UTC)
    due = [line for line in lines if "not raised" in line.text]
    assert "step 6 of 7" in due[0].text
    assert due[0].tone is Tone.ALARM


def test_who_took_it_on_is_named_and_until_then_that_nobody_did() -> None:
    story = raised(late(out(), 15), "duty-rings")
    assert "NOBODY HAS TAKEN THIS ON: step 4 of 7" in text(row(story, 16), 16)
    assert f"visitsafe acknowledge {story.state.ref}" in text(row(story, 16), 16)
    taken = text(row(acknowledged(story, "duty-rings"), 16), 16)
    assert "NOBODY" not in taken
    assert "Dee Desk has taken it on (step 4 of 7" in taken
    assert "next 17:00" not in taken
    assert "step 5 of 7" in taken


def test_back_with_an_open_alarm_stays_until_somebody_stands_it_down() -> None:
    story = back(raised(late(out(), 15), "duty-rings"))
    shown = row(story, 20)
    assert shown.alarming
    assert "Back, but the alarm is not stood down" in text(shown, 20)


def test_an_urgent_departure_and_a_missing_countersignature_are_marked() -> None:
    story = departed(at(planned(body()), DUE_BACK, -55), urgent="The baby is due home today.")
    shown = text(row(story))
    assert "URGENT: The baby is due home today." in shown
    assert "Not countersigned (awaiting)" in shown
    assert "countersigned" not in text(row(out())).lower()


def test_a_drill_is_marked() -> None:
    assert "DRILL" in text(row(raised(out(), "duty-rings", drill="d1"), -1))
    assert "DRILL" not in text(row(out(), -1))


@pytest.mark.parametrize("who", [MO, DEE])
def test_those_who_may_know_see_duress_first_and_not_to_ring(who: Actor) -> None:
    story = duress(out())
    shown = text(row(story, me=who))
    assert shown.splitlines()[0].startswith("DURESS: Sam Okafor")
    assert "Do not ring or text the worker" in shown


def test_under_duress_no_step_of_the_ladder_tells_anybody_to_ring_the_worker() -> None:
    story = duress(out())
    story = raised(story, "manager-acts", story.newest.content.at)
    shown = text(row(story))
    assert "NOBODY HAS TAKEN THIS ON" in shown
    assert "Open the tracing details." not in shown


@pytest.mark.parametrize("who", [SAM, OLA, EVE])
def test_all_others_see_an_ok(who: Actor) -> None:
    spoken = duress(out())
    spoken = raised(spoken, "manager-acts", spoken.newest.content.at)
    plain = reported(out(), Kind.OK, DEE)
    hidden, usual = row(spoken, -20, me=who), row(plain, -20, me=who)
    assert hidden == usual
    assert board_shape(Board(DUE_BACK, (hidden,))) == board_shape(Board(DUE_BACK, (usual,)))


def test_the_board_of_nobody_says_so() -> None:
    assert "nobody is out" in text(board(DUE_BACK, back(out())))


def test_nobody_watching_stands_above_all_else() -> None:
    now = DUE_BACK + timedelta(minutes=20)
    last = beat(at=DUE_BACK)
    watch = watch_at(counted_beats([last], office().roster), now, UTC)
    shown = msgspec.structs.replace(board(now, duress(out())), watch=watch)
    first = board_lines(shown, UTC)[0]
    wanted = "NOBODY IS WATCHING since 16:30 (last seen on DESK-PC). Start it: visitsafe watch"
    assert (first.text, first.tone) == (wanted, Tone.ALARM)


def test_a_watch_is_named_quietly_with_its_trouble_and_the_last_gap() -> None:
    now = DUE_BACK
    quiet = beat(at=now, gap_from="2026-11-23T09:12:00Z", gap_until="2026-11-23T09:40:00Z")
    calm = watch_at(counted_beats([quiet], office().roster), now, UTC)
    lines = [line.text for line in board_lines(Board(now, (), watch=calm), UTC)]
    assert "nobody is out" in lines[0]
    assert "Dee Desk is watching on DESK-PC, seen 16:30, 3 visits." in lines
    assert "Nobody was watching from 09:12 to 09:40." in lines
    ill = [beat(at=now, healthy=False, trouble="no message goes out")]
    troubled = watch_at(counted_beats(ill, office().roster), now, UTC)
    first = board_lines(Board(now, (), watch=troubled), UTC)[0]
    assert "no message goes out" in first.text
    assert first.tone is Tone.ALARM


def test_what_others_wrote_stays_on_its_line() -> None:
    story = departed(
        at(planned(body(area="Ordsall\nDURESS: fake")), DUE_BACK, -55), urgent="a\n\x1b[31mNOBODY"
    )
    lines = row_lines(row(story), DUE_BACK, UTC)
    assert not any("\n" in line.text or "\x1b" in line.text for line in lines)


def test_every_time_in_the_shape_is_utc_text() -> None:
    story = raised(late(out(), 15), "duty-rings")
    shape = board_shape(board(DUE_BACK + timedelta(minutes=16), story))
    (visit,) = shape["visits"]
    times: list[str] = [
        shape["as_of"],
        *(visit[name] for name in ("start", "due_back", "departed")),
        visit["last_report"]["at"],
        visit["unowned"][0]["at"],
        visit["next"]["at"],
    ]
    assert all(from_text(one) for one in times)
    assert (shape["alarming"], visit["minutes_late"], visit["address"]) == (1, 16, None)


def test_of_several_steps_that_nobody_raised_the_highest_is_shown() -> None:
    steps = (*LADDER.steps[:5], msgspec.structs.replace(LADDER.steps[5], after=16), LADDER.steps[6])
    high = msgspec.structs.replace(LADDER, steps=steps)  # manager-acts falls due before second-contact
    shown = row(departed(at(countersigned(watched_plan(ladder=high)), DUE_BACK, -55)), 21)
    assert shown.next is not None
    assert (shown.next.id, shown.overtaken) == ("manager-acts", True)


def test_a_visit_whose_alarm_is_open_keeps_the_word_when_it_is_late_too() -> None:
    story = raised(late(out(), -10), "duty-rings", due=minutes_after(out().state.visit.due_back, -10))
    assert text(row(story, -5), -5).startswith("ALARM: Sam Okafor")
    assert text(row(story, 1), 1).startswith("ALARM, 1 minute late: Sam Okafor")


def test_tracing_details_are_offered_only_where_some_are_sealed() -> None:
    shown = row(duress(out()))
    assert "trace" not in text(shown)
    sealed = msgspec.structs.replace(shown, sealed=True)
    assert f"visitsafe trace {shown.ref} --reason" in text(sealed)


def test_an_instruction_that_names_the_address_is_left_out() -> None:
    do = "Go to 12 Acacia Road."
    steps = tuple(msgspec.structs.replace(rung, do=do) for rung in LADDER.steps)
    ladder = msgspec.structs.replace(LADDER, steps=steps)
    story = departed(at(countersigned(watched_plan(ladder=ladder)), DUE_BACK, -55))
    for one in (story, raised(late(story, 15), "duty-rings")):
        assert "Acacia" not in text(row(one, 16), 16)
        assert "Acacia" in text(row(one, 16, details=True), 16)


def test_one_person_at_one_computer_is_named_once() -> None:
    beats = [beat(at=DUE_BACK), beat(at=DUE_BACK, watcher="w2"), beat(at=DUE_BACK, watcher="w3", host="B")]
    watch = watch_at(counted_beats(beats, office().roster), DUE_BACK, UTC)
    lines = [line.text for line in watch_lines(watch, DUE_BACK, UTC)]
    assert sorted(line.split(",")[0] for line in lines) == [
        "Dee Desk is watching on B", "Dee Desk is watching on DESK-PC",
    ]  # fmt: skip
