"""What belongs to one person on one machine (D15): the folder, `settings.toml`, and the environment.

VISITSAFE_HOME moves every file; VISITSAFE_STORE names the store; VISITSAFE_CHECKLISTS adds folders of
checklists. What a whole team must agree on is part of its signed record instead.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from visitsafe.errors import SettingsError

PRIVATE_FOLDER = 0o700
OTHERS_WRITE = 0o022
_KEY_LINE = 'key = "keys/id_ed25519"'


class KeyPlace(msgspec.Struct, frozen=True):
    """Where a key is, and how it signs.

    Attributes:
        path: The private key file; its public half lies beside it (`.pub`). A key in an agent has only that.
        via: Empty if visitsafe reads the file; `agent` or `hardware` if ssh-keygen signs.
        seal: The age recipient of a key that cannot decrypt, else empty; its identity is `Settings.sealing`.
    """

    path: Path
    via: str = ""
    seal: str = ""


class Settings(msgspec.Struct, frozen=True):
    """The settings of one person on one machine.

    Attributes:
        home: The folder that holds everything visitsafe keeps.
        name: The person's name; empty before `key new`.
        email: Their work e-mail.
        key: The private key file.
        via: How the key signs, as in `KeyPlace`.
        seal: The age recipient of a key that cannot decrypt, else empty.
        coming: The key that is about to replace `key`, while that is not finished.
        team: The pinned team id; empty before a team was founded or joined.
        store: The store's URL.
        checklists: Folders or files of the agency's own checklists.
    """

    home: Path
    name: str = ""
    email: str = ""
    key: Path | None = None
    via: str = ""
    seal: str = ""
    coming: KeyPlace | None = None
    team: str = ""
    store: str = ""
    checklists: tuple[Path, ...] = ()

    @property
    def file(self) -> Path:
        """The settings file."""
        return self.home / "settings.toml"

    @property
    def keys(self) -> Path:
        """The folder of the keys that visitsafe made."""
        return self.home / "keys"

    @property
    def sealing(self) -> Path:
        """The age identity of somebody whose signing key cannot decrypt; there may be none."""
        return self.keys / "sealing.txt"

    @property
    def drafts(self) -> Path:
        """The folder of unfinished plans."""
        return self.home / "drafts"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with the folder, though it can be used: others could put another key into it."""
        try:
            mode = self.home.stat().st_mode
        except OSError:
            return ()
        if os.name == "nt" or not mode & OTHERS_WRITE:
            return ()
        return (f"others can write to {self.home}, where your key is kept; run: chmod 700 '{self.home}'",)


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings; a machine that has none yet gets the defaults.

    Raises:
        SettingsError: The file cannot be read or is not what it should be.
    """
    home = _home(environ)
    written = _read(home / "settings.toml")
    me, team, store = (_table(written, name, home) for name in ("me", "team", "store"))
    key, coming = _text(me, "key"), _table(me, "coming", home)
    if "\0" in key or "\0" in _text(coming, "key"):
        raise SettingsError(
            f"{home / 'settings.toml'}: the key is not the name of a file", hint=f"mend the file: {_KEY_LINE}"
        )
    folders = [part for part in environ.get("VISITSAFE_CHECKLISTS", "").split(os.pathsep) if part]
    return Settings(
        home=home,
        name=_text(me, "name"),
        email=_text(me, "email"),
        key=home / key if key else None,
        via=_text(me, "via"),
        seal=_text(me, "seal"),
        coming=_place(home, coming) if coming else None,
        team=_text(team, "id"),
        store=environ.get("VISITSAFE_STORE") or _text(store, "url") or f"sqlite:///{home / 'store.sqlite3'}",
        checklists=tuple(Path(folder) for folder in folders),
    )


def written(settings: Settings) -> Mapping[str, Any]:
    """All that stands in the settings file, for those who read a part of it that only they know.

    Raises:
        SettingsError: The file cannot be read.
    """
    return _read(settings.file)


_TABLES = {
    "me": ("name", "email", "key", "via", "seal", "coming"),
    "team": ("id",),
    "store": ("url",),
}
_NOTIFY, _LINE_MANAGERS = "notify", "line-managers"
_OF_NOTIFY = {"label", "who", "url", "url_file", "address"}


def unread(written: Mapping[str, Any]) -> list[str]:
    """What stands in the settings file and is read by nobody, a sentence each: misspelt, or in a wrong place.

    Lines below a table's name belong to that table, also where somebody began to write at the end.

    Args:
        written: All that stands in the file.
    """
    tables = ", ".join([*(f"[{name}]" for name in _TABLES), "[[notify]]", "[line-managers]"])
    said = [
        _misplaced(name, value, "above the first table", f"there are {tables}")
        for name, value in written.items()
        if name not in {*_TABLES, _NOTIFY, _LINE_MANAGERS}
    ]
    for table, known in _TABLES.items():
        found = written.get(table)
        for name, value in found.items() if isinstance(found, dict) else ():
            if name not in known:
                said.append(_misplaced(name, value, f"in [{table}]", f"there are {', '.join(known)}"))
    return said


def _misplaced(name: str, value: Any, where: str, known: str) -> str:
    from visitsafe.text.clean import quoted

    if "@" in name or name == _LINE_MANAGERS:
        mend = "move it below a line that says [line-managers]"
    elif name in _OF_NOTIFY or name == _NOTIFY:
        mend = "move it below a line that says [[notify]]"
    else:
        mend = known
    what = "the table" if isinstance(value, dict) else "the line"
    return f"settings.toml: {what} {quoted(name)} {where} is read by nothing; {mend}"


def pin_team(settings: Settings, team: str) -> None:
    """Write down the team's id; all that a person wrote in the file stays.

    Raises:
        SettingsError: The file cannot be written; the old one is untouched.
    """
    _rewrite(settings, "team", {"id": team})


def announce_key(settings: Settings, place: KeyPlace) -> None:
    """Remember the key that is about to replace this person's.

    Raises:
        SettingsError: The file cannot be written; the old one is untouched.
    """
    from tomlkit import inline_table

    # On one line, so that it goes again without what a person wrote below it.
    coming = inline_table()
    coming.update(_written(settings, place))
    _rewrite(settings, "me", {"coming": coming})


def switch_key(settings: Settings, place: KeyPlace, **who: str) -> None:
    """Make a key this person's, in one step; no other key is about to come any more.

    Args:
        settings: As they are.
        place: The key.
        who: `name` and `email`, where they are new.

    Raises:
        SettingsError: The file cannot be written; the old one is untouched.
    """
    _rewrite(settings, "me", {**who, **_written(settings, place)}, gone="coming")


def _written(settings: Settings, place: KeyPlace) -> dict[str, str]:
    """A key as it stands in the file: by a path within `home` where it is there, else by an absolute one."""
    path = place.path.absolute()
    near = path.relative_to(settings.home) if path.is_relative_to(settings.home) else path
    return {"key": near.as_posix(), "via": place.via, "seal": place.seal}


def _place(home: Path, table: Mapping[str, Any]) -> KeyPlace:
    return KeyPlace(home / _text(table, "key"), _text(table, "via"), _text(table, "seal"))


def _rewrite(settings: Settings, name: str, values: Mapping[str, Any], gone: str = "") -> None:
    """Write the file anew with values of one table, and without another of its keys."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    from visitsafe.text.files import replace_file

    text = _text_of(settings.file)
    _parsed(text, settings.file)
    try:
        document = tomlkit.parse(text)
        table = document.setdefault(name, {})
        for key, value in values.items():
            _put(table, key, value)
        table.pop(gone, None)
        make_private_folder(settings.home)
        replace_file(settings.file, tomlkit.dumps(document).encode())
    except (TOMLKitError, RecursionError) as error:
        raise _unreadable(settings.file, error) from error
    except OSError as error:
        raise SettingsError(
            f"cannot write {settings.file}: {error.strerror}", hint="check free space and permissions"
        ) from error


def _put(table: Any, key: str, value: Any) -> None:
    """Set a key: a new one goes below the others and above the comment with which the next table begins."""
    body = table.value.body if hasattr(table.value, "body") and key not in table else []
    below = []
    while body and body[-1][0] is None:
        below.append(body.pop())
    table[key] = value
    body += reversed(below)


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner can read; one that is there already is left as it is."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)


def _home(environ: Mapping[str, str]) -> Path:
    named = environ.get("VISITSAFE_HOME")
    if named:
        try:
            return Path(named).expanduser().absolute()
        except RuntimeError as error:
            raise SettingsError(
                "VISITSAFE_HOME begins with the home folder of somebody whom this computer does not know",
                hint="write the folder out, from the first slash",
            ) from error
    import platformdirs

    return platformdirs.user_data_path("visitsafe", appauthor=False)


def _read(path: Path) -> dict[str, Any]:
    return _parsed(_text_of(path), path)


def _text_of(path: Path) -> str:
    """The file as it is, its line endings too; nothing if there is none."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def _parsed(text: str, path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> SettingsError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return SettingsError(f"cannot read {path}: {reason}", hint="mend the file or move it away")


def _table(written: Mapping[str, Any], name: str, home: Path) -> Mapping[str, Any]:
    table = written.get(name, {})
    if not isinstance(table, dict):
        raise SettingsError(f"{home / 'settings.toml'}: [{name}] is not a table", hint="mend the file")
    return table


def _text(table: Mapping[str, Any], name: str) -> str:
    value = table.get(name, "")
    return value if isinstance(value, str) else ""
