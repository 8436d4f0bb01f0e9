"""The command line: thin, a file per group of commands, and the one boundary that maps errors to exit codes.

Results go to standard output, talk to standard error. Modules here import heavy things inside functions.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import typer

from visitsafe.cli import checklist, deciding, key, planning, reading, record, team, waiting
from visitsafe.cli.opening import Invocation
from visitsafe.cli.output import say_error
from visitsafe.errors import VisitsafeError

INTERRUPTED = 130

app = typer.Typer(
    name="visitsafe",
    help="Plan a risky home visit, sign the plan, have it countersigned, and prove it later.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
waiting.register(app)
planning.register(app)
deciding.register(app)
reading.register(app)
record.register(app)
app.add_typer(team.app, name="team")
app.add_typer(key.app, name="key")
app.add_typer(checklist.app, name="checklist")


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
    )
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        app(list(argv), obj=invocation, prog_name="visitsafe")
    except VisitsafeError as error:
        say_error(error)
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("visitsafe: stopped\n")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has had enough; nothing of the record depends on it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    return 0
