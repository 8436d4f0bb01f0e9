"""What is different between two plans for the same case, in the words that were shown. Pure."""

from typing import NamedTuple

from visitsafe.record.bodies import Finding, PlanBody
from visitsafe.state.phrases import who_goes

NOT_ASKED = "not asked"


class Changed(NamedTuple):
    """An answer that was another one before."""

    label: str
    before: str
    after: str


class Changes(NamedTuple):
    """What has changed since an earlier plan."""

    answers: tuple[Changed, ...]
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]


def changes(before: PlanBody, after: PlanBody) -> Changes:
    """The answers whose words differ, and the findings that are new or gone."""
    old, new = _words(before), _words(after)
    labels = {shown.id: shown.label for shown in (*before.shown, *after.shown)}
    answers = [
        Changed(labels.get(name, name), old.get(name, NOT_ASKED), new.get(name, NOT_ASKED))
        for name in dict.fromkeys((*new, *old))
        if old.get(name) != new.get(name)
    ]
    if who_goes(before) != who_goes(after):
        answers.insert(0, Changed("Who goes", who_goes(before), who_goes(after)))
    was, now = _raised(before), _raised(after)
    rules_before, rules_after = ({finding.rule for finding in found} for found in (was, now))
    return Changes(
        answers=tuple(answers),
        new=tuple(finding for finding in now if finding.rule not in rules_before),
        gone=tuple(finding for finding in was if finding.rule not in rules_after),
    )


def _raised(body: PlanBody) -> list[Finding]:
    """The findings that answers raised: what earlier visits tell is another each time."""
    return [finding for finding in body.findings if not finding.from_before]


def _words(body: PlanBody) -> dict[str, str]:
    """Answers as they were shown; as they were signed where no wording was."""
    signed = {
        name: value if isinstance(value, str) else ", ".join(value) for name, value in body.answers.items()
    }
    return {**signed, **{shown.id: shown.answer for shown in body.shown}}
