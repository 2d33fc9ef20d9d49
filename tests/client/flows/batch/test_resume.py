"""Batches with a journal, which resume after any end without paying twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import Harness, ScriptedResponses, prediction_body, prompts, run_many
from zeroscope import AsyncZeroscope, Zeroscope
from zeroscope._disk.journal import BatchJournal
from zeroscope_mock import MockServer

OUTPUT = ["https://x.test/output-0.mp4"]


@pytest.fixture
def server() -> MockServer:
    """A server whose predictions take ten minutes."""
    server = MockServer(seed=11, journal_limit=100_000)
    server.scripts.add({"startup": 1, "run": 599}, times=None)
    return server


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where the account is kept."""
    return tmp_path / "journal.db"


def creates(server: MockServer) -> int:
    """How many creates were sent."""
    return Counter(exchange.operation for exchange in server.journal)["createPrediction"]


def stop_at(number: int, error: BaseException) -> Any:
    """A callback that raises when it is called for the nth time."""
    calls = iter(range(1, 10_000))

    def on_update(prediction: Any) -> None:
        if next(calls) == number:
            raise error

    return on_update


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("broken")])
@pytest.mark.parametrize("number", [1, 7, 20, 30])
def test_run_that_was_ended__goes_on(
    kind: str, server: MockServer, journal: Path, error: BaseException, number: int
) -> None:
    """At whatever point it ended, the same call creates what is missing and waits for what runs."""
    with pytest.raises(type(error)):
        run_many(kind, server, prompts(20), journal=journal, on_update=stop_at(number, error))
    assert all(exchange.operation != "cancelPrediction" for exchange in server.journal)
    results = run_many(kind, server, prompts(20), journal=journal)
    assert [result.error for result in results] == [None] * 20
    assert [result.prediction.input for result in results] == prompts(20)
    assert creates(server) == 20


def test_finished_run__asks_for_nothing(kind: str, server: MockServer, journal: Path) -> None:
    """Ended predictions come from the journal, videos and failures alike."""
    inputs = [*prompts(2), {"prompt": "mock:fail out of luck"}, {"widht": 1}]
    first = run_many(kind, server, inputs, journal=journal)
    asked = len(server.journal)
    second = run_many(kind, server, inputs, journal=journal)
    assert len(server.journal) == asked
    assert second == first
    assert [type(result.error).__name__ for result in second] == [
        "NoneType",
        "NoneType",
        "PredictionFailedError",
        "InvalidInputError",
    ]


def test_inputs__are_known_by_their_content(kind: str, server: MockServer, journal: Path) -> None:
    """The list may be turned round, cut and extended, and equal inputs are as many as there are."""
    run_many(kind, server, [*prompts(3), {"prompt": "twice"}, {"prompt": "twice"}], journal=journal)
    assert creates(server) == 5
    again = [{"prompt": "twice"}, {"prompt": "new"}, *reversed(prompts(3)), {"prompt": "twice"}, {"prompt": "twice"}]
    results = run_many(kind, server, again, journal=journal)
    assert creates(server) == 7
    assert [result.prediction.input for result in results] == again
    assert len({result.prediction.id for result in results}) == 7


def test_files__are_known_by_their_content(kind: str, server: MockServer, journal: Path, tmp_path: Path) -> None:
    """A file that was moved is the same input; one that was changed is another."""
    one, other = tmp_path / "one.mp4", tmp_path / "other.mp4"
    one.write_bytes(b"frames")
    run_many(kind, server, [{"init_video": one}], journal=journal)
    one.rename(other)
    run_many(kind, server, [{"init_video": other}], journal=journal)
    assert creates(server) == 1
    other.write_bytes(b"other frames")
    run_many(kind, server, [{"init_video": other}], journal=journal)
    assert creates(server) == 2


def test_options__make_another_create(kind: str, server: MockServer, journal: Path) -> None:
    """The same input with another version is not the same create."""
    run_many(kind, server, prompts(1), journal=journal)
    run_many(kind, server, prompts(1), journal=journal, version="71996d33")
    assert creates(server) == 2


def test_unknown_outcome__is_reported_and_never_repeated(kind: str, server: MockServer, journal: Path) -> None:
    """A create whose answer was lost is a doubt this time and every time, and can be looked for."""
    server.faults.add(operation="createPrediction", reset="after", times=1)
    for _ in range(3):
        (result,) = run_many(kind, server, prompts(1), journal=journal)
        assert isinstance(result.error, zeroscope.UnknownOutcomeError)
        assert "POST /predictions got no response" in str(result.error)
    assert creates(server) == 1
    with server.client() as client:
        (result,) = client.run_many(prompts(1), journal=journal)
        (found,) = result.error.find()  # type: ignore[union-attr]  # seen above
        assert found.input == prompts(1)[0]


def test_refused_create__is_run_the_next_time(kind: str, server: MockServer, journal: Path) -> None:
    """A create that was not executed is not unknown, and still to be run."""
    fault = server.faults.add(operation="createPrediction", status=402)
    (result,) = run_many(kind, server, prompts(1), journal=journal)
    assert isinstance(result.error, zeroscope.PaymentRequiredError)
    fault.remove()
    (result,) = run_many(kind, server, prompts(1), journal=journal)
    assert result.error is None


def test_timeout__leaves_it_to_the_next_time(kind: str, server: MockServer, journal: Path) -> None:
    """A prediction whose time was up is picked up again; one that was canceled then has ended."""
    (result,) = run_many(kind, server, prompts(1), journal=journal, timeout=10)
    assert isinstance(result.error, zeroscope.WaitTimeoutError)
    (result,) = run_many(kind, server, prompts(1), journal=journal, timeout=10, cancel_on_timeout=True)
    assert isinstance(result.error, zeroscope.WaitTimeoutError)
    asked = len(server.journal)
    (result,) = run_many(kind, server, prompts(1), journal=journal)
    assert isinstance(result.error, zeroscope.PredictionCanceledError)
    assert creates(server) == 1 and len(server.journal) == asked


def test_prediction_that_is_gone__is_reported(harness: Harness, journal: Path) -> None:
    """A journal may outlive what the service remembers."""
    first = ScriptedResponses(httpx.Response(201, json=prediction_body()))
    with pytest.raises(RuntimeError):
        harness.do(
            harness.client(first).run_many, prompts(1), journal=journal, on_update=stop_at(1, RuntimeError("broken"))
        )
    second = ScriptedResponses(httpx.Response(404, json={"detail": "Not found."}))
    (result,) = harness.do(harness.client(second).run_many, prompts(1), journal=journal)
    assert isinstance(result.error, zeroscope.NotFoundError) and result.prediction.id == "gm3q"
    assert [request.method for request in second.requests] == ["GET"]


def test_journal__of_another_service_is_refused(harness: Harness, journal: Path) -> None:
    """Ids of one service mean nothing to another, and nothing is sent."""
    script = ScriptedResponses(httpx.Response(201, json=prediction_body("succeeded", output=OUTPUT)))
    harness.do(harness.client(script).run_many, prompts(1), journal=journal)
    other = harness.client(script, base_url="https://other.test/v1")
    with pytest.raises(zeroscope.ConfigurationError, match=r"is for https://api\.example\.test/v1, not for"):
        harness.do(other.run_many, prompts(1), journal=journal)
    assert len(script.requests) == 1


KILLED = """
import asyncio, os, sys
from zeroscope import AsyncZeroscope, Zeroscope
from zeroscope._disk.journal import BatchJournal

url, journal, kind = sys.argv[1:]
inputs = [{"prompt": f"lighthouse {number}"} for number in range(30)]


def tell(prediction):
    print(prediction.id, flush=True)


def sync():
    with Zeroscope("token", base_url=url) as client:
        client.run_many(inputs, journal=journal, on_update=tell)


async def asynchronous():
    async with AsyncZeroscope("token", base_url=url) as client:
        await client.run_many(inputs, journal=journal, on_update=tell)


sync() if kind == "sync" else asyncio.run(asynchronous())
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("after", [1, 9, 25])
def test_kill_9__pays_nothing_twice(kind: str, journal: Path, after: int) -> None:
    """A process that is killed among its creates leaves no input created twice, and none forgotten."""
    server = MockServer(clock="real", journal_limit=10_000)
    server.scripts.add({"run": 3600}, times=None)
    with server.listen() as listening:
        url = f"{listening.url}/v1"
        command = [sys.executable, "-c", KILLED, url, str(journal), kind]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(after):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
        settings: dict[str, Any] = {"base_url": url}
        inputs = prompts(30)
        options: Any = {"journal": journal, "timeout": 0}
        if kind == "sync":
            with Zeroscope("token", **settings) as client:
                results: Any = client.run_many(inputs, **options)
        else:

            async def main() -> Any:
                async with AsyncZeroscope("token", **settings) as client:
                    return await client.run_many(inputs, **options)

            results = asyncio.run(main())
        with Zeroscope("token", **settings) as client:
            copies = Counter(prediction.input["prompt"] for prediction in client.predictions.list())
    assert max(copies.values()) == 1
    known = {result.input["prompt"] for result in results if result.prediction is not None}
    doubtful = {result.input["prompt"] for result in results if isinstance(result.error, zeroscope.UnknownOutcomeError)}
    assert known | doubtful == {input["prompt"] for input in inputs}
    assert known <= copies.keys() <= known | doubtful
    # Only those that were side by side on their way can be in doubt.
    assert len(doubtful) <= 8


def test_journal_that_fails__loses_no_job(
    kind: str, server: MockServer, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full after creates were sent, the error names every prediction that goes on."""
    noted: list[int] = []
    record_created = BatchJournal.record_created

    def full(self: BatchJournal, row: int, prediction_id: str) -> None:
        noted.append(row)
        if len(noted) > 3:
            raise zeroscope.ConfigurationError("database or disk is full")
        record_created(self, row, prediction_id)

    monkeypatch.setattr(BatchJournal, "record_created", full)
    with pytest.raises(zeroscope.ConfigurationError, match="disk is full") as caught:
        run_many(kind, server, prompts(9), journal=journal)
    with server.client() as client:
        ids = [prediction.id for prediction in client.predictions.list()]
    assert len(ids) > 4
    assert all(id in "".join(caught.value.__notes__) for id in ids)
