"""A PostgreSQL server of the tests' own: made once a session, thrown away at its end.

It runs as an unprivileged user (the server refuses root), listens on a socket in a temporary folder and, for
what concerns TLS, on a free port of this computer. Without PostgreSQL such tests are skipped, and in CI they
fail (`conftest.py`). `cluster` is the fixture.
"""

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict

import pytest

from patience import LIMIT, until

PASSWORD = "hunter2-never-shown"
_HBA = """\
local all locked scram-sha-256
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""
_NAMES = itertools.count(1)


class _As(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _binaries() -> Path | None:
    tool = shutil.which("pg_config")
    if tool is None:
        return None
    said = subprocess.run([tool, "--bindir"], capture_output=True, text=True, check=True)
    folder = Path(said.stdout.strip())
    return folder if (folder / "initdb").exists() else None


def unprivileged() -> _As:
    """Whom to run the server as: ourselves, unless we are root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise AssertionError("nobody to run PostgreSQL as")


class Cluster:
    """A server. `superuser`, `desk` and `duty` (may use stores) and `locked` (has a password) can log in."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.folder = folder
        self._binaries = binaries
        self._as = unprivileged()
        self._server: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        if self._as:
            os.chown(folder, self._as["user"], self._as["group"])
            folder.chmod(0o755)  # clients run as somebody else
        initdb = [binaries / "initdb", "-D", self._data, "-U", "superuser", "-A", "trust", "-E", "UTF8"]
        self._call([*initdb, "--locale=C", "--no-sync"])
        (self._data / "pg_hba.conf").write_text(_HBA, encoding="utf-8")
        self.start()
        self.execute("CREATE ROLE desk LOGIN")
        self.execute("CREATE ROLE duty LOGIN")
        self.execute(f"CREATE ROLE locked LOGIN SUPERUSER PASSWORD '{PASSWORD}'")

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _call(self, command: list[Any]) -> None:
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **self._as)
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        settings = {
            "unix_socket_directories": str(self.folder),
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "fsync": "on",
            "shared_buffers": "16MB",
            "max_connections": "40",
            "log_min_messages": "fatal",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, *flags],
                cwd="/", stdout=log, stderr=log, **self._as,
            )  # fmt: skip
        ready = [str(self._binaries / "pg_isready"), "-q", "-h", str(self.folder), "-p", str(self.port)]
        server, log_file = self._server, self.folder / "log"

        def takes_connections() -> bool:
            assert server.poll() is None, log_file.read_text(encoding="utf-8")
            return subprocess.run(ready, check=False).returncode == 0

        until(takes_connections, "PostgreSQL to take connections", so_far=log_file.read_text)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT cuts every connection, SIGQUIT is a crash."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(timeout=LIMIT)
            self._server = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def write(self, name: str, content: bytes) -> None:
        """Put a file that only the server can read into its data folder."""
        path = self._data / name
        path.write_bytes(content)
        path.chmod(0o600)
        if self._as:
            os.chown(path, self._as["user"], self._as["group"])

    def url(self, database: str, user: str = "desk", **query: str) -> str:
        """A URL of a database, over the socket."""
        more = "".join(f"&{name}={value}" for name, value in query.items())
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}{more}"

    def connect(self, database: str = "postgres", user: str = "superuser") -> Any:
        """A connection of psycopg's own, which finds the tables without their schema."""
        import psycopg

        options = "-c search_path=visitsafe,public"
        return psycopg.connect(self.url(database, user), autocommit=True, options=options)

    def execute(self, statement: str, database: str = "postgres", user: str = "superuser") -> None:
        with self.connect(database, user) as connection:
            connection.execute(statement)

    def database(self) -> str:
        """A new, empty database; its name."""
        name = f"test_{next(_NAMES)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return name

    def store(self) -> str:
        """A new database with an empty store in it, which `desk` may use; the database's name."""
        from sqlite_files import NOW
        from visitsafe.store.postgres_door import create_postgres
        from visitsafe.store.postgres_triggers import ANY_TIME

        name = self.database()
        create_postgres(self.url(name, "superuser"), NOW, meta={ANY_TIME: "in tests"})
        self.execute("GRANT visitsafe_app TO desk, duty")
        return name


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="vs-pg-"))
    made: Cluster | None = None
    try:
        made = Cluster(binaries, folder)
        yield made
    finally:
        if made is not None:
            made.stop(signal.SIGQUIT)  # at once: nobody needs it any more
        shutil.rmtree(folder, ignore_errors=True)
