from collections.abc import Iterator

import pytest

from patience import LIMIT
from servers import Answer, WebServer
from visitsafe.watch.notify import Pinger, check_ping_url, ping


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


def test_a_ping_is_one_get(web: WebServer) -> None:
    assert ping(web.address("ping/token")) == ""
    (request,) = web.requests
    assert (request.method, request.path, request.body) == ("GET", "/ping/token", b"")


def test_a_monitor_that_refuses_is_told_without_its_address(web: WebServer) -> None:
    web.status = 404
    assert ping(web.address("ping/token")) == "the monitor answered 404"


def test_no_redirect_is_followed(web: WebServer) -> None:
    web.status = 302
    for elsewhere in (web.address("other"), "file:///etc/passwd", "ftp://127.0.0.1/x"):
        web.location = elsewhere
        assert ping(web.address("ping")) == "the monitor answered 302"
    assert {request.path for request in web.requests} == {"/ping"}


def test_a_monitor_that_hangs_is_given_up_in_time(web: WebServer) -> None:
    web.answer = Answer.HANG
    assert "did not answer" in ping(web.address("ping"), timeout=0.3)


def test_a_monitor_that_is_gone_is_told_without_its_address(web: WebServer) -> None:
    address = web.address("token")
    web.stop()
    assert ping(address) == "the monitor could not be reached"
    assert ping("https://no-such-host.invalid/token") == "the monitor could not be reached"


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://h/x", "monitor/ping", "", "http://", "http://h:x/", "http://h/a b", "http://[/",
     "http://h/\r\nX: y"],
)  # fmt: skip
def test_only_web_addresses_are_pinged(url: str) -> None:
    assert check_ping_url(url)
    assert ping(url) == check_ping_url(url)


def test_a_round_never_waits_for_the_monitor(web: WebServer) -> None:
    web.answer = Answer.HANG
    pinger = Pinger(web.address("ping"), timeout=LIMIT)
    assert [pinger.ping() for _ in range(3)] == ["", "", ""]
    web.wait_for_calls(1)
    web.answer = Answer.TAKE
    assert pinger.wait() == ""
    assert len(web.requests) == 1


def test_the_next_round_hears_what_was_wrong_with_the_last_ping(web: WebServer) -> None:
    web.status = 500
    pinger = Pinger(web.address("ping"))
    pinger.ping()
    assert pinger.wait() == "the monitor answered 500"
    assert pinger.ping() == "the monitor answered 500"
    pinger.wait()
