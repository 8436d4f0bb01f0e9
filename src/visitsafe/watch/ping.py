"""Telling an outside monitor that the watcher is well (`watch --ping URL`): one GET after each healthy round.

The monitor raises an alarm when the pings stop, so somebody hears even of a desk without power. Nothing but
the GET goes out. The URL often holds a secret and is never shown; no redirect is followed, for it would hand
the secret on. A monitor that hangs holds up nothing.
"""

import ssl
import threading
import urllib.error
import urllib.request
from email.message import Message
from http.client import HTTPException
from typing import IO
from urllib.parse import urlsplit

from visitsafe.watch.deadline import within

DEADLINE = 5.0
"""Seconds."""


def check_ping_url(url: str) -> str:
    """What is wrong with the URL of a monitor, for the start; empty if it can be tried."""
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return "the ping URL cannot be read"
    if parts.scheme not in {"http", "https"}:
        return "the ping URL does not begin with https:// or http://"
    if not sound or not url.isascii() or not url.isprintable() or " " in url:
        return "the ping URL cannot be read"
    return ""


def ping(url: str, timeout: float = DEADLINE) -> str:
    """Tell the monitor once, and wait for its answer.

    Args:
        url: Where, http or https.
        timeout: Seconds; nothing makes this take longer.

    Returns:
        Empty if the monitor heard it, else why not, in a few words without the URL.
    """
    wrong = check_ping_url(url)
    if wrong:
        return wrong
    try:
        return within(timeout, lambda: _get(url, timeout))
    except TimeoutError:
        return f"the monitor did not answer within {timeout:g} seconds"
    except Exception as error:  # noqa: BLE001 - a monitor must never stop the watch
        return _why(error)


class Pinger:
    """Pings after each round without making the round wait: the answer is known at the next one."""

    def __init__(self, url: str, timeout: float = DEADLINE) -> None:
        """Know the monitor; nothing is sent yet.

        Args:
            url: Where, http or https.
            timeout: Seconds.
        """
        self._url = url
        self._timeout = timeout
        self._thread: threading.Thread | None = None
        self._trouble = ""

    def ping(self) -> str:
        """Send a ping, unless the last one is still on its way; what was wrong with the last one, or ""."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        return self._trouble

    def wait(self) -> str:
        """Wait until the ping on its way has been answered or given up; what was wrong with it, or ""."""
        if self._thread is not None:
            self._thread.join(self._timeout + 1)
        return self._trouble

    def _run(self) -> None:
        self._trouble = ping(self._url, self._timeout)


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nothing: a redirect is an answer like any other."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> None:
        """Do not make another request."""


def _get(url: str, timeout: float) -> str:
    opener = urllib.request.OpenerDirector()  # not build_opener: that one opens file: and ftp: too
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Stay(),
    ):
        opener.add_handler(handler)
    request = urllib.request.Request(url, headers={"User-Agent": "visitsafe"})  # noqa: S310 - the scheme was checked
    with opener.open(request, timeout=timeout):
        return ""


def _why(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return f"the monitor answered {error.code}"
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLError):
        return "no safe connection to the monitor could be made"
    if isinstance(reason, TimeoutError):
        return "the monitor did not answer in time"
    if isinstance(reason, OSError | HTTPException):
        return "the monitor could not be reached"
    return "the ping could not be sent"
