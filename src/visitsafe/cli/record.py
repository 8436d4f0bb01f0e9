"""`visitsafe verify` and `visitsafe export`: proving a record and taking it elsewhere."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.opening import desk_of, library_of, zone_of
from visitsafe.cli.output import result, result_json, say
from visitsafe.domain.escape import json_text, terminal
from visitsafe.errors import VerificationError, VisitsafeError

if TYPE_CHECKING:
    from visitsafe.domain.fold import PlanState
    from visitsafe.usecases.desk import Desk
    from visitsafe.usecases.verifying import Report


HOLDS = """\
Everything holds: each entry is byte for byte what its signer signed, each signer had the role for it,
and nothing between the first entry and the last was changed, moved or taken out.
That proves who said it and that it is unaltered. It does not prove that it is true, and the times are
what the signers' own clocks said."""


class Format(StrEnum):
    """What a plan is exported as."""

    MD = "md"
    HTML = "html"
    JSON = "json"
    BUNDLE = "bundle"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(verify)
    app.command()(export)


def verify(
    context: typer.Context,
    ref: Annotated[
        str | None, typer.Argument(help="A plan's reference; all of the store without one.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Check signatures, roles, order and the running hash, and say what that proves."""
    import msgspec

    from visitsafe.usecases.verifying import verify_plan, verify_store

    with desk_of(context) as desk:
        report = verify_plan(desk, desk.resolve(ref)) if ref else verify_store(desk)
    if json:
        result_json({"holds": not report.problems, **msgspec.to_builtins(report)})
    else:
        result(_in_words(report))
    if report.problems:
        count = len(report.problems)
        raise VerificationError(
            f"the record does not hold: {report.problems[0]}"
            + (f" (and {count - 1} more)" if count > 1 else ""),
            hint="change nothing, keep a copy of the store, and tell whoever looks after visitsafe",
        )


def _in_words(report: "Report") -> str:
    plans = f"{report.plans} plan{'' if report.plans == 1 else 's'}"
    lines = [
        f"Checked {report.entries} entries: {plans} and the team.",
        f"The store holds {report.position} entries; its running hash is {report.chain[:16]}.",
        "Signed by:",
        *(f"  {terminal(name)}  {fingerprint}" for name, fingerprint in report.signers),
        *(f"Note: {terminal(note)}" for note in report.notes),
        *(f"DOES NOT HOLD: {terminal(problem)}" for problem in report.problems),
    ]
    return "\n".join(lines if report.problems else [*lines, HOLDS])


def export(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(help="The plan's reference.")],
    form: Annotated[Format, typer.Option("--format", help="md, html, json or bundle.")] = Format.MD,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to this new file.")] = None,
    include_details: Annotated[
        bool, typer.Option("--include-details", help="With the address and other personal details.")
    ] = False,
) -> None:
    """Export a plan: the staff-supervision page, JSON, or a bundle that OpenSSH alone can check."""
    from visitsafe.adapters.archive import write_new

    with desk_of(context) as desk:
        state = desk.plan(desk.resolve(ref))
        content = _exported(context, desk, state, form, include_details=include_details)
    if form is Format.BUNDLE and out is None:
        out = Path(f"visitsafe-{state.ref}.zip")
    if out is None:
        result(content.decode(), exact=True)
        return
    write_new(out, content)
    say(f"wrote {out}")
    if form is Format.BUNDLE:
        say("it holds everything that was signed, personal details too: keep it as you keep the case file")


def _exported(
    context: typer.Context, desk: "Desk", state: "PlanState", form: Format, *, include_details: bool
) -> bytes:
    if form is Format.BUNDLE:
        from visitsafe.adapters.archive import zipped
        from visitsafe.usecases.bundling import bundle

        return zipped(bundle(desk, state))
    if form is Format.JSON:
        import json

        from visitsafe.domain.shapes import plan_shape

        shape = plan_shape(state, desk.now, include_details=include_details)
        return (json_text(json.dumps(shape, indent=2, ensure_ascii=False)) + "\n").encode()
    page = _page(context, desk, state, include_details=include_details)
    if form is Format.HTML:
        from visitsafe.adapters.html import html_page

        return html_page(page, f"Visit plan {state.ref}").encode()
    return page.encode()


def _page(context: typer.Context, desk: "Desk", state: "PlanState", *, include_details: bool) -> str:
    from visitsafe.domain.page import Prompt, supervision_page
    from visitsafe.domain.questionnaire import cite

    try:
        library = library_of(context)
        review = library.checklist_set(state.body.checklists[0].id).review
        documents = tuple(library.documents().values())
        prompts = [Prompt(item.text, cite(item.source)) for item in review.prompts] if review else []
    except (VisitsafeError, IndexError) as error:
        say(f"the page goes without supervision prompts and sources: {error}")
        documents, prompts = (), []
    return supervision_page(
        state, desk.now, zone_of(desk.roster), prompts, documents, include_details=include_details
    )
