"""A second server that follows a throw-away cluster (streaming replication), to be read from and promoted."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from patience import until
from postgres import Cluster

NAME = "second"


class Standby(Cluster):
    """A copy of a cluster that takes over its log as it is written. Nothing is made in it."""

    def __init__(self, first: Cluster, folder: Path) -> None:
        self.folder = folder
        self._binaries = first._binaries
        self._as = first._as
        self._server = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        if self._as:
            os.chown(folder, self._as["user"], self._as["group"])
            folder.chmod(0o755)
        where = f"host={first.folder} port={first.port} user=superuser application_name={NAME}"
        copy = [self._binaries / "pg_basebackup", "-D", self._data, "-d", where, "-R", "-X", "stream"]
        self._call([*copy, "-c", "fast"])
        self.start()

    def lose_the_first(self) -> None:
        """From now on nothing of the first server arrives; what arrived is kept."""
        self._pause(signal.SIGSTOP)

    def promote(self) -> None:
        """Take over; nothing more of the first server's is taken in."""
        self._pause(signal.SIGKILL)  # what waits in its socket is lost with it, as with a network
        until(self._leads, "the standby to take over")

    def _leads(self) -> bool:
        with suppress(psycopg.Error), self.connect() as connection:
            # It begins again after the loss of a process of its own.
            if connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,):
                return True
            connection.execute("SELECT pg_promote()")
        return False

    def _pause(self, how: signal.Signals) -> None:
        assert self._server is not None
        said = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(self._server.pid)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        for line in said.stdout.splitlines():
            if "walreceiver" in line:
                os.kill(int(line.split()[0]), how)


@contextmanager
def followed(*, synchronous: bool) -> Iterator[tuple[Cluster, Standby, str]]:
    """A cluster with a standby, and the name of a database with an empty store in it."""
    import postgres

    binaries = postgres._binaries()
    assert binaries is not None
    folders = [Path(tempfile.mkdtemp(prefix="vs-pg-")) for _ in range(2)]
    made: list[Cluster] = []
    try:
        made.append(Cluster(binaries, folders[0]))
        made[0].write("pg_hba.conf", b"local replication all trust\nlocal all all trust\n")
        made[0].restart()
        name = made[0].store()
        second = Standby(made[0], folders[1])
        made.append(second)
        if synchronous:
            made[0].execute(f"ALTER SYSTEM SET synchronous_standby_names = '{NAME}'")
            made[0].execute("SELECT pg_reload_conf()")
        _wait_until_followed(made[0], "sync" if synchronous else "async")
        yield made[0], second, name
    finally:
        for one in made:
            one.stop(signal.SIGQUIT)
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


def _wait_until_followed(first: Cluster, how: str) -> None:
    def follows() -> bool:
        with first.connect() as connection:
            query = "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'"
            return bool(connection.execute(query).fetchall() == [(how,)])

    until(follows, "the standby to follow")
