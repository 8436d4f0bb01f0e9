"""Where the draft of a form comes from: begun with what is known already, or gone on with."""

import hashlib
from collections.abc import Mapping

from msgspec.structs import replace

from visitsafe.checklists.assessment import Value
from visitsafe.checklists.form_flow import FormSet
from visitsafe.checklists.questionnaire import Questionnaire
from visitsafe.wizard.draft import refit
from visitsafe.wizard.draft_file import DraftStage, Session

_LONG_ENOUGH = 16


def draft_name(form: str, about: str) -> str:
    """The name of the draft of a form about something: the same each time, whatever stands in `about`."""
    return f"{form}-{hashlib.sha256(about.encode()).hexdigest()[:_LONG_ENOUGH]}"


def begin_form(
    form_set: FormSet, questionnaire: Questionnaire, fresh: Session, known: Mapping[str, Value]
) -> Session:
    """A form begun: what is known is not asked on the way through, and can be changed before signing.

    Args:
        form_set: The form.
        questionnaire: It, compiled.
        fresh: A session with `about`, `command` and `started`.
        known: Answers; those that fit no question of today are left out.
    """
    form = form_set.form
    named = {question.id: known[question.id] for question in questionnaire if question.id in known}
    fresh = replace(fresh, checklist=form.id, digest=form_set.digests[form.id], answers=named)
    session = refit(questionnaire, replace(fresh, carried=tuple(named)), fresh.digest)
    return replace(session, notices=())


def go_on_with_form(
    form_set: FormSet, questionnaire: Questionnaire, session: Session, command: str
) -> Session:
    """A form as it was left, fitted to the questions of today. A yes that led to nothing is undone."""
    stage = DraftStage.SIGN if session.stage is DraftStage.DONE else session.stage
    digest = form_set.digests[form_set.form.id]
    return refit(questionnaire, replace(session, stage=stage, command=command), digest)
