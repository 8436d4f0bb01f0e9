"""Sending messages through Apprise (extra `visitsafe[notify]`), with a deadline and without telling secrets.

Apprise is handed one URL, and text that is never markup. It reads no configuration, attachment, template or
plugin from a disk, follows no redirect (the message would be lost on the way), and writes nothing to our
screen: its log is read for the kind of trouble (`notify_trouble`) and dropped. Whom to send to, and when to
try again, is decided elsewhere.
"""

import logging
import re
import warnings
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import cache
from types import ModuleType
from typing import Any

import msgspec

from visitsafe.text.phones import PhoneError, telephone
from visitsafe.watch.alarm_facts import Text
from visitsafe.watch.deadline import within
from visitsafe.watch.notify_trouble import why_failed

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

    def __init__(self, urls: Mapping[str, str], timeout: float = DEADLINE) -> None:
        """Know the channels.

        Args:
            urls: Label to Apprise URL.
            timeout: Seconds for each message.
        """
        self._urls = dict(urls)
        self._timeout = timeout
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
        outcome = send(url, label, text, self._timeout)
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
