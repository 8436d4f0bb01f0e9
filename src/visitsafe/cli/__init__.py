"""The command line: the one boundary that maps errors to exit codes, and what runs a command.

Results go to standard output, talk to standard error. Importing this package imports no Typer: the commands
of the doorstep are read by `doorstep`, all others by `app`. Modules import heavy things inside functions.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from visitsafe.cli.output import (
    ReaderGoneError,
    ResultLostError,
    give_up,
    open_streams,
    say,
    say_error,
    write_out,
)
from visitsafe.errors import SettingsError, UsageError, VisitsafeError
from visitsafe.opening import Invocation

INTERRUPTED = 130


def main(argv: Sequence[str], now: datetime | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The words after `visitsafe`.
        now: The moment of the command, aware; the computer's clock if not given.
        environ: The environment; the process's own if not given.

    Returns:
        The exit code (design section 5).
    """
    invocation = Invocation(
        clock=(lambda: now) if now else lambda: datetime.now(UTC),
        environ=os.environ if environ is None else environ,
        say=say,
    )
    open_streams()
    try:
        return _run(argv, invocation)
    finally:
        give_up()


def _run(argv: Sequence[str], invocation: Invocation) -> int:
    """One command, with every error said and turned into an exit code."""
    try:
        code = _command(argv, invocation)
        write_out()
    except VisitsafeError as error:
        say_error(error)
        return error.exit_code
    except ReaderGoneError:
        return 0
    except KeyboardInterrupt:
        say("stopped")
        return INTERRUPTED
    return code


def _command(argv: Sequence[str], invocation: Invocation) -> int:
    """Run the command; what the system refused becomes a sentence."""
    if any("\0" in word for word in argv):
        raise UsageError("no name or text can have the character NUL in it", hint="type it again, by hand")
    if any("\ud800" <= character <= "\udfff" for word in argv for character in word):
        raise UsageError(
            "a word of this command is not UTF-8, so it could be neither signed nor shown",
            hint="type it again, by hand; a file with such a name can be renamed first",
        )
    from visitsafe.cli import doorstep

    try:
        if argv and argv[0] in doorstep.COMMANDS:
            return doorstep.run(argv, invocation)
        from visitsafe.cli.app import app

        app(list(argv), obj=invocation, prog_name="visitsafe")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    except OSError as error:
        if error.filename is None:  # no file of ours, so it was a page or a help text on its way out
            raise ResultLostError(error) from error
        reason = f"{error.filename}: {(error.strerror or str(error)).lower()}"
        raise SettingsError(reason, hint="check free space and permissions") from error
    return 0
