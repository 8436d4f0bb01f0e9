"""From an invocation to a desk: settings, store, team, who is asking, and their key when it is needed.

The only place that reads the environment and where the clock enters (D10).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from visitsafe.errors import (
    LOST_KEY,
    KeyFileError,
    NotPermittedError,
    SettingsError,
    StoreError,
    WrongPassphraseError,
)
from visitsafe.settings import Settings, load, pin_team
from visitsafe.text.clean import things

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.record.ssh import Signer

if TYPE_CHECKING:
    from visitsafe.checklists.library import Library
    from visitsafe.desk import Desk
    from visitsafe.record.ssh import FileSigner, Signer
    from visitsafe.record.stored import Store
    from visitsafe.team.roster import Roster

UK = "Europe/London"
FIRST_YEAR, LAST_YEAR = 1970, 9000
"""Between which a clock may be wrong. Outside there is no room for the days before and after."""
MOST_WARNINGS = 12
TRIES = 3
"""How often a passphrase may be typed before a command gives up."""
MOST_PASSPHRASE = 1 << 16
"""Bytes of a passphrase file that are read; it may be a device that never ends."""
T = TypeVar("T")


class Invocation(msgspec.Struct, frozen=True):
    """One run of visitsafe.

    Attributes:
        clock: Tells the moment, aware.
        environ: Its environment.
        say: Tells the person something beside the result.
    """

    clock: Callable[[], datetime]
    environ: Mapping[str, str]
    say: Callable[[str], None]

    @property
    def now(self) -> datetime:
        """The moment, aware, to the second.

        Raises:
            SettingsError: No clock that is only wrong shows that; times could not be reckoned with.
        """
        now = self.clock().replace(microsecond=0)
        if not FIRST_YEAR <= now.year <= LAST_YEAR:
            raise SettingsError(
                f"this computer's clock says that it is the year {now.year}",
                hint="set it by the network: timedatectl set-ntp true; until then ring the duty desk",
            )
        return now

    def ensure_object(self, object_type: type[T]) -> T:
        """Itself: at the doorstep there is no other context."""
        if not isinstance(self, object_type):
            raise TypeError(object_type)
        return self


class Context(Protocol):
    """What a command is called with: Typer's context, or an invocation itself at the doorstep."""

    def ensure_object(self, object_type: type[T]) -> T:
        """The invocation."""
        ...


def invocation(context: Context) -> Invocation:
    """The invocation that a command belongs to."""
    return context.ensure_object(Invocation)


def settings_of(context: Context) -> Settings:
    """The settings of this person on this machine."""
    return load(invocation(context).environ)


HOME_VISIT = "home-visit"
"""The visit checklist that ships."""


def library_of(context: Context, path: Path | None = None) -> "Library":
    """The shipped checklists and the agency's own; `path` is a file or folder named on the command line."""
    from visitsafe.checklists.library import load_all, shipped_folder

    own = settings_of(context).checklists
    return load_all([shipped_folder(), *own, *([path] if path else [])])


@contextmanager
def desk_of(
    context: Context,
    warn: Callable[[str], None] | None = None,
    *,
    owner: bool = False,
    keeper: bool = False,
) -> Iterator["Desk"]:
    """Open the store and the team for one command.

    Args:
        context: The command.
        warn: Takes warnings; if not given, each is said once.
        owner: Whether whoever looks after the database may do this with their login: it only reads.
        keeper: Whether a login for retention may do this.

    Raises:
        StoreError: The store is missing or cannot be used.
        NotPermittedError: It has no team yet.
        VerificationError: It holds another team than the pinned one.
    """
    from visitsafe.desk import Desk
    from visitsafe.store.open import is_postgres, open_store, store_exists

    settings, say = settings_of(context), invocation(context).say
    try:
        store = open_store(settings.store, owner=owner, keeper=keeper)
    except StoreError as error:
        if settings.team or is_postgres(settings.store) or store_exists(settings.store):
            raise  # whoever has a team must not begin another because its store is away
        raise StoreError(error.message, hint=_FOUND if settings.name else FIRST) from error
    try:
        roster = roster_of(settings, store, say)
        me = roster.members.get(my_fingerprint(settings))
        now = invocation(context).now
        warn = warn or _once(say)
        for warning in (*settings.warnings, *store.warnings, *roster.warnings, *zone_warnings(roster)):
            warn(warning)
        yield Desk(store, roster, now, me, lambda: signer_of(context), warn)
    finally:
        store.close()


def _once(say: Callable[[str], None]) -> Callable[[str], None]:
    """Says each warning once, and of very many only the first: a damaged store may have thousands."""
    said: set[str] = set()

    def warn(sentence: str) -> None:
        if sentence not in said and len(said) <= MOST_WARNINGS:
            say(sentence if len(said) < MOST_WARNINGS else "there are more warnings; run: visitsafe verify")
            said.add(sentence)

    return warn


def later(context: Context, desk: "Desk") -> "Desk":
    """The same desk at the moment it is now: somebody may have sat at a question for an hour.

    The team may have changed in that hour too, so it is read again.
    """
    return msgspec.structs.replace(desk.renewed(), now=invocation(context).now)


FIRST = (
    "to begin, run: visitsafe plan (it asks for what it needs), or: visitsafe key new --name ... --email ..."
)


_FOUND = "check VISITSAFE_STORE; a new store is made by: visitsafe team found --role manager"


def roster_of(settings: Settings, store: "Store", say: Callable[[str], None]) -> "Roster":
    """The pinned team; a machine without a pin takes the only team it finds and says so.

    Raises:
        NotPermittedError: There is no team, or nobody has said which of several is this computer's.
        VerificationError: The store does not hold the pinned team.
    """
    from visitsafe.desk import founding_entries, open_roster

    if settings.team:
        return open_roster(store, settings.team)
    founding = founding_entries(store)
    if not founding:
        raise NotPermittedError("this store has no team yet", hint="run: visitsafe team found --role manager")
    if len(founding) > 1:
        raise NotPermittedError(
            "more than one team was founded in this store, and this computer does not know which is yours",
            hint="ask an admin for the team id that visitsafe team list shows them, "
            "then run: visitsafe team join --team-id ID",
        )
    roster = open_roster(store, founding[0].id)
    if settings.name:
        pin_team(settings, founding[0].id)
        say(f"from now on this computer belongs to the team {roster.name!r} ({founding[0].id[:12]})")
    return roster


def zone_of(roster: "Roster") -> ZoneInfo:
    """The team's time zone, for screens; that of the United Kingdom if the team's cannot be used."""
    return _zone(roster.place.timezone if roster.place else UK) or ZoneInfo(UK)


def zone_warnings(roster: "Roster") -> list[str]:
    """A sentence if the team's time zone cannot be used on this computer."""
    if roster.place is None or _zone(roster.place.timezone) is not None:
        return []
    return [
        f"the team's time zone {roster.place.timezone[:40]!r} is unknown here: times are shown as in {UK}"
    ]


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def my_fingerprint(settings: Settings) -> str:
    """The fingerprint of this person's key, from the public file beside it; empty without a key."""
    from visitsafe.record.ssh import fingerprint

    if settings.key is None:
        return ""
    return fingerprint(public_line_of(settings.key))


def public_line_of(key: Path) -> str:
    """The public key line in the file beside a private key.

    Raises:
        KeyFileError: The file is missing or not a public key.
    """
    from visitsafe.record.ssh import public_line

    public = public_file(key)
    try:
        return public_line(public.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        if not key.exists():
            raise KeyFileError(f"there is no key at {key}", hint=LOST_KEY) from error
        raise KeyFileError(
            f"cannot read your public key {public}", hint=f"run: ssh-keygen -y -f '{key}' > '{public}'"
        ) from error


def public_file(key: Path) -> Path:
    """Where the public half of a key lies."""
    return key.with_name(key.name + ".pub")


def signer_of(context: Context) -> "Signer":
    """Open this person's key, asking for its passphrase if it has one; ssh-keygen signs where it must."""
    settings = settings_of(context)
    if settings.key is None:
        raise KeyFileError("you have no key yet", hint=FIRST)
    if not settings.via:
        return open_file(context, settings.key)
    from visitsafe.record.agent import AGENT, HARDWARE, AgentSigner

    if settings.via not in {AGENT, HARDWARE}:
        raise SettingsError(
            f"{settings.file} says that your key signs via {settings.via!r}, unknown here",
            hint="install a newer visitsafe, or mend the file",
        )
    named = public_file(settings.key) if settings.via == AGENT else settings.key
    run = invocation(context)
    return AgentSigner(public_line_of(settings.key), settings.via, named, run.environ, run.say)


def open_file(context: Context, key: Path) -> "FileSigner":
    """Open a key that visitsafe reads itself, asking for its passphrase if it has one.

    At a terminal it may be mistyped: it is asked for three times in all, whatever the command.
    """
    import sys

    from visitsafe.record.ssh import load as load_key

    run = invocation(context)
    typed = sys.stdin is not None and sys.stdin.isatty() and not run.environ.get("VISITSAFE_PASSPHRASE_FILE")
    for left in range(TRIES - 1 if typed else 0, 0, -1):
        try:
            return load_key(key, lambda: passphrase(run))
        except WrongPassphraseError:
            run.say(f"that is not the passphrase; {things(left, 'more try', 'more tries')}")
    return load_key(key, lambda: passphrase(run))


def warn_if_open(say: Callable[[str], None], file: int, what: str, path: Path) -> None:
    """Say that others can read a file with a secret. That of a service may be root's, with rights by name."""
    import os
    import stat

    found = os.fstat(file)
    if os.name == "nt" or not stat.S_ISREG(found.st_mode):
        return
    others = 0o077 if found.st_uid == os.getuid() else 0o007
    if found.st_mode & others:
        say(f"others can read {what} in {path}: chmod 600 '{path}'")


def passphrase(run: Invocation) -> bytes:
    """The passphrase of the key: from the file in VISITSAFE_PASSPHRASE_FILE, else from the terminal.

    Raises:
        KeyFileError: Neither is there.
    """
    import sys
    from getpass import getpass

    named = run.environ.get("VISITSAFE_PASSPHRASE_FILE")
    if named:
        try:
            with Path(named).open("rb") as file:
                warn_if_open(run.say, file.fileno(), "your passphrase", Path(named))
                return file.read(MOST_PASSPHRASE).rstrip(b"\r\n")
        except OSError as error:
            raise KeyFileError(
                f"cannot read the passphrase file {named}: {error.strerror}",
                hint="check VISITSAFE_PASSPHRASE_FILE",
            ) from error
    if sys.stdin is None or not sys.stdin.isatty():
        raise KeyFileError(
            "your key has a passphrase, and there is no terminal to ask for it",
            hint="name a file that holds it in VISITSAFE_PASSPHRASE_FILE",
        )
    return getpass("Passphrase of your key: ").encode()


def opened(desk: "Desk") -> "Desk":
    """The same desk with its key open: before anything is asked that is kept nowhere until it is signed."""
    signer = desk.signer()
    return replace(desk, signer=lambda: signer)


def patient(desk: "Desk", hint: str) -> "Desk":
    """The same desk; after the last wrong passphrase it says what to do, because nothing is lost."""

    def signer() -> "Signer":
        try:
            return desk.signer()
        except WrongPassphraseError as error:
            raise WrongPassphraseError(error.message, hint=hint) from error

    return replace(desk, signer=signer)
