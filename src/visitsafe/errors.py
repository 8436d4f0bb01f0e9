"""Every error that a person is meant to read.

An error carries one clear sentence and, where something can be done, a hint that says what. It never
prints itself: the one boundary that turns errors into words and exit codes is `visitsafe.cli.main`.
"""

from collections.abc import Sequence


class VisitsafeError(Exception):
    """The root: a sentence, perhaps a hint, and the exit code of the process.

    Attributes:
        message: One plain sentence, lower case, no full stop, for standard error.
        hint: What to do next, or None.
        exit_code: 1 unless a subclass says otherwise (design section 5).
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class NotPermittedError(VisitsafeError):
    """The rules of the record do not allow this: a role is missing, or the plan's state forbids it."""


class NotFoundError(VisitsafeError):
    """There is no such plan, person, checklist or file."""


class StoreError(VisitsafeError):
    """The store cannot be opened, read or written."""


class MovedStoreError(StoreError):
    """The store is somewhere else now: to try again here is of no use."""


class DamagedStoreError(StoreError):
    """The store's content cannot be what was written: the record does not hold, whoever finds it."""

    exit_code = 3


class KeyFileError(VisitsafeError):
    """A key cannot be read, opened or used."""


LOST_KEY = "put it back from a copy; if your key is lost, run: visitsafe key replace --lost"
"""The one way out for somebody whose key is not there, or not whole."""


class WrongPassphraseError(KeyFileError):
    """A passphrase was given, and the key does not open with it."""


class SettingsError(VisitsafeError):
    """A settings file, a draft or a folder cannot be used."""


class UsageError(VisitsafeError):
    """The command line asks for something that does not fit together."""

    exit_code = 2


class VerificationError(VisitsafeError):
    """An entry, a signature or a record does not hold."""

    exit_code = 3


class InterruptedByUserError(VisitsafeError):
    """The person stopped; what was answered is kept."""

    exit_code = 130


class ProblemsError(VisitsafeError):
    """Several things are wrong with one input; all of them are listed at once.

    Attributes:
        problems: One finished line for each.
    """

    def __init__(self, message: str, problems: Sequence[str], hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.problems = tuple(problems)
