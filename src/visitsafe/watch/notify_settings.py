"""Whom the desk can reach, from its settings.toml: `[[notify]]` and `[line-managers]` (D15).

Addresses and their secrets stay on this machine: the record and every screen know a channel by its label.
Whatever is misspelt is left out and told of in a sentence that names the entry, at the start and not at the
first alarm: one bad entry must not keep the others from being used. Whether a URL works is `notify`'s affair.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from visitsafe.record.kinds import Role
from visitsafe.settings import Settings, unread, written
from visitsafe.state.alarm import WORKER
from visitsafe.team.people import as_heard
from visitsafe.text.clean import clean, quoted
from visitsafe.watch.contacts import LINE_MANAGER, Channel, Contacts

GROUPS = (Role.DUTY.value, Role.MANAGER.value, LINE_MANAGER, WORKER)
"""What `who` may be, besides a member's e-mail."""
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
    return Reach(contacts, urls, tuple(problems), (*_readable(files), *_unreached(contacts)))


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
        yield f"who must be {', '.join(GROUPS)} or a member's e-mail"
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
    return name if _is_email(name) else ""


def _is_email(text: Any) -> bool:
    before, at, after = text.partition("@") if isinstance(text, str) else ("", "", "")
    return bool(before and at and after) and " " not in text and clean(text) == text


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
    """A worker's e-mail to their line manager's."""
    if not isinstance(table, dict):
        problems.append("line-managers is not a table; begin it with [line-managers]")
        return {}
    found: dict[str, str] = {}
    for worker, manager in table.items():
        if not _is_email(worker) or not _is_email(manager):
            problems.append(f"[line-managers] {quoted(worker)}: write both e-mails in quotes")
        elif as_heard(worker) == as_heard(manager):
            problems.append(f"[line-managers] {quoted(worker)}: nobody is their own line manager")
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


def _unreached(contacts: Contacts) -> list[str]:
    """A sentence for each line manager who has no channel; their step goes to the managers instead."""
    reached = {as_heard(channel.who) for channel in contacts.channels}
    return [
        f"the line manager {quoted(manager)} has no [[notify]] entry; the managers are told instead"
        for manager in dict.fromkeys(contacts.line_managers.values())
        if as_heard(manager) not in reached
    ]
