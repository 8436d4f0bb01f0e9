"""A wrong passphrase at a terminal is asked for again, three times in all, before a command gives up."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from visitsafe.cli.output import say
from visitsafe.errors import KeyFileError

if TYPE_CHECKING:
    from visitsafe.signing.keys import Signer
    from visitsafe.usecases.desk import Desk

TRIES = 3


def patient(desk: "Desk", environ: Mapping[str, str], hint: str) -> "Desk":
    """The same desk, at which a passphrase may be mistyped.

    Args:
        desk: Its signer asks for the passphrase.
        environ: With a passphrase file there is nothing to type again.
        hint: What to do after the last try, because nothing is lost.
    """
    at_terminal = sys.stdin is not None and sys.stdin.isatty()
    tries = TRIES if at_terminal and not environ.get("VISITSAFE_PASSPHRASE_FILE") else 1

    def signer() -> "Signer":
        for left in range(tries - 1, -1, -1):
            try:
                return desk.signer()
            except KeyFileError as error:
                if "passphrase does not open" not in error.message:
                    raise
                if not left:
                    raise KeyFileError(error.message, hint=hint) from error
                say(f"that is not the passphrase; {left} more {'try' if left == 1 else 'tries'}")
        raise AssertionError

    return replace(desk, signer=signer)
