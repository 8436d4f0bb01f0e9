"""What people type without its flag or reference: it is done, or asked, or the whole command is said."""

import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect  # type: ignore[import-untyped]  # it has no type hints
import pytest

from office import NOW, Office
from patience import LIMIT

COMMAND = shutil.which("visitsafe", path=str(Path(sys.executable).parent)) or "visitsafe"


@pytest.fixture
def out(office: Office) -> Office:
    """Sam is out on a visit from 10:00 to 11:30."""
    office.countersigned()
    office.at(NOW.replace(hour=9, minute=40)).sam.done("depart")
    return office.at(NOW.replace(hour=10, minute=5))


@pytest.mark.parametrize(
    ("words", "due"),
    [
        (["REF", "12:15"], "12:15"),
        (["12:15"], "12:15"),
        (["12.15"], "12:15"),
        (["REF", "30m"], "12:00"),
        (["1h30"], "13:00"),
        (["REF", "2 hours"], "13:30"),
    ],
)
def test_extend_takes_a_time_or_a_length_without_its_flag(out: Office, words: list[str], due: str) -> None:
    ran = out.sam.done("extend", *(out.ref if word == "REF" else word for word in words))
    assert ran.out == f"{out.ref}: Sam is due back {due} now (was 11:30)\n"


def test_a_report_takes_its_time_without_the_flag(out: Office) -> None:
    assert "arrived at 09:58" in out.sam.done("arrive", out.ref, "09:58").out
    assert "was back at 10:02" in out.sam.done("back", "10:02").out


def test_extend_without_a_time_says_the_whole_command(out: Office) -> None:
    ran = out.sam.run("extend")
    assert (ran.code, ran.out) == (2, "")
    assert f"visitsafe extend {out.ref} --until 17:15, or: visitsafe extend {out.ref} --by 30m" in ran.err


def two(office: Office) -> tuple[str, str]:
    """Two visits of Sam's that could begin; their references."""
    office.countersigned()
    first = office.ref
    office.countersigned(case='"CF-2"', start='"23 November 2026 13:00"', due_back='"14:00"')
    office.at(NOW.replace(hour=9, minute=40))
    return first, office.ref


def test_depart_with_two_plans_says_a_whole_command_that_works(office: Office) -> None:
    first, second = two(office)
    ran = office.sam.run("depart", "--note", "By bus.")
    assert (ran.code, ran.out) == (1, "")
    assert f"say which, for example: visitsafe depart {first} --note 'By bus.'" in ran.err
    assert second in ran.err
    assert office.sam.done("depart", first, "--note", "By bus.").out.startswith(first)


def test_show_without_a_reference_shows_the_only_one_or_says_how(office: Office) -> None:
    nothing = office.sam.run("show")
    assert (nothing.code, "no plan is open" in nothing.err) == (1, True)
    office.plan()
    shown = office.sam.done("show")
    assert f"Visit plan {office.ref}" in shown.out
    assert f"{office.ref} is the only one that is open for you" in shown.err
    office.plan(case='"CF-2"', start='"23 November 2026 13:00"', due_back='"14:00"')
    ran = office.mo.run("show")
    assert (ran.code, "say which, for example: visitsafe show " in ran.err) == (1, True)
    assert office.ref in ran.err


def test_at_a_terminal_which_visit_and_how_long_is_asked(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    office = Office(tmp_path).at(now - timedelta(hours=1)).open()
    refs = []
    for case, start in (("CF-1", now), ("CF-2", now + timedelta(hours=3))):
        due = start + timedelta(hours=2)
        office.plan(case=f'"{case}"', start=f'"{start.isoformat()}"', due_back=f'"{due.isoformat()}"')
        words = ("--decision", "countersign", "--reason", "Good.", "--condition", "Ring in.")
        office.mo.done("review", office.ref, *words)
        refs.append(office.ref)
    env = {**os.environ, **office.sam.environ}
    child = pexpect.spawn(COMMAND, ["depart", "--met", "1"], env=env, encoding="utf-8", timeout=LIMIT)
    child.expect("Which one\\? Its number: ")
    child.sendline("1")
    child.expect(refs[0] + ": Sam set out")
    child.expect(pexpect.EOF)
    child = pexpect.spawn(COMMAND, ["extend", refs[0]], env=env, encoding="utf-8", timeout=LIMIT)
    child.expect("how much longer")
    child.sendline("30m")
    child.expect("is due back")
    child.expect(pexpect.EOF)
