"""`visitsafe doctor`: one line for each thing that visitsafe needs, what is wrong, and what mends it.

It changes nothing, sends nothing, opens no key and shows no secret. What cannot be looked at is bad, and
stops nothing else.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import result, result_json
from visitsafe.opening import FIRST, Invocation, invocation, my_fingerprint, settings_of, zone_of
from visitsafe.text.clean import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from typing import NoReturn

    from visitsafe.exchange.doctor import HealthFinding
    from visitsafe.settings import Settings
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
    from visitsafe.cli import doctor_here as here
    from visitsafe.errors import VisitsafeError
    from visitsafe.exchange.doctor import bad, guarded

    run = invocation(context)
    yield from guarded("programs", lambda: here.check_programs(run.environ))
    try:
        settings = settings_of(context)
    except VisitsafeError as error:
        yield bad("settings", error.message, error.hint or "")
        return
    owner = _looks_after(settings)
    if not owner:
        yield from guarded("folder", lambda: here.check_folder(settings))
        yield from guarded("key", lambda: here.check_key(settings, run.environ))
    yield from guarded("checklists", lambda: here.check_checklists(settings, run.now))
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
    from visitsafe.cli import doctor_here as here
    from visitsafe.exchange.doctor import check_me, check_tail, guarded, is_watcher
    from visitsafe.record.terms import PLANNERS
    from visitsafe.store.store_marks import FILLING, MOVED

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
        yield from guarded("my details", lambda: here.check_details(settings, run.now))
    if not owner:
        needed = is_watcher(member)
        yield from guarded("channels", lambda: here.check_channels(settings, roster, needed=needed))
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
    from visitsafe.store.sqlite import SqliteCare
    from visitsafe.store.sqlite_file import stuck
    from visitsafe.store.store_marks import BACKED_UP, refuse_marked

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

    from visitsafe.cli.doctor_here import file_time
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
