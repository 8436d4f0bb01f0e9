"""`visitsafe watch` as a process of its own, the channels it needs, and what it left on the record."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import weakref
from contextlib import closing
from pathlib import Path
from typing import Any

from office import Office, Someone
from patience import LIMIT, until
from servers import MailServer


def settings(someone: Someone, mail: MailServer) -> None:
    """Channels for everybody on the ladder."""
    channels = {"duty": "desk", "manager": "boss", "lone-worker": "sam"}
    lines = [
        f'[[notify]]\nlabel = "{label}"\nwho = "{who}"\nurl = "{mail.url(label)}"\n'
        for who, label in channels.items()
    ]
    path = someone.home / "settings.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n" + "\n".join(lines), encoding="utf-8")
    path.chmod(0o600)


class Watch:
    """`visitsafe watch` as a process of its own, its screen in a file."""

    def __init__(self, someone: Someone, screen: Path, *words: str) -> None:
        self.screen = screen
        environ = os.environ | someone.environ
        with screen.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "visitsafe", "watch", *words],
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        weakref.finalize(self, self.process.kill)  # a test that fails leaves none behind

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(LIMIT)

    def says(self, words: str) -> None:
        """Wait until something is on its screen."""
        until(lambda: words in self.said, f"the watch to say {words!r}", so_far=lambda: self.said)

    @property
    def said(self) -> str:
        return self.screen.read_text(encoding="utf-8")


def entries(office: Office, kind: str) -> list[Any]:
    """The bodies of one kind on the record, in order of arrival."""
    query = "SELECT payload FROM entries WHERE kind = ? ORDER BY position"
    with closing(sqlite3.connect(office.store)) as database:
        rows = database.execute(query, (kind,)).fetchall()
    return [json.loads(payload)["body"] for (payload,) in rows]
