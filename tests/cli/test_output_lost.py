"""Standard output that is full, closed or read no further: one sentence, and what is signed stays signed."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from office import Office, Someone

COMMAND = shutil.which("visitsafe", path=str(Path(sys.executable).parent)) or "visitsafe"
LOST = ("{0} >/dev/full", "{0} >&-")
pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A team founded a moment ago: the real command has the real clock."""
    made = Office(tmp_path)
    made.sam.now = made.mo.now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    return made.open()


def shell(someone: Someone, line: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a shell line in which {0} is the command with its words."""
    command = " ".join(f"'{word}'" for word in (COMMAND, *words))
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        ["sh", "-c", line.format(command)],
        env={**buffered, **someone.environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def answers(office: Office) -> str:
    return office.answers(start='"tomorrow 10:00"', due_back='"tomorrow 11:00"')


def refs(office: Office) -> list[str]:
    return [row["ref"] for row in office.mo.done("list", "--json").json]


@pytest.mark.parametrize("line", LOST)
@pytest.mark.parametrize(
    "words", [["list"], ["show", "REF"], ["export", "REF"], ["team", "list"], [], ["--help"], ["--version"]]
)
def test_a_result_that_cannot_be_written_is_one_sentence(office: Office, line: str, words: list[str]) -> None:
    office.plan(start='"tomorrow 10:00"', due_back='"tomorrow 11:00"')
    ran = shell(office.mo, line, *[office.ref if word == "REF" else word for word in words])
    assert ran.returncode == 1
    assert "the result could not be written" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "Exception ignored" not in ran.stderr


@pytest.mark.parametrize("line", LOST)
@pytest.mark.parametrize("json", [(), ("--json",)])
def test_a_plan_that_was_signed_is_said_to_be_signed(
    office: Office, line: str, json: tuple[str, ...]
) -> None:
    ran = shell(office.sam, line, "plan", "--answers", answers(office), "--yes", *json)
    (ref,) = refs(office)
    assert ran.returncode == 1
    assert f"{ref} is signed" in ran.stderr
    assert "Everything holds" in office.mo.done("verify").out


@pytest.mark.parametrize("line", LOST)
def test_a_decision_that_was_signed_is_said_to_be_signed(office: Office, line: str) -> None:
    shell(office.sam, "{0}", "plan", "--answers", answers(office), "--yes")
    (office.ref,) = refs(office)
    ran = shell(office.mo, line, "review", office.ref, "--decision", "return", "--reason", "Take Priya.")
    assert ran.returncode == 1
    assert f"{office.ref} is returned" in ran.stderr
    assert office.show()["status"] == "returned"


@pytest.mark.parametrize("line", ["{0} 2>&-", "{0} 2>/dev/full"])
def test_talk_that_cannot_be_written_stops_nothing(office: Office, line: str) -> None:
    ran = shell(office.sam, line, "plan", "--answers", answers(office), "--yes")
    assert ran.returncode == 0
    assert "is signed" in ran.stdout
    assert shell(office.sam, line, "show", "hello").returncode == 1


def test_a_store_is_never_opened_in_the_place_of_a_closed_stream(office: Office) -> None:
    line = "{0} <&- >&- 2>&-"
    assert shell(office.sam, line, "plan", "--answers", answers(office), "--yes").returncode == 1
    assert len(refs(office)) == 1
    assert "Everything holds" in office.mo.done("verify").out


def test_a_reader_who_has_had_enough_is_no_error(office: Office) -> None:
    ran = shell(office.mo, "{{ {0}; echo $? >&2; }} | head -c 1", "checklist", "show", "home-visit")
    assert ran.stderr.strip() == "0"
