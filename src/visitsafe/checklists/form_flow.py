"""From a form to questions, and from answers to what an entry says. Pure.

A form asks its own sections, then the triggers and the duty of the information-sharing checklist that it
names. Whatever is answered is only ever pointed at: in a form the duty to share is a note, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

import msgspec

from visitsafe.checklists.assessment import Value, assess, duties, shown, split
from visitsafe.checklists.model import FormChecklist, Question, SharingChecklist
from visitsafe.checklists.questionnaire import Questionnaire, sharing_rule, sharing_sections
from visitsafe.record.bodies import Duty, Finding, Made, Shown
from visitsafe.record.terms import Level

NOBODY_NAMED = "Something here should be shared, and it is not said with whom."
"""The sharing checklist's own sentence speaks of a plan."""


@dataclass(frozen=True)
class FormSet:
    """A form with the sharing checklist that it asks too, and the digest of each file's bytes by id."""

    form: FormChecklist
    sharing: SharingChecklist | None
    digests: Mapping[str, str]


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A form that was filled in, ready to become an entry. Members as in `bodies.Filled`."""

    form: Made
    answers: dict[str, str | tuple[str, ...]]
    shown: tuple[Shown, ...]
    findings: tuple[Finding, ...]
    sharing: tuple[Duty, ...] = ()

    def word(self, meaning: str) -> str:
        """An answer that is one word or text; empty if it was passed over, or the form does not ask it."""
        value = self.answers.get(meaning, "")
        return value if isinstance(value, str) else ""

    def text(self, meaning: str) -> str:
        """An answer as text, also if it is a list."""
        return self.word(meaning) or "; ".join(self.several(meaning))

    def several(self, meaning: str) -> tuple[str, ...]:
        """An answer that is a list; empty likewise."""
        value = self.answers.get(meaning, ())
        return value if isinstance(value, tuple) else ()


def compile_form(form_set: FormSet) -> Questionnaire:
    """The questions of a form in one flow: its sections, then the sharing triggers if it asks them."""
    form, sharing = form_set.form, form_set.sharing
    if sharing is None:
        return Questionnaire(form.sections, form.rules)
    pointer = sharing_rule(sharing).model_copy(update={"level": Level.NOTE, "text": NOBODY_NAMED})
    return Questionnaire((*form.sections, *sharing_sections(sharing)), (*form.rules, pointer))


def beside(form_set: FormSet, said: Mapping[str, Sequence[str]]) -> FormSet:
    """The same form with what the record says about a question behind why it is asked.

    Args:
        form_set: The form.
        said: Sentences by what a question means; they are shown with it and are no part of it.
    """

    def told(question: Question) -> Question:
        if not said.get(question.meaning):
            return question
        return question.model_copy(
            update={"why": f"{question.why} From the record: {' '.join(said[question.meaning])}"}
        )

    sections = tuple(
        section.model_copy(update={"questions": tuple(map(told, section.questions))})
        for section in form_set.form.sections
    )
    return replace(form_set, form=form_set.form.model_copy(update={"sections": sections}))


def compose_form(
    form_set: FormSet, answers: Mapping[str, Value], at: datetime, zone: tzinfo = UTC
) -> Answered:
    """What a filled-in form says.

    Args:
        form_set: The form.
        answers: By question id; those that do not apply are left out.
        at: When it is signed: days to share are counted from here.
        zone: Whose clocks the times in `shown` are read on.
    """
    form, questionnaire = form_set.form, replace(compile_form(form_set), zone=zone)
    kept, _ = split(questionnaire, answers)
    counted = {question.id: kept[question.id] for question in questionnaire if question.id in kept}
    return Answered(
        form=Made(id=form.id, version=form.version, digest=form_set.digests[form.id]),
        answers=questionnaire.kept(counted),
        shown=tuple(shown(questionnaire, name, value) for name, value in counted.items()),
        findings=assess(questionnaire, counted),
        sharing=duties(form_set.sharing, questionnaire, counted, at),
    )
