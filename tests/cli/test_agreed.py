"""What was agreed before a visit and is otherwise when somebody sets out: conditions, and who comes along."""

import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped]  # it has no type hints
import pytest

from office import NOW, Office
from patience import LIMIT

COMMAND = shutil.which("visitsafe", path=str(Path(sys.executable).parent)) or "visitsafe"
WITH_PRIYA = "Only with Priya Nair."
RING = "Ring the desk before you go in."


def agreed(office: Office, **changes: str) -> Office:
    """Priya comes along, and Mo countersigned under two conditions; it is twenty minutes before the visit."""
    office.plan(**{"joint_visit": "yes", "companions": '["Priya Nair"]', **changes})
    conditions = ("--condition", WITH_PRIYA, "--condition", RING)
    office.mo.done("review", office.ref, "--decision", "countersign", "--reason", "Good.", *conditions)
    return office.at(NOW.replace(hour=9, minute=40))


def test_conditions_reach_the_worker_before_they_set_out(office: Office) -> None:
    agreed(office)
    first = office.sam.done().out
    assert f"condition of Mo: {WITH_PRIYA}" in first
    assert f"condition of Mo: {RING}" in first
    shown = office.sam.done("show", office.ref).out.split("Findings")[0]
    assert f"Condition: {WITH_PRIYA}" in shown


def test_without_a_terminal_what_nobody_said_is_recorded_as_not_said_and_nothing_is_refused(
    office: Office,
) -> None:
    agreed(office)
    gone = office.sam.done("depart")
    assert "set out at 09:40; due back 11:30" in gone.out
    assert f"a condition of Mo, and nobody said whether it is met: {WITH_PRIYA}" in gone.err
    report = office.show()["way"]["reports"][0]
    assert report["conditions"] == [{"text": WITH_PRIYA, "met": None}, {"text": RING, "met": None}]
    assert office.show()["way"]["conditions_not_met"] == []


def test_a_condition_that_is_not_met_is_told_to_its_manager_and_nobody_is_watched_less(
    office: Office,
) -> None:
    agreed(office)
    gone = office.sam.done("depart", "--met", "2", "--not-met", "1")
    assert f"not met, a condition of Mo: {WITH_PRIYA}" in gone.err
    assert "Mo is told" in gone.err
    board = office.mo.run("board")
    assert f"NOT MET, a condition of Mo: {WITH_PRIYA}" in " ".join(board.out.split())
    assert "Set out: Sam" in board.out
    shape = office.mo.run("board", "--json").json["visits"][0]
    assert shape["conditions_not_met"] == [WITH_PRIYA]
    assert f"your condition is not met: {WITH_PRIYA}:  visitsafe show {office.ref}" in office.mo.done().out
    page = office.mo.done("show", office.ref).out
    assert f"Condition NOT met: {WITH_PRIYA}" in page
    assert f"Condition met: {RING}" in page
    assert f"Condition NOT met: {WITH_PRIYA}" in office.mo.done("export", office.ref, "--format", "md").out
    late = office.at(NOW.replace(hour=11, minute=46)).mo.run("board", "--json")
    assert (late.code, late.json["alarming"]) == (4, 1)
    assert office.sam.done("back").code == 0


def test_what_was_said_first_can_be_put_right_later(office: Office) -> None:
    agreed(office)
    office.sam.done("depart", "--not-met", "all")
    office.sam.done("ok", "--met", "2")
    assert office.show()["way"]["conditions_not_met"] == [WITH_PRIYA]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--met", "3"], 2, "has no condition '3'"),
        (["--met", "--"], 2, "needs a word"),
        (["--met=--"], 2, "has no condition '--'"),
        (["--met", "1", "--not-met", "all"], 2, "cannot be met and not met"),
        (["--without", "Jo"], 1, "coming along: Priya Nair"),
        (["--with", "Sam"], 2, "Sam makes this visit"),
        (["--with", "y"], 2, '"y" is not a name'),
    ],
)
def test_what_cannot_be_understood_is_asked_for_again(
    office: Office, words: list[str], code: int, said: str
) -> None:
    ran = agreed(office).sam.run("depart", *words)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert office.show()["way"]["reports"] == []


def test_a_companion_who_is_off_sick_changes_what_everybody_reads(office: Office) -> None:
    agreed(office, daylight="no", start='"23 November 2026 19:00"', due_back='"20:00"')
    assert "with Priya Nair" in office.mo.done("show", office.ref).out
    office.at(NOW.replace(hour=18, minute=40))
    gone = office.sam.done("depart", "--without", "priya", "--note", "Priya is ill.", "--not-met", "1")
    line, card = gone.out.split("\n\n")
    assert "set out at 18:40, without Priya Nair" in line
    assert "Sam, alone" in card
    assert "You may be alone there after dark." in gone.err
    board = " ".join(office.mo.run("board").out.split())
    assert "Ordsall, alone" in board
    assert "Priya Nair does not come after all" in board
    shown = " ".join(office.mo.done("show", office.ref).out.split())
    assert "Sam, alone" in shown
    assert "What the checklist says of that: You may be alone there after dark." in shown
    assert "As reported since: alone." in office.mo.done("export", office.ref, "--format", "md").out
    assert "Priya Nair does not come after all" in office.mo.done().out
    assert office.show()["way"]["companions"] == []


def test_somebody_else_may_come_instead_before_and_after_setting_out(office: Office) -> None:
    agreed(office)
    early = office.at(NOW.replace(hour=8, minute=30)).mo.done(
        "ok", office.ref, "--for", "Sam", "--known-by", "voice", "--without", "Priya", "--with", "Jo Lee"
    )
    assert "without Priya Nair, with Jo Lee" in early.out
    office.at(NOW.replace(hour=9, minute=40)).sam.done("depart")
    assert "with Jo Lee" in office.mo.run("board").out
    office.sam.done("arrive", "--with", "priya nair")
    assert set(office.show()["way"]["companions"]) == {"Priya Nair", "Jo Lee"}


def test_who_comes_along_after_all_does_not_take_the_alarm_on(office: Office) -> None:
    office.countersigned()
    dee = office.duty()
    office.at(NOW.replace(hour=9, minute=40)).sam.done("depart", "--with", "Dee")
    assert office.show()["way"]["companions"] == ["Dee"]
    dee.now = office.at(NOW.replace(hour=11, minute=46)).sam.now
    ran = dee.run("acknowledge", office.ref)
    assert (ran.code, "go along on" in ran.err) == (1, True)


def test_at_a_terminal_each_condition_is_asked(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    office = Office(tmp_path).at(now - timedelta(hours=1)).open()
    office.plan(start=f'"{now.isoformat()}"', due_back=f'"{(now + timedelta(hours=2)).isoformat()}"')
    conditions = ("--condition", RING, "--condition", WITH_PRIYA)
    office.mo.done("review", office.ref, "--decision", "countersign", "--reason", "Good.", *conditions)
    words = ["depart", "--for", "Sam", "--known-by", "voice"]
    env = {**os.environ, **office.mo.environ}
    child = pexpect.spawn(COMMAND, words, env=env, dimensions=(40, 80), encoding="utf-8", timeout=LIMIT)
    child.expect(f"Condition: {RING} Is it met")
    child.sendline("y")
    child.expect("Only with Priya")
    child.sendline("perhaps")
    child.expect("Only with Priya")
    child.sendline("")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    report = office.show()["way"]["reports"][0]
    assert [one["met"] for one in report["conditions"]] == ["yes", None]


def at_the_desk(office: Office, *words: str, columns: int = 200) -> Any:
    env = {**os.environ, **office.mo.environ, "COLUMNS": str(columns)}
    told = ["--for", "Sam", "--known-by", "voice"]
    size = (40, columns)
    return pexpect.spawn(COMMAND, [*words, *told], env=env, dimensions=size, encoding="utf-8", timeout=LIMIT)


def agreed_now(folder: Path) -> Office:
    now = datetime.now(UTC).replace(microsecond=0)
    office = Office(folder).at(now - timedelta(hours=1)).open()
    times = {"start": f'"{now.isoformat()}"', "due_back": f'"{(now + timedelta(hours=2)).isoformat()}"'}
    office.plan(joint_visit="yes", companions='["Priya Nair"]', daylight="no", **times)
    conditions = ("--condition", WITH_PRIYA, "--condition", RING)
    office.mo.done("review", office.ref, "--decision", "countersign", "--reason", "Good.", *conditions)
    return office


def test_who_stops_at_a_question_has_still_set_out(tmp_path: Path) -> None:
    office = agreed_now(tmp_path)
    child = at_the_desk(office, "depart")
    child.expect(r"\(y/n, Enter leaves it open\): $")
    child.sendline("n")
    child.expect(f"Condition: {RING} Is it met")
    child.expect(r"\(y/n, Enter leaves it open\): $")
    child.sendintr()
    child.expect(r"Does Priya Nair come along\? \(y/n\): $")
    said = str(child.before)
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "--without 'Priya Nair'" in said
    assert "who comes along is left open" in str(child.before)
    report = office.show()["way"]["reports"][0]
    assert [one["met"] for one in report["conditions"]] == ["no", None]


def test_who_comes_is_asked_at_once_where_a_condition_that_names_them_is_not_met(tmp_path: Path) -> None:
    office = agreed_now(tmp_path)
    child = at_the_desk(office, "depart", columns=40)
    asked = "Condition: Only with Priya Nair. Is it\r\n  met? (y/n, Enter leaves it open): "
    for said in ("perhaps", "NO"):
        child.expect_exact(asked)
        child.sendline(said)
    child.expect(r"leaves it\s+open\): ")
    child.sendline("yes")
    child.expect_exact("set out at")
    child.expect_exact("Does Priya Nair come along? (y/n): ")
    assert office.show()["way"]["departed"]
    child.sendline("n")
    child.expect_exact("Who comes instead? A name, or Enter for\r\n  nobody: ")
    child.sendline("")
    child.expect_exact("What do you do about it? Enter for\r\n  nothing: ")
    child.sendline("I ring from the car.")
    child.expect(r"without\s+Priya\s+Nair")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    way = office.show()["way"]
    assert (way["companions"], way["company"]) == ([], "alone")
    assert "I ring from the car." in way["reports"][1]["note"]
    assert "Ordsall, alone" in " ".join(office.mo.run("board").out.split())


def test_who_comes_along_is_kept_whatever_question_is_stopped_at(tmp_path: Path) -> None:
    office = agreed_now(tmp_path)
    child = at_the_desk(office, "ok", office.ref, "--without", "Priya Nair")
    child.expect(r"Enter for nothing: $")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert office.show()["way"]["companions"] == []


def test_a_condition_about_a_companion_that_is_not_met_says_how_to_go_without_them(office: Office) -> None:
    agreed(office)
    said = office.sam.done("depart", "--not-met", "all").err
    assert (
        f"if Priya Nair does not come along, say so:  visitsafe ok {office.ref} --without 'Priya Nair'"
        in said
    )
    gone = office.sam.done("ok", "--without", "Priya", "--not-met", "1").err
    assert "if Priya Nair" not in gone


def test_who_stays_away_takes_back_what_was_said_of_a_condition_about_them(office: Office) -> None:
    agreed(office)
    office.sam.done("depart", "--met", "1,2")
    gone = office.sam.done("ok", "--without", "Priya").err
    assert f"Priya Nair does not come along, and this was said to be met: {WITH_PRIYA}" in gone
    assert f"if it is not: visitsafe ok {office.ref} --not-met 1" in gone
    assert RING not in gone


def test_a_page_tells_what_was_planned_from_who_really_went(office: Office) -> None:
    agreed(office)
    office.sam.done("depart", "--without", "Priya")
    page = office.mo.done("export", office.ref, "--format", "md").out
    short, planned = page.split("## What was planned, and why")
    assert "with Priya Nair, on Monday" in short
    assert "As reported since: alone." in short
    assert "- Who goes: Sam, with Priya Nair\n- Who goes, as reported since: alone\n" in planned
    pack = office.mo.done("export", "--case", "CF-1", "--format", "md").out
    assert "Sam, alone (planned: with Priya Nair)" in pack
