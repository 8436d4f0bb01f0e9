"""`visitsafe store info | rebuild`: what a store is and holds, and its list of plans made anew."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from visitsafe.cli.output import result, result_json, say
from visitsafe.cli.store_copies import rows_of
from visitsafe.cli.store_progress import progress
from visitsafe.opening import settings_of
from visitsafe.record.refs import is_plan_id, reference
from visitsafe.text.clean import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from visitsafe.record.stored import Store
    from visitsafe.settings import Settings
    from visitsafe.store.open import Care

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024
_NAMED = 5
_ELSEWHERE = (
    "not in here: the newest is where your team lodges them; visitsafe verify --against FILE says when it was"
    " made, and whether the store still agrees"
)
"""A store that kept its own checkpoints could be cut back together with them (docs/proof.md)."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(info)
    app.command()(rebuild)


def info(
    context: typer.Context, json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False
) -> None:
    """Say where the store is, what it holds, and what is unwise about it."""
    from visitsafe.store.open import care_of

    settings = settings_of(context)
    with care_of(settings.store) as care:
        shape = _shape(settings, care)
    if json:
        result_json(shape)
        return
    result("\n".join(_lines(shape)))
    for warning in shape["warnings"]:
        say(warning)


def rebuild(
    context: typer.Context,
    forget_missing: Annotated[
        bool,
        typer.Option("--forget-missing", help="Also let go of what the list knows of entries that are gone."),
    ] = False,
) -> None:
    """Make the list of plans anew from the signed entries; no entry is touched."""
    from visitsafe.store.open import care_of
    from visitsafe.store.rebuilding import rebuild as made_anew
    from visitsafe.store.store_marks import refuse_marked

    settings = settings_of(context)
    with care_of(settings.store) as care, progress() as tell:
        refuse_marked(care.store.meta(), care.shown)
        summarise = rows_of(settings, care.store)(care.store)
        done = made_anew(care.store, summarise, care.plans()[0], tell, forget=forget_missing)
    plans = "1 plan was" if done.plans == 1 else f"{done.plans} plans were"
    rows = {0: "none was different", 1: "1 row was different"}.get(
        done.different, f"{done.different} rows were different"
    )
    result(f"{plans} listed anew from the signed entries; {rows}.")
    if done.different:
        say("something else than visitsafe had changed the list, or it was damaged; run: visitsafe verify")
    _say_traces(done.traces)


def _say_traces(plans: "Sequence[str]") -> None:
    """Name the plans whose row goes on telling of entries that are gone."""
    if plans:
        refs = ", ".join(reference(plan) if is_plan_id(plan) else ascii(plan[:40]) for plan in plans[:_NAMED])
        more = f" and {len(plans) - _NAMED} more" if len(plans) > _NAMED else ""
        say(
            f"the list knows of entries that are not there, of {refs}{more}: somebody took them away, or"
            " altered the list; a checkpoint kept elsewhere tells which: visitsafe verify --against FILE"
        )
        say("once that is settled, the list forgets them with: visitsafe store rebuild --forget-missing")


def _shape(settings: "Settings", care: "Care") -> dict[str, Any]:
    """What `--json` prints: no password, and nothing of what was signed."""
    from visitsafe.store.sqlite import SqliteCare
    from visitsafe.store.store_marks import FILLING, MOVED

    meta, (position, chain), (plans, is_open) = care.store.meta(), care.store.head(), care.plans()
    return {
        "kind": "sqlite" if isinstance(care, SqliteCare) else "postgresql",
        "where": care.where,
        "id": care.store.store_id,
        "version": int(meta["schema_version"]),
        "created": str(meta.get("created", "")),
        "entries": position,
        "plans": plans,
        "open": is_open,
        "position": position,
        "chain": chain,
        "received": _received(care.store, position),
        "bytes": care.size(),
        "heartbeat": _heartbeat(settings, care.store),
        "moved_to": meta.get(MOVED),
        "being_filled_by": meta.get(FILLING),
        "warnings": list(care.store.warnings),
    }


def _received(store: "Store", position: int) -> str | None:
    return next((row.received for row in store.scan(position - 1)), None) if position else None


def _heartbeat(settings: "Settings", store: "Store") -> str | None:
    """When a manager or duty officer of the team was last watching, UTC text; None if nobody was."""
    from visitsafe.desk import founding_entries, open_roster
    from visitsafe.errors import VisitsafeError
    from visitsafe.watch.heartbeat import read_beats

    try:
        teams = [settings.team] if settings.team else [entry.id for entry in founding_entries(store)]
        beats = read_beats(store, open_roster(store, teams[0])) if teams else []
    except VisitsafeError:
        return None
    return beats[0].at if beats else None


def _lines(shape: dict[str, Any]) -> list[str]:
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[shape["kind"]]
    rows = [
        ("Store", f"{shape['where']} ({kind}, version {shape['version']})"),
        ("Id", f"{shape['id']}, made {shape['created']}"),
        ("Moved to", shape["moved_to"]),
        (
            "Only part of a copy",
            shape["being_filled_by"] and f"visitsafe {shape['being_filled_by']} has not ended",
        ),
        ("Entries", f"{shape['entries']}" + (f", newest {shape['received']}" if shape["received"] else "")),
        ("Running hash", shape["chain"]),
        ("Plans", f"{shape['plans']}, of which {shape['open']} open"),
        ("Size", _size(shape["bytes"])),
        ("Heartbeat", shape["heartbeat"] or "none: nobody is watching"),
        ("Checkpoints", _ELSEWHERE),
    ]
    return [f"{name + ': ':<14}{one_line(str(text))}" for name, text in rows if text]


def _size(count: float) -> str:
    unit = 0
    while count >= _STEP and unit < len(_UNITS) - 1:
        count, unit = count / _STEP, unit + 1
    return f"{count:.0f} {_UNITS[unit]}" if unit == 0 else f"{count:.1f} {_UNITS[unit]}"
