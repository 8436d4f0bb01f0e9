"""Work shared between processes of this computer: tasks go out one by one, results come back when ready.

Each process is started afresh (`spawn`), never forked, so that it works alike on every system. Where none can
be made, nothing is done and the caller is told. A process that ends before its work is done is an error,
never a result; however this ends, no process is left behind.
"""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from visitsafe.errors import StoreError

_LISTENS = 1.0
"""Seconds: Ctrl-C that comes a moment before a wait begins is heard only when that ends."""
Begin = Callable[..., Callable[[Any], Any]]
"""Called once in each process, with what all of them are given; what it returns does a task."""


class NoProcessesError(Exception):
    """No process could be started: the work has to be done in this one."""


def processors() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def share(begin: Begin, given: Sequence[Any], todo: Sequence[Any], count: int) -> Iterator[Any]:
    """Have tasks done by so many processes; their results in the order in which they are ready.

    Args:
        begin: A function of a module, so that the other process finds it.
        given: Its arguments; they and the tasks and results are pickled.
        todo: The tasks.
        count: How many processes; never more than tasks.

    Raises:
        NoProcessesError: None could be started.
        StoreError: One ended before its work was done, or could not do it.
    """
    started = _start(begin, given, min(count, len(todo)))
    left = iter(todo)
    try:
        for connection in list(started):
            _hand_out(connection, left)
        done = 0
        while done < len(todo):
            for ready in wait(list(started), _LISTENS):
                assert isinstance(ready, Connection)  # noqa: S101 - nothing else was waited for
                yield _received(ready, started[ready])
                done += 1
                _hand_out(ready, left)
    finally:
        _end(started)


def _start(begin: Begin, given: Sequence[Any], count: int) -> dict[Connection, SpawnProcess]:
    """Start them with Ctrl-C ignored: it is for this process, which then ends them."""
    context = get_context("spawn")
    started: dict[Connection, SpawnProcess] = {}
    with _deaf():
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, begin, tuple(given)), daemon=True)
            try:
                process.start()
            except OSError:
                ours.close()
                break  # with as many as there can be; perhaps none
            finally:
                theirs.close()
            started[ours] = process
    if not started:
        raise NoProcessesError
    return started


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Ctrl-C does nothing meanwhile; what is started here goes on ignoring it."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not the main thread: nobody sends it signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _serve(connection: Connection, begin: Begin, given: tuple[Any, ...]) -> None:
    """In the other process: do tasks until the one that started this is gone or has no more."""
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        perform = None
        answer: tuple[Any, str, str | None]
        while True:
            task = connection.recv()
            try:
                perform = perform or begin(*given)
                answer = (perform(task), "", None)
            except StoreError as error:
                answer = (None, error.message, error.hint)
            connection.send(answer)


def _hand_out(connection: Connection, left: Iterator[Any]) -> None:
    for task in left:
        with contextlib.suppress(OSError):  # that it is gone is found when its result is waited for
            connection.send(task)
        return


def _received(connection: Connection, process: SpawnProcess) -> Any:
    try:
        result, message, hint = connection.recv()
    except (EOFError, OSError) as error:
        process.join(1)
        raise StoreError(
            f"a process that did part of the work ended before it was done ({_how(process.exitcode)})",
            hint="nothing is known about the rest: run it again; if it was killed, look for lack of memory",
        ) from error
    if message:
        raise StoreError(message, hint)
    return result


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {-code}"
    return f"exit code {code}"


def _end(started: dict[Connection, SpawnProcess]) -> None:
    for connection in started:
        connection.close()
    for process in started.values():
        process.terminate()
    for process in started.values():
        process.join()
