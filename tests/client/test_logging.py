"""The log that the environment asks for."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import httpx
import pytest

from helpers.client import Harness, prediction_body
from zeroscope._text import log, without_secrets

PROGRAM = """
import httpx
from zeroscope import Retry, Zeroscope

responses = [httpx.Response(503), httpx.Response(200, json={"id": "gm3q", "status": "starting"})] * 2
transport = httpx.MockTransport(lambda request: responses.pop(0))
for _ in range(2):
    with httpx.Client(transport=transport) as http:
        client = Zeroscope("r8_the-token", base_url="https://api.test/v1", http_client=http, retry=Retry(initial=0))
        client.get("/account", params={"key": "query-secret"}, extra_headers={"x-key": "header-secret"})
"""


@pytest.mark.parametrize(
    ("level", "lines"),
    [
        (None, []),
        ("", []),
        ("warning", []),
        ("info", ["INFO"]),
        (" Debug ", ["DEBUG", "DEBUG", "INFO", "DEBUG", "DEBUG"]),
        ("verbose", ["ZEROSCOPE_LOG"]),
    ],
)
def test_variable__prints_the_log(level: str | None, lines: list[str]) -> None:
    """A level prints what is logged from there to standard error, once for all clients, and no secret."""
    environment = {**os.environ, **({} if level is None else {"ZEROSCOPE_LOG": level})}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    printed = done.stderr.splitlines()
    assert len(printed) == (len(lines) if level == "verbose" else 2 * len(lines)), done.stderr
    assert all(word in line for word, line in zip(lines, printed, strict=False))
    assert done.stdout == ""
    assert all(secret not in done.stderr for secret in ("r8_the-token", "query-secret", "header-secret"))
    if level == "verbose":
        assert "is verbose, which is not a level; it should be debug, info, warning" in done.stderr
    elif lines:
        assert "attempt 1 failed, the next one follows in 0.00 s: GET /account answered 503" in done.stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET https://files.test/a.mp4?sig=abc&x=1: 403", "GET https://files.test/a.mp4?[not shown]: 403"),
        ("'HTTP://a.test?b' and https://b.test/c?d", "'HTTP://a.test?[not shown]' and https://b.test/c?[not shown]"),
        ("https://a.test/x.mp4?a='1'&sig=abc, or", "https://a.test/x.mp4?[not shown], or"),
        ('at "https://a.test/x?a="1"&sig=abc".', 'at "https://a.test/x?[not shown]".'),
        ("wss://a.test/x?token=abc", "wss://a.test/x?[not shown]"),
        (r"https:\/\/a.test\/x?token=abc", r"https:\/\/a.test\/x?[not shown]"),
        ("see /v1/predictions?cursor=abc and //a.test?b", "see /v1/predictions?[not shown] and //a.test?[not shown]"),
        ("a.mp4?token=abc", "a.mp4?[not shown]"),
        (
            '{"next":"https://a.test?b=c","previous":"/v1?d","info":"at https://b.test?e"}',
            '{"next":"https://a.test?[not shown]","previous":"/v1?[not shown]","info":"at https://b.test?[not shown]"}',
        ),
        ("https://a.test/#access_token=abc", "https://a.test/#[not shown]"),
        ("(https://a.test/docs#limits)", "(https://a.test/docs#limits)"),
        ("the proxy http://ada:pass@proxy.test:3128 failed", "the proxy http://proxy.test:3128 failed"),
        ("https://ada:pass@word@a.test/", "https://a.test/"),
        (r"https:\/\/ada:pass@a.test\/b", r"https:\/\/a.test\/b"),
        (r"http://CORP\ada:pass@proxy.test", "http://proxy.test"),
        ("socks5://ada:pass@proxy.test:1080", "socks5://proxy.test:1080"),
        ("https://a.test/b@c: is it there?", "https://a.test/b@c: is it there?"),
        ("'data:video/mp4;base64,AAAA' is no HTTP URL", "'data:video/mp4;base64,[not shown]' is no HTTP URL"),
        (
            "What? Really? (https://a.test/b?) ^https?:// ada@a.test",
            "What? Really? (https://a.test/b?) ^https?:// ada@a.test",
        ),
    ],
)
def test_log__shows_no_secret_of_a_url(caplog: pytest.LogCaptureFixture, text: str, shown: str) -> None:
    """Queries, which may sign a URL, user information and contents are not logged; other text stays as it is."""
    with caplog.at_level(logging.INFO, "zeroscope"):
        log.info("%s", text)
    assert caplog.messages == [shown]


@pytest.mark.parametrize(
    "part", ["/", "?", "#", "@", '"', ":", "a", "//a@", '"/', "data:", "data:,", "\\/", "?a=", '""/"', 'a"', "//\\"]
)
def test_long_text__takes_no_time_out_of_proportion(part: str) -> None:
    """A hostile text is cleaned in one pass; a quadratic one would take minutes."""
    for text in (part * 100_000, "https://a.test/" + part * 100_000):
        assert without_secrets(text)


LOGGING = """
import logging, sys
{before}
from zeroscope import Zeroscope
{after}
log = logging.getLogger("zeroscope")
log.info("first")
log.debug("second")
"""
CONFIGURE = "logging.basicConfig(level=logging.{}, format='mine %(message)s')"


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("", "", ["INFO: first", "DEBUG: second"]),
        (CONFIGURE.format("INFO"), "", ["mine first", "mine second"]),
        ("", CONFIGURE.format("INFO"), ["mine first", "mine second"]),
        ("", "logging.getLogger('zeroscope').addHandler(logging.StreamHandler())", ["first", "second"]),
        ("logging.getLogger().addHandler(logging.NullHandler())", "", ["INFO: first", "DEBUG: second"]),
        (
            "",
            f"{CONFIGURE.format('INFO')}; logging.getLogger().handlers[0].setLevel(logging.INFO)",
            ["mine first", "DEBUG: second"],
        ),
        ("", "logging.getLogger('zeroscope').setLevel(logging.INFO)", ["INFO: first"]),
        (
            CONFIGURE.format("INFO"),
            "logging.getLogger('zeroscope').propagate = False",
            ["INFO: first", "DEBUG: second"],
        ),
        ("", "sys.stderr = None", []),
    ],
    ids=[
        "none",
        "before",
        "after",
        "own-handler",
        "null-handler",
        "handler-level",
        "level",
        "no-propagation",
        "no-stderr",
    ],
)
def test_variable__prints_each_line_once(before: str, after: str, lines: list[str]) -> None:
    """The handlers of the program take records, whenever it adds them; only what none of them takes is printed."""
    program = LOGGING.format(before=before, after=after)
    environment = {**os.environ, "ZEROSCOPE_LOG": "debug"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    printed = done.stderr.splitlines()
    assert len(printed) == len(lines), done.stderr
    assert all(line.endswith(end) for line, end in zip(printed, lines, strict=True))


def redirected(request: httpx.Request) -> httpx.Response:
    """Answer for the API, and for a file that is elsewhere."""
    if request.url.path == "/v1/predictions/gm3q":
        files = ["https://ada:pass@files.test/a.mp4?sig=secret"]
        return httpx.Response(200, json=prediction_body("succeeded", output=files))
    if request.url.path == "/a.mp4":
        return httpx.Response(302, headers={"location": "https://store.test/b.mp4?sig=secret"})
    return httpx.Response(200, content=MP4, headers={"CF-RAY": "8a3f-FRA"})


MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0"


def test_download__is_logged(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    """A download is logged like a call, with its redirects and its length, and without the secrets of its URLs."""
    prediction = harness.do(harness.client(redirected).predictions.get, "gm3q")
    with caplog.at_level(logging.DEBUG, "zeroscope"):
        harness.do(prediction.videos[0].read)
    assert caplog.messages == [
        "GET https://files.test/a.mp4: sending the request",
        "GET https://files.test/a.mp4: redirected to https://store.test/b.mp4",
        "GET https://files.test/a.mp4: status 200 after 0.000 s, request ID 8a3f-FRA",
        f"GET https://files.test/a.mp4?[not shown]: received {len(MP4)} bytes within 0.000 s",
    ]


def test_stream__is_logged(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    """An event stream is logged like a call, and so is the reason why it is left for polling."""

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/gm3q":
            return httpx.Response(200, text="a page", headers={"content-type": "text/html"})
        is_first = not caplog.messages
        urls = {**prediction_body()["urls"], "stream": "https://stream.test/gm3q?token=secret"}
        return httpx.Response(200, json=prediction_body("processing" if is_first else "succeeded", urls=urls))

    prediction = harness.do(harness.client(respond).predictions.get, "gm3q")
    with caplog.at_level(logging.DEBUG, "zeroscope"):
        harness.all(prediction.events)
    assert caplog.messages[:3] == [
        "GET https://stream.test/gm3q: sending the request",
        "GET https://stream.test/gm3q: status 200 after 0.000 s",
        "the stream of gm3q: no events, but text/html",
    ]
    assert not any("secret" in message for message in caplog.messages)
