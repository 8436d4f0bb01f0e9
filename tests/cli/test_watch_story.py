"""The real watcher as a process against a real mail server, killed twice: nothing is lost."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from office import Office
from patience import until
from servers import MailServer
from watch_process import Watch, entries, settings


def overdue(office: Office) -> datetime:
    """Sam's visit, countersigned and set out on in time, and due back an hour ago by the real clock."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    office.at(now - timedelta(hours=4)).open()
    start, due = now - timedelta(hours=3), now - timedelta(hours=1)
    office.plan(start=f'"{start:%d %B %Y %H:%M} UTC"', due_back=f'"{due:%d %B %Y %H:%M} UTC"', daylight="no")
    words = ("--decision", "countersign", "--reason", "Talked through.", "--condition", "Ring from the car.")
    office.mo.done("review", office.ref, *words)
    office.at(start)
    office.sam.done("depart", office.ref)
    office.at(now)
    return due


def test_killed_twice_every_step_is_raised_once_in_order_and_every_message_arrives(tmp_path: Path) -> None:
    office = Office(tmp_path)
    overdue(office)
    screen = tmp_path / "screen.txt"
    screen.touch()
    with MailServer() as mail:
        settings(office.mo, mail)
        first = Watch(office.mo, screen, "--every", "1")
        mail.wait_for(1)
        first.kill()
        second = Watch(office.mo, screen, "--every", "1")
        mail.wait_for(3)
        second.kill()
        third = Watch(office.mo, screen, "--every", "1")
        ladder = [step["id"] for step in office.show()["ladder"]["steps"]]
        until(lambda: all_told(office, ladder), "every step to be told", so_far=screen.read_text)
        code = third.end()
        got = Counter((one.to, one.subject, one.body) for one in mail.mails)
    assert code == 0
    raised = entries(office, "escalated")
    assert sorted(one["step"] for one in raised) == sorted(ladder)
    assert [one["due"] for one in raised] == sorted(one["due"] for one in raised)
    sent = [one for one in entries(office, "notified") if one["outcome"] == "sent"]
    keys = Counter((one["about"], one["channel"], one["round"]) for one in sent)
    assert max(keys.values()) == 1
    assert len(sent) <= got.total() <= len(sent) + 2
    assert "NOBODY IS WATCHING NOW" in third.said


def all_told(office: Office, ladder: list[str]) -> bool:
    """Whether there is a message on the record about every step."""
    told = {one["about"] for one in entries(office, "notified")}
    return len(told) >= len(ladder)
