"""How a visit under way shows outside the board: show, list, pages, JSON, and what `visitsafe` alone says."""

import io
import unicodedata
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import vobject  # type: ignore[import-untyped]  # it has no types
from markdown_it import MarkdownIt
from rich.cells import cell_len

from hostile import ATTACKS
from office import NOW as MORNING
from office import Office
from story import DUE_BACK, MO, NOW, START, Story
from visit_story import (
    DEE,
    OLA,
    acknowledged,
    at,
    back,
    countersigned,
    departed,
    duress,
    extended,
    heard_from,
    late,
    notified,
    planned,
    raised,
    reported,
    stood_down,
    watched_plan,
)
from visitsafe.cli.output import make_console
from visitsafe.cli.show import show_plan
from visitsafe.record.bodies import Heard
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Outcome
from visitsafe.state.visit_words import stage_words, unclosed
from visitsafe.supervision.page import supervision_page
from visitsafe.supervision.page_visit import worth_discussing

LONDON = ZoneInfo("Europe/London")
OUT = departed(at(countersigned(), START))


def shown(story: Story, now: timedelta = DUE_BACK - NOW, width: int = 200) -> str:
    file = io.StringIO()
    console = make_console(plain=True, environ={}, file=file, width=width)
    show_plan(console, story.state, NOW + now, LONDON)
    return file.getvalue()


def stage(story: Story, minutes: int) -> str:
    """The words of the list, so many minutes after the time due back."""
    return stage_words(story.state, DUE_BACK + timedelta(minutes=minutes), LONDON)


def discussed(story: Story, minutes: int = 60) -> str:
    return "\n".join(worth_discussing(story.state, DUE_BACK + timedelta(minutes=minutes), LONDON))


# How far it has come


@pytest.mark.parametrize(
    ("story", "minutes", "words"),
    [
        (planned(), -60, ""),
        (countersigned(), -90, ""),
        (countersigned(), -30, "not reported setting out"),
        (countersigned(), 25, "not reported setting out, 25 min late"),
        (OUT, -30, "out since 15:30"),
        (OUT, 85, "out since 15:30, 1 h 25 min late"),
        (reported(at(OUT, START, 5), Kind.ARRIVED), -30, "there since 15:35"),
        (reported(at(OUT, START, 30), Kind.LEFT, stopped=True), -20, "stopped, left 16:00"),
        (extended(OUT, "2026-11-23T17:30:00Z"), 50, "out since 15:30"),
        (back(late(OUT, -5)), 30, "back 16:25"),
        (back(late(OUT, 45)), 60, "back 17:15, 45 min late"),
        (
            raised(late(OUT, 15), "duty-rings"),
            20,
            "out since 15:30, 20 min late, alarm: nobody has taken it on",
        ),
        (
            acknowledged(raised(late(OUT, 15), "duty-rings"), "duty-rings"),
            20,
            "out since 15:30, 20 min late, alarm taken on by Dee Desk",
        ),
        (departed(planned(), urgent="Now."), -30, "out since 08:01, set out without a countersignature"),
    ],
)
def test_a_few_words_say_how_far_a_visit_has_come_at_the_moment_of_reading(
    story: Story, minutes: int, words: str
) -> None:
    assert stage(story, minutes) == words


def test_a_countersigned_visit_that_nobody_closed_is_asked_about_after_a_day() -> None:
    story, a_day = countersigned(), timedelta(hours=24)
    assert not unclosed(story.state, DUE_BACK + a_day)
    assert unclosed(story.state, DUE_BACK + a_day + timedelta(seconds=1))
    for other in (planned(), story.withdrawn(), back(late(story, 0)), OUT):
        assert not unclosed(other.state, DUE_BACK + 2 * a_day)
    assert "Did it take place? visitsafe back" in shown(story, DUE_BACK - NOW + 2 * a_day)


# One plan in full


def test_show_tells_what_was_reported_by_whom_and_how_they_were_known() -> None:
    story = reported(
        at(OUT, START, 9), Kind.ARRIVED, by=DEE, happened="2026-11-23T15:35:00Z", note="Dog barks."
    )
    text = shown(story)
    assert "15:35  Sam Okafor arrived" in text
    assert "Reported at 15:39" in text
    assert (
        "Passed on by Dee Desk, who spoke to Sam Okafor. How they knew who it was: I know the voice." in text
    )
    assert "Note: Dog barks." in text


def test_show_says_that_nobody_reported_setting_out() -> None:
    assert "Nobody has reported setting out. The start was 15:30." in shown(countersigned())
    assert "On the way" not in shown(countersigned(), START - NOW - timedelta(minutes=1))
    assert "Nobody reported setting out." in shown(back(late(countersigned(), 0)))


def test_an_alarm_tells_who_was_told_what_failed_who_took_it_on_and_how_it_ended() -> None:
    story = raised(late(OUT, 22), "duty-rings", unwatched_from="2026-11-23T16:33:00Z")
    about = story.newest.id
    story = notified(story, about, "dee-phone", outcome=Outcome.FAILED, why="no such number")
    story = notified(story, about, "mo-mail", round=1)
    story = acknowledged(story, "duty-rings", by=DEE, heard=heard_from(MO, "called back"))
    story = stood_down(story, note="Sam answered.")
    text = shown(story)
    for words in (
        "The alarm (over)",
        "16:52  Step 4 of 7 was raised for duty officer\n",
        "- Ring the worker.",
        "Due at 16:45, raised 7 minutes late",
        "Nobody was watching from 16:33",
        "Could not be sent to dee-phone, tried once: no such number",
        "Sent to mo-mail: 16:54",
        "Mo Khan took on step 4 of 7",
        "3 minutes after it was raised",
        "How they knew who it was: called back",
        "Mo Khan stood it down: the worker is safe",
        "Note: Sam answered.",
    ):
        assert words in text


def test_the_record_gives_utc_and_the_readers_own_time() -> None:
    summer = watched_plan(
        visit=msgspec.structs.replace(
            watched_plan().visit, start="2026-07-01T14:00:00Z", due_back="2026-07-01T15:00:00Z"
        )
    )
    story = departed(at(countersigned(summer), "2026-07-01T23:30:00Z"))
    assert "2026-07-01 23:30:00 UTC (Thu 2 Jul 00:30 BST): set out, by Sam Okafor" in shown(story)


def test_a_visit_that_went_on_after_back_is_not_said_not_to_have_been_back() -> None:
    story = extended(at(back(late(OUT, -5)), DUE_BACK, -2), "2026-11-23T17:30:00Z")
    text = shown(story)
    assert "Sam Okafor was back" in text
    assert "Not back yet" not in text
    assert "Back was reported, but the visit went on: due back 17:30." in text
    assert "Not back yet: due back 16:30." in shown(OUT)


def test_a_visit_that_is_over_is_not_spoken_of_as_if_it_were_ahead() -> None:
    urgent = watched_plan(urgent="Screams were heard.")
    story = back(departed(at(planned(urgent), START), urgent="Screams."))
    page = supervision_page(story.state, DUE_BACK, LONDON)
    assert "planned to visit" in page
    assert "plans to visit" not in page
    assert "still has to decide" not in page
    assert "no manager has decided since" in page
    assert "plans to visit" in supervision_page(countersigned().state, NOW, LONDON)


def test_a_page_does_not_claim_that_anybody_watched_where_nothing_shows_it() -> None:
    quiet = supervision_page(back(OUT).state, DUE_BACK, LONDON)
    assert "does not show whether anybody was watching" in quiet
    assert "does not show whether" not in supervision_page(
        raised(late(OUT, 15), "duty-rings").state, DUE_BACK, LONDON
    )


def test_an_instruction_is_not_repeated_in_bold() -> None:
    page = supervision_page(raised(late(OUT, 22), "duty-rings").state, DUE_BACK, LONDON)
    assert "**Step 4 of 7 was raised for duty officer**" in page


def test_a_step_about_which_nobody_was_told_says_so() -> None:
    assert "No message about it is on record" in shown(raised(late(OUT, 0), "overdue"))


def test_drills_stand_apart_from_what_was_real() -> None:
    text = shown(raised(countersigned(), "duty-rings", drill="d1"), timedelta())
    assert "DRILL d1 (open)" in text
    assert "The alarm" not in text


def test_a_report_that_does_not_count_is_not_told_as_if_it_had_happened() -> None:
    story = departed(countersigned(), by=OLA, heard=Heard(person=OLA.fingerprint, known_by="herself"))
    assert "set out" not in shown(story, timedelta()).split("Signed")[0]
    assert "Does not count" in shown(story, timedelta())


@pytest.mark.parametrize("text", ATTACKS, ids=lambda text: repr(text[:20]))
def test_a_hostile_text_on_the_way_is_only_text(text: str) -> None:
    def told(words: str) -> Story:
        words = words.replace("\0", "")
        heard = heard_from(known_by=f"x{words}")
        story = departed(at(planned(), START), by=DEE, urgent=f"x{words}", note=words, heard=heard)
        story = raised(late(story, 15), "duty-rings")
        story = notified(story, story.newest.id, words, outcome=Outcome.FAILED, why=words)
        story = acknowledged(story, "duty-rings", note=words)
        story = back(story, by=DEE, note=words, heard=heard)
        return stood_down(raised(story, "overdue", drill=f"x{words}"), note=words)

    story = told(text)
    for line in shown(story, width=40).splitlines():
        assert cell_len(line) <= 40
        assert not {unicodedata.category(character) for character in line} & {"Cc", "Cs", "Zl", "Zp"}

    def structure(story: Story) -> list[str]:
        reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        tokens = reader.parse(supervision_page(story.state, DUE_BACK, LONDON))
        found = [part.type for token in tokens for part in (token, *(token.children or ()))]
        return [kind for kind in found if kind not in {"text", "text_special", "hardbreak"}]

    assert structure(story) == structure(told("plain"))


# What to talk about


def test_supervision_is_told_how_long_it_took_until_somebody_took_it_on() -> None:
    story = raised(late(OUT, 15), "duty-rings")
    assert "From 16:45 somebody had to take the alarm on; nobody has, for 45 minutes." in discussed(story)
    story = acknowledged(late(story, 23), "duty-rings")
    assert "From 16:45 somebody had to take the alarm on; Dee Desk did after 8 minutes." in discussed(story)
    assert "Overdue now by 1 hour" not in discussed(story)
    assert "Overdue now by 60 minutes." in discussed(story)


def test_supervision_is_told_of_gaps_in_the_watch() -> None:
    story = OUT
    for step in ("overdue", "duty-rings"):
        story = raised(late(story, 30), step, unwatched_from="2026-11-23T16:20:00Z")
    assert "Nobody was watching from 16:20 to 17:00, 40 minutes: 2 steps were raised late." in discussed(
        story
    )


def test_supervision_is_told_that_nobody_countersigned_an_urgent_visit() -> None:
    story = departed(at(planned(), START), urgent="Screams.")
    assert "without a countersignature, and no manager has countersigned since." in discussed(story)
    assert "a manager countersigned 20 minutes later" in discussed(at(story, START, 20).decided())


def test_a_visit_without_trouble_says_little() -> None:
    assert discussed(back(late(OUT, -5))) == "Back in time."
    assert discussed(countersigned()) == ""


# The duress phrase


def test_a_page_for_those_who_may_know_says_that_the_phrase_was_spoken() -> None:
    assert "Sam Okafor spoke the duress phrase" in shown(duress(OUT))
    assert stage(duress(OUT), -30).startswith("DURESS: do not ring them")


# The real commands


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Mo, Sam and Dee; Sam is out on a countersigned visit from 10:00, due back 11:30."""
    office = Office(tmp_path).open()
    office.dee = office.duty()  # type: ignore[attr-defined]  # only for these tests
    office.ola = office.join(office.person("ola"), "practitioner")  # type: ignore[attr-defined]
    office.countersigned()
    at_time(office, 125).sam.done("depart")
    return office


def at_time(office: Office, minutes: int) -> Office:
    office.at(MORNING + timedelta(minutes=minutes))
    for name in ("dee", "ola"):
        getattr(office, name).now = office.sam.now
    return office


def test_visitsafe_alone_says_first_of_all_that_i_am_out(office: Office) -> None:
    lines = office.sam.done().out.splitlines()
    assert lines[1] == f"You are out on {office.ref}, due back 11:30:  visitsafe back"
    assert "is countersigned" not in "\n".join(lines)
    late = at_time(office, 222).sam.done().out
    assert f"You are 12 minutes late on {office.ref}, due back 11:30:  visitsafe back" in late
    assert "visitsafe extend" in late


def test_visitsafe_alone_tells_the_office_who_is_late_and_that_nobody_watches(office: Office) -> None:
    assert "NOBODY IS WATCHING, and 1 visit is under way:  visitsafe watch" in office.mo.done().out
    at_time(office, 222)
    for who in (office.mo, office.dee):  # type: ignore[attr-defined]
        assert f"{office.ref} Sam is 12 minutes late:  visitsafe board" in who.done().out
    others = office.ola.done().out  # type: ignore[attr-defined]
    assert office.ref not in others
    assert "Nobody at the desk is watching now" in office.sam.done().out


def test_visitsafe_alone_reminds_of_a_visit_that_was_never_closed(tmp_path: Path) -> None:
    office = Office(tmp_path).open()
    office.countersigned()
    office.at(MORNING + timedelta(hours=3))
    assert "nobody has reported setting out:  visitsafe depart" in office.sam.done().out
    office.at(MORNING + timedelta(days=2))
    assert "not closed: did it take place?  visitsafe back" in office.sam.done().out
    listed = office.mo.done("list").out
    assert "countersigned, not closed: did it take place?" in listed
    assert f"visitsafe withdraw {office.ref}" in " ".join(listed.split())


def test_a_list_shows_the_stage_and_closed_visits_only_with_all(office: Office) -> None:
    at_time(office, 235)
    assert "countersigned, out since 10:05, 25 min late" in office.mo.done("list").out
    (shape,) = office.mo.done("list", "--json").json
    assert (shape["stage"], shape["overdue"], shape["minutes_late"], shape["open"]) == (
        "departed", True, 25, True,
    )  # fmt: skip
    office.sam.done("back")
    assert office.ref not in office.mo.done("list").out
    every = office.mo.done("list", "--all").out
    assert "countersigned, back 11:55, 25 min late" in every
    (shape,) = office.mo.done("list", "--all", "--json").json
    assert (shape["stage"], bool(shape["closed"]), shape["overdue"]) == ("back", True, False)


def test_duress_is_seen_by_those_who_must_act_and_by_nobody_else(office: Office) -> None:
    at_time(office, 150)
    dee, ola = office.dee, office.ola  # type: ignore[attr-defined]
    told = ("--for", "sam@salford.example", "--known-by", "the phrase", "--duress")
    dee.done("ok", office.ref, *told)
    commands = (
        ("show", office.ref),
        ("show", office.ref, "--json"),
        ("list",),
        ("list", "--json"),
        ("export", office.ref),
        ("export", office.ref, "--format", "html"),
        ("export", office.ref, "--format", "json"),
        ("export", office.ref, "--format", "card"),
        (),
    )
    for words in commands:
        for who in (office.sam, ola):
            said = who.done(*words).out.casefold()
            assert '"duress": true' not in said
            assert "duress" not in said.replace('"duress": false', "")
            assert "the phrase" not in said
            assert "alarm" not in said.replace('"alarms": []', "")
    for who in (office.mo, dee):
        assert "duress phrase" in who.done("show", office.ref).out
        assert "DURESS" in who.done("list").out
        assert who.done("show", office.ref, "--json").json["way"]["duress"] is True
        assert "DURESS, do not ring them:  visitsafe board" in who.done().out


def test_under_duress_the_worker_who_says_that_they_are_back_sees_an_ordinary_visit(office: Office) -> None:
    at_time(office, 150)
    told = ("--for", "sam@salford.example", "--known-by", "the phrase", "--duress")
    office.dee.done("ok", office.ref, *told)  # type: ignore[attr-defined]
    at_time(office, 160).sam.done("back")
    assert office.ref not in office.sam.done("list").out
    assert office.ref not in office.sam.done().out
    assert office.ref in office.mo.done("list").out


def test_withdrawing_a_plan_that_set_out_says_that_the_watch_goes_on(office: Office) -> None:
    ran = office.sam.done("withdraw", office.ref, "--reason", "Turned round.")
    assert f"the watch goes on until you are back; then run: visitsafe back {office.ref}" in ran.err
    assert f"You are out on {office.ref}" in office.sam.done().out
    assert "withdrawn, out since 10:05" in office.mo.done("list").out


def test_the_calendar_entry_is_written_as_a_file(office: Office, tmp_path: Path) -> None:
    out = tmp_path / "visit.ics"
    office.sam.done("export", office.ref, "--format", "ics", "--out", str(out))
    assert out.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")


def test_a_calendar_follows_the_visit_from_export_to_export(office: Office) -> None:
    """What another program reads: one UID, a growing number, and no alarm once nobody is due."""

    def due() -> Any:
        text = office.sam.done("export", office.ref, "--format", "ics").out
        return vobject.readOne(text).vevent_list[0]

    planned = due()
    office.at(MORNING + timedelta(hours=2))
    office.sam.done("extend", "--until", "12:15")
    later = due()
    office.sam.done("back")
    over = due()
    assert planned.uid.value == later.uid.value == over.uid.value
    assert int(planned.sequence.value) < int(later.sequence.value) < int(over.sequence.value)
    assert (planned.dtstart.value.hour, later.dtstart.value.hour) == (11, 12)
    assert (len(later.valarm_list), over.status.value) == (1, "CANCELLED")
    assert "valarm" not in over.contents


def test_the_card_knows_the_desk_s_number(office: Office) -> None:
    office.mo.done("team", "set", "--desk-phone", "0161 496 0000")
    card = office.dee.done("export", office.ref, "--format", "card").out  # type: ignore[attr-defined]
    assert "Duty desk: 0161 496 0000" in card
