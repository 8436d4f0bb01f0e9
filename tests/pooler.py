"""A PgBouncer of the tests' own in front of a throw-away cluster, over a socket beside the server's.

It runs as an unprivileged user, as the server does. Where it is not installed, tests with it are skipped.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from patience import LIMIT, listens, until
from postgres import Cluster, unprivileged

_SETTINGS = """\
[databases]
* = user=desk host={server} port={port}
[pgbouncer]
listen_addr =
listen_port = {own}
unix_socket_dir = {folder}
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 100
{more}
"""


class Pooler:
    """A running PgBouncer. It lets anybody in, as `desk`."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.port = port
        self.process = process

    def url(self, database: str) -> str:
        """A URL of a database through the pooler."""
        return f"postgresql://desk@/{database}?host={self.folder}&port={self.port}"


@contextmanager
def pooled(cluster: Cluster, mode: str, size: int = 4, more: str = "") -> Iterator[Pooler]:
    """PgBouncer in front of a cluster, in `transaction` or `session` mode; skips where there is none."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed")
    folder = Path(tempfile.mkdtemp(prefix="vs-pool-"))
    process = None
    try:
        process, own = _started(program, folder, cluster, mode=mode, size=size, more=more)
        yield Pooler(folder, own, process)
    finally:
        if process is not None:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait(timeout=LIMIT)
        shutil.rmtree(folder, ignore_errors=True)


def _started(
    program: str, folder: Path, cluster: Cluster, *, mode: str, size: int, more: str
) -> tuple[subprocess.Popen[bytes], int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        own = free.getsockname()[1]
    file, who = folder / "pgbouncer.ini", unprivileged()
    values = {"server": cluster.folder, "port": cluster.port, "own": own, "folder": folder}
    file.write_text(_SETTINGS.format(**values, mode=mode, size=size, more=more), encoding="utf-8")
    if who:
        for path in (folder, file):
            os.chown(path, who["user"], who["group"])
        folder.chmod(0o755)
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen([program, str(file)], cwd="/", stdout=log, stderr=log, **who)

    def started() -> bool:
        assert process.poll() is None, (folder / "log").read_text(encoding="utf-8")
        return listens(folder / f".s.PGSQL.{own}")

    try:
        until(started, "PgBouncer to start")
    except AssertionError:
        process.kill()
        raise
    return process, own
