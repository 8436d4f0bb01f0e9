"""`visitsafe verify`: a store, a plan or a file, explained like a careful colleague would."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import result, result_json
from visitsafe.errors import UsageError, VerificationError
from visitsafe.opening import desk_of, settings_of

if TYPE_CHECKING:
    from visitsafe.exchange.checkpoint import Checkpoint
    from visitsafe.exchange.findings import VerifyReport

Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


def verify(
    context: typer.Context,
    what: Annotated[
        str | None,
        typer.Argument(metavar="[REF|FILE.zip]", help="A plan or a bundle; the whole store without."),
    ] = None,
    against: Annotated[
        list[Path] | None, typer.Option("--against", help="A text with a checkpoint; may be repeated.")
    ] = None,
    team_id: Annotated[str, typer.Option("--team-id", help="For a file: the team it must be of.")] = "",
    team_key: Annotated[
        str, typer.Option("--team-key", help="For a file: its founder's key, 'ssh-ed25519 AAAA...'.")
    ] = "",
    json: Json = False,
) -> None:
    """Check signatures, roles, order, the running hash and checkpoints, and say what that proves."""
    if what is not None and _is_file(what):
        if against:
            raise UsageError(
                "a checkpoint is of a store, not of a file", "run: visitsafe verify --against FILE"
            )
        report = _file(context, Path(what), team_id, team_key)
    elif team_id or team_key:
        raise UsageError(
            "--team-id and --team-key are for a bundle's file", "name it: visitsafe verify FILE.zip"
        )
    else:
        report = _store(context, what, against or [])
    _tell(report, json=json)


def _is_file(what: str) -> bool:
    return what.lower().endswith(".zip") or "/" in what or "\\" in what or Path(what).is_file()


def _file(context: typer.Context, path: Path, team_id: str, team_key: str) -> "VerifyReport":
    """Needs no store and no settings; the pinned team is used if there is one and none is named."""
    from visitsafe.exchange.bundle import read_bundle
    from visitsafe.exchange.verify import verify_file

    bundle = read_bundle(path)
    if not team_id and not team_key:
        team_id = settings_of(context).team
    return verify_file(bundle, team_id.strip().lower(), team_key.strip())


def _store(context: typer.Context, ref: str | None, against: list[Path]) -> "VerifyReport":
    from visitsafe.cli.store import progress
    from visitsafe.cli.verify_duress import discreet
    from visitsafe.cli.verify_workers import spread
    from visitsafe.exchange.verify import verify_plan, verify_store

    checkpoints = [checkpoint for path in against for checkpoint in _checkpoints(path)]
    with desk_of(context, owner=True) as desk:
        if ref is not None:
            plan = desk.resolve(ref)
            return discreet(desk, verify_plan(desk, plan, checkpoints), plan)
        with progress() as tell:
            report = verify_store(desk, checkpoints, spread(desk, settings_of(context).store, tell))
        return discreet(desk, report)


def _checkpoints(path: Path) -> "tuple[Checkpoint, ...]":
    from visitsafe.exchange.checkpoint import read_checkpoints
    from visitsafe.text.files import read_text

    return read_checkpoints(str(path), read_text(path))


def _tell(report: "VerifyReport", *, json: bool) -> None:
    if json:
        import msgspec

        from visitsafe.cli.verdict import shape

        result_json(msgspec.to_builtins(shape(report)))
    else:
        from visitsafe.cli.verdict import in_words

        result(in_words(report))
    if report.faults:
        more = len(report.faults) - 1
        raise VerificationError(
            f"the record does not hold: {report.faults[0].text}" + (f" (and {more} more)" if more else ""),
            hint="do not rely on it; keep a copy as it is, and tell whoever looks after visitsafe",
        )
