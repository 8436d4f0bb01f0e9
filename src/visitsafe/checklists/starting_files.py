"""The commented files with which `visitsafe checklist new` begins; they pass `check` as they are."""

from pathlib import Path

from visitsafe.errors import NotPermittedError, SettingsError

_FOLDER = Path(__file__).parent / "starting"


def starting_file(kind: str, name: str, extends: str | None = None) -> str:
    """The text of a starting file.

    Args:
        kind: A kind of checklist, or `sources`.
        name: The new checklist's id; for sources the first document's.
        extends: The visit checklist that it extends, if it does.
    """
    text = (_FOLDER / f"{'extension' if extends else kind}.yaml").read_text(encoding="utf-8")
    return text.replace("my-list", name).replace("base-list", extends or "")


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises:
        NotPermittedError: It is there already; it stays as it is.
        SettingsError: It cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise NotPermittedError(
            f"{path} is there already and was left as it is", hint="name another file with --out"
        ) from None
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}", hint="check the folder") from None
