"""From a form to questions, and from answers to what an entry says; pure, as `questionnaire` and `composing`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from visitsafe.domain.assessment import Value
from visitsafe.domain.forms import FormChecklist
from visitsafe.domain.kinds import SharingChecklist
from visitsafe.domain.plan import Duty, Finding, Made, Shown
from visitsafe.domain.questionnaire import Questionnaire


@dataclass(frozen=True)
class FormSet:
    """A form with the sharing checklist that it asks too, and the digest of each file's bytes by id."""

    form: FormChecklist
    sharing: SharingChecklist | None
    digests: Mapping[str, str]


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A form that was filled in, ready to become an entry. Members as in `afterwards.Filled`."""

    form: Made
    answers: dict[str, str | tuple[str, ...]]
    shown: tuple[Shown, ...]
    findings: tuple[Finding, ...]
    sharing: tuple[Duty, ...] = ()


def compile_form(form_set: FormSet) -> Questionnaire:
    """The questions of a form in one flow: its sections, then the sharing triggers if it asks them."""
    raise NotImplementedError


def compose_form(form_set: FormSet, answers: Mapping[str, Value], at: datetime) -> Answered:
    """What a filled-in form says.

    Args:
        form_set: The form.
        answers: By question id; those that do not apply are left out.
        at: When it is signed: days to share are counted from here.
    """
    raise NotImplementedError
