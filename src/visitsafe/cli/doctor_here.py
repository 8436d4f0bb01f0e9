"""What `visitsafe doctor` looks at on this computer: folder, key, programs, channels and checklists.

Nothing is changed, nothing is sent, no key is opened and no secret is shown.
"""

import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from visitsafe.exchange.doctor import HealthFinding, bad, good, look
from visitsafe.opening import FIRST, public_line_of
from visitsafe.settings import OTHERS_WRITE, Settings

if TYPE_CHECKING:
    from visitsafe.team.roster import Roster

_OTHERS = 0o077
_OTHERS_READ = 0o044
_YEAR = timedelta(days=365)
_SECRETS = ("notify", "ping")
_OPENSSH = "install OpenSSH"


def check_folder(settings: Settings) -> Iterator[HealthFinding]:
    """Whether others can read or change what belongs to this person."""
    name, home = "folder", settings.home
    mode = _mode(home)
    if mode is None:
        yield look(name, f"there is nothing at {home} yet", FIRST)
        return
    if mode & OTHERS_WRITE:
        yield bad(name, f"others can write to {home}, where your key is kept", f"chmod 700 '{home}'")
    elif mode & _OTHERS:
        yield look(name, f"others can look into {home}, where drafts are kept", f"chmod 700 '{home}'")
    else:
        yield good(name, f"{home} is yours alone")
    settled = _mode(settings.file)
    if settled is None:
        yield look("settings", f"there is no {settings.file.name} yet", FIRST)
    elif settled & OTHERS_WRITE or (settled & _OTHERS_READ and _holds_secrets(settings)):
        yield bad("settings", f"others can read or change {settings.file}", f"chmod 600 '{settings.file}'")
    else:
        yield good("settings", str(settings.file))


def check_key(settings: Settings, environ: Mapping[str, str]) -> Iterator[HealthFinding]:
    """Whether the key is there and whole, and whether what signs with it is. It is not opened."""
    from visitsafe.record import ssh as keyfile
    from visitsafe.record.agent import AGENT, FILE, examine

    name = "key"
    if settings.key is None:
        yield look(name, "you have none yet", FIRST)
        return
    program = shutil.which("ssh-keygen", path=environ.get("PATH"))
    if settings.via and program is None:
        yield bad(
            name, "it is in an agent or in hardware, and there is no ssh-keygen to sign with it", _OPENSSH
        )
    if settings.via == AGENT:
        public_line_of(settings.key)
        yield good(name, "it is in an ssh-agent; its public half is here")
    else:
        held = examine(settings.key)
        frame = keyfile.take_apart(held.path, keyfile.read_private(held.path))
        locked = "locked with a passphrase" if frame.locked else "not locked with a passphrase"
        if held.via != settings.via:
            yield bad(
                name, f"{settings.key} is another kind of key than the settings say", "visitsafe key use"
            )
        elif held.via == FILE and not frame.locked:
            mend = f"ssh-keygen -p -f '{settings.key}'"
            yield look(name, f"{settings.key}, yours alone, and {locked}", mend)
        else:
            yield good(name, f"{settings.key}, yours alone, and {locked}")
    if settings.coming is not None:
        yield look(name, "the change to a new key was not finished", "visitsafe key replace")


def check_details(settings: Settings, now: datetime) -> Iterator[HealthFinding]:
    """Whether this person has given details by which they can be found. What they say stays sealed."""
    from visitsafe.membership.details import NAME

    name, path = "my details", settings.home / NAME
    changed = file_time(path)
    if changed is None:
        yield look(
            name, "you have given no tracing details, by which you could be found", "visitsafe details"
        )
    elif now - changed > _YEAR:
        mend = "visitsafe details, then: visitsafe details --confirm"
        yield look(name, f"your tracing details were last looked over on {changed:%d.%m.%Y} or before", mend)
    else:
        yield good(name, f"kept, sealed; last written on {changed.day} {changed:%B %Y}")


def check_channels(settings: Settings, roster: "Roster | None", *, needed: bool) -> Iterator[HealthFinding]:
    """Whether messages could be sent from here. Nothing is sent, and no address is shown."""
    from visitsafe.cli.watch_ready import ADD_CHANNEL, NO_CHANNELS
    from visitsafe.watch.notify import check_channels as unusable
    from visitsafe.watch.notify import read_reach
    from visitsafe.watch.outbox import dead, unreached

    name = "channels"
    reach = read_reach(settings)
    mend = f"mend {settings.file}; a watch that is running has to be started again"
    for text in reach.faults:
        yield bad(name, text, mend)
    if not reach.urls:
        if needed:
            yield look(name, NO_CHANNELS, ADD_CHANNEL)
        return
    wrong = unusable(reach.urls)
    for text in wrong:
        yield bad(name, text, f"{mend}, then: visitsafe watch --drill")
    for text in dead(reach.contacts, roster.members) if roster else []:
        yield bad(name, text, mend)
    for text in (*reach.warnings, *(unreached(reach.contacts, roster.members) if roster else [])):
        yield look(name, text, mend)
    if not wrong:
        yield good(name, f"{len(reach.urls)} can be used; whether messages arrive: visitsafe watch --drill")


def check_checklists(settings: Settings, now: datetime) -> Iterator[HealthFinding]:
    """Whether every checklist can be used, and whether the sources of the agency's own are still reviewed.

    Nobody here can do anything about those that visitsafe brings along: `checklist check` names them too.
    """
    from visitsafe.checklists.library import check_library, load_all, shipped_folder

    report = check_library(load_all([shipped_folder(), *settings.checklists]), now.date())
    mend = "visitsafe checklist check"
    if report.problems:
        yield bad("checklists", f"{report.problems[0]} ({len(report.problems)} in all)", mend)
    own = [text for text in report.warnings if not text.startswith(f"{shipped_folder()}{os.sep}")]
    if own:
        yield look("checklists", f"{own[0]} ({len(own)} in all)", mend)
    if not report.problems:
        yield good("checklists", f"{len(report.files)} files can be used")


def check_programs(environ: Mapping[str, str]) -> Iterator[HealthFinding]:
    """Which Python, libraries and programs there are."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield good("python", f"{version}, with SQLite {sqlite3.sqlite_version}")
    found, missing = _libraries()
    if missing:
        yield bad("libraries", f"missing: {', '.join(missing)}", "install visitsafe again")
    yield good("libraries", ", ".join(found))
    program = shutil.which("ssh-keygen", path=environ.get("PATH"))
    if program is None:
        yield look("ssh-keygen", "not found; keys in files work without", _OPENSSH)
    else:
        yield good("ssh-keygen", program)


def file_time(path: Path) -> datetime | None:
    """When a file was last written, by the clock of its disk; None if there is none."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, OverflowError, ValueError):
        return None


def _mode(path: Path) -> int | None:
    """The permissions; those of a system without them count as good."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None
    return 0 if os.name == "nt" else mode


def _holds_secrets(settings: Settings) -> bool:
    from visitsafe.settings import written

    tables = written(settings)
    store = tables.get("store", {})
    url = str(store.get("url", "")) if isinstance(store, dict) else ""
    return any(name in tables for name in _SECRETS) or url.lower().startswith("postgres")


def _libraries() -> tuple[list[str], list[str]]:
    """The libraries that visitsafe needs, with their versions, and those that are missing."""
    import re
    from importlib import metadata

    try:
        needed: Iterable[str] = metadata.requires("visitsafe") or []
    except metadata.PackageNotFoundError:
        needed = []
    found, missing = [], []
    for requirement in needed:
        named = re.match(r"[A-Za-z0-9._-]+", requirement)
        extra = re.search(r"extra == ['\"](\w+)['\"]", requirement)
        if named is None or (extra is not None and extra[1] == "dev"):
            continue
        try:
            found.append(f"{named[0]} {metadata.version(named[0])}")
        except metadata.PackageNotFoundError:
            if extra is None:
                missing.append(named[0])
    return found, missing
