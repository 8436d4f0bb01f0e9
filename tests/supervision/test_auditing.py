"""The managers' own audit at a store: never signed twice after a crash, and who is new to the team."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from after_story import over
from story import NOW, Actor
from story_plan import DUE_BACK
from visit_story import MO, OLA, SAM
from visitsafe.checklists.form_flow import Answered
from visitsafe.desk import Desk
from visitsafe.followup.forms import recorded_already
from visitsafe.record.bodies import Made
from visitsafe.supervision.auditing import AUDIT, audited_body, gather_evidence, record_audit
from visitsafe.supervision.audits import audits
from visitsafe.supervision.figures import gather
from visitsafe.text.clock import to_text
from watchers import Desk as DutyDesk

LONDON = ZoneInfo("Europe/London")
EVENING = DUE_BACK + timedelta(hours=6)
ANSWERED = Answered(
    form=Made(id=AUDIT, version="1.0", digest="ef" * 32),
    answers={"training": "yes", "policy-known": "no"},
    shown=(),
    findings=(),
)


@contextmanager
def at_the_desk(folder: Path, by: Actor) -> Iterator[Desk]:
    office = DutyDesk(folder, over())
    with office.store() as store:
        roster = office.read().roster
        yield Desk(store, roster, EVENING, roster.members.get(by.fingerprint), lambda: by.signer)


def test_an_audit_that_is_on_the_disk_is_not_signed_again(tmp_path: Path) -> None:
    with at_the_desk(tmp_path, MO) as desk:
        began = to_text(EVENING - timedelta(minutes=20))
        assert not recorded_already(desk, audits(desk.roster), ANSWERED, began)
        body = audited_body(ANSWERED, gather_evidence(desk, LONDON), ("policy-known",))
        record_audit(desk, body)
        after = desk.renewed()
        assert [one.body for one in audits(after.roster)] == [body]
        assert recorded_already(after, audits(after.roster), ANSWERED, began)
        assert not recorded_already(
            after, audits(after.roster), ANSWERED, to_text(EVENING + timedelta(minutes=1))
        )


def test_evidence_is_signed_only_for_what_was_asked(tmp_path: Path) -> None:
    with at_the_desk(tmp_path, MO) as desk:
        found = gather_evidence(desk, LONDON)
        body = audited_body(ANSWERED, found, ())
    assert set(body.evidence) == {"training", "policy-known"} < set(found.said)
    assert (body.first, body.last) == (found.period.first.isoformat(), found.period.last.isoformat())


def test_who_came_into_the_team_in_that_time_is_counted_once(tmp_path: Path) -> None:
    with at_the_desk(tmp_path, SAM) as desk:
        period = gather_evidence(desk, LONDON).period
        everybody = {one.mail for one in desk.roster.everyone}
        assert OLA.fingerprint in desk.roster.known
        assert gather(desk, period).joined == len(everybody)
        assert period.since < to_text(NOW) < period.until
