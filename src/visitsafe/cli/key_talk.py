"""A key with a passphrase: nothing that somebody typed is lost because the passphrase was wrong."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from visitsafe.errors import WrongPassphraseError

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.record.ssh import Signer


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
