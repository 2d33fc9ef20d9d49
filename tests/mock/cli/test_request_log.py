"""The log of requests: what it folds and counts, and slow readers."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import httpx
import pytest

from helpers.command import COMMAND, mock_process
from helpers.waiting import LONG
from zeroscope_mock import Exchange, MockServer
from zeroscope_mock.cli.console import _LOGGER, Console
from zeroscope_mock.cli.printers import JsonPrinter, TextPrinter
from zeroscope_mock.cli.request_log import RequestLog
from zeroscope_mock.cli.terminal import Terminal

AUTH = {"Authorization": "Bearer a-token-of-a-test"}
VERSION = MockServer().core.state.spec.version


class Screen(Terminal):
    """A stream in memory; as a terminal, it shows what the cursor left."""

    def __init__(self, *, terminal: bool = False, width: int = 100) -> None:
        super().__init__(io.StringIO(), {})
        self.interactive = terminal
        self.columns = width
        self.lines: list[str] = []

    @property
    def width(self) -> int | None:
        return self.columns if self.interactive else None

    def write(self, text: str) -> None:
        while text.startswith("\x1b["):
            up, _, text = text[2:].partition("A\r\x1b[J")
            del self.lines[len(self.lines) - int(up) :]
        assert text.endswith("\n")
        self.lines += text.splitlines()

    @property
    def ends(self) -> list[str]:
        """The last column of each line, in which the id of a prediction is short."""
        return [line.rpartition("  ")[2] for line in self.lines]


class Session:
    """Requests to a server, and what a printer makes of them."""

    def __init__(self, screen: Screen) -> None:
        self.now = 100.0
        self.server = MockServer()
        self.printer = TextPrinter(screen, clock=lambda: self.now)
        self._seen = 0
        self._api = httpx.Client(transport=self.server.transport, base_url="http://mock.test/v1", headers=AUTH)

    def create(self) -> str:
        id: str = self._api.post("/predictions", json={"version": VERSION, "input": {"prompt": "x"}}).json()["id"]
        return id

    def poll(self, *ids: str) -> None:
        for id in ids:
            self._api.get(f"/predictions/{id}")

    def show(self, skipped: int = 0) -> None:
        exchanges = self.server.journal[self._seen :]
        self._seen += len(exchanges)
        self.printer.print(exchanges, skipped, Counter())


def statuses(lines: list[str]) -> list[str]:
    """The last columns without the ids."""
    return [line.split("  ")[-1].partition(" ")[2] if "created" not in line else "created" for line in lines]


def test_polls__are_printed_again_in_place_on_a_terminal() -> None:
    """Polls of two predictions take two lines, with the number of polls, and another status another line."""
    screen = Screen(terminal=True)
    session = Session(screen)
    first, second = session.create(), session.create()
    session.show()
    for _ in range(3):
        session.poll(first, second)
        session.show()

    assert statuses(screen.lines) == ["created", "created", "starting × 3", "starting × 3"]

    session.server.clock.advance(100)
    session.poll(second, first)
    session.show()
    assert statuses(screen.lines)[2:] == ["starting × 3", "starting × 3", "succeeded", "succeeded"]

    session.create()
    session.poll(first)
    session.show()
    assert statuses(screen.lines)[4:] == ["succeeded", "succeeded", "created", "succeeded"]


def test_polls__are_printed_once_in_a_pipe() -> None:
    """Elsewhere, the line for polls follows when the status changes, after a pause, or before any other line."""
    screen = Screen()
    session = Session(screen)
    id = session.create()
    session.show()
    for _ in range(3):
        session.poll(id)
        session.now += 1
        session.show()
    assert statuses(screen.lines) == ["created"]

    session.server.clock.advance(100)
    session.poll(id)
    session.show()
    assert statuses(screen.lines) == ["created", "starting × 3"]

    session.now += 5
    session.show()
    assert statuses(screen.lines) == ["created", "starting × 3", "succeeded"]

    session.poll(id)
    session.create()
    session.show()
    assert statuses(screen.lines)[3:] == ["succeeded", "created"]

    session.poll(id)
    session.show()
    session.printer.finish("the end")
    assert statuses(screen.lines[:-1])[5:] == ["succeeded"] and screen.lines[-1] == "the end"


def test_terminal__keeps_few_lines_open() -> None:
    """More polls than lines that can change leave the oldest line as it is."""
    screen = Screen(terminal=True)
    session = Session(screen)
    ids = [session.create() for _ in range(10)]
    session.show()
    for _ in range(2):
        session.poll(*ids)
        session.show()

    counts = [line.partition("× ")[2] for line in screen.lines[10:]]
    assert len(counts) < 20 + 1 and sum(int(count or 1) for count in counts) == 20


def test_release__leaves_the_lines() -> None:
    """After a note below them, lines are not printed over."""
    screen = Screen(terminal=True)
    session = Session(screen)
    id = session.create()
    session.poll(id)
    session.show()
    session.printer.release()
    screen.lines.append("a note")
    session.poll(id)
    session.show()

    assert screen.lines[2] == "a note"
    assert statuses(screen.lines)[3:] == ["starting"]

    session.printer.release()
    screen.lines.append("another note")
    session.printer.finish(None)
    assert screen.lines[4:] == ["another note"]


def test_warning__is_not_printed_over(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Warnings of the server appear on stderr, and the lines above them stay as they are."""
    released: list[None] = []
    monkeypatch.setattr(RequestLog, "release", lambda log: released.append(None))
    console = Console(MockServer(), format="json", served="")
    console.show_url("http://mock.test")
    _LOGGER.warning("polled in vain")
    console.note("the document has changed")
    console.close()
    _LOGGER.warning("later")

    assert len(released) == 2
    assert capsys.readouterr().err == "polled in vain\nzeroscope: the document has changed\n"


def test_skipped_exchanges__are_counted() -> None:
    """Exchanges that are not printed end the lines for polls."""
    screen = Screen()
    session = Session(screen)
    session.poll("x")
    session.show(skipped=1204)

    assert screen.lines[-1] == "… and 1,204 more: others × 1,204"
    assert "There is no prediction 'x'" in screen.lines[0]


@contextmanager
def logging(server: MockServer, printer: Any) -> Iterator[RequestLog]:
    log = RequestLog(server.core.state.journal, lambda: printer, after=server.core.state.journal.last)
    try:
        yield log
    finally:
        log.close()


class Recorder:
    """A printer that keeps what it is told."""

    def __init__(self, *, limited: bool) -> None:
        self.limited = limited
        self.exchanges: list[Exchange] = []
        self.skipped = 0
        self.kinds: Counter[Any] = Counter()
        self.last: str | None = None

    def print(self, exchanges: list[Exchange], skipped: int, kinds: Counter[Any]) -> None:
        self.exchanges += exchanges
        self.skipped += skipped
        self.kinds += kinds

    def finish(self, last: str | None) -> None:
        self.last = last

    def release(self) -> None:
        pass


@pytest.mark.parametrize("limited", [True, False])
def test_load__is_counted_instead_of_printed(limited: bool) -> None:
    """Of thousands of requests at once, a log for people has few lines and the numbers of the others."""
    server, recorder = MockServer(journal_limit=10_000), Recorder(limited=limited)
    with logging(server, recorder), httpx.Client(transport=server.transport, headers=AUTH) as api:
        for _ in range(3000):
            api.get("http://mock.test/v1/account")

    assert len(recorder.exchanges) + recorder.skipped == 3000
    if limited:
        assert len(recorder.exchanges) < 1500
        assert recorder.kinds == {("GET", "getAccount", 200): recorder.skipped}
    else:
        assert recorder.skipped == 0
        assert [one.number for one in recorder.exchanges] == list(range(1, 3001))


def test_dropped_exchanges__are_counted() -> None:
    """What the journal drops before the log can read it is counted."""
    server, recorder = MockServer(journal_limit=5), Recorder(limited=False)
    with logging(server, recorder), httpx.Client(transport=server.transport, headers=AUTH) as api:
        for _ in range(500):
            api.get("http://mock.test/v1/account")

    assert len(recorder.exchanges) + recorder.skipped == 500


@pytest.mark.parametrize("limited", [True, False])
def test_log__of_a_journal_that_is_replaced(limited: bool) -> None:
    """Requests right before a reset or a restore are printed, and those of the snapshot are not printed again."""
    server, recorder = MockServer(), Recorder(limited=limited)
    with httpx.Client(transport=server.transport, base_url="http://mock.test/v1", headers=AUTH) as api:
        for _ in range(3):
            api.get("/account")
        snapshot = server.snapshot()
        with logging(server, recorder):
            api.get("/collections")
            server.reset()
            api.get("/hardware")
            server.restore(snapshot)
            api.get("/predictions")

    operations = [one.operation for one in recorder.exchanges]
    assert operations == ["listCollections", "listHardware", "listPredictions"]
    assert recorder.skipped == 0


def test_json__has_a_line_for_each_exchange() -> None:
    """Each line is one exchange with what it did and the reasons of a refusal."""
    screen, server = Screen(), MockServer()
    with httpx.Client(transport=server.transport, base_url="http://mock.test/v1", headers=AUTH) as api:
        id = api.post("/predictions", json={"version": VERSION, "input": {"prompt": "x\ny"}}).json()["id"]
        for _ in range(2):
            api.get(f"/predictions/{id}")
        api.post("/predictions", json={"version": VERSION, "input": {"width": 1}})

    JsonPrinter(screen).print(list(server.journal), 7, Counter())

    created, *polls, refused, dropped = map(json.loads, screen.lines)
    assert (created["operation"], created["prediction"], created["prompt"]) == ("createPrediction", id, "x y")
    assert [one["status_after"] for one in polls] == ["starting", "starting"]
    (refusal,) = refused["refusals"]
    assert refusal["field"] == "input.width" and refusal["place"].endswith("/width/minimum")
    assert dropped == {"dropped": 7}
    assert "a-token-of-a-test" not in "".join(screen.lines)


@pytest.mark.parametrize(
    ("variables", "terminal", "colored", "interactive"),
    [
        ({}, True, True, True),
        ({}, False, False, False),
        ({"NO_COLOR": "1"}, True, False, True),
        ({"TERM": "dumb"}, True, False, False),
        ({"FORCE_COLOR": "1"}, False, True, False),
        ({"FORCE_COLOR": "0"}, False, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False, True),
    ],
)
def test_colors(
    variables: dict[str, str], terminal: bool, colored: bool, interactive: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Colors are for terminals, unless the environment says otherwise."""
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)

    found = Terminal(stream, variables)

    assert (found.colored, found.interactive) == (colored, interactive)
    assert (found.width is None) is not interactive


def requests(url: str, number: int) -> None:
    # A server that does not say when it is ready may not listen yet.
    transport = httpx.HTTPTransport(retries=8)
    with httpx.Client(base_url=f"{url}/v1", headers=AUTH, timeout=LONG, transport=transport) as api:
        for _ in range(number):
            assert (
                api.post("/predictions", json={"version": VERSION, "input": {"prompt": "x" * 100}}).status_code == 201
            )


def test_reader_that_does_not_read__blocks_nothing() -> None:
    """A program that reads the URL alone gets all responses, and the process ends in time."""
    with mock_process("--log-format", "json") as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["listening"]
        # More than a pipe holds.
        requests(url, 500)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=LONG) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell closes the stream")
def test_no_stdout__disturbs_nothing() -> None:
    """A server that is started without stdout serves, and ends as any other."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = shlex.join([*COMMAND, "mock", "--port", str(port)])
    process = subprocess.Popen(["sh", "-c", f"exec {command} >&-"], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        requests(f"http://127.0.0.1:{port}", 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=LONG) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_reader_that_is_gone__ends_the_log() -> None:
    """A closed pipe disturbs neither the server nor its end."""
    process = subprocess.Popen(
        [*COMMAND, "mock", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stderr is not None
    try:
        url = process.stdout.readline().split()[-1]
        process.stdout.close()
        requests(url, 3)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=LONG) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_end__prints_the_last_lines(number: signal.Signals) -> None:
    """An interrupt leaves no request unprinted, and no traceback."""
    with mock_process() as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        requests(url, 1)
        httpx.get(f"{url}/v1/prediction", headers=AUTH)
        process.send_signal(number)
        out, err = process.communicate(timeout=LONG)

    created, unknown = out.splitlines()[-2:]
    assert "  POST /v1/predictions  " in created and ' (starting): "xxx' in created
    assert "  GET  /v1/prediction  " in unknown and "404" in unknown
    assert unknown.endswith("No such operation; the nearest is GET /v1/predictions.")
    assert "\x1b" not in out and err == ""


def test_terminal__shows_colors_and_short_lines() -> None:
    """On a terminal, lines have colors and fit into a row, and Ctrl-C prints nothing else."""
    pty = pytest.importorskip("pty")
    from termios import tcsetwinsize

    ours, theirs = pty.openpty()
    tcsetwinsize(theirs, (24, 90))
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        [*COMMAND, "mock", "--port", "0"],
        stdout=theirs,
        stderr=theirs,
        stdin=subprocess.DEVNULL,
        env={**environment, "TERM": "xterm"},
    )
    os.close(theirs)
    try:
        with open(ours, "rb") as screen:
            url = screen.readline().decode().split()[-1]
            requests(url, 1)
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=LONG) == 0
            lines = b"".join(_until_the_end(screen)).decode().splitlines()
    finally:
        process.kill()
        process.wait()

    assert "\x1b[32m201\x1b[0m" in lines[-1]
    assert len(re.sub("\x1b\\[[0-9;]*m", "", lines[-1])) == 90


def _until_the_end(screen: IO[bytes]) -> Iterator[bytes]:
    while True:
        try:
            line = screen.readline()
        except OSError:
            # Linux reports the end of a terminal as an error.
            return
        if not line:
            return
        yield line
