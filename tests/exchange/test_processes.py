"""Work in several processes: all of it is done, or it is said that it was not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import many_processes
from patience import LIMIT
from visitsafe.errors import StoreError
from visitsafe.exchange.processes import NoProcessesError, share


def test_every_task_is_done_once_whoever_does_it() -> None:
    done = share(many_processes.doubling, (2,), range(20), 3)
    assert sorted(done) == [2 * task for task in range(20)]


def test_a_killed_process_is_said_and_never_taken_for_done() -> None:
    with pytest.raises(StoreError, match=r"ended before it was done \(signal 9\)"):
        list(share(many_processes.dying, (), range(8), 2))


def test_what_hinders_another_process_is_told_with_its_hint() -> None:
    with pytest.raises(StoreError, match="there is no store") as raised:
        list(share(many_processes.refusing, (), [1], 1))
    assert raised.value.hint == "look for it"


def test_where_there_are_no_processes_the_caller_is_told_before_anything_is_done() -> None:
    with pytest.raises(NoProcessesError):
        next(iter(share(many_processes.doubling, (2,), [1], 0)))


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_ctrl_c_ends_all_of_them_at_once_and_without_a_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, many_processes.__file__ or ""],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as ran:  # fmt: skip
        try:
            assert ran.stdout is not None
            workers = [int(ran.stdout.readline()) for _ in range(2)]
            os.killpg(ran.pid, signal.SIGINT)
            _, said = ran.communicate(timeout=LIMIT)
        except BaseException:  # else the end of `with` waits for them, for an hour
            os.killpg(ran.pid, signal.SIGKILL)
            raise
    assert (ran.returncode, said) == (130, "")
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]
