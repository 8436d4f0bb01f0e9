"""Real servers answer: a mail server and a web server on this computer."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from patience import LIMIT
from servers import Answer, MailServer, WebServer
from visitsafe.watch.messages import Text
from visitsafe.watch.notify import RESTS, Channels, Failed, Sent, check_channels, send

NOW = datetime(2026, 11, 23, 16, 45, tzinfo=UTC)
TEXT = Text(
    "K7Q2-M9 Sam: 15 min late", "Do now: ring <b>*Sam*</b> & [x](http://e.example).\n\nSay :smile: \\n so."
)
SECRET = "hunter2"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


def failed(outcome: Sent | Failed) -> str:
    assert isinstance(outcome, Failed)
    return outcome.why


def test_a_mail_arrives_word_for_word_and_as_plain_text(mail: MailServer) -> None:
    assert send(mail.url("duty"), "duty mailbox", TEXT) == Sent()
    (got,) = mail.mails
    assert got.to == ("duty@desk.example",)
    assert (got.subject, got.body.rstrip("\n")) == (TEXT.title, TEXT.body)
    assert b"text/html" not in got.raw
    assert b"pprise" not in got.raw.replace(b"X-Application: visitsafe", b"")


def test_a_webhook_gets_title_and_message(web: WebServer) -> None:
    assert send(web.url("hook"), "hook", TEXT) == Sent()
    assert web.requests[0].json["title"] == TEXT.title
    assert web.requests[0].json["message"] == TEXT.body


@pytest.mark.parametrize(("form", "never"), [("html", "<b>"), ("markdown", "*Sam*")])
def test_what_people_typed_is_never_markup(web: WebServer, form: str, never: str) -> None:
    assert send(web.url(f"hook?format={form}"), "hook", TEXT) == Sent()
    message = web.requests[0].json["message"]
    assert never not in message.replace("\\*", "")
    assert "[x](http" not in message or form == "html"


def test_a_refusal_is_told_by_its_number_alone(mail: MailServer, web: WebServer) -> None:
    mail.answer = web.answer = Answer.REFUSE
    assert failed(send(mail.url("duty"), "m", TEXT)) == "the server refused the message (550)"
    assert failed(send(web.url("hook"), "h", TEXT)) == "the server refused the message (500)"
    for status, why in ((401, "name or password"), (404, "no such address"), (429, "too often")):
        web.status = status
        assert why in failed(send(web.url("hook"), "h", TEXT))


def test_a_redirect_is_a_failure_because_the_message_would_be_lost_on_the_way(web: WebServer) -> None:
    web.status, web.location = 302, web.address("elsewhere")
    assert "has moved" in failed(send(web.url("hook"), "h", TEXT))
    assert [request.path for request in web.requests] == ["/hook"]


def test_a_server_that_hangs_holds_nobody_up_longer_than_the_deadline(
    mail: MailServer, web: WebServer
) -> None:
    mail.answer = web.answer = Answer.HANG
    for url in (mail.url("duty"), web.url("hook?rto=3600&cto=3600")):
        assert failed(send(url, "c", TEXT, timeout=0.5)) == "no answer within 0.5 seconds"
    mail.answer = web.answer = Answer.TAKE


def test_a_server_that_is_gone_is_told_without_its_name(mail: MailServer, web: WebServer) -> None:
    urls = [mail.url("duty"), web.url("hook")]
    mail.stop()
    web.stop()
    for url in urls:
        assert failed(send(url, "c", TEXT)) == "the server refused the connection"


def test_no_failure_tells_a_secret(
    mail: MailServer, web: WebServer, capfd: pytest.CaptureFixture[str]
) -> None:
    mail.answer = web.answer = Answer.REFUSE
    said = [
        failed(send(url, "c", TEXT, timeout=5))
        for url in (
            mail.url("duty", SECRET),
            web.url(f"hook/{SECRET}?x={SECRET}"),
            f"json://desk:{SECRET}@127.0.0.1:1/{SECRET}",
            f"jsons://desk:{SECRET}@{SECRET}.invalid/",
            f"slack://{SECRET}",
            f"nosuch://{SECRET}",
            f"workflows://host/{SECRET}/s?template=/etc/{SECRET}",
            SECRET,
        )
    ]
    shown = " ".join([*said, *capfd.readouterr()])
    assert SECRET not in shown
    assert "127.0.0.1" not in shown
    assert "/etc" not in shown


def test_channels_are_checked_before_the_first_alarm() -> None:
    wrong = {
        "no scheme": f"host/{SECRET}",
        "unknown": f"nosuch://{SECRET}",
        "half": "mailto://",
        "a file": f"workflows://h.example:443/w/s?template=/etc/{SECRET}",
        "config": "file:///etc/passwd",
    }
    said = check_channels({"good": "json://localhost/x", **wrong})
    assert len(said) == len(wrong)
    for label, sentence in zip(wrong, said, strict=True):
        assert sentence.startswith(f"the channel '{label}': ")
        assert SECRET not in sentence
    assert check_channels({}) == []


TWILIO = f"twilio://AC{'a' * 32}:{'b' * 32}@+441614960000"


@pytest.mark.parametrize("number", ["999", "0161496", "O7700900123", "+44770090012", "+4477009001234"])
@pytest.mark.parametrize("gateway", [TWILIO, "bulksms://user:password@+447700900123"])
def test_a_telephone_number_that_cannot_be_rung_is_told_before_the_first_alarm(
    gateway: str, number: str
) -> None:
    said = check_channels({"Mo's phone": f"{gateway}/+447700900124/{number}"})
    why = "one of its telephone numbers cannot be in use; write it like +447700900123"
    assert said == [f'the channel "Mo\'s phone": {why}']


@pytest.mark.parametrize("number", ["+447700900123", "+353861234567", "447700900123"])
def test_a_telephone_number_that_can_be_rung_is_fine(number: str) -> None:
    assert check_channels({"Mo's phone": f"{TWILIO}/{number}"}) == []


def test_without_apprise_the_desk_is_told_what_to_install() -> None:
    program = (
        "import sys; sys.modules['apprise'] = None\n"
        "from visitsafe.watch.notify import check_channels, send\n"
        "from visitsafe.watch.messages import Text\n"
        "print(check_channels({'a': 'json://x'}), send('json://x', 'a', Text('t', 'b')))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.count("pip install 'visitsafe[notify]'") == 2
    assert ran.stderr == ""


def test_a_hanging_server_keeps_no_program_from_ending(web: WebServer) -> None:
    web.answer = Answer.HANG
    program = (
        "import sys; from visitsafe.watch.notify import send\n"
        "from visitsafe.watch.messages import Text\n"
        "print(send(sys.argv[1], 'a', Text('t', 'b'), timeout=0.2))"
    )
    # A socket of Apprise's own would give up after four seconds; this one waits for an hour.
    url = web.url("hook?rto=3600&cto=3600")
    ran = subprocess.run(
        [sys.executable, "-c", program, url], capture_output=True, text=True, check=True, timeout=LIMIT
    )
    assert "no answer within 0.2 seconds" in ran.stdout
    assert ran.stderr == ""


def test_a_channel_that_failed_rests_and_the_others_do_not(mail: MailServer, web: WebServer) -> None:
    mail.answer = Answer.REFUSE
    channels = Channels({"mail": mail.url("duty"), "web": web.url("hook")})
    now = NOW
    for rest in (*RESTS, RESTS[-1]):
        assert isinstance(channels.send("mail", TEXT, now), Failed)
        assert channels.rests_until("mail", now) == now + rest
        assert channels.rests_until("web", now) is None
        now += rest
        assert channels.rests_until("mail", now) is None
    mail.answer = Answer.TAKE
    assert channels.send("mail", TEXT, now) == Sent()
    assert channels.rests_until("mail", now) is None
    mail.answer = Answer.REFUSE
    channels.send("mail", TEXT, now)
    assert channels.rests_until("mail", now) == now + RESTS[0]


def test_a_clock_that_was_set_back_keeps_no_channel_silent(mail: MailServer) -> None:
    mail.answer = Answer.REFUSE
    channels = Channels({"mail": mail.url("duty")})
    channels.send("mail", TEXT, NOW)
    assert channels.rests_until("mail", NOW - timedelta(hours=1)) is None


def test_a_channel_that_the_settings_do_not_have_fails() -> None:
    assert "no channel" in failed(Channels({}).send("gone", TEXT, NOW))
