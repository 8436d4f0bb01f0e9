"""How a terminal asks: the wizard drawn with colours and keys, or plainly for a screen reader."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from visitsafe.errors import UsageError

if TYPE_CHECKING:
    from visitsafe.cli.prompts.talk import Talk


def talk_at(environ: Mapping[str, str], *, plain: bool, otherwise: str, kept: str = "") -> "Talk":
    """The way of talking that fits this terminal.

    Args:
        environ: The environment.
        plain: Plain lines were asked for.
        otherwise: The command that needs no terminal, for the hint.
        kept: The command that goes on, where stopping keeps what was answered.

    Raises:
        UsageError: There is nobody to ask.
    """
    from visitsafe.cli.prompts.talk import FrontEnd, choose_front_end, discard_typed_ahead

    try:
        rich = choose_front_end(environ, plain=plain) is FrontEnd.RICH
    except UsageError as error:
        raise UsageError(error.message, hint=otherwise) from error
    if rich:
        from visitsafe.cli.prompts.rich import RichTalk

        return RichTalk(kept)
    from visitsafe.cli.prompts.plain import Lines, PlainTalk

    return PlainTalk(Lines(sys.stdin, sys.stdout, discard_typed_ahead), kept)
