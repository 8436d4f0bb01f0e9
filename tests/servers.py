"""A real mail server and a real web server on free ports of this computer, which can be told to fail.

Both run in a thread, keep what came in order, and are context managers: `with MailServer() as mail:`.
`mail.url("duty")` and `web.url("duty")` are URLs for Apprise. A server that was stopped can be started again
on the same port.
"""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import quote

from aiosmtpd.smtp import SMTP, Envelope, Session

from patience import LIMIT

HOST = "127.0.0.1"


class Answer(StrEnum):
    """What a server does with the next message."""

    TAKE = "take"
    REFUSE = "refuse"
    """Says no: 550 by mail, 500 on the web (or `status`)."""
    HANG = "hang"
    """Takes the call and what is said, and never answers."""


@dataclass(frozen=True)
class Mail:
    """A message that arrived."""

    to: tuple[str, ...]
    subject: str
    body: str
    raw: bytes


@dataclass(frozen=True)
class Request:
    """What was asked of the web server."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _Server:
    """What both have in common: a port, an answer, and somebody to wait for what comes."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.answer = Answer.TAKE
        self.calls = 0
        self.news = threading.Condition()
        self.gone = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def called(self) -> None:
        """Count somebody who came, whatever becomes of it."""
        with self.news:
            self.calls += 1
            self.news.notify_all()

    def wait(self, ready: Callable[[], bool]) -> None:
        """Wait until something has come; a test fails if it does not come."""
        with self.news:
            assert self.news.wait_for(ready, LIMIT), "nothing came in time"

    def wait_for_calls(self, count: int) -> None:
        """Wait until so many messages were brought, taken or not."""
        self.wait(lambda: self.calls >= count)

    def _socket(self) -> socket.socket:
        made = socket.create_server((HOST, self.port))
        self.port = made.getsockname()[1]
        return made


class MailServer(_Server):
    """An SMTP server. `mails` holds what it took."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.mails: list[Mail] = []

    def url(self, who: str, secret: str = "") -> str:
        """An Apprise URL for mail to `who@desk.example`."""
        login = f"desk:{quote(secret)}@" if secret else ""
        return f"mailto://{login}{HOST}:{self.port}/?from=desk@desk.example&to={who}@desk.example"

    @property
    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.mails]

    def wait_for(self, count: int) -> list[Mail]:
        """What was taken, once it is so many."""
        self.wait(lambda: len(self.mails) >= count)
        return list(self.mails)

    def start(self) -> None:
        self.gone.clear()
        listening = self._socket()
        self._loop = asyncio.new_event_loop()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(listening, ready), daemon=True)
        self._thread.start()
        assert ready.wait(LIMIT), "the mail server did not start"  # it cannot be stopped before

    def _serve(self, listening: socket.socket, ready: threading.Event) -> None:
        loop = self._loop
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(
            loop.create_server(lambda: SMTP(self, loop=loop, enable_SMTPUTF8=True), sock=listening)
        )
        ready.set()
        loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    def stop(self) -> None:
        if self.gone.is_set():
            return
        self.gone.set()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """What aiosmtpd calls when a whole message is there."""
        self.called()
        while self.answer is Answer.HANG:  # noqa: ASYNC110 - the answer is changed by another thread
            await asyncio.sleep(0.02)
        if self.answer is Answer.REFUSE:
            return "550 No such mailbox here, and the password was hunter2"
        raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        with self.news:
            self.mails.append(_mail(tuple(envelope.rcpt_tos), raw))
            self.news.notify_all()
        return "250 OK"


def _mail(to: tuple[str, ...], raw: bytes) -> Mail:
    message = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
    part = message.get_body(("plain",))
    body = str(part.get_content()) if part is not None else ""
    return Mail(to=to, subject=str(message["Subject"]), body=body.replace("\r\n", "\n"), raw=raw)


class WebServer(_Server):
    """A web server. `requests` holds what it took; `status` and `location` are what it answers."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.requests: list[Request] = []
        self.status = 200
        self.location = ""

    def url(self, path: str) -> str:
        """An Apprise URL that posts JSON with `title` and `message` to /path."""
        return f"json://{HOST}:{self.port}/{path}"

    def address(self, path: str) -> str:
        """The plain URL."""
        return f"http://{HOST}:{self.port}/{path}"

    @property
    def titles(self) -> list[str]:
        return [request.json["title"] for request in self.requests if request.method == "POST"]

    def wait_for(self, count: int) -> list[Request]:
        """What was taken, once it is so many."""
        self.wait(lambda: len(self.requests) >= count)
        return list(self.requests)

    def start(self) -> None:
        self.gone.clear()
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.take(self)

            def do_POST(self) -> None:
                web.take(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
                pass

        self._server = ThreadingHTTPServer((HOST, self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self.gone.is_set():
            return
        self.gone.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, caller: BaseHTTPRequestHandler) -> None:
        """Answer one request as `answer` says."""
        body = caller.rfile.read(int(caller.headers.get("Content-Length") or 0))
        self.called()
        while self.answer is Answer.HANG and not self.gone.is_set():
            time.sleep(0.02)
        if self.gone.is_set():
            return
        if self.answer is Answer.TAKE:
            with self.news:
                self.requests.append(Request(caller.command, caller.path, body, dict(caller.headers)))
                self.news.notify_all()
        status = self.status
        if self.answer is Answer.REFUSE and status < 400:
            status = 500
        try:
            caller.send_response(status)
            if self.location:
                caller.send_header("Location", self.location)
            caller.send_header("Content-Length", "0")
            caller.end_headers()
        except OSError:
            pass  # whoever asked has hung up
