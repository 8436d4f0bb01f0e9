"""`visitsafe doctor`: one line for each thing that visitsafe needs, what is wrong, and what mends it.

It changes nothing, sends nothing, opens no key and shows no secret. What cannot be looked at is bad, and
stops nothing else.
"""

import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import result, result_json
from visitsafe.exchange.doctor import HealthFinding, bad, good, look
from visitsafe.opening import (
    FIRST,
    Invocation,
    invocation,
    my_fingerprint,
    public_line_of,
    settings_of,
    zone_of,
)
from visitsafe.settings import OTHERS_WRITE, Settings
from visitsafe.text.clean import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from visitsafe.store.open import Care
    from visitsafe.team.roster import Roster


_WIDTH = 16
_MOST_PAGES = 256 << 20
"""Bytes of a store up to which all of its pages are looked at; `verify` does so whatever its size."""


def doctor(
    context: typer.Context, json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False
) -> None:
    """Say what is wrong with this computer, your key, the team or the store, and what mends it."""
    import msgspec

    from visitsafe.exchange.doctor import State

    found = list(_examined(context))
    if json:
        result_json(msgspec.to_builtins(found))
    else:
        result("\n".join(_lines(found)))
    if any(one.state is State.BAD for one in found):
        raise typer.Exit(1)


def _examined(context: typer.Context) -> "Iterator[HealthFinding]":
    from visitsafe.errors import VisitsafeError
    from visitsafe.exchange.doctor import bad, guarded

    run = invocation(context)
    yield from guarded("programs", lambda: check_programs(run.environ))
    try:
        settings = settings_of(context)
    except VisitsafeError as error:
        yield bad("settings", error.message, error.hint or "")
        return
    owner = _looks_after(settings)
    if not owner:
        yield from guarded("folder", lambda: check_folder(settings))
        yield from guarded("key", lambda: check_key(settings, run.environ))
    yield from guarded("checklists", lambda: check_checklists(settings, run.now))
    yield from _store(run, settings, owner=owner)


def _looks_after(settings: "Settings") -> bool:
    """Whether it is no member who asks but whoever looks after the database: no key, the owner's login."""
    from visitsafe.errors import VisitsafeError
    from visitsafe.store.open import care_of, is_postgres

    if settings.key is not None or settings.name or not is_postgres(settings.store):
        return False
    try:
        with care_of(settings.store, owner=True) as care:
            return care.may_mark()
    except VisitsafeError:
        return False


def _store(run: Invocation, settings: "Settings", *, owner: bool) -> "Iterator[HealthFinding]":
    from visitsafe.errors import VisitsafeError
    from visitsafe.exchange.doctor import bad, look
    from visitsafe.store.open import care_of, store_exists

    try:
        if not settings.team and not settings.name and not store_exists(settings.store):
            yield look("store", "there is none yet", FIRST)
            return
        with care_of(settings.store, owner=owner) as care:
            yield from _in_store(run, settings, care, owner=owner)
    except VisitsafeError as error:
        yield bad("store", error.message, error.hint or "")


def _in_store(
    run: Invocation, settings: "Settings", care: "Care", *, owner: bool
) -> "Iterator[HealthFinding]":
    from visitsafe.exchange.doctor import check_me, check_tail, guarded, is_watcher
    from visitsafe.record.terms import PLANNERS
    from visitsafe.store.marks import FILLING, MOVED

    yield from guarded("store", lambda: _itself(care))
    if care.store.meta().keys() & {FILLING, MOVED}:
        return  # that is all there is to say of part of a copy, or of a store that is elsewhere now
    yield from guarded("clock", lambda: _clock(settings, care, run.now))
    yield from guarded("record", lambda: check_tail(care.store, run.now))
    roster, found = _team(settings, care)
    if not owner:
        yield from found
    mine = guarded("my key", lambda: check_me(roster, my_fingerprint(settings)) if roster else ())
    yield from mine
    member = roster.members.get(_fingerprint(settings)) if roster else None
    if settings.key is not None and (member is None or member.roles & PLANNERS):
        yield from guarded("my details", lambda: check_details(settings, run.now))
    if not owner:
        needed = is_watcher(member)
        yield from guarded("channels", lambda: check_channels(settings, roster, needed=needed))
    if roster is not None:
        yield from _plans(run, settings, care, roster)


def _plans(
    run: Invocation, settings: "Settings", care: "Care", roster: "Roster"
) -> "Iterator[HealthFinding]":
    from visitsafe.desk import Desk
    from visitsafe.errors import KeyFileError, VisitsafeError
    from visitsafe.exchange import doctor as checks
    from visitsafe.supervision.auditing import check_audit

    def no_key() -> "NoReturn":
        raise KeyFileError("doctor opens no key")

    me = roster.members.get(_fingerprint(settings))
    desk = Desk(care.store, roster, run.now, me, no_key)
    try:
        states, found = checks.open_plans(desk)
    except VisitsafeError as error:
        yield checks.bad("list", error.message, error.hint or "")
        return
    yield from found
    yield from checks.guarded("sealing", lambda: checks.check_sealing(desk, states))
    yield from checks.guarded("watcher", lambda: checks.check_watcher(desk, states, zone_of(roster)))
    yield from checks.guarded("team", lambda: checks.check_team(roster, _fingerprint(settings)))
    yield from checks.guarded("agreed", lambda: checks.check_agreed(roster, _fingerprint(settings)))
    yield from checks.guarded("managers' audit", lambda: check_audit(desk))


def _itself(care: "Care") -> "Iterator[HealthFinding]":
    """The store itself: whether it may be used, where it lies, whether it is as it was made."""
    from visitsafe.exchange.doctor import VERIFY, bad, good, look
    from visitsafe.store.marks import BACKED_UP, refuse_marked
    from visitsafe.store.sqlite import SqliteCare
    from visitsafe.store.sqlite_file import stuck

    meta = care.store.meta()
    refuse_marked(meta, care.shown)
    for warning in care.store.warnings:
        mend = "do that, or use another store: VISITSAFE_STORE, or url under [store] in settings.toml"
        yield look("store", warning, mend)
    file = care.store.path if isinstance(care, SqliteCare) and BACKED_UP not in meta else None
    mend = stuck(file) if file else ""
    if mend:
        yield bad("store", f"{care.shown} cannot be written to", mend)
    if isinstance(care, SqliteCare) and care.size() > _MOST_PAGES:
        yield good("store", f"its file is large and was not looked through; {VERIFY} does that")
    else:
        damages = care.store.check_file()
        for text in damages:
            yield bad("store", text, f"{VERIFY}; keep it as it is, and restore a backup")
        if damages or mend:
            return
    yield good("store", f"{care.where}, version {meta['schema_version']}, {care.store.head()[0]} entries")


def _clock(settings: "Settings", care: "Care", now: "datetime") -> "Iterator[HealthFinding]":
    from pathlib import Path

    from visitsafe.exchange.doctor import ahead_or_behind, check_clock

    server = care.clock()
    if server is not None:
        yield from ahead_or_behind(now, server)
    paths = {settings.home, settings.file, *(() if server else (Path(care.where),))}
    times = [(f"the time of {path}", at) for path in sorted(paths) if (at := file_time(path))]
    yield from check_clock(now, times)


def _team(settings: "Settings", care: "Care") -> "tuple[Roster | None, list[HealthFinding]]":
    """The pinned team, or the only one; nothing is pinned here."""
    from visitsafe.desk import founding_entries, open_roster
    from visitsafe.errors import VisitsafeError
    from visitsafe.exchange.doctor import bad, look

    join = "ask an admin for the team's id, then run: visitsafe team join --team-id ID"
    try:
        teams = [settings.team] if settings.team else [one.id for one in founding_entries(care.store)]
        if not teams:
            return None, [look("team", "this store has none yet", "visitsafe team found --role manager")]
        if len(teams) > 1:
            return None, [bad("team", "there are several here, and none is said to be yours", join)]
        found = (
            [] if settings.team else [look("team", "this computer is not yet told which is its own", join)]
        )
        return open_roster(care.store, teams[0]), found
    except VisitsafeError as error:
        return None, [bad("team", error.message, error.hint or "")]


def _fingerprint(settings: "Settings") -> str:
    """This person's key; empty if it cannot be read, which is told elsewhere."""
    from visitsafe.errors import KeyFileError

    try:
        return my_fingerprint(settings)
    except KeyFileError:
        return ""


def _lines(found: "Sequence[HealthFinding]") -> "Iterator[str]":
    from visitsafe.exchange.doctor import State

    for one in found:
        yield f"{one.state:<5}{one.name:<{_WIDTH}}{one_line(one.text)}"
        if one.mend and one.state is not State.OK:
            yield f"{'':<{_WIDTH + 5}}{one_line(one.mend)}"
    counts = {state: sum(one.state is state for one in found) for state in State}
    if counts[State.BAD] or counts[State.LOOK]:
        yield f"{counts[State.BAD]} bad, {counts[State.LOOK]} to look at"
    else:
        yield "everything is as it should be"


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
    from visitsafe.cli.watch import ADD_CHANNEL, NO_CHANNELS
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
