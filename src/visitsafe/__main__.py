"""The process: `visitsafe` and `python -m visitsafe`."""

import sys


def run() -> None:
    """Answer `--version` before anything is imported; hand everything else to the command line."""
    if sys.argv[1:] == ["--version"] and sys.stdout is not None:
        import os
        from contextlib import suppress

        from visitsafe import __version__

        # Past the buffer, in which it would stay: whoever cannot be told gets the long way, which says so.
        with suppress(OSError, ValueError):
            os.write(sys.stdout.fileno(), f"visitsafe {__version__}\n".encode())
            return
    from visitsafe.cli import main

    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
