"""The real command at a real terminal: first run, a whole plan, stopping and going on, a manager's talk."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped]  # it has no type hints
import pytest

from office import NOW, Office, Someone

COMMAND = shutil.which("visitsafe", path=str(Path(sys.executable).parent)) or "visitsafe"
FACTS = [
    "CF-7",
    "tomorrow 10:00",
    "y",
    "tomorrow 11:00",
    "y",
    "Ordsall",
    "",
    "Talk about nursery.",
    "Playing.",
]
"""Case, start and its yes, due back and its yes, area, no address, purpose, how seen."""


def at_terminal(someone: Someone, *words: str, **environ: str) -> Any:
    """Run the command in a terminal of its own, in plain lines."""
    env = {**os.environ, **someone.environ, "ACCESSIBLE": "1", **environ}
    return pexpect.spawn(COMMAND, list(words), env=env, dimensions=(40, 80), encoding="utf-8", timeout=20)


def answer(child: Any, *lines: str) -> None:
    """Type each line when a question is there: a prompt ends in a colon and a space."""
    for line in lines:
        child.expect(r": $")
        child.sendline(line)


def ended(child: Any) -> tuple[int, str]:
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, child.before


def test_the_first_run_asks_who_you_are_and_goes_on_to_the_plan(tmp_path: Path) -> None:
    new = Someone("new", tmp_path / "home", f"sqlite:///{tmp_path / 'store.sqlite3'}")
    child = at_terminal(new, "plan")
    answer(child, "Sam Carter", "sam@salford.example", "", "Family support", "1 2", "Manchester")
    child.expect("Which case is it")
    answer(child, ":q")
    code, text = ended(child)
    assert code == 130
    assert "visitsafe plan --resume" in text
    assert (tmp_path / "home" / "keys" / "id_ed25519").stat().st_mode & 0o777 == 0o600
    assert "Family support" in new.done("team", "list").out


def test_a_plan_that_is_stopped_goes_on_where_it_was(office: Office) -> None:
    child = at_terminal(office.sam, "plan")
    answer(child, *FACTS[:6])
    child.expect("What is the address")
    child.expect(r": $")
    child.kill(9)
    child.close()
    child = at_terminal(office.sam, "plan", "--resume")
    child.expect("What is the address")
    answer(child, *FACTS[6:])
    child.expect("Will it be light")
    answer(child, "q")
    code, _ = ended(child)
    assert code == 130
    assert "--resume" in office.sam.done().out


def whole_plan(child: Any) -> tuple[int, str]:
    """Answer every question of a routine visit, and sign."""
    answer(child, *FACTS, "y", "n n n n y", "y y y", "none", "1", "none", "Near the door.", "y y y y")
    answer(child, "n n n n n n", "y")
    while True:
        which = child.expect(["Sign this plan", r": $"])
        if which == 0:
            break
        child.sendline("1")
    answer(child, "1")
    return ended(child)


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_a_whole_plan_can_be_signed_in_plain_lines(office: Office, term: str) -> None:
    code, text = whole_plan(at_terminal(office.sam, "plan", TERM=term))
    assert code == 0, text
    assert "is signed" in text
    assert "\x1b" not in text
    (row,) = office.mo.done("list", "--json").json
    assert (row["status"], row["visit"]["case"]) == ("awaiting", "CF-7")
    assert list((office.sam.home / "drafts").glob("*.json")) == []


def test_a_manager_decides_at_the_terminal(office: Office) -> None:
    office.plan(start='"tomorrow 10:00"', due_back='"tomorrow 11:00"', phone="no")
    office.sam.now = office.mo.now = NOW
    child = at_terminal(office.mo, "review")
    child.expect("What is worrying")
    answer(child, "1", "The duty phone is free.", "Take the duty phone; Ring me at noon", "1")
    code, text = ended(child)
    assert (code, "is countersigned" in text) == (0, True), text
    assert office.show()["decision"]["conditions"] == ["Take the duty phone", "Ring me at noon"]
