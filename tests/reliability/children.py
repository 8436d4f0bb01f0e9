"""Processes of the tests' own: forked, so that one costs milliseconds; killed, stopped and waited for by id.

A child never returns: it ends by `os._exit`, and what went wrong in it is in a file that the parent reads.
No thread of ours may run and no store be open in the parent when it forks.
"""

import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path

from patience import until

BROKEN = 70


class Child:
    """One forked process."""

    def __init__(self, folder: Path, life: Callable[[], object]) -> None:
        """Begin it; an exception that nothing catches is written to a file in the folder."""
        self.ended: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            _live(folder, life)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it has not ended."""
        if self.running:
            os.kill(self.pid, number)

    def stop(self) -> None:
        """SIGSTOP, and wait until it stands still or has ended."""
        self.send(signal.SIGSTOP)
        if self.ended is None:
            _, status = os.waitpid(self.pid, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                self.ended = os.waitstatus_to_exitcode(status)

    def go_on(self) -> None:
        """SIGCONT."""
        self.send(signal.SIGCONT)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        if self.ended is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.ended = os.waitstatus_to_exitcode(status) if pid else None
        return self.ended is None

    def wait(self) -> int | None:
        """How it ended, negative by a signal; None if it never does: then it is killed."""
        try:
            until(lambda: not self.running, "a process to end")
        except AssertionError:
            self.kill()
            return None
        return self.ended

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.send(signal.SIGKILL)
        if self.ended is None:
            _, status = os.waitpid(self.pid, 0)
            self.ended = os.waitstatus_to_exitcode(status)


def _live(folder: Path, life: Callable[[], object]) -> None:
    code = BROKEN
    try:
        life()
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it is, the parent must hear of it
        (folder / f"broken-{os.getpid()}").write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(code)


def broken(folder: Path) -> list[str]:
    """The tracebacks of children: there must be none."""
    return [path.read_text(encoding="utf-8") for path in sorted(folder.glob("broken-*"))]
