"""A few things that only a real terminal shows: Ctrl-C and resume, a kill, 40 columns, plain."""

import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pexpect  # type: ignore[import-untyped]
import pytest

from patience import LIMIT
from visitsafe.wizard.draft import list_drafts

HERE = Path(__file__).parent
WIZARD = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from wizard.fronts import LONDON, NOW, always
from wizard.samples import QUESTIONNAIRE
from visitsafe.wizard.draft import list_drafts, open_draft
from visitsafe.cli.prompts import talk_at
from visitsafe.cli.prompts.talk import ask_all
from visitsafe.wizard.step import Wizard
from visitsafe.wizard.draft import begin
from visitsafe.errors import InterruptedByUserError
talk = talk_at(os.environ, plain=False, otherwise="")
folder = Path(sys.argv[2])
drafts = list_drafts(folder).drafts
with open_draft(folder, drafts[0].name if drafts else "") as draft:
    session = draft.load() if drafts else begin("home-visit", "d", "x")
    try:
        ask_all(Wizard(QUESTIONNAIRE, LONDON, always("yes")), session, talk.draw, draft.save, lambda: NOW)
    except InterruptedByUserError as error:
        print(error.message, "/", error.hint)
        sys.exit(error.exit_code)
"""


READY = r"\x1b\[\?25h"
"""prompt_toolkit shows the cursor again when a prompt is drawn."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "drafts"


def start(folder: Path, *, columns: int = 80, term: str = "xterm") -> Any:
    """A wizard in a terminal of its own."""
    env = {**os.environ, "TERM": term, "PROMPT_TOOLKIT_NO_CPR": "1"}
    command = ["-c", WIZARD, str(HERE.parent), str(folder)]
    return pexpect.spawn(
        sys.executable, command, env=env, dimensions=(30, columns), encoding="utf-8", timeout=LIMIT
    )


def press(child: Any, shown: str, keys: str) -> None:
    """Press keys once this is on the screen and the prompt under it is there."""
    child.expect_exact(shown)
    child.expect(READY)
    child.send(keys)


def test_ctrl_c_keeps_everything_and_the_next_start_goes_on_there(folder: Path) -> None:
    first = start(folder)
    press(first, "What about case?", "LCS-1\r")
    press(first, "What about start?", "tomor\x03")
    first.expect_exact("stopped; everything you answered is kept / to go on: visitsafe plan --resume")
    first.expect(pexpect.EOF)
    first.close()
    assert first.exitstatus == 130
    second = start(folder)
    press(second, "What about start?", "row 9am\r")
    second.expect_exact("= Tuesday 24 November 2026, 09:00 (GMT)")
    second.close(force=True)


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_a_kill_loses_no_answer_and_locks_nobody_out(folder: Path, blow: signal.Signals) -> None:
    child = start(folder)
    press(child, "What about case?", "LCS-1\r")
    child.expect_exact("What about start?")
    child.kill(blow)
    child.expect(pexpect.EOF)
    child.close(force=True)
    drafts = list_drafts(folder).drafts
    assert [(draft.session.case, draft.in_use) for draft in drafts] == [("LCS-1", False)]


def test_keys_pressed_before_a_question_is_shown_do_not_answer_it(folder: Path) -> None:
    child = start(folder)
    child.send("y\r\r\r")
    press(child, "What about case?", "LCS-1\ryy\r\r")
    press(child, "What about start?", "9pm\r")
    child.expect_exact("What about due-back?")
    child.close(force=True)
    (draft,) = list_drafts(folder).drafts
    assert draft.session.answers == {"case": "LCS-1", "start": "2026-11-23T21:00:00Z"}


def test_a_page_fits_40_columns(folder: Path) -> None:
    child = start(folder, columns=40)
    child.expect_exact("What about case?")
    child.expect(READY)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", child.before)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 40
    child.close(force=True)


def test_a_dumb_terminal_gets_lines_without_escapes(folder: Path) -> None:
    child = start(folder, term="dumb")
    child.expect_exact("(:b back, :q stop and keep everything, :? more): ")
    child.sendline("LCS-1")
    child.expect_exact("What about start?")
    child.expect_exact(": ")
    child.sendline("q")
    child.expect_exact("stopped; everything you answered is kept")
    assert "\x1b" not in child.before
    child.close(force=True)


def test_sigterm_stops_as_ctrl_c_does_and_keeps_what_was_half_typed(folder: Path) -> None:
    child = start(folder)
    press(child, "What about case?", "LCS-")
    child.expect_exact("LCS-")
    child.kill(signal.SIGTERM)
    child.expect_exact("stopped; everything you answered is kept")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert [draft.session.half for draft in list_drafts(folder).drafts] == ["LCS-"]


def test_a_closed_window_keeps_what_was_half_typed_and_writes_nothing_more(folder: Path) -> None:
    child = start(folder)
    press(child, "What about case?", "LCS-")
    child.expect_exact("LCS-")
    child.kill(signal.SIGHUP)
    child.expect(pexpect.EOF)
    child.close()
    assert "stopped" not in child.before
    assert [draft.session.half for draft in list_drafts(folder).drafts] == ["LCS-"]
