"""Text of a hostile server, which never controls a terminal, a log or a traceback."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import TOKEN, FakeClock, Harness, prediction_body
from helpers.command import Command
from zeroscope import Page, RunResult, Zeroscope
from zeroscope._text import escape, excerpt
from zeroscope.cli import predictions as commands
from zeroscope.events import Ended, StatusChanged

# C0 and C1 controls, sequences that clear the screen and set its title, bidirectional overrides, and line breaks.
CONTROLS = "\x1b[2J\x1b]0;pwned\x07\x9b31m\x85\u2028\u202e\u2066\r\n\x00\x7f\t"
MARKUP = "[bold]b[/bold][link=https://evil.test]l[/link]:smile:"
ID = f"gm3q{CONTROLS}{MARKUP}"
# A lone surrogate cannot be in a URL's path, so it cannot be in an ID.
TEXT = f"{ID}\ud800"


def body(status: str) -> dict[str, Any]:
    """A prediction with hostile text in every field."""
    return prediction_body(
        status,
        id=ID,
        model=TEXT,
        version=TEXT,
        input={"prompt": TEXT, "seed": TEXT, TEXT: TEXT},
        logs=f"{TEXT}\nUsing seed: 7\n{TEXT}",
        output=[f"https://files.test/{TEXT}/{TEXT}.mp4", TEXT],
        error=TEXT,
        created_at=TEXT,
        started_at=TEXT,
        completed_at=TEXT,
        metrics={"predict_time": TEXT, TEXT: TEXT},
        urls={"get": TEXT, "cancel": TEXT, "stream": f"https://files.test/{TEXT}"},
    )


def predictions(status: str) -> Callable[[httpx.Request], httpx.Response]:
    """A server whose predictions all have one status."""

    def respond(request: httpx.Request) -> httpx.Response:
        prediction = body(status)
        if request.url.host == "files.test":
            return httpx.Response(500, text=TEXT.encode("utf-8", "replace").decode())
        if request.method == "GET" and request.url.path.endswith("/predictions"):
            return as_json(200, {"next": TEXT, "previous": TEXT, "results": [prediction]})
        return as_json(200, prediction)

    return respond


def problems(status_code: int) -> Callable[[httpx.Request], httpx.Response]:
    """A server that refuses every request."""
    field = {"type": TEXT, "field": TEXT, "description": TEXT}
    problem = {"title": TEXT, "detail": TEXT, "status": TEXT, "invalid_fields": [field], "retry_after": TEXT}
    headers = [(b"x-echo", b"\x1b[2J\x9b\x85"), (b"retry-after", b"\x1b[2J")]
    return lambda _: as_json(status_code, problem, headers)


def fails(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    """A network that fails."""

    def respond(request: httpx.Request) -> httpx.Response:
        raise error

    return respond


def as_json(status_code: int, value: Any, headers: Any = ()) -> httpx.Response:
    """A response with a JSON body that has lone surrogates in it."""
    return httpx.Response(status_code, content=json.dumps(value).encode(), headers=list(headers))


SERVERS: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "running": predictions("processing"),
    "unknown": predictions(TEXT),
    "failed": predictions("failed"),
    "canceled": predictions("canceled"),
    "succeeded": predictions("succeeded"),
    "text": lambda _: httpx.Response(200, text=TEXT.encode("utf-8", "replace").decode()),
    "refused": problems(422),
    "limited": problems(429),
    "broken": problems(500),
    "lost": fails(httpx.ReadError(TEXT)),
    "unreachable": fails(httpx.ConnectError(TEXT)),
}


@pytest.fixture(params=SERVERS)
def respond(request: pytest.FixtureRequest) -> Callable[[httpx.Request], httpx.Response]:
    """The hostile servers, in turn."""
    return SERVERS[request.param]


def require_harmless(text: str) -> None:
    """Fail if a text of one line or more would control a terminal."""
    harmful = {each for each in text if not each.isprintable() and each != "\n"}
    assert not harmful, f"{harmful} in {text!r}"
    assert all(line.strip() for line in text.splitlines()), f"an empty line in {text!r}"


def texts(error: BaseException) -> Iterator[str]:
    """What a traceback, a log or a debugger shows of an error and its causes, up to those of httpx."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, httpx.HTTPError):
        yield from (str(cause), repr(cause), *getattr(cause, "__notes__", []))
        if isinstance(cause, zeroscope.ZeroscopeError) and cause.prediction is not None:
            yield repr(cause.prediction)
        cause = cause.__cause__


COMMANDS = [
    ["list"],
    ["get", ID],
    ["cancel", ID],
    ["wait", ID, "--timeout", "5"],
    ["wait", ID, "--timeout", "5", "-o", "a.mp4"],
    ["run", "x", "--timeout", "5"],
]


@pytest.fixture
def served(
    command: Command, respond: Callable[[httpx.Request], httpx.Response], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Runs a command line against a hostile server."""

    def connect(base_url: str | None = None) -> Zeroscope:
        http = httpx.Client(transport=httpx.MockTransport(respond))
        return Zeroscope(TOKEN, http_client=http, clock=FakeClock(), retry=None)

    monkeypatch.setattr(commands.Service, "client", lambda service: connect(service.base_url))
    return command


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: f"{arguments[0]}-{len(arguments)}")
def test_command__prints_no_control_characters(served: Command, arguments: list[str], tmp_path: Path) -> None:
    """Each command shows hostile text as escapes, one line where one is meant, and leaves the folder alone."""
    outcome = served(*arguments)
    require_harmless(outcome.out)
    require_harmless(outcome.err)
    assert outcome.out + outcome.err
    if arguments[0] == "list" and outcome.code == 0:
        assert len(outcome.out.splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", COMMANDS[3:], ids=lambda arguments: f"{arguments[0]}-{len(arguments)}")
def test_progress_bar__shows_markup_as_it_is(
    served: Command, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal, neither control characters nor the markup of rich take effect in the bar or the status."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "500")
    shown = served(*arguments).err
    for harmful in ("\x1b[2J", "\x1b]", "\x07", "\x9b", "\x85", "\u2028", "\u202e", "\u2066", "\x00", "\x7f", "\ud800"):
        assert harmful not in shown
    assert "\x1b[1mb" not in shown and "😄" not in shown
    if "gm3q" in shown:
        assert "[bold]b[/bold][link=https://evil.test]l[/link]:smile:" in shown


@pytest.mark.parametrize("arguments", [["list"], ["get", ID], ["cancel", ID]], ids=lambda arguments: arguments[0])
def test_json__escapes_control_characters(served: Command, arguments: list[str]) -> None:
    """With --json, hostile text is printed with JSON's own escapes and is unchanged once parsed."""
    outcome = served(*arguments, "--json")
    require_harmless(outcome.out)
    assert outcome.out.isascii()
    if outcome.code == 0:
        found = outcome.json[0] if arguments == ["list"] else outcome.json
        assert found["input"]["prompt"] == TEXT


def test_texts__have_no_control_characters(
    harness: Harness, respond: Callable[[httpx.Request], httpx.Response], caplog: pytest.LogCaptureFixture
) -> None:
    """Errors, their notes, every repr and every log record show hostile text as escapes, on one line."""
    caplog.set_level(logging.DEBUG, "zeroscope")
    client = harness.client(respond, retry=zeroscope.Retry(attempts=2), poll=zeroscope.Polling(minimum=1))
    shown: list[str] = []

    def attempt(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        try:
            return harness.do(function, *args, **options)
        except zeroscope.ZeroscopeError as error:
            shown.extend(texts(error))
        return None

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    def failing(*_: Any) -> None:
        raise RuntimeError

    for given in ({"timeout": 5}, {"timeout": 5, "cancel_on_timeout": True}):
        attempt(client.run, prompt="x", **given)
    for on_update in (interrupted, failing):
        for run in (client.run, lambda **options: client.run_many([{}, {}], **options)):
            try:
                attempt(run, on_update=on_update)
            except (KeyboardInterrupt, RuntimeError) as error:
                shown.extend(getattr(error, "__notes__", []))
    for result in attempt(client.run_many, [{"prompt": "x"}], timeout=5) or []:
        shown.append(repr(result))
        shown.extend(texts(result.error) if result.error else [])
    try:
        for page in harness.all(client.predictions.pages)[:1]:
            shown.append(repr(page))
    except zeroscope.ZeroscopeError as error:
        shown.extend(texts(error))
    prediction = attempt(client.predictions.get, ID)
    if prediction is not None:
        shown += [repr(prediction), *map(repr, prediction.videos), repr(Page([prediction], TEXT, TEXT))]
        shown += [repr(RunResult(0, {}, prediction, None)), repr(Ended(prediction)), repr(StatusChanged(TEXT))]
        try:
            harness.all(lambda: prediction.events(timeout=5))
        except zeroscope.ZeroscopeError as error:
            shown.extend(texts(error))
        for method in (prediction.cancel, prediction.reload, lambda: prediction.save_all("videos")):
            attempt(method)
        for video in prediction.videos:
            attempt(video.read)
    assert shown
    for text in shown:
        assert text.isprintable() and text, repr(text)
    for record in caplog.records:
        assert record.name != "zeroscope" or record.getMessage().isprintable(), repr(record.getMessage())


def test_state_without_a_client__names_its_id_harmlessly() -> None:
    """The error of a prediction without a client shows its ID as escapes."""
    harness = Harness("sync")
    prediction = harness.client(predictions("processing")).predictions.get(ID)
    prediction._driver = None
    with pytest.raises(zeroscope.ConfigurationError) as caught:
        prediction.reload()
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ein Leuchtturm 🗼", "ein Leuchtturm 🗼"),
        ("a\nb", "a\\nb"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b\u202e\ud800", "\\x9b\\u202e\\ud800"),
        ("", ""),
    ],
)
def test_escape__replaces_what_is_not_printable(text: str, expected: str) -> None:
    """Printable text stays as it is; the rest becomes the escapes of a Python literal."""
    assert escape(text) == expected


def test_excerpt__is_one_line() -> None:
    """An excerpt has its whitespace collapsed, and is cut to its length."""
    assert excerpt(" a\n\n b\t" + "c" * 300, 10) == "a b ccccc…"
    assert excerpt("\n") == "an empty body"
