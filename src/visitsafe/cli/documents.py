"""`visitsafe document`: what the procedures ask to be written down about a case, from a form to a page."""

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli import document_list
from visitsafe.cli.form_options import Answers, Json, Plain, PrintAnswers, Yes
from visitsafe.cli.output import result, result_json, stands
from visitsafe.errors import UsageError
from visitsafe.opening import desk_of, later

if TYPE_CHECKING:
    from visitsafe.cli.form_talk import How
    from visitsafe.followup.documents import Old, Writing
    from visitsafe.record.bodies import DocumentedBody
    from visitsafe.state.fold import PlanState

app = typer.Typer(
    help="Write a case's documents: the agreement with the family, plans, meetings.",
    rich_markup_mode=None,
    no_args_is_help=True,
)
HELP = {
    "agreement": "Write the agreement with the family.",
    "risk-reduction": "Write the risk plan of all agencies.",
    "supervision": "Write what supervision agreed.",
    "meeting": "Write down a professionals' meeting.",
    "telling": "Plan what the family is told, and how.",
}


@app.callback()
def callback() -> None:
    """Write a case's documents: the agreement with the family, plans, meetings."""


def _writes(name: str) -> Callable[..., None]:
    """The command that writes one kind of document."""

    def write(
        context: typer.Context,
        ref: Annotated[str | None, typer.Argument(help="A plan of the case, by its reference.")] = None,
        case: Annotated[str, typer.Option("--case", help="The case; its newest plan is taken.")] = "",
        new_version: Annotated[
            bool, typer.Option("--new-version", help="Begin with the newest one's answers, and replace it.")
        ] = False,
        another: Annotated[bool, typer.Option("--another", help="Keep the one that there is.")] = False,
        answers: Answers = None,
        yes: Yes = False,
        print_answers: PrintAnswers = False,
        json: Json = False,
        plain: Plain = False,
    ) -> None:
        from visitsafe.cli.form_talk import How
        from visitsafe.followup.documents import Writing
        from visitsafe.record.terms import Document

        if new_version and another:
            raise UsageError(
                "--new-version or --another, not both", hint="--new-version replaces the old one"
            )
        writing = Writing(document=Document(name), new_version=new_version, another=another)
        how = How(answers=answers, yes=yes, plain=plain, print_answers=print_answers)
        _write(context, writing, which(ref, case), how, json=json)

    return write


def which(ref: str | None, case: str) -> tuple[str, str]:
    """The reference or the case that was named: one of them, and not both.

    Raises:
        UsageError: Neither, or both.
    """
    if bool(ref) == bool(case.strip()):
        raise UsageError("name a plan or a case", hint="a reference such as K7Q2-M9, or: --case CF-1042")
    return ref or "", case.strip()


for command, sentence in HELP.items():
    app.command(command, help=sentence)(_writes(command))
document_list.register(app)


def _write(
    context: typer.Context,
    writing: "Writing",
    about: tuple[str, str],
    how: "How",
    *,
    json: bool,
) -> None:
    from visitsafe.cli.document_talk import checked
    from visitsafe.cli.form_talk import fill_in, signed
    from visitsafe.followup import documents as use
    from visitsafe.opening import patient

    with desk_of(context) as desk:
        state = use.find_plan(desk, *about)
        history = use.seen_history(desk, state.body.visit.case)
        old = use.check_may_write(desk, history, writing)
        plan, apart = (old.state, old.said.id) if old else (state, "another" if writing.another else "")
        form, command = use.FORMS[writing.document], _command(plan, writing)
        answered = fill_in(context, desk, form, plan.ref, command, how, use.known_answers(old), apart=apart)
        use.check_no_address(history, answered, writing)
        answered, days = checked(context, desk, answered, writing, command, how)
        signing = patient(later(context, desk), f"run it again: {command}")
        body, done = use.record_document(signing, signing.plan(plan.plan), answered, days, writing, old)
        with stands(f"it is recorded on {done.ref}; see: visitsafe document list {done.ref}"):
            _tell(done, body, old, json=json)
        signed(context, form, plan.ref, apart)


def _command(state: "PlanState", writing: "Writing") -> str:
    """The command that goes on with what was begun."""
    words = ["visitsafe", "document", str(writing.document), state.ref]
    words += ["--new-version"] if writing.new_version else []
    return shlex.join([*words, *(["--another"] if writing.another else [])])


def _tell(state: "PlanState", body: "DocumentedBody", old: "Old | None", *, json: bool) -> None:
    from visitsafe.followup.document_pages import document_shape, document_title
    from visitsafe.text.clean import terminal
    from visitsafe.text.clock import from_text
    from visitsafe.text.days import said

    if json:
        newest = next(one for one in reversed(state.after.documents) if one.body == body)
        result_json(document_shape(state, newest, from_text(newest.at)))
        return
    instead = " in the place of the one before" if old else ""
    lines = [f"{document_title(body)}: signed{instead}, on {state.ref}, case {state.body.visit.case}."]
    lines += [f"- {one.what} ({one.who}{f', by {said(one.by)}' if one.by else ''})" for one in body.actions]
    lines += [f"Looked at again by {said(body.review)}."] if body.review else []
    how = f"visitsafe document show {state.ref} --document {body.document} --format html --out page.html"
    result("\n".join(terminal(line) for line in [*lines, f"A page to print:  {how}"]))
