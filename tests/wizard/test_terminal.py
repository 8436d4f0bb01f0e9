"""Which front end a terminal gets, and when there is nobody to ask."""

import io
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from typing import TextIO

import pytest

from visitsafe.cli.prompts.talk import FrontEnd, choose_front_end
from visitsafe.errors import UsageError

GOOD = {"TERM": "xterm-256color"}


@pytest.fixture
def ends() -> Iterator[tuple[TextIO, TextIO]]:
    """The two ends of a real terminal, as a process sees them."""
    controller, terminal = pty.openpty()
    with os.fdopen(terminal, "r") as stdin, os.fdopen(os.dup(terminal), "w", encoding="utf-8") as stdout:
        yield stdin, stdout
    os.close(controller)


def test_a_terminal_that_can_move_its_cursor_is_rich(ends: tuple[TextIO, TextIO]) -> None:
    assert choose_front_end(GOOD, stdin=ends[0], stdout=ends[1]) is FrontEnd.RICH


@pytest.mark.parametrize(
    "environ", [{}, {"TERM": ""}, {"TERM": "dumb"}, {"TERM": "unknown"}, GOOD | {"ACCESSIBLE": "1"}]
)
def test_a_terminal_that_cannot_or_a_person_who_asks_for_it_gets_plain(
    ends: tuple[TextIO, TextIO], environ: dict[str, str]
) -> None:
    assert choose_front_end(environ, stdin=ends[0], stdout=ends[1]) is FrontEnd.PLAIN


def test_the_flag_gives_plain(ends: tuple[TextIO, TextIO]) -> None:
    assert choose_front_end(GOOD, plain=True, stdin=ends[0], stdout=ends[1]) is FrontEnd.PLAIN


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_an_output_that_is_not_utf_8_gets_plain_and_never_fails_to_print(
    ends: tuple[TextIO, TextIO], encoding: str
) -> None:
    with os.fdopen(os.dup(ends[1].fileno()), "w", encoding=encoding) as stdout:
        assert choose_front_end(GOOD, stdin=ends[0], stdout=stdout) is FrontEnd.PLAIN
        stdout.write("\u2713 \u0141ucja")


def test_without_a_terminal_on_both_ends_nothing_is_asked(ends: tuple[TextIO, TextIO]) -> None:
    pipe = io.StringIO("y\n")
    for stdin, stdout in ((pipe, ends[1]), (ends[0], pipe)):
        with pytest.raises(UsageError) as refused:
            choose_front_end(GOOD, plain=True, stdin=stdin, stdout=stdout)
        assert "--answers FILE" in str(refused.value.hint)


def test_a_closed_standard_input_is_refused_without_a_traceback() -> None:
    code = (
        "from visitsafe.cli.prompts.talk import choose_front_end\n"
        "from visitsafe.errors import UsageError\n"
        "try: choose_front_end({})\n"
        "except UsageError as error: print(error.message)\n"
    )
    run = subprocess.run(
        ["/bin/sh", "-c", f'exec "{sys.executable}" -c "$CODE" <&-'],
        env={"CODE": code, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr) == ("there is no terminal to ask the questions at\n", "")
