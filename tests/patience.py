"""How long the tests wait for another process, a thread or a server: for a state, never for a time.

A slow or a busy computer is no fault. So the limit is only there to end what will never come, no test asserts
how long anything took, and whoever waits for long says so on the terminal.
"""

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import monotonic, sleep

import pytest

LIMIT = 300.0
"""Seconds. Also for what is waited for by others: `subprocess`, `pexpect`, `Event.wait`."""
_SAYS_SO_EVERY = 15.0
_terminal: list[pytest.Config] = []


def says_so_on(config: pytest.Config) -> None:
    """Which run of pytest keeps what is printed from the terminal."""
    _terminal[:] = [config]


def until(ready: Callable[[], object], what: str, *, so_far: Callable[[], str] = str) -> None:
    """Wait until something is so.

    Args:
        ready: Whether it is; asked many times a second.
        what: What is waited for, in words.
        so_far: What can be said of it when it never comes, such as a log.

    Raises:
        AssertionError: It never came.
    """
    began = said = monotonic()
    while not ready():
        now = monotonic()
        assert now - began < LIMIT, f"waited {LIMIT:g} s in vain for {what}\n{so_far()}"
        if now - said > _SAYS_SO_EVERY:
            said = now
            with _seen():
                print(f"\nwaiting for {what}: {now - began:.0f} s", file=sys.stderr, flush=True)
        sleep(0.02)


def listens(path: Path) -> bool:
    """Whether somebody takes connections at a socket: its file is there a moment earlier."""
    with socket.socket(socket.AF_UNIX) as caller:
        return caller.connect_ex(str(path)) == 0


@contextmanager
def _seen() -> Iterator[None]:
    """What is printed is seen at once, also while tests run side by side."""
    manager = _terminal[0].pluginmanager.getplugin("capturemanager") if _terminal else None
    with manager.global_and_fixture_disabled() if manager else nullcontext():
        yield
