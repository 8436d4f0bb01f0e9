"""Sending messages through Apprise (extra `visitsafe[notify]`), with a deadline and without telling secrets.

Apprise is handed one URL, and text that is never markup. It reads no configuration, attachment, template or
plugin from a disk, follows no redirect (the message would be lost on the way), and writes nothing to our
screen: its log is read for the kind of trouble (`notify_trouble`) and dropped. Whom to send to, and when to
try again, is decided elsewhere.
"""

import logging
import os
import re
import ssl
import threading
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime, timedelta
from email.message import Message
from functools import cache
from http.client import HTTPException
from pathlib import Path
from types import ModuleType
from typing import IO, Any, Generic, TypeVar
from urllib.parse import urlsplit

import msgspec

from visitsafe.settings import Settings, unread, written
from visitsafe.team.people import as_heard, words_in
from visitsafe.text.clean import clean, is_name, quoted
from visitsafe.text.phones import PhoneError, telephone
from visitsafe.watch.messages import Text
from visitsafe.watch.outbox import GROUPS, Channel, Contacts

T = TypeVar("T")


class _Run(Generic[T]):
    """One run of some work and what came of it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self.work = work
        self.results: list[T] = []
        self.errors: list[BaseException] = []

    def __call__(self) -> None:
        try:
            self.results.append(self.work())
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits; a thread must not print it
            self.errors.append(error)


def within(seconds: float, work: Callable[[], T]) -> T:
    """Do some work, and give up waiting for it after so many seconds.

    Raises:
        TimeoutError: It has not come back yet.
        Exception: Whatever the work raised.
    """
    run = _Run(work)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if run.errors:
        raise run.errors[0]
    if not run.results:
        raise TimeoutError
    return run.results[0]


LONGEST_LABEL = 60
MOST_IN_A_URL_FILE = 10_000
OTHERS_READ = 0o044
_KEYS = {"label", "who", "url", "url_file", "address"}
ONLY_THE_SCREEN = "no channel is left: only the screen of the watch tells"


class Reach(msgspec.Struct, frozen=True):
    """Whom the desk can reach, and how.

    Attributes:
        contacts: The channels by label, and the line managers.
        urls: Label to Apprise URL, with its secrets: for `notify` alone, never shown.
        faults: Sentences about entries that are left out because they cannot be used.
        warnings: Sentences about what can be used but should be mended.
    """

    contacts: Contacts
    urls: Mapping[str, str]
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def trouble(self) -> str:
        """What the board says of it, in one sentence; empty if every entry can be used."""
        if not self.faults:
            return ""
        more = f" (and {len(self.faults) - 1} more)" if len(self.faults) > 1 else ""
        left = "" if self.contacts.channels else f"; {ONLY_THE_SCREEN}"
        return f"left out of its notifications: {self.faults[0]}{more}{left}"

    def __repr__(self) -> str:
        """Without the URLs: what is printed in haste must not hold a password."""
        return f"Reach({len(self.urls)} channels)"


def read_reach(settings: Settings) -> Reach:
    """Read the channels and the line managers; there may be none.

    Raises:
        SettingsError: The settings file cannot be read.
    """
    tables = written(settings)
    problems = unread(tables)
    channels: list[Channel] = []
    urls: dict[str, str] = {}
    files: list[Path] = []
    entries = tables.get("notify", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        problems.append("notify is not a list of entries; begin each with [[notify]], in two brackets")
        entries = []
    for number, entry in enumerate(entries, 1):
        wrong = list(_faults(entry, urls, settings.home))
        problems += [f"{_named(number, entry)}: {sentence}" for sentence in wrong]
        if not wrong:
            urls[entry["label"]] = _url(entry, settings.home)
            channels.append(Channel(entry["label"], _who(entry["who"]), address=entry.get("address", False)))
            files += [_file(entry, settings.home) if "url_file" in entry else settings.file]
    line_managers = _line_managers(tables.get("line-managers", {}), problems)
    contacts = Contacts(tuple(channels), line_managers)
    return Reach(contacts, urls, tuple(problems), tuple(_readable(files)))


def _named(number: int, entry: Mapping[str, Any]) -> str:
    label = entry.get("label")
    called = f" ({quoted(label)})" if isinstance(label, str) and clean(label) and "://" not in label else ""
    return f"[[notify]] entry {number}{called}"


def _faults(entry: Mapping[str, Any], taken: Mapping[str, str], home: Path) -> Iterator[str]:
    unknown = [key for key in entry if key not in _KEYS]
    if unknown:
        yield f"there is nothing called {quoted(unknown[0])}; there are label, who, url, url_file and address"
    yield from _label_faults(entry.get("label"), taken)
    if not _who(entry.get("who")):
        yield f"who must be {', '.join(GROUPS)} or a member's name or e-mail"
    if not isinstance(entry.get("address", False), bool):
        yield "address must be true or false, without quotes"
    if ("url" in entry) == ("url_file" in entry):
        yield "it needs either a url or a url_file"
    elif "url_file" in entry:
        yield from _file_faults(entry, home)
    elif not isinstance(entry["url"], str) or not entry["url"].strip():
        yield 'the url is empty; write it in quotes, like "mailtos://..."'


def _label_faults(label: Any, taken: Mapping[str, str]) -> Iterator[str]:
    if not isinstance(label, str) or not label.strip():
        yield "it needs a label, by which screens and the record call it"
    elif clean(label) != label or len(label) > LONGEST_LABEL:
        yield f"the label must be plain text on one line, of {LONGEST_LABEL} characters at most"
    elif "://" in label:
        yield "the label looks like a URL; give it a name that anybody may read"
    elif as_heard(label) in {as_heard(other) for other in taken}:
        yield "another entry has the same label; each needs one of its own"


def _who(who: Any) -> str:
    """`who` in the one spelling that the ladder uses; empty if it is nobody."""
    if not isinstance(who, str):
        return ""
    name = clean(who)
    if name.lower() in GROUPS:
        return name.lower()
    return name if _is_somebody(name) else ""


def _is_somebody(text: Any) -> bool:
    """Whether it can be a name or an e-mail; who of the team that is, is found out when it is needed."""
    return (
        isinstance(text, str)
        and clean(text) == text
        and is_name(text)
        and bool(words_in(text))
        and "://" not in text
    )


def _file(entry: Mapping[str, Any], home: Path) -> Path:
    return home / str(entry["url_file"])


def _file_faults(entry: Mapping[str, Any], home: Path) -> Iterator[str]:
    name = entry["url_file"]
    if not isinstance(name, str) or not name.strip() or "\0" in name:
        yield "the url_file is not the name of a file"
        return
    try:
        url = _url(entry, home)
    except OSError as error:
        yield f"cannot read its url_file: {error.strerror}"
        return
    except ValueError:
        yield "its url_file is not a text file"
        return
    if not url or "\n" in url:
        yield "its url_file must hold the URL and nothing else, on one line"


def _url(entry: Mapping[str, Any], home: Path) -> str:
    """The URL itself, from the entry or from its file."""
    if "url" in entry:
        return str(entry["url"]).strip()
    with _file(entry, home).open(encoding="utf-8") as file:
        return file.read(MOST_IN_A_URL_FILE).strip()


def _line_managers(table: Any, problems: list[str]) -> dict[str, str]:
    """A worker to their line manager, each by name or e-mail."""
    if not isinstance(table, dict):
        problems.append("line-managers is not a table; begin it with [line-managers]")
        return {}
    found: dict[str, str] = {}
    for worker, manager in table.items():
        if not _is_somebody(worker) or not _is_somebody(manager):
            problems.append(f"[line-managers] {quoted(worker)}: write both names or e-mails in quotes")
        else:
            found[worker] = manager
    return found


def _readable(files: Sequence[Path]) -> list[str]:
    """A sentence for each file with URLs that others can read."""
    if os.name == "nt":
        return []
    return [
        f"others can read {path}, which holds passwords of the notifications; run: chmod 600 '{path}'"
        for path in dict.fromkeys(files)
        if path.stat().st_mode & OTHERS_READ
    ]


_STATUS = re.compile(r"\berror=([1-5][0-9]{2})\b")
_REPLY = re.compile(r"\(([45][0-9]{2}), b['\"]")
_REFUSED_TO = re.compile(r"was refused: ([45][0-9]{2})\b")
_LOGIN, _NOWHERE, _TOO_OFTEN = ("401", "403", "530", "535"), ("404", "410"), ("429",)
_TROUBLE = (
    ("smtp auth", "the server did not accept the name or password"),
    ("authenticat", "the server did not accept the name or password"),
    ("connection refused", "the server refused the connection"),
    ("name or service not known", "the server's name is not known"),
    ("nameresolution", "the server's name is not known"),
    ("getaddrinfo", "the server's name is not known"),
    ("certificate", "the server's certificate cannot be trusted"),
    ("ssl", "no safe connection could be made"),
    ("timed out", "the server did not answer in time"),
    ("timeout", "the server did not answer in time"),
    ("unreachable", "the network cannot be reached"),
    ("no route", "the network cannot be reached"),
    ("reset", "the server cut the connection"),
    ("closed", "the server cut the connection"),
    ("aborted", "the server cut the connection"),
    ("connection error", "no connection to the server"),
)


def why_failed(heard: Iterable[str]) -> str:
    """What kind of trouble was reported, in our words.

    Args:
        heard: What was logged while the message was sent.
    """
    said = " ".join(heard)
    found = _STATUS.search(said) or _REPLY.search(said) or _REFUSED_TO.search(said)
    if found:
        return _by_number(found[1])
    lower = said.lower()
    return next((words for sign, words in _TROUBLE if sign in lower), "the service did not take the message")


def _by_number(code: str) -> str:
    if code in _LOGIN:
        return f"the server did not accept the name or password ({code})"
    if code in _NOWHERE:
        return f"the server knows no such address ({code})"
    if code in _TOO_OFTEN:
        return f"the server was asked too often ({code})"
    if code.startswith("3"):
        return f"the server answered that it has moved ({code})"
    return f"the server refused the message ({code})"


DEADLINE = 10.0
"""Seconds after which a message that nobody took has failed."""
RESTS = (timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2))
"""How long a channel is left alone after it has failed once, twice, and more often in a row."""
INSTALL = "pip install 'visitsafe[notify]'"
NOT_USABLE = "Apprise cannot use this URL"

_HEARD: ContextVar["list[str] | None"] = ContextVar("what Apprise logs about one message", default=None)


class Sent(msgspec.Struct, frozen=True):
    """A message was handed over. It is not read yet, and nobody owns anything."""


class Failed(msgspec.Struct, frozen=True):
    """A message could not be handed over; `why` in a few words without secrets."""

    why: str


def send(url: str, label: str, text: Text, timeout: float = DEADLINE) -> Sent | Failed:
    """Hand over one message.

    Args:
        url: An Apprise URL, with its secrets.
        label: What the record calls the channel: the only thing about it that may be told.
        text: Plain text.
        timeout: Seconds after which it counts as failed, whatever the server does. It may still arrive.
    """
    try:
        apprise = _apprise()
    except ImportError:
        return Failed(f"Apprise is not installed; run: {INSTALL}")
    try:
        return within(timeout, lambda: _hand_over(apprise, url, text))
    except TimeoutError:
        return Failed(f"no answer within {timeout:g} seconds")
    except Exception:  # noqa: BLE001 - a hundred plugins, each may fail in its own way; the watch must go on
        return Failed(f"the channel {label!r} could not be used")


def check_channels(urls: Mapping[str, str]) -> list[str]:
    """What is wrong with the channels, before the first alarm: a sentence each; none if all can be used.

    Args:
        urls: Label to Apprise URL.
    """
    if not urls:
        return []
    try:
        apprise = _apprise()
    except ImportError:
        return [f"messages cannot be sent because Apprise is not installed; run: {INSTALL}"]
    return [said for label, url in urls.items() if (said := _what_is_wrong(apprise, label, url))]


class Channels:
    """The desk's channels, each left alone for a while after it has failed.

    So one dead server does not hold up the messages to all others, ten seconds each. No clock: times are
    arguments.
    """

    def __init__(self, urls: Mapping[str, str]) -> None:
        """Know the channels.

        Args:
            urls: Label to Apprise URL.
        """
        self._urls = dict(urls)
        self._failures: dict[str, int] = {}
        self._until: dict[str, datetime] = {}

    def rests_until(self, label: str, now: datetime) -> datetime | None:
        """Until when a channel is left alone because it failed; None if it may be tried now."""
        until = self._until.get(label)
        if until is None or until <= now or until - now > RESTS[-1]:  # a clock that was set back
            return None
        return until

    def send(self, label: str, text: Text, now: datetime) -> Sent | Failed:
        """Hand over one message, and remember what became of it. It is tried even while the channel rests."""
        url = self._urls.get(label)
        if url is None:
            return Failed("the settings have no channel of this name any more")
        outcome = send(url, label, text)
        if isinstance(outcome, Sent):
            self._failures.pop(label, None)
            self._until.pop(label, None)
        else:
            failures = self._failures[label] = self._failures.get(label, 0) + 1
            self._until[label] = now + RESTS[min(failures, len(RESTS)) - 1]
        return outcome


def _hand_over(apprise: ModuleType, url: str, text: Text) -> Sent | Failed:
    heard: list[str] = []
    _HEARD.set(heard)  # this thread's, and that of those which Apprise starts from it
    service, why_not = _service(apprise, url)
    if service is None:
        return Failed(why_not)
    sender = apprise.Apprise(asset=service.asset)
    sender.add(service)
    if sender.notify(title=text.title, body=text.body, body_format="text", notify_type="warning"):
        return Sent()
    return Failed(why_failed(heard))


def _service(apprise: ModuleType, url: str) -> tuple[Any, str]:
    """What sends to a URL, or why there is none."""
    try:
        service = apprise.Apprise.instantiate(url, asset=_asset(apprise))
    except Exception:  # noqa: BLE001 - whatever is wrong with a URL is said in our words, without the URL
        service = None
    if service is None:
        return None, NOT_USABLE
    if any(isinstance(part, apprise.AppriseAttachment) and len(part) for part in vars(service).values()):
        return None, "this URL names a file to be read, which visitsafe does not allow"
    return service, ""


def _asset(apprise: ModuleType) -> Any:
    """How Apprise is to behave: nothing from a disk, nothing on the side, our name and no pictures."""
    wanted: dict[str, Any] = {
        "app_id": "visitsafe",
        "app_desc": "visitsafe",
        "app_url": "",
        "image_url_mask": "",
        "image_url_logo": "",
        "image_path_mask": "",
        "async_mode": False,
        "http_redirects": False,
        "interpret_emojis": False,
        "interpret_escapes": False,
        "pgp_autogen": False,
        "pem_autogen": False,
        "secure_logging": True,
    }
    known = {name: value for name, value in wanted.items() if hasattr(apprise.AppriseAsset, name)}
    if hasattr(apprise.AppriseAsset, "_service_timeout"):
        # Else Apprise 2 sends from a pool of threads that keep the program from ending while one hangs.
        known["service_timeout"] = 0
    return apprise.AppriseAsset(storage_mode="memory", **known)


def _what_is_wrong(apprise: ModuleType, label: str, url: str) -> str:
    scheme = url.partition("://")[0].strip().lower()
    if "://" not in url or not re.fullmatch(r"[a-z][a-z0-9]{1,20}", scheme):
        return f"the channel {label!r}: its url does not begin like mailtos:// or json://; see Apprise's list"
    try:
        why_not = within(DEADLINE, lambda: _why_not_used(apprise, url))
    except Exception:  # noqa: BLE001 - as in `_service`
        why_not = NOT_USABLE
    if why_not == NOT_USABLE:
        return (
            f"the channel {label!r}: Apprise cannot use its {scheme}:// url; "
            "something in it is missing or misspelt, or the scheme is unknown"
        )
    return f"the channel {label!r}: {why_not}" if why_not else ""


def _why_not_used(apprise: ModuleType, url: str) -> str:
    """Why nothing can be sent to a URL, or not to each of its telephone numbers; empty if it can.

    A gateway that sends to the other numbers of a URL would leave it unsaid that one was misspelt.
    """
    heard: list[str] = []
    _HEARD.set(heard)
    service, why_not = _service(apprise, url)
    if service is None or "target_phone" not in service.template_tokens:
        return why_not
    targets = [one[-1] if isinstance(one, tuple) else one for one in getattr(service, "targets", None) or ()]
    numbers = [one for one in targets if isinstance(one, str) and one.lstrip("+").isdigit()]
    if any("invalid phone" in said for said in heard) or not all(map(_can_be_rung, numbers)):
        return "one of its telephone numbers cannot be in use; write it like +447700900123"
    return why_not


def _can_be_rung(number: str) -> bool:
    """Whether a gateway may take it for a number, with its country or without."""
    for typed in (number, f"+{number.lstrip('+')}"):
        try:
            return bool(telephone(typed))
        except PhoneError:
            continue
    return False


class _Ear(logging.Handler):
    """Hears what Apprise logs about the message that is being sent: its trouble, not its contents."""

    def emit(self, record: logging.LogRecord) -> None:
        heard = _HEARD.get()
        if heard is None:
            return
        said = record.getMessage()
        if record.levelno >= logging.WARNING or said.startswith("Socket Exception"):
            heard.append(said)


@cache
def _apprise() -> ModuleType:
    """Apprise with its plugins, loaded once and kept quiet.

    Raises:
        ImportError: It is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its plugins import modules that Python is about to drop
        import apprise

        logger = logging.getLogger("apprise")
        logger.addHandler(_Ear())
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        _quieten()
        apprise.Apprise.instantiate("json://localhost", asset=_asset(apprise))  # loads all plugins
    return apprise


def _quieten() -> None:
    """Keep what Apprise uses off our screen: Python prints warnings that nobody listens to."""
    for name in ("urllib3", "requests", "paho", "slixmpp", "MARKDOWN"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    import urllib3

    urllib3.disable_warnings()


PING_DEADLINE = 5.0
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


def ping(url: str, timeout: float = PING_DEADLINE) -> str:
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

    def __init__(self, url: str, timeout: float = PING_DEADLINE) -> None:
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
