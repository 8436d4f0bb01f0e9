"""Taking an alarm on and standing it down through the command line: by somebody else, who is named."""

import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect  # type: ignore[import-untyped]  # it has no type hints
import pytest

from office import NOW, Office, Ran, Someone
from patience import LIMIT
from visitsafe.desk import Desk, open_roster
from visitsafe.record.bodies import EscalatedBody
from visitsafe.record.kinds import Kind
from visitsafe.record.ssh import load
from visitsafe.store.open import open_store
from visitsafe.text.clock import to_text

COMMAND = shutil.which("visitsafe", path=str(Path(sys.executable).parent)) or "visitsafe"


@pytest.fixture
def late(office: Office) -> Office:
    """Sam set out, should have been back at 11:30, and it is 11:46; Dee is at the desk."""
    office.countersigned()
    office.at(NOW.replace(hour=9, minute=40)).sam.done("depart")
    office.duty()
    return at(office, 11, 46)


def at(office: Office, hour: int, minute: int = 0) -> Office:
    return office.at(NOW.replace(hour=hour, minute=minute))


def dee(office: Office) -> Someone:
    someone = office.person("dee")
    someone.now = office.sam.now
    return someone


def raised(office: Office, step: str, minutes: int, drill: str = "") -> None:
    """A watcher with Dee's key raises a step, as `visitsafe watch` does."""
    store = open_store(f"sqlite:///{office.store}")
    try:
        roster = open_roster(store, store.history("team")[0].id)
        signer = load(office.folder / "dee" / "keys" / "id_ed25519", None)
        desk = Desk(store, roster, office.sam.now, roster.members[signer.fingerprint], lambda: signer)
        state = desk.plan(desk.resolve(office.ref))
        due = to_text(NOW.replace(hour=11, minute=30) + timedelta(minutes=minutes))
        body = EscalatedBody(of=state.version.id, step=step, due=due, watcher="w1", drill=drill)
        desk.append(state.plan, Kind.ESCALATED, state.heads, body)
    finally:
        store.close()


def refused(ran: Ran, *said: str) -> None:
    assert ran.code == 1, ran.err
    assert ran.out == ""
    for words in said:
        assert words in ran.err


def test_whoever_takes_an_alarm_on_is_told_what_to_do_now_and_what_comes_next(late: Office) -> None:
    raised(late, "duty-rings", 15)
    first, now, coming, over = dee(late).done("acknowledge").out.splitlines()
    assert first == f"{late.ref}: Dee took on step 4 of 7 at 11:46, about Sam"
    assert now.startswith("Now: ")
    assert "Ring the worker" in now
    assert coming.startswith("Next, at 11:50 (duty officer, line manager): Ring the second contact")
    assert f"visitsafe stand-down {late.ref} --because safe" in over


def test_an_alarm_is_over_when_somebody_says_why(late: Office) -> None:
    raised(late, "duty-rings", 15)
    dee(late).done("acknowledge")
    done = dee(late).done("stand-down", "--because", "safe", "--note", "Spoke to Sam.")
    assert done.out.startswith(
        f"{late.ref}: Dee stood the alarm about Sam down (the worker is safe); "
        "the watch over this visit is over\n"
    )
    assert "nobody gets an all-clear" in done.out
    refused(dee(late).run("stand-down", late.ref, "--because", "safe"), "no alarm now")


def test_a_visit_that_goes_on_is_watched_until_its_new_time(late: Office) -> None:
    raised(late, "duty-rings", 15)
    done = dee(late).done("stand-down", "--because", "safe", "--until", "12:30", "--json").json
    assert (done["until"], done["watch_over"]) == ("2026-11-23T12:30:00Z", False)
    assert "due back 12:30" in late.sam.done("ok").out
    assert dee(late).run("stand-down", late.ref, "--because", "safe", "--until", "11:00").code == 2


def test_what_is_overdue_can_be_taken_on_before_a_watcher_raised_it(late: Office) -> None:
    assert "Dee took on step 4 of 7" in dee(late).done("acknowledge").out
    early = dee(late).run("acknowledge", "--as-step", "manager-acts")
    refused(early, "step 6 of 7 has not come up", "nobody can take it on yet", "visitsafe acknowledge")
    refused(dee(late).run("acknowledge", "--as-step", "no-step"), "its steps are called 1 to 7")


def test_who_took_an_alarm_on_is_told_at_once_and_everywhere_although_nobody_watches(late: Office) -> None:
    assert ", 1 to act on now" in late.mo.run("board").out
    taken = dee(late).done("acknowledge").out
    assert "Next, at 11:50 (duty officer, line manager): Ring the second contact" in taken
    board = late.mo.run("board").out
    assert "1 that somebody has taken on" in board
    assert "to act on now" not in board
    assert "Dee has taken it on (step 4 of 7, 11:46)" in board
    assert "next 11:50 (in 4 min): step 5 of 7" in board
    assert "not raised" not in board
    shape = late.mo.run("board", "--json").json["visits"][0]
    assert (shape["owner"]["name"], shape["owner"]["step_name"]) == ("Dee", "step 4 of 7")
    assert shape["next"]["overtaken"] is False
    assert "alarm taken on by Dee" in late.mo.done("list").out
    assert "Dee took on step 4 of 7" in late.mo.done("show", late.ref).out
    assert "Sam is 16 minutes late; Dee has taken it on:  visitsafe board" in late.mo.done().out
    assert "The desk is looking for you" in late.sam.done().out
    at(late, 11, 51)
    assert "due since 11:50 and not raised: step 5 of 7" in late.mo.run("board").out


@pytest.mark.parametrize("command", ["board", "list", "show", "", "watch", "acknowledge", "export"])
def test_no_id_of_a_checklist_or_of_the_record_reaches_a_screen(late: Office, command: str) -> None:
    raised(late, "overdue", 0)
    raised(late, "duty-rings", 15)
    dee(late).done("acknowledge")
    words = {
        "": [], "show": ["show", late.ref], "watch": ["watch", "--once"], "export": ["export", late.ref],
        "acknowledge": ["acknowledge", late.ref, "--as-step", "4"],
    }.get(command, [command])  # fmt: skip
    ran = late.mo.run(*words)
    assert ran.code in {0, 4}, ran.err
    for name in ("duty-rings", "manager-acts", "second-contact", "lone-worker", "line-manager", "stood-down"):
        assert name not in ran.out + ran.err


def test_nobody_takes_on_or_stands_down_the_alarm_about_their_own_visit(late: Office) -> None:
    raised(late, "duty-rings", 15)
    at_home = late.person("sam2")
    at_home.done("key", "new", "--name", "Sam", "--email", "sam@salford.example", "--no-passphrase")
    line = at_home.done("team", "join").out.strip()
    late.mo.done("team", "add", line, "--role", "manager", "--role", "duty", "--second-key")
    at_home.now = late.sam.now
    for someone in (late.sam, at_home):
        for words in (["acknowledge"], ["stand-down", "--because", "safe"]):
            refused(someone.run(*words), "their own visit", "ring the duty desk")
    refused(dee(late).run("acknowledge", "--for", "Sam", "--known-by", "voice"), "their own visit")
    assert late.show()["entries"][-1]["kind"] == "escalated"


def test_only_a_manager_or_duty_officer_stands_down(late: Office) -> None:
    raised(late, "duty-rings", 15)
    ola = late.join(late.person("ola"), "practitioner")
    ola.now = late.sam.now
    taken = ola.done("acknowledge").out
    assert "Ola took on" in taken
    assert "When it is over, a manager or duty officer runs: visitsafe stand-down" in taken
    refused(ola.run("stand-down", "--because", "safe"), "not a manager or duty officer", "ask a manager")


def test_somebody_may_take_it_on_by_telephone(late: Office) -> None:
    raised(late, "duty-rings", 15)
    taken = dee(late).done("acknowledge", "--for", "Mo", "--known-by", "rang the mobile", "--json").json
    assert taken["owner"] == "Mo"
    assert dee(late).run("acknowledge", "--for", "Mo").code == 2
    late.sam.done("ok")


def test_back_leaves_an_alarm_open_and_says_who_will_ring(late: Office) -> None:
    raised(late, "duty-rings", 15)
    back = late.sam.done("back")
    assert "the watch over this visit is over" not in back.out
    assert "the duty officer will ring you" in back.err
    dee(late).done("acknowledge")
    assert "Dee will ring you" in late.sam.done("back", late.ref).err
    assert "watch over this visit is over" in dee(late).done("stand-down", "--because", "safe").out


def test_a_reason_is_needed_and_is_one_of_four(late: Office) -> None:
    for words in ([], ["--because", "bored"], ["--because", "\x1b[2J"]):
        ran = dee(late).run("stand-down", *words)
        assert (ran.code, "safe|false-alarm|incident|test" in ran.err) == (2, True)
        assert "\x1b" not in ran.err


def test_without_an_alarm_there_is_nothing_to_take_on(office: Office) -> None:
    office.countersigned()
    at(office, 10).sam.done("depart")
    refused(office.mo.run("acknowledge"), "no visit has an alarm")
    refused(office.mo.run("acknowledge", office.ref), "no alarm now")
    refused(office.mo.run("stand-down", office.ref, "--because", "safe"), "visitsafe back", "--for")


def test_two_alarms_are_named_and_neither_is_guessed(late: Office) -> None:
    first = late.ref
    at(late, 8).countersigned(case='"CF-2"', start='"23 November 2026 10:15"', due_back='"11:00"')
    at(late, 11, 46)
    refused(late.mo.run("acknowledge"), first, late.ref, "more than one visit")
    assert first in late.mo.done("acknowledge", first).out


def test_a_drill_says_so_and_ends_only_as_a_test(office: Office) -> None:
    office.countersigned()
    office.duty()
    at(office, 10).sam.done("depart")
    raised(office, "duty-rings", 15, drill="d1")
    assert ": DRILL: Dee took on step 4 of 7" in dee(office).done("acknowledge", office.ref).out
    refused(dee(office).run("stand-down", office.ref, "--because", "safe"), "only a drill", "--because test")
    assert ": DRILL: Dee" in dee(office).done("stand-down", office.ref, "--because", "test").out
    assert "due back 11:30" in office.sam.done("ok").out


def test_duress_is_told_to_those_who_act_and_ended_by_a_manager_alone(late: Office) -> None:
    at(late, 10, 30)
    dee(late).done("ok", "--for", "Sam", "--known-by", "voice", "--duress")
    taken = dee(late).done("acknowledge").out
    assert taken.splitlines()[1].startswith("THIS IS DURESS. Do not ring Sam")
    assert "took on step 7 of 7" in taken
    assert taken.splitlines()[-1] == (
        f"When it is over, a manager runs: visitsafe stand-down {late.ref} --because safe"
    )
    ola = late.join(late.person("ola"), "practitioner")
    ola.now = late.sam.now
    refused(ola.run("acknowledge", late.ref), "no alarm now")
    refused(ola.run("acknowledge"), "no visit has an alarm")
    refused(dee(late).run("stand-down", late.ref, "--because", "safe"), "only a manager")
    assert late.mo.run("stand-down", "--because", "incident").code == 0


@pytest.mark.parametrize("command", ["acknowledge", "stand-down"])
def test_each_command_explains_itself_with_an_example(office: Office, command: str) -> None:
    shown = office.sam.done(command, "--help").out
    assert f"  visitsafe {command} " in shown
    assert f"  {command} " in office.sam.done("--help").out


def at_the_desk(office: Office, *words: str) -> "pexpect.spawn[str]":
    """The real command in a terminal of its own, with the real clock."""
    env = {**os.environ, **office.mo.environ}
    return pexpect.spawn(COMMAND, list(words), env=env, dimensions=(40, 80), encoding="utf-8", timeout=LIMIT)


@pytest.fixture
def today(tmp_path: Path) -> Office:
    """A visit that Sam may begin now, by the real clock."""
    now = datetime.now(UTC).replace(microsecond=0)
    office = Office(tmp_path).at(now - timedelta(hours=1)).open()
    due = now + timedelta(hours=2)
    office.plan(start=f'"{now.isoformat()}"', due_back=f'"{due.isoformat()}"')
    agreed = ("--decision", "countersign", "--reason", "Good.", "--condition", "Ring in.")
    office.mo.done("review", office.ref, *agreed)
    return office


def test_at_a_terminal_how_the_caller_is_known_is_asked(today: Office) -> None:
    child = at_the_desk(today, "depart", "--for", "Sam")
    child.expect(r"How do you know it is Sam\? ")
    child.sendline("")
    child.expect(r"How do you know it is Sam\? ")
    child.sendline("rang back on the work number")
    child.expect("leaves it open")
    child.sendline("")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert today.show()["entries"][-1]["kind"] == "departed"


def test_ctrl_c_at_the_question_records_nothing(today: Office) -> None:
    child = at_the_desk(today, "depart", "--for", "Sam")
    child.expect(r"How do you know it is Sam\? ")
    child.sendintr()
    child.expect("nothing was recorded")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert today.show()["entries"][-1]["kind"] == "decided"
