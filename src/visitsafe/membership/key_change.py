"""Changing the key with which a person signs: one that they have already, or a new one.

Rules: a private key is used where it lies and never copied, never written over, never deleted; a key is tried
before it is taken; settings change last, in one step, so that whatever stops in between can be run again.
Nobody's team is left with a key that they no longer have: where a team knows the old key, that one vouches.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from visitsafe.errors import LOST_KEY, KeyFileError, NotPermittedError, SettingsError
from visitsafe.membership.joining import checked_email, checked_name
from visitsafe.opening import (
    Context,
    desk_of,
    invocation,
    my_fingerprint,
    open_file,
    public_file,
    public_line_of,
)
from visitsafe.settings import KeyPlace, Settings, make_private_folder, switch_key
from visitsafe.text.files import replace_file

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.record.agent import HeldKey
    from visitsafe.record.ssh import Signer

KEY_NAME = "id_ed25519"
SHORT = 8


def found_at(path: Path) -> "HeldKey":
    """What the key file holds that somebody named."""
    from visitsafe.record.agent import examine

    path = path.expanduser().absolute()
    if not path.exists():
        raise KeyFileError(
            f"there is no key at {path}",
            hint="check the name; if the key that you had is lost, run: visitsafe key replace --lost",
        )
    return examine(path)


def opened(context: Context, held: "HeldKey") -> "Signer":
    """The signer of a key that somebody named, wherever it is."""
    from visitsafe.record.agent import AgentSigner

    if held.via:
        run = invocation(context)
        return AgentSigner(held.public_line, held.via, held.path, run.environ, run.say)
    return open_file(context, held.path)


def adopt(settings: Settings, held: "HeldKey", say: Callable[[str], None]) -> KeyPlace:
    """Keep what a key elsewhere needs here: its public half if an agent has it, and a key to be sealed to."""
    from visitsafe.record.agent import AGENT

    if not held.via:
        return KeyPlace(held.path)
    path = held.path
    if held.via == AGENT:
        path = settings.keys / f"agent-{_short(held.public_line)}"
        _keep(settings, public_file(path), f"{held.public_line}\n".encode())
    return KeyPlace(path, held.via, _recipient(settings, say))


def refuse_to_orphan(context: Context, settings: Settings, held: "HeldKey") -> None:
    """Refuse to change to a key that the team does not know, or with which sealed details stay shut.

    Raises:
        NotPermittedError: The team knows this person by another key, or seals to the file of this one.
    """
    from visitsafe.record.ssh import fingerprint

    if settings.key is None:
        return
    same = my_fingerprint(settings) == fingerprint(held.public_line)
    if (same and (not held.via or settings.seal)) or not _team_knows(context, settings):
        return
    if same:
        raise NotPermittedError(
            f"the team seals to this key, and what is sealed can only be opened with its file {settings.key}",
            hint="keep using the file, or change to another key: visitsafe key replace --use FILE",
        )
    raise NotPermittedError(
        "the team knows you by the key that you have",
        hint=f"have it vouch for the other one: visitsafe key replace --use {held.path}",
    )


def free_place(settings: Settings) -> Path:
    """Where the next key can be written: no file is there yet."""
    number = 2
    while any(path.exists() for path in _pair(settings.keys / f"{KEY_NAME}-{number}")):
        number += 1
    return settings.keys / f"{KEY_NAME}-{number}"


def announced(settings: Settings, desk: "Desk") -> KeyPlace | None:
    """The key that an earlier `key replace` made known to the team before it was stopped, if there is one."""
    from visitsafe.record.ssh import fingerprint

    coming = settings.coming
    if coming is None or desk.me is not None or not public_file(coming.path).exists():
        return None
    return coming if fingerprint(public_line_of(coming.path)) in desk.roster.members else None


def finish(settings: Settings, place: KeyPlace, say: Callable[[str], None]) -> None:
    """Sign with the new key from now on; the old one's file stays, under a name that says that it is old."""
    switch_key(settings, place)
    old = settings.key
    if settings.via or old in {None, place.path} or old.parent != settings.keys or not old.exists():
        return
    number = 1
    while any(path.exists() for path in _pair(_retired(old, number))):
        number += 1
    try:
        for path, kept in zip(_pair(old), _pair(_retired(old, number)), strict=True):
            if path.exists():  # a lost key may have left its private half alone
                path.rename(kept)
    except OSError as error:
        say(f"your old key stays at {old}: {error.strerror}")
    else:
        say(f"your old key is kept as {_retired(old, number)}: what was sealed to it opens with it alone")


def how_it_signs(place: KeyPlace) -> str:
    """Where a key is and how it signs, in words."""
    if place.via == "agent":
        return f"the ssh-agent signs; its public half is kept in {public_file(place.path)}"
    if place.via == "hardware":
        return f"your hardware key signs; its file is {place.path}"
    return f"signs from the file {place.path}"


def _pair(key: Path) -> tuple[Path, Path]:
    return key, public_file(key)


def _retired(key: Path, number: int) -> Path:
    return key.with_name(f"{key.name}.old-{number}")


def _short(public_line: str) -> str:
    """A few characters that tell one key from another in a file's name."""
    import hashlib

    return hashlib.sha256(public_line.encode()).hexdigest()[:SHORT]


def _recipient(settings: Settings, say: Callable[[str], None]) -> str:
    """What is sealed to somebody whose key cannot decrypt; its identity is made if there is none."""
    from visitsafe.record.seal import new_identity, read_identity

    there = read_identity(settings.sealing)
    if there is not None:
        return there.recipient
    made = new_identity()
    _keep(settings, settings.sealing, made.private)
    say(f"what your team seals for you opens with {settings.sealing}: keep a copy of it in a safe place")
    return made.recipient


def _keep(settings: Settings, path: Path, content: bytes) -> None:
    """Write a file that only its owner can read."""
    try:
        make_private_folder(settings.home)
        make_private_folder(path.parent)
        replace_file(path, content)
    except OSError as error:
        raise SettingsError(
            f"cannot write {path}: {error.strerror}", hint="check free space and permissions"
        ) from error


def _team_knows(context: Context, settings: Settings) -> bool:
    """Whether the key that this person has is in the team; without a store or a team it is in none."""
    from visitsafe.store.open import store_exists

    if not settings.team and not store_exists(settings.store):
        return False
    try:
        with desk_of(context) as desk:
            return desk.me is not None
    except NotPermittedError:
        return False


KEY_FILE = Path("keys") / KEY_NAME


def place_of(settings: "Settings") -> "KeyPlace":
    """Where this person's key is.

    Raises:
        SettingsError: They have none.
    """
    if settings.key is None:
        raise SettingsError("you have no key yet", hint="run: visitsafe key new --name ... --email ...")
    return KeyPlace(settings.key, settings.via, settings.seal)


def make_key(settings: "Settings", name: str, email: str, secret: bytes | None) -> str:
    """Make and write a key and remember whose it is; its fingerprint.

    Raises:
        NotPermittedError: There is a key already; it is never overwritten.
        KeyFileError: There was one, and its file is gone.
        UsageError: The name or the e-mail cannot be right.
    """
    from visitsafe.record.ssh import fingerprint, generate, public_line, write_key

    name, email = checked_name(name), checked_email(email)
    own = settings.home / KEY_FILE
    if settings.key is not None and not (settings.key.exists() or public_file(settings.key).exists()):
        raise KeyFileError(f"you have a key already, and there is no key at {settings.key}", hint=LOST_KEY)
    if settings.key is not None:
        raise NotPermittedError(
            f"there is a key already: {settings.key}",
            hint="it stays as it is; to see it, run: visitsafe key show",
        )
    if own.exists():
        raise NotPermittedError(
            f"there is a key already: {own}",
            hint=f"it stays as it is; to use it, run: visitsafe key use '{own}'",
        )
    made = generate(email, secret)
    try:
        make_private_folder(settings.home)
    except OSError as error:
        raise SettingsError(
            f"cannot make {settings.home}: {error.strerror}", hint="set VISITSAFE_HOME"
        ) from error
    write_key(settings.home / KEY_FILE, made)
    switch_key(settings, KeyPlace(settings.home / KEY_FILE), name=name, email=email)
    return fingerprint(public_line(made.public_line))
