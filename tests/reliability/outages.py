"""PostgreSQL stopped and started among writers, and connections cut between any two messages."""

import select
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

from patience import until
from postgres import Cluster
from reliability.children import Child
from reliability.ledger import Ledger, acknowledged
from reliability.lives import enough, once, watches, writes
from reliability.town import Town
from reliability.truth import Outcome

FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT
CUTS = ("before the server hears it", "before the client hears the answer")


def stopped(
    cluster: Cluster, town: Town, folder: Path, stops: int, seed: int, longest: float = 0.3
) -> Outcome:
    """Writers and a watcher at work; the server is stopped, fast or as in a crash, and started again."""
    outcome, chance = Outcome("server stopped (fast, immediate) and started", town.on), Random(seed)
    people = [Child(folder, partial(writes, town, folder, number, seed)) for number in range(5)]
    people.append(Child(folder, lambda: watches(town, folder)))
    while outcome.tried < stops:
        time.sleep(chance.uniform(0.2, 1.0))
        cluster.stop(chance.choice((FAST, IMMEDIATE)))
        time.sleep(chance.uniform(0.0, longest))
        cluster.start()
        outcome.tried += 1
    before = acknowledged(folder)
    until(lambda: acknowledged(folder) > before + len(people), "the writers to get on again")
    enough(folder)
    if any(child.wait() is None for child in people):
        outcome.wrong.append("a writer never ended")
    outcome.judge(town, folder)
    return outcome


class Scissors:
    """Stands between clients and a server's socket, and cuts one connection at its n-th message.

    With `again`, it cuts once more so many messages later, and lets nobody in after that.
    """

    def __init__(self, server: Path, folder: Path, at: int, how: str, again: int = 0) -> None:
        self.left, self.how, self.commits, self.again = at, how, 0, again
        self.heard: list[bytes] = []
        self._last = not again
        self._server = str(server)
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / server.name))
        self._listening.listen()
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    @property
    def cut(self) -> bool:
        """Whether it has come to that message."""
        return self.left <= 0

    def let_nobody_in(self) -> None:
        """The server is away, for whoever comes."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def close(self) -> None:
        """Let nobody in any more, and wait until all are gone."""
        self.let_nobody_in()
        for thread in self._threads:
            thread.join(timeout=10)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self._threads.append(threading.Thread(target=self._pass_on, args=(client,)))
                self._threads[-1].start()

    def _pass_on(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.socket(socket.AF_UNIX) as server:
            server.connect(self._server)
            while True:
                for source in select.select([client, server], [], [], 10)[0]:
                    said = source.recv(1 << 16)
                    if not said:
                        return
                    if source is server:
                        client.sendall(said)
                    elif self._cuts(said, server):
                        return
                    else:
                        server.sendall(said)

    def _cuts(self, said: bytes, server: socket.socket) -> bool:
        self.heard.append(said)
        self.left -= 1
        if self.left != 0:
            return False
        if self.again:
            self.left, self.again = self.again, 0
        elif not self._last:
            self.let_nobody_in()
        self.commits += b"COMMIT\0" in said
        if self.how == CUTS[1]:
            server.sendall(said)
            select.select([server], [], [], 0.3)  # there is no answer to the first part of a long message
        return True


@contextmanager
def between(cluster: Cluster, town: Town, folder: Path, at: int, how: str) -> Iterator[tuple[Town, Scissors]]:
    """The same store, over somebody who cuts."""
    with closing(Scissors(cluster.folder / f".s.PGSQL.{cluster.port}", folder, at, how)) as scissors:
        yield replace(town, url=town.url.replace(str(cluster.folder), str(folder))), scissors
    (folder / f".s.PGSQL.{cluster.port}").unlink(missing_ok=True)


def cut_at_each_message(cluster: Cluster, town: Town, folder: Path, command: str = "ok") -> Outcome:
    """One command again and again, cut at its first message, its second, and so on, in both ways."""
    outcome = Outcome(f"connection of '{command}' cut at every message", town.on)
    ledger = Ledger(folder, 1)
    for how in CUTS:
        at, cut = 0, True
        while cut and at < 200:
            at += 1
            with between(cluster, town, folder, at, how) as (shaky, scissors):
                once(shaky, ledger, command)
                cut = scissors.cut
            outcome.tried += cut
            outcome.counted["of them while committing"] += scissors.commits
    outcome.judge(town, folder)
    return outcome
