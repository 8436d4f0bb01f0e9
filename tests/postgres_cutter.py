"""Somebody between a client and a PostgreSQL server, who cuts the connection at the worst moment."""

import select
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

AFTERWARDS = "after the answer"
"""The client hears that it is committed; then the server is gone, for whoever comes."""


class Cutter:
    """Stands between a client and the server's socket, and cuts the connection at the first COMMIT."""

    def __init__(self, server: Path, folder: Path, how: str, times: int = 1) -> None:
        self.how, self.left = how, times
        self.heard: list[bytes] = []
        self._server = str(server)
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / server.name))
        self._listening.listen()
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def stop_listening(self) -> None:
        """Nobody can connect any more; whoever is connected stays so."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def close(self) -> None:
        self.stop_listening()
        for thread in self._threads:
            thread.join(timeout=10)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                thread = threading.Thread(target=self._pass_on, args=(client,))
                self._threads.append(thread)
                thread.start()

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
                        continue
                    self.heard.append(said)
                    if b"COMMIT\0" in said and self.left > 0:
                        self.left -= 1
                        self._cut(said, client, server)
                        return
                    server.sendall(said)

    def _cut(self, said: bytes, client: socket.socket, server: socket.socket) -> None:
        if self.how == AFTERWARDS:
            self.stop_listening()
            server.sendall(said)
            client.sendall(server.recv(1 << 16))
        if self.how == "drop the answer":
            server.sendall(said)
            server.recv(1 << 16)
        client.close()
        if self.how == "bring the request late":
            time.sleep(0.4)  # the client is long back on a new connection
            server.sendall(said)
            server.recv(1 << 16)
