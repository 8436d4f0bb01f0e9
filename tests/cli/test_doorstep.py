"""Reports of a visit under way through the command line, with the clock passed in."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from office import NOW, Office, Ran, Someone
from visitsafe.text.clock import to_text
from visitsafe.visits.card import WIDTH

HOSTILE = "all \x1b[2J\x1b]0;owned\x07well \u202egnp"


@pytest.fixture
def out(office: Office) -> Office:
    """A countersigned visit from 10:00 to 11:30, twenty minutes before it."""
    office.countersigned()
    return clock(office, 9, 40)


def clock(office: Office, hour: int, minute: int = 0) -> Office:
    return office.at(NOW.replace(hour=hour, minute=minute))


def told(someone: Someone, now: Office, *words: str) -> Ran:
    """Somebody takes a report of Sam's down."""
    someone.now = now.sam.now
    return someone.run(*words, "--for", "Sam", "--known-by", "I know the voice.")


def refused(ran: Ran, *said: str) -> None:
    assert ran.code == 1, ran.err
    assert ran.out == ""
    for words in said:
        assert words in ran.err


def test_a_normal_day_is_five_words_and_ends_the_watch(out: Office) -> None:
    assert f"{out.ref}: Sam set out at 09:40; due back 11:30\n" in out.sam.done("depart").out
    assert out.sam.done("arrive").out == f"{out.ref}: Sam arrived at 09:40; due back 11:30\n"
    assert out.sam.done("ok").out == f"{out.ref}: Sam reported being all right at 09:40; due back 11:30\n"
    clock(out, 11, 10)
    assert out.sam.done("leave").out == f"{out.ref}: Sam left the address at 11:10; due back 11:30\n"
    back = clock(out, 11, 25).sam.done("back")
    assert back.out == f"{out.ref}: Sam was back at 11:25; the watch over this visit is over\n"
    assert back.err == ""
    kinds = [entry["kind"] for entry in out.show()["entries"]]
    assert kinds == ["planned", "decided", "departed", "arrived", "ok", "left", "back"]


def test_the_card_fits_a_telephone_and_holds_nothing_that_a_stranger_could_use(office: Office) -> None:
    office.plan(address='"12 Acacia Road"', area='"Ordsall, by the canal and the very long embankment"')
    condition = "Ring the duty desk before going in, and again when you are out of the house."
    agreed = ("--decision", "countersign", "--reason", "Good.", "--condition", condition)
    office.mo.done("review", office.ref, *agreed)
    office.mo.done("team", "set", "--desk-phone", "0161 496 0000")
    card = clock(office, 9, 40).sam.done("depart").out.split("\n\n")[1]
    assert max(map(len, card.splitlines())) <= WIDTH
    flat = " ".join(card.split())
    for words in (office.ref, "Sam", "Ordsall", "11:30", "0161 496 0000", condition, "999", "12:15"):
        assert words in flat
    assert "You may always leave" in flat
    assert "Acacia" not in card
    assert "CF-1" not in card
    assert "nursery" not in card


def test_depart_needs_a_countersignature_unless_it_cannot_wait(office: Office) -> None:
    office.plan()
    clock(office, 9, 40)
    refused(office.sam.run("depart"), "not countersigned", f"visitsafe depart {office.ref} --urgent")
    gone = office.sam.done("depart", "--urgent", "--reason", "A baby was not seen for a week.")
    assert "without a countersignature (urgent)" in gone.out
    assert "a manager still has to decide" in gone.err
    assert office.mo.run("review", office.ref, "--decision", "countersign", "--reason", "Yes.").code == 0


@pytest.mark.parametrize("decision", ["return", "refuse"])
def test_a_plan_sent_back_or_refused_can_still_be_left_on_when_urgent(office: Office, decision: str) -> None:
    office.plan()
    office.mo.done("review", office.ref, "--decision", decision, "--reason", "No.", "--instead", "At school.")
    clock(office, 9, 40)
    refused(
        office.sam.run("depart", office.ref), "Mo", "No.", "--revise" if decision == "return" else "ring Mo"
    )
    assert office.sam.run("depart", office.ref, "--urgent", "--reason", "It cannot wait.").code == 0


def test_depart_after_the_time_due_back_is_refused_and_urgent_says_extend(out: Office) -> None:
    clock(out, 11, 30)
    refused(out.sam.run("depart", out.ref), "has passed", "--repeat", "--urgent")
    gone = out.sam.done("depart", out.ref, "--urgent", "--reason", "They rang: come now.")
    assert f"visitsafe extend {out.ref}" in gone.err


def test_urgent_needs_a_reason_and_is_no_mark_on_a_countersigned_visit(out: Office) -> None:
    assert out.sam.run("depart", "--urgent").code == 2
    gone = out.sam.done("depart", "--urgent", "--reason", "In a hurry.", "--json").json
    assert (gone["urgent"], gone["note"]) == (None, "In a hurry.")


def test_setting_out_twice_is_told(out: Office) -> None:
    out.sam.done("depart")
    refused(out.sam.run("depart"), "reported already", f"visitsafe arrive {out.ref}")


def test_forgetting_depart_is_normal_and_said(out: Office) -> None:
    clock(out, 10, 30)
    ok = out.sam.done("ok")
    assert "you had not reported setting out; the visit is watched all the same" in ok.err
    back = clock(out, 11, 0).sam.done("back")
    assert "you had not reported setting out" not in back.out
    assert "the watch over this visit is over" in back.out


def test_an_ok_on_a_visit_that_nobody_watches_says_how_to_be_watched(office: Office) -> None:
    office.plan()
    ok = clock(office, 10, 30).sam.done("ok")
    assert f"nobody is watching this visit; run: visitsafe depart {office.ref} --urgent" in ok.err


def test_back_after_the_fact_says_how_late_it_was_reported(out: Office) -> None:
    out.sam.done("depart")
    back = clock(out, 12, 15).sam.done("back", "--at", "11:20")
    assert "Sam was back at 11:20, reported 45 minutes after the time due back" in back.out


def test_ok_does_not_move_the_time_due_back_and_says_so_when_late(out: Office) -> None:
    out.sam.done("depart")
    ok = clock(out, 11, 40).sam.done("ok")
    assert "due back 11:30" in ok.out
    assert "you are still expected at 11:30, which has passed" in ok.err
    assert f"visitsafe extend {out.ref} --by 30m" in ok.err


def test_a_visit_can_be_broken_off_with_or_without_a_reason(out: Office) -> None:
    out.sam.done("depart")
    assert "Sam broke the visit off at 09:40" in out.sam.done("leave", "--stopped").out
    again = out.sam.done("leave", "--stopped", "--reason", "Two dogs, no lead.", "--json").json
    assert (again["stopped"], again["note"]) == (True, "Two dogs, no lead.")


@pytest.mark.parametrize(
    ("words", "due"),
    [
        (["--until", "12:15"], "12:15"),
        (["--until", "00:30"], None),
        (["--by", "30m"], "12:00"),
        (["--by", "1h30"], "13:00"),
        (["--until", "10:00"], "10:00"),
    ],
)
def test_extend_says_both_times(out: Office, words: list[str], due: str | None) -> None:
    out.sam.done("depart")
    ran = out.sam.run("extend", *words)
    if due is None:
        assert ran.code == 2
    else:
        assert ran.out == f"{out.ref}: Sam is due back {due} now (was 11:30)\n"


def test_longer_counts_from_now_once_the_time_has_passed(out: Office) -> None:
    out.sam.done("depart")
    assert "due back 12:30 now" in clock(out, 12, 0).sam.done("extend", "--by", "30m").out


@pytest.mark.parametrize(
    "words",
    [[], ["--until", "12:00", "--by", "30m"], ["--by", "30"], ["--by", "-30m"], ["--by", "25h"],
     ["--until", "yesterday 15:30"], ["--until", "9:30pm tomorrow"], ["--until", "gone"], ["--by", "x\x1bh"]],
)  # fmt: skip
def test_no_time_that_cannot_be_relied_on_extends_a_visit(out: Office, words: list[str]) -> None:
    out.sam.done("depart")
    ran = out.sam.run("extend", *words)
    assert ran.code == 2
    assert "\x1b" not in ran.err
    assert out.show()["entries"][-1]["kind"] == "departed"


def test_a_new_time_due_back_may_be_said_from_now(out: Office) -> None:
    out.sam.done("depart")
    out.sam.done("extend", "--until", "in 2 hours")
    assert out.show()["way"]["due_back"] == to_text(out.sam.now + timedelta(hours=2))


def test_a_time_is_the_nearest_one_and_never_to_come(out: Office) -> None:
    out.sam.done("depart")
    clock(out, 10, 5)
    assert "arrived at 09:58" in out.sam.done("arrive", "--at", "09:58").out
    assert out.sam.run("arrive", "--at", "10:06").code == 2
    late = out.at(NOW + timedelta(hours=16, minutes=20)).sam.done("back", "--at", "23:50")
    assert "was back at Mon 23 Nov 23:50" in late.out


def test_the_hour_that_comes_twice_is_asked_about(office: Office) -> None:
    night = NOW.replace(month=10, day=24, hour=20)
    office.at(night).countersigned(start='"24 October 2026 23:30"', due_back='"25 October 2026 03:30"')
    office.at(night + timedelta(hours=2)).sam.done("depart")
    office.at(NOW.replace(month=10, day=25, hour=2, minute=10))
    twice = office.sam.run("arrive", "--at", "01:30")
    assert twice.code == 2
    assert "comes twice" in twice.err
    assert "arrived at 01:30 (BST)" in office.sam.done("arrive", "--at", "01:30 BST").out


def test_whoever_takes_the_call_signs_and_says_how_they_knew(out: Office) -> None:
    dee = out.duty()
    gone = told(dee, out, "depart")
    assert "Sam set out at 09:40; due back 11:30 (told to Dee)" in gone.out
    entry = out.show()["entries"][-1]
    assert entry["by"]["name"] == "Dee"
    refused(told(out.sam, out, "ok"), "your own visit", "without --for")
    dee.now = out.sam.now
    refused(dee.run("ok", out.ref), "is the visit of Sam", "--for 'Sam'")
    refused(dee.run("ok", out.ref, "--for", "Mo", "--known-by", "voice"), "not of 'Mo'")
    refused(dee.run("ok", "--for", "Nobody Here", "--known-by", "voice"), "nobody in the team")
    assert dee.run("ok", "--known-by", "voice").code == 2
    unknown = dee.run("ok", "--for", "Sam")
    assert (unknown.code, "--known-by" in unknown.err) == (2, True)
    assert dee.run("ok", "--for", "Sam", "--known-by", " \x1b[2J ").code == 2


@pytest.mark.parametrize("who", ["Sam Carter", "sam", "SAM@salford.example", "carter sam"])
def test_a_caller_is_found_by_name_part_of_it_or_e_mail(office: Office, who: str) -> None:
    carter = office.person("carter")
    carter.done("key", "new", "--name", "Jo Carter", "--email", "jo@salford.example", "--no-passphrase")
    office.mo.done("team", "add", carter.done("team", "join").out.strip(), "--role", "practitioner")
    office.countersigned()
    clock(office, 9, 40)
    ran = office.mo.run("depart", "--for", who, "--known-by", "voice")
    assert (ran.code == 0) == (who in {"sam", "SAM@salford.example"})
    ran = office.mo.run("depart", "--for", "carter", "--known-by", "voice")
    refused(ran, "Jo Carter has no visit")


def test_two_visits_are_named_and_neither_is_guessed(out: Office) -> None:
    first = out.ref
    clock(out, 8).countersigned(case='"CF-2"', start='"23 November 2026 13:00"', due_back='"14:00"')
    clock(out, 9, 40)
    refused(out.sam.run("depart"), first, out.ref, "due back 11:30", "due back 14:00")
    out.sam.done("depart", first)
    assert first in out.sam.done("arrive").out


def test_a_misheard_reference_is_refused(out: Office) -> None:
    heard = out.ref[:-1] + ("2" if out.ref[-1] != "2" else "3")
    refused(out.sam.run("depart", heard), "wrong character", "letter by letter")
    spaced = out.ref.replace("-", " ").lower().split()
    assert out.sam.run("depart", *spaced).code == 0


def same_store(office: Office, folder: Path) -> Office:
    """A copy of an office: what happens in one is not known in the other."""
    import shutil

    shutil.copytree(office.folder, folder)
    copy = Office(folder, office.ref)
    copy.at(office.sam.now)
    return copy


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
@pytest.mark.parametrize("caller", ["mo", "dee", "ola"])
@pytest.mark.parametrize(("hour", "watched"), [(10, False), (13, False), (13, True)])
def test_duress_prints_what_any_ok_prints(
    out: Office,
    tmp_path_factory: pytest.TempPathFactory,
    caller: str,
    hour: int,
    watched: bool,
    json_flag: list[str],
) -> None:
    out.sam.done("depart")
    if caller != "mo":
        out.join(out.person(caller), "duty" if caller == "dee" else "practitioner").done("list")
    twin = same_store(out, tmp_path_factory.mktemp("twin") / "office")
    for one in (out, twin):
        clock(one, hour)
        if watched:
            one.mo.run("watch", "--once")
    words = ["ok", "--note", "Said it twice.", *json_flag]
    plain, duress = (one.mo if caller == "mo" else one.person(caller) for one in (out, twin))
    said, heard = told(plain, out, *words), told(duress, twin, *words, "--duress")
    assert said.code == 0
    assert (said.code, said.out, said.err) == (heard.code, heard.out, heard.err)
    if watched:
        for one in (out, twin):
            one.mo.run("watch", "--once")
    # and so does every report that follows, whoever reads over the worker's shoulder
    for later in (["ok"], ["extend", "--by", "2h"], ["back"]):
        first, second = out.sam.run(*later), twin.sam.run(*later)
        assert (first.code, first.out, first.err) == (second.code, second.out, second.err), later
    flags = [entry for entry in raw(twin) if entry["kind"] == "ok" and entry["body"].get("duress")]
    assert len(flags) == 1


def raw(office: Office) -> list[Any]:
    """What was signed, read past every screen."""
    with closing(sqlite3.connect(office.store)) as database:
        rows = database.execute("SELECT payload FROM entries ORDER BY position").fetchall()
    return [json.loads(payload) for (payload,) in rows]


def test_duress_is_for_whoever_hears_the_phrase(out: Office) -> None:
    out.sam.done("depart")
    ran = out.sam.run("ok", "--duress")
    assert (ran.code, ran.out) == (2, "")


def test_nothing_hostile_reaches_the_terminal(out: Office) -> None:
    ran = out.mo.run("depart", "--for", "Sam", "--known-by", HOSTILE, "--note", HOSTILE, "--json")
    assert (ran.code, ran.json["note"]) == (0, "all well gnp")
    for words in (["ok", HOSTILE], ["ok", "--for", HOSTILE], ["ok", f"--{HOSTILE}"], ["ok", "--at", HOSTILE]):
        ran = out.sam.run(*words)
        assert ran.code != 0
        assert not {"\x1b", "\x07", "\u202e"} & set(ran.out + ran.err)


def test_a_store_that_cannot_be_written_leaves_the_telephone(out: Office) -> None:
    out.mo.done("team", "set", "--desk-phone", "0161 496 0000")
    with closing(sqlite3.connect(out.store)) as database:
        database.execute("BEGIN IMMEDIATE")
        ran = out.sam.run("depart")
        database.rollback()
    refused(ran, "busy", "nothing was written", "ring the duty desk on 0161 496 0000")
    assert out.sam.run("depart").code == 0


def test_a_damaged_record_stops_setting_out_but_no_report(out: Office) -> None:
    out.sam.done("depart")
    with closing(sqlite3.connect(out.store)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE entries SET signature = replace(signature, 'A', 'B') WHERE kind = 'decided'")
        database.commit()
    ok = out.sam.done("ok", out.ref)
    assert "does not hold" in ok.err


@pytest.mark.parametrize("command", ["depart", "arrive", "ok", "leave", "back", "extend"])
def test_each_command_explains_itself_with_an_example(office: Office, command: str) -> None:
    shown = office.sam.done(command, "--help").out
    assert f"  visitsafe {command}" in shown
    assert office.sam.done(command, "-h").out == shown
    assert f"  {command} " in office.sam.done("--help").out
    wrong = office.sam.run(command, "--wrong")
    assert (wrong.code, f"visitsafe {command} --help" in wrong.err) == (2, True)


def test_a_time_that_was_meant_for_tonight_is_not_taken_for_last_night(out: Office) -> None:
    """`back --at 23:30`, typed in the morning, would end the watch over somebody who is still inside."""
    for depart in (False, True):
        if depart:
            clock(out, 9, 50).sam.done("depart")
        clock(out, 11)
        for words in ("back", "leave", "arrive", "ok"):
            refused(out.sam.run(words, "--at", "23:30"), "the last one that has passed", "leave out --at")
        refused(told(out.mo, out, "back", out.ref, "--at", "23:30"), "the last one that has passed")
    out.sam.done("arrive", "--at", "10:05")
    refused(out.sam.run("back", "--at", "09:45"), "before setting out or arriving")
    out.sam.done("arrive", "--at", "09:58")
    assert "was back at 10:40" in out.sam.done("back", "--at", "10:40").out


def test_a_minute_is_not_too_early_and_setting_out_may_be_told_late(out: Office) -> None:
    clock(out, 10, 20).sam.done("depart")
    assert "arrived at 09:55" in out.sam.done("arrive", "--at", "09:55").out
    assert "left the address at 10:19" in out.sam.done("leave", "--at", "10:19").out


# Long before the start


@pytest.fixture
def tomorrow(office: Office) -> Office:
    """A countersigned visit tomorrow from 10:00 to 11:30; now it is 13:00 today."""
    office.countersigned(start='"24 November 2026 10:00"', due_back='"24 November 2026 11:30"')
    return clock(office, 13)


def early_trip(office: Office) -> Ran:
    """A whole trip a day before the visit, meant for another one."""
    office.sam.done("depart", "--this-one")
    return office.sam.done("back", "--this-one")


@pytest.mark.parametrize(
    "words", [("depart",), ("arrive",), ("ok",), ("leave",), ("back",), ("extend", "--by", "1h")]
)
def test_a_report_long_before_the_start_is_asked_about(tomorrow: Office, words: tuple[str, ...]) -> None:
    """For every kind of report, one's own and by telephone; the flag says that it is this one."""
    ref = tomorrow.ref
    own = tomorrow.sam.run(words[0], ref, *words[1:])
    by_phone = told(tomorrow.mo, tomorrow, words[0], ref, *words[1:])
    for ran in (own, by_phone):
        assert (ran.code, ran.out) == (2, "")
        assert "this visit starts in 21 hours; your clock says Monday 23 November 2026, 13:00" in ran.err
        assert "--this-one" in ran.err
    assert [one["kind"] for one in tomorrow.show()["entries"]] == ["planned", "decided"]
    tomorrow.sam.done(words[0], ref, *words[1:], "--this-one")


def test_back_a_day_early_ends_nothing_and_the_visit_is_watched_from_its_start(tomorrow: Office) -> None:
    said = early_trip(tomorrow)
    assert "was back at 13:00; that is long before the start, so this visit is watched from" in said.out
    assert f"visitsafe withdraw {tomorrow.ref}" in said.err
    assert "nobody is out" in tomorrow.mo.done("board", "--plain").out
    day = NOW.replace(day=24)
    tomorrow.at(day.replace(hour=10, minute=30))
    board = tomorrow.mo.run("board", "--plain").out
    assert (
        "has not reported setting out; was to begin 10:00; setting out Mon 23 Nov 13:00 and "
        "back Mon 23 Nov 13:00 were reported, too early to count"
    ) in " ".join(board.split())
    assert "nobody has reported setting out" in tomorrow.sam.done().out
    assert "not reported setting out" in tomorrow.mo.done("list").out
    page = tomorrow.sam.done("export", tomorrow.ref, "--format", "md").out
    assert "Back in time" not in page
    told = "Setting out Mon 23 Nov 13:00 and back Mon 23 Nov 13:00 were reported, long before the start"
    assert told in page
    assert told in " ".join(tomorrow.sam.done("show", tomorrow.ref).out.split())
    assert all(one["past"] for one in tomorrow.show()["way"]["reports"])
    tomorrow.at(day.replace(hour=12))
    assert tomorrow.mo.run("board", "--plain").code == 4
    assert tomorrow.mo.run("watch", "--once").code == 4
    assert "not over yet" in tomorrow.sam.run("debrief", tomorrow.ref).err


def test_after_a_back_a_day_early_the_day_itself_goes_as_any_other(tomorrow: Office) -> None:
    early_trip(tomorrow)
    tomorrow.at(NOW.replace(day=24, hour=9, minute=45))
    tomorrow.sam.done("depart")
    tomorrow.at(NOW.replace(day=24, hour=11))
    assert "the watch over this visit is over" in tomorrow.sam.done("back").out
    assert "Back in time" in tomorrow.sam.done("export", tomorrow.ref, "--format", "md").out


def test_the_desk_may_say_that_a_visit_is_over_long_before_its_start(tomorrow: Office) -> None:
    tomorrow.sam.done("depart", "--this-one")
    ended = told(tomorrow.mo, tomorrow, "back", "--this-one")
    assert "the watch over this visit is over" in ended.out


def test_what_may_tell_of_danger_is_never_asked_about(tomorrow: Office) -> None:
    assert tomorrow.sam.run("leave", tomorrow.ref, "--stopped").code == 0
    tomorrow.at(NOW.replace(year=2020))
    assert told(tomorrow.mo, tomorrow, "ok", tomorrow.ref, "--duress").code == 0


def test_a_report_by_a_clock_that_cannot_be_right_is_asked_about_and_back_is_refused(out: Office) -> None:
    out.at(NOW.replace(year=2020))
    back = out.sam.run("back", out.ref, "--this-one")
    refused(
        back, "your clock says Monday 23 November 2020, 08:00", "would not end the watch", "ring the desk"
    )
    asked = out.sam.run("arrive", out.ref)
    assert (asked.code, asked.out) == (2, "")
    assert "was signed later than that" in asked.err
    out.sam.done("arrive", out.ref, "--this-one")
    out.at(NOW.replace(year=2031))
    assert "this visit was due back 1825 days" in out.sam.run("ok", out.ref).err
