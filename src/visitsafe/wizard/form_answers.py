"""The answers of a form in a YAML file: as for `plan --answers`, without a visit and control measures.

The file names the form after `checklist:`, and its answers stand below `answers:`. Whatever is wrong is said
at once, each with its line, by the same rules as at a terminal.
"""

from dataclasses import replace

from visitsafe.checklists.assessment import Answers
from visitsafe.checklists.model import FormChecklist
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.checklists.yaml import Problem, refusal
from visitsafe.wizard.answering import AnswerContext
from visitsafe.wizard.answers_file import CompleteAnswers, load, read_answers
from visitsafe.wizard.answers_template import answer_lines

_HEAD = """\
Answers for a form: {title} ({id} {version}).
Write each answer after its colon. Lines that start with # are not read: take the # away from the
lines that you answer. Put a text with a colon, a # or quotes in it in quotes. When it is filled in:
{command} --answers FILE --yes
"""


def read_form(
    path: str,
    form: FormChecklist,
    questionnaire: Questionnaire,
    context: AnswerContext,
    known: Answers,
    command: str,
) -> CompleteAnswers:
    """The answers in a file.

    Args:
        path: The file; `-` is standard input.
        form: The form that is filled in.
        questionnaire: It, compiled.
        context: For times.
        known: Answers known already, for questions which the file leaves out.
        command: The command that fills it in, for hints.

    Raises:
        ProblemsError: With every problem of the file, each on a line of its own.
        NotFoundError: There is no such file.
        SettingsError: It cannot be read.
    """
    hint = f"{command} --print-answers shows what an answers file looks like"
    file = load(path, hint=hint)
    problems = []
    if file.checklist != form.id:
        sentence = f"this file answers another checklist; write checklist: {form.id}"
        problems.append(Problem(file.positions.nearest(("checklist",)), sentence))
    for key, given in (("visit", file.visit), ("controls", file.controls), ("urgent", file.urgent)):
        if given:
            sentence = f"a form has only answers: leave {key} out"
            problems.append(Problem(file.positions.key((key,)), sentence))
    if problems:
        raise refusal(file.name, [*file.problems, *problems], hint)
    return read_answers(replace(file, urgent=""), questionnaire, context, known)


def form_template(form: FormChecklist, questionnaire: Questionnaire, command: str) -> str:
    """The commented file to fill in."""
    title = " ".join(form.title.split())
    head = _HEAD.format(title=title, id=form.id, version=form.version, command=command)
    lines = [*(f"# {line}" for line in head.splitlines()), f"checklist: {form.id}", ""]
    return "\n".join([*lines, *answer_lines(questionnaire)]).rstrip() + "\n"
