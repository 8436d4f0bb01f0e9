"""Work for other processes: they find it here by its name, as they cannot find what a test file defines."""

import os
import signal
import sys
import time
from collections.abc import Callable

from visitsafe.errors import StoreError
from visitsafe.exchange.processes import share


def doubling(by: int) -> Callable[[int], int]:
    """A task is multiplied."""
    return lambda task: task * by


def dying() -> Callable[[int], int]:
    """The third task kills the process that does it."""

    def work(task: int) -> int:
        if task == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return task

    return work


def refusing() -> Callable[[int], int]:
    """A store that cannot be opened."""
    raise StoreError("there is no store", hint="look for it")


def sleeping() -> Callable[[int], int]:
    """A task says who does it, and takes an hour."""

    def work(_task: int) -> int:
        os.write(sys.stdout.fileno(), b"%d\n" % os.getpid())  # at one go: all of them write into one pipe
        time.sleep(3600)
        return 0

    return work


if __name__ == "__main__":
    try:
        list(share(sleeping, (), [1, 2], 2))
    except KeyboardInterrupt:
        sys.exit(130)
