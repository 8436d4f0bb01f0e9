"""The process: `visitsafe` and `python -m visitsafe`."""

import sys


def run() -> None:
    """Answer `--version` before anything is imported; hand everything else to the command line."""
    if sys.argv[1:] == ["--version"] and sys.stdout is not None:
        from contextlib import suppress

        from visitsafe import __version__

        with suppress(OSError):  # whoever cannot be told gets the long way, which says so
            print(f"visitsafe {__version__}", flush=True)  # noqa: T201 - the whole result of this call
            return
    from visitsafe.cli import main

    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
