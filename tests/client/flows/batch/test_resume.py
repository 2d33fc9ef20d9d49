"""Batches with a journal, which resume after any end without paying twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import Harness, ScriptedResponses, prediction_body, prompts, run_many
from zeroscope import AsyncZeroscope, Zeroscope
from zeroscope._disk.journal import BatchJournal
from zeroscope._service import input_types
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


def test_unknown_outcome__stays_one_without_the_services_time(kind: str, server: MockServer, journal: Path) -> None:
    """If no response has a date, a create that was lost is unknown every time, and can be searched for."""
    server.faults.add(operation="createPrediction", reset="before", times=1)
    result: Any = None
    for _ in range(3):
        (result,) = run_many(kind, server, prompts(1), journal=journal)
        assert isinstance(result.error, zeroscope.UnknownOutcomeError)
        assert "POST /predictions got no response" in str(result.error)
        assert not result.recovered
    assert "a search of the account's list found no prediction that fits" in str(result.error)
    assert creates(server) == 1
    with server.client() as client:
        # Created by hand, and found by hand.
        server.clock.sleep(3600)
        client.predictions.create({"prompt": "lighthouse 0"})
        (result,) = client.run_many(prompts(1), journal=journal)
        assert isinstance(result.error, zeroscope.UnknownOutcomeError)
        (found,) = result.error.find()
        assert found.input == prompts(1)[0]


def test_unknown_outcome__is_settled_by_a_resume(kind: str, server: MockServer, journal: Path) -> None:
    """Lost creates whose predictions are certain become results that say so, by one search, and stay settled."""
    server.faults.add(operation="createPrediction", reset="after", nth=(3, 5, 8))
    first = run_many(kind, server, prompts(12), journal=journal)
    lost = [result.index for result in first if isinstance(result.error, zeroscope.UnknownOutcomeError)]
    assert len(lost) == 3
    searches = listings(server)
    results: Any = []
    for number in range(2):
        results = run_many(kind, server, prompts(12), journal=journal)
        assert [result.error for result in results] == [None] * 12
        assert [result.prediction.input for result in results] == prompts(12)
        assert [result.index for result in results if result.recovered] == lost
        assert listings(server) == searches + 1, number
    assert creates(server) == 12
    assert repr(results[lost[0]]).endswith(" succeeded>, recovered>")


def test_unknown_outcome__is_settled_while_it_runs(kind: str, server: MockServer, journal: Path) -> None:
    """A prediction that was found is waited for; a run that ends meanwhile need not find it again."""
    server.faults.add(operation="createPrediction", reset="after", times=1)
    (result,) = run_many(kind, server, prompts(1), journal=journal)
    for timeout in (10, 20):
        (result,) = run_many(kind, server, prompts(1), journal=journal, timeout=timeout)
        assert isinstance(result.error, zeroscope.WaitTimeoutError) and result.recovered
    assert listings(server) == 1
    (result,) = run_many(kind, server, prompts(1), journal=journal)
    assert result.error is None and result.recovered
    assert creates(server) == 1


def listings(server: MockServer) -> int:
    """How often the list was read."""
    return Counter(exchange.operation for exchange in server.journal)["listPredictions"]


class Account:
    """A service that loses the response to every create, and lists what a test says.

    Args:
        harness: The client and the clock.
        journal: Where the journal is.
    """

    def __init__(self, harness: Harness, journal: Path) -> None:
        self.harness, self.journal = harness, journal
        self.entries: list[dict[str, Any]] = []
        self.list: httpx.Response | Exception | None = None
        self.ahead: float | None = None
        self.list_from = 0.0
        self.methods: list[str] = []
        self.creates: list[httpx.Response | Exception] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.methods.append(request.method)
        if request.method == "POST":
            response = self.creates.pop(0) if self.creates else httpx.ReadTimeout("slow")
        elif request.url.path.endswith("/predictions"):
            entries = self.entries if self.harness.clock.now >= self.list_from else []
            now = None if self.ahead is None else formatdate(self.harness.clock.now + self.ahead, usegmt=True)
            headers = {} if now is None else {"date": now}
            response = self.list or httpx.Response(200, json={"next": None, "results": entries}, headers=headers)
        else:
            id = request.url.path.rpartition("/")[2]
            response = httpx.Response(200, json=next(entry for entry in self.entries if entry["id"] == id))
        if isinstance(response, Exception):
            raise response
        # A response can be read once, and only by the kind of client that opened it.
        return httpx.Response(response.status_code, headers=response.headers, content=response.content)

    def run(self, *inputs: dict[str, Any], **options: Any) -> Any:
        """Run inputs with the journal."""
        return self.harness.do(self.harness.client(self).run_many, inputs, journal=self.journal, **options)

    def entry(self, id: str, seconds: float | None = 1.0, **fields: Any) -> None:
        """List a prediction that has succeeded, some seconds after the creates."""
        moment = None if seconds is None else datetime.fromtimestamp(SENT_AT + seconds, UTC).isoformat()
        body = {"input": {"prompt": "a"}, "created_at": moment, "output": OUTPUT, "status": "succeeded", **fields}
        self.entries.append(prediction_body(id=id, **body))


SENT_AT = 1_700_000_000.0
A, B = {"prompt": "a"}, {"prompt": "b"}


@pytest.fixture
def account(harness: Harness, journal: Path) -> Account:
    """An account in which the test's creates are lost."""
    return Account(harness, journal)


def recovered(results: list[Any]) -> list[str | None]:
    """The IDs of the predictions that were recovered; None where the outcome stays unknown."""
    for result in results:
        assert result.recovered == (result.prediction is not None)
        assert result.recovered or isinstance(result.error, zeroscope.UnknownOutcomeError)
    return [result.prediction.id if result.recovered else None for result in results]


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        ({}, ["p1"]),
        ({"output": None, "status": "failed"}, ["p1"]),
        ({"seconds": -100}, ["p1"]),
        ({"seconds": -200}, [None]),
        # Created again by hand.
        ({"seconds": 3600}, [None]),
        ({"seconds": None}, [None]),
        ({"version": None}, [None]),
        ({"version": "71996d33"}, [None]),
        ({"version": "hidden"}, [None]),
        ({"input": {"prompt": "a", "fps": 8}}, [None]),
        ({"input": {}, "data_removed": True}, [None]),
    ],
)
def test_recovery__needs_a_prediction_that_fits(account: Account, fields: dict[str, Any], ids: list[str]) -> None:
    """The version, the input and the time must be those of the create."""
    account.run(A)
    account.entry("p1", **fields)
    assert recovered(account.run(A)) == ids
    assert account.methods.count("POST") == 1


@pytest.mark.parametrize("fields", [{}, {"version": "71996d33"}, {"version": None}, {"model": None}])
@pytest.mark.parametrize("with_id", [True, False])
def test_recovery__of_a_version_named_with_its_model(account: Account, fields: dict[str, Any], with_id: bool) -> None:
    """The prediction must be certain to be of that version, or of that model if the create named the model alone."""
    model, version = prediction_body()["model"], prediction_body()["version"]
    options = {"version": f"{model}:{version}" if with_id else model}
    account.run(A, **options)
    account.entry("p1", **fields)
    is_certain = not fields or ("version" in fields) != with_id
    assert recovered(account.run(A, **options)) == (["p1"] if is_certain else [None])
    assert account.methods.count("POST") == 1


@pytest.mark.parametrize(
    ("inputs", "now", "entries", "ids", "reason"),
    [
        ([A], [A], ["p1", "p2"], [None], "found 2 predictions that fit"),
        ([A, A], [A, A], ["p1"], [None, None], "prediction p1 fits, but it is not certain that this create started it"),
        ([A, A], [A, A], ["p1", "p2"], [None, None], "found 2 predictions that fit"),
        # A row that is not asked for this time may have started it.
        ([A, B], [A], ["p1"], [None], "prediction p1 fits, but it is not certain"),
        ([A, B], [A, B], ["p1"], ["p1", None], "found no prediction that fits"),
    ],
)
def test_recovery__needs_a_single_candidate(
    account: Account, inputs: Any, now: Any, entries: list[str], ids: list[str | None], reason: str
) -> None:
    """Where more than one create or prediction fits, everything stays unknown."""
    account.run(*inputs)
    for id in entries:
        account.entry(id)
    results = account.run(*now)
    assert recovered(results) == ids
    assert all(reason in str(result.error) for result in results if result.error is not None)
    assert account.methods.count("POST") == len(inputs)


@pytest.mark.parametrize("shown", ["[REDACTED]", "key-0123456789"])
@pytest.mark.parametrize("is_list", [False, True])
def test_recovery__of_an_input_with_a_secret(
    account: Account, declare_secret: Callable[..., None], shown: str, is_list: bool
) -> None:
    """The list shows the input without the secret or secrets, as the service does, or with them."""
    declare_secret(is_list=is_list)
    sent, listed = ([value] if is_list else value for value in ("key-0123456789", shown))
    account.run({**A, "key": sent})
    account.entry("p1", input={**A, "key": listed})
    assert recovered(account.run({**A, "key": sent})) == ["p1"]
    assert account.methods.count("POST") == 1


@pytest.mark.parametrize("shown", ["[REDACTED]", "key-0123456789"])
def test_journal__holds_no_secret(
    harness: Harness, journal: Path, declare_secret: Callable[..., None], shown: str
) -> None:
    """Neither that of an input nor one that a server returned; the next run knows the input all the same."""
    declare_secret()
    sent = {"prompt": "a", "key": "key-0123456789"}
    body = prediction_body(status="succeeded", output=OUTPUT, logs=f"{shown} expires", input={**sent, "key": shown})
    service = ScriptedResponses(httpx.Response(201, json=body))
    first, second = (harness.do(harness.client(service).run_many, [sent], journal=journal) for _ in range(2))
    assert b"0123456789" not in journal.read_bytes()
    assert len(service.requests) == 1
    assert [result.error for result in (*first, *second)] == [None, None]
    assert (second[0].prediction.input, second[0].prediction.logs) == (
        {"prompt": "a", "key": "[REDACTED]"},
        "[REDACTED] expires",
    )


KEY = "key-0123456789"


@pytest.mark.parametrize("is_list", [False, True])
@pytest.mark.parametrize(
    "ended",
    [
        {"logs": f"using {KEY}\n"},
        {"status": "failed", "output": None, "error": f"{KEY} has expired"},
        {"input": {"prompt": "a"}, "logs": f"using {KEY}\n"},
        {"input": {"prompt": f"a {KEY}"}},
        {"metrics": {"keys": [KEY]}, "caller": {KEY: 1}},
    ],
)
def test_journal__holds_no_secret_that_was_sent(
    account: Account, declare_secret: Callable[..., None], ended: dict[str, Any], is_list: bool
) -> None:
    """The server redacts or omits it in the input, but repeats it elsewhere; also after a create that was lost."""
    declare_secret(is_list=is_list)
    sent, shown = ({"prompt": "a", "key": [value] if is_list else value} for value in (KEY, "[REDACTED]"))
    fields = {"status": "succeeded", "input": shown, "output": OUTPUT, **ended}
    account.creates = [httpx.Response(201, json=prediction_body(id="p1", **fields))]
    first = account.run(sent)
    assert [result.prediction.id for result in (*first, *account.run(sent))] == ["p1", "p1"]
    account.run({**sent, "prompt": "b"})
    account.entry("p2", **{**fields, "input": {**shown, "prompt": "b"}})
    assert recovered(account.run({**sent, "prompt": "b"})) == ["p2"]
    assert KEY.encode() not in account.journal.read_bytes()
    assert account.methods.count("POST") == 2


@pytest.mark.parametrize("status", [201, 500])
def test_journal__holds_no_secret_of_an_error(
    account: Account, declare_secret: Callable[..., None], status: int
) -> None:
    """The reason why a create's outcome is unknown may quote the input."""
    declare_secret()
    account.creates = [httpx.Response(status, json={"detail": f"no prediction: {KEY}"})]
    [result] = account.run({"prompt": "a", "key": KEY})
    assert isinstance(result.error, zeroscope.UnknownOutcomeError)
    assert "no prediction: [REDACTED]" in str(result.error)
    assert KEY.encode() not in account.journal.read_bytes()


def test_recovery__leaves_predictions_to_the_rows_that_have_them(account: Account) -> None:
    """A prediction that another row or another input has is none that a lost create may have started."""
    account.creates = [httpx.Response(201, json=prediction_body(id="p1", input=A))]
    account.entry("p1")
    account.run(A, A)
    assert [result.prediction is not None for result in account.run(A, A, timeout=60)] == [True, False]
    account.entry("p2")
    given = account.harness.do(account.harness.client(account).predictions.get, "p2")
    assert [result.recovered for result in account.run(A, A, given, timeout=60)] == [False, False, False]
    results = account.run(A, A)
    assert [(result.prediction.id, result.recovered) for result in results] == [("p1", False), ("p2", True)]


LISTED_AFTER = 180
"""How long after it was sent the list certainly shows a create's prediction, in seconds."""


@pytest.fixture
def dated(account: Account) -> Account:
    """An account whose responses have a date, in which one create was lost."""
    account.ahead = 0
    account.run(A)
    account.creates = [httpx.Response(201, json=prediction_body("succeeded", id="p9", input=A, output=OUTPUT))]
    return account


@pytest.mark.parametrize("age", [0, 100, LISTED_AFTER, 1e6])
def test_create__that_the_list_lacks_is_sent_again(dated: Account, age: float) -> None:
    """A create that would have been listed was not executed; it is sent again once that is certain, and once only."""
    dated.harness.clock.now += age
    began = dated.harness.clock.now
    (result,) = dated.run(A)
    assert result.error is None and result.prediction.id == "p9" and not result.recovered
    waited = dated.harness.clock.now - began
    assert max(0, LISTED_AFTER - age) <= waited <= max(0, LISTED_AFTER - age) + 1
    assert dated.methods == ["POST", "GET", *(["GET"] if age < LISTED_AFTER else []), "POST"]
    (result,) = dated.run(A)
    assert result.prediction.id == "p9"
    assert dated.methods.count("POST") == 2


def test_create__that_is_listed_late_is_not_sent_again(dated: Account) -> None:
    """A prediction that the first search misses and the second one finds is the create's."""
    dated.list_from = SENT_AT + 100
    dated.entry("p1")
    assert recovered(dated.run(A)) == ["p1"]
    assert dated.methods.count("POST") == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"seconds": 3600},
        {"seconds": None},
        {"seconds": 1e6},
        {"version": None},
        {"version": "hidden"},
        {"input": {}, "data_removed": True},
        {"seconds": 3600, "input": {}, "data_removed": True},
    ],
)
def test_create__that_may_be_listed_is_not_sent_again(dated: Account, fields: dict[str, Any]) -> None:
    """A prediction that may be the create's, or the one that the user created in its place, is enough to doubt."""
    dated.harness.clock.now += 1e6
    dated.entry("p1", **fields)
    assert recovered(dated.run(A)) == [None]
    assert dated.methods.count("POST") == 1


@pytest.mark.parametrize("fields", [{"seconds": -100}, {"version": "71996d33"}, {"input": B}])
def test_predictions_of_others__do_not_stand_for_a_create(dated: Account, fields: dict[str, Any]) -> None:
    """One of before, of another version or of another input is none that the create may have started."""
    dated.entry("p1", **fields)
    (result,) = dated.run(A)
    assert result.prediction.id == "p9"


def test_create__of_another_token_is_not_sent_again(dated: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of another token may be of another account."""
    monkeypatch.setattr("helpers.client.TOKEN", "r8_another")
    (result,) = dated.run(A)
    assert "a search with another token than it was sent with found no prediction" in str(result.error)
    assert dated.methods.count("POST") == 1


def test_create__is_not_sent_again_after_the_timeout(dated: Account) -> None:
    """A run that may not wait so long reports it, and says when another run can send it."""
    (result,) = dated.run(A, timeout=60)
    assert isinstance(result.error, zeroscope.UnknownOutcomeError)
    assert "run the same inputs with the same journal after 180 s, and it is created" in str(result.error)
    assert dated.methods == ["POST", "GET"]
    dated.harness.clock.now += LISTED_AFTER
    (result,) = dated.run(A, timeout=60)
    assert result.prediction.id == "p9"


def test_create__waits_beside_the_others(dated: Account) -> None:
    """Other inputs are created at once, and the log says what the call waits for."""
    created = httpx.Response(201, json=prediction_body("succeeded", id="p8", input=B, output=OUTPUT))
    dated.creates.insert(0, created)
    results = dated.run(A, B)
    assert [result.prediction.id for result in results] == ["p9", "p8"]
    assert dated.methods == ["POST", "GET", "POST", "GET", "POST"]


def test_waiting__is_logged(dated: Account, caplog: pytest.LogCaptureFixture) -> None:
    """The log says what the call waits for."""
    dated.run(A)
    (record,) = caplog.records
    assert "sent 1 creates without a response" in record.getMessage() and "after 180 s" in record.getMessage()


@pytest.mark.parametrize("step", [-7200, 7200])
def test_clock__that_was_set_between_the_runs_hides_no_prediction(account: Account, step: float) -> None:
    """How far the service's clock was ahead is known from other creates of that time."""
    account.ahead = 0
    account.creates = [httpx.Response(201, json=prediction_body(id="p1", input=B))]
    account.entry("p1", input=B)
    account.run(B, A, timeout=0)
    account.entry("p2")
    account.harness.clock.now += step
    account.ahead = -step
    results = account.run(B, A)
    assert [(result.prediction.id, result.recovered) for result in results] == [("p1", False), ("p2", True)]
    assert account.methods.count("POST") == 2


def test_recovery__is_for_a_create_that_was_sent(account: Account) -> None:
    """An equal input that was refused, and is still queued, takes nothing away, and is created."""
    account.creates = [httpx.ReadTimeout("slow"), httpx.Response(402, json={})]
    account.run(A, A)
    account.entry("p1")
    account.creates = [httpx.Response(201, json=prediction_body("succeeded", id="p2", input=A, output=OUTPUT))]
    results = account.run(A, A)
    assert [(result.prediction.id, result.recovered) for result in results] == [("p1", True), ("p2", False)]


def test_recovery__reads_what_the_list_leaves_out(account: Account) -> None:
    """A prediction that has ended has its logs, although the list came without them."""
    account.run(A)
    account.entry("p1", logs="Using seed: 7")
    listed = {name: value for name, value in account.entries[0].items() if name != "logs"}
    account.list = httpx.Response(200, json={"next": None, "results": [listed]})
    (result,) = account.run(A)
    assert result.recovered and result.prediction.seed == 7


def test_results__are_emitted_before_the_search(server: MockServer, journal: Path) -> None:
    """What the journal knows is the caller's at once."""
    server.faults.add(operation="createPrediction", reset="after", nth=2)
    with server.client() as client:
        client.run_many(prompts(2), journal=journal)
        searches = listings(server)
        results = client.as_completed(prompts(2), journal=journal)
        assert next(results).index == 0
        assert listings(server) == searches
        assert next(results).recovered


def test_recovery__takes_no_prediction_whose_input_is_gone(account: Account) -> None:
    """What the service has removed is no input without fields."""
    account.run({})
    account.entry("p1", input={}, data_removed=True)
    (result,) = account.run({})
    assert "prediction p1 fits, but it is not certain that this create started it" in str(result.error)


def test_recovery__from_a_service_that_never_answers_ends_in_time(kind: str, server: MockServer, journal: Path) -> None:
    """The search takes as long as a create would, so what is left is not sent, and says so."""
    server.faults.add(operation="createPrediction", reset="after", times=1)
    server.faults.add(operation="createPrediction", status=402, skip=2)
    run_many(kind, server, prompts(50), journal=journal, timeout=0)
    start = server.clock.monotonic()
    server.faults.clear()
    server.faults.add(hang=True)
    results = run_many(kind, server, prompts(50), journal=journal, timeout=30)
    assert server.clock.monotonic() - start <= 32
    ways = Counter(type(result.error).__name__ for result in results)
    assert ways == {"UnknownOutcomeError": 1, "WaitTimeoutError": 1, "TransportError": 48}
    assert creates(server) <= 10


def test_recovery__knows_no_file_from_another(account: Account) -> None:
    """The service may answer a file with a URL of its own, so two inputs that differ by it alone stay unknown."""
    inputs = [{"prompt": "a", "init_video": content} for content in (b"one", b"two")]
    account.run(*inputs)
    account.entry("p1", input={"prompt": "a", "init_video": "https://replicate.delivery/x.mp4"})
    assert recovered(account.run(*inputs)) == [None, None]
    assert recovered(account.run(inputs[0])) == [None]


@pytest.mark.parametrize("shown", ["data:text/plain;base64,b25l", "https://replicate.delivery/x.txt"])
def test_recovery__of_a_list_of_files(account: Account, monkeypatch: pytest.MonkeyPatch, shown: str) -> None:
    """The list shows files as they were sent or by the service's URLs; the journal identifies them by their content."""
    monkeypatch.setattr(input_types, "file_list_fields", lambda: {"images": False})
    files = {"images": [b"one"]}
    account.run(A, extra_input=files)
    account.entry("p1", input={**A, "images": [shown]})
    assert recovered(account.run(A, extra_input=files)) == ["p1"]
    assert account.methods.count("POST") == 1


@pytest.mark.parametrize("error", [httpx.ReadTimeout("slow"), httpx.Response(503), httpx.Response(403)])
def test_recovery__that_fails_lets_the_run_go_on(account: Account, error: httpx.Response | Exception) -> None:
    """The outcome stays unknown, with the reason, and the others are run."""
    account.run(A)
    account.list = error
    account.creates = [httpx.Response(201, json=prediction_body("succeeded", id="p2", input=B, output=OUTPUT))]
    unknown, other = account.run(A, B, timeout=60)
    assert isinstance(unknown.error, zeroscope.UnknownOutcomeError)
    assert "the search for it failed: GET /predictions" in str(unknown.error)
    assert other.prediction.id == "p2"


@pytest.mark.parametrize("ahead", [-7200, 7200])
def test_recovery__measures_the_services_clock(account: Account, ahead: float) -> None:
    """A machine whose clock is two hours off takes its predictions over all the same."""
    account.run(A)
    account.entry("p1", seconds=ahead + 1)
    assert recovered(account.run(A)) == [None]
    account.ahead = ahead
    assert recovered(account.run(A)) == ["p1"]


def test_recovery__is_not_lost_by_a_journal_that_fails(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full, the error names the prediction, and the next run finds it again."""
    account.run(A)
    account.entry("p1", status="processing", output=None)
    with monkeypatch.context() as patch:

        def full(self: BatchJournal, row: int, prediction_id: str) -> None:
            raise zeroscope.ConfigurationError("database or disk is full")

        patch.setattr(BatchJournal, "record_found", full)
        with pytest.raises(zeroscope.ConfigurationError, match="disk is full") as caught:
            account.run(A)
    assert any("p1" in note for note in caught.value.__notes__)
    account.entries[0] |= {"status": "succeeded", "output": OUTPUT}
    assert recovered(account.run(A)) == ["p1"]


def test_nothing__is_written_as_json_without_a_journal(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prediction that JSON cannot represent is a result like others where nothing is recorded."""

    def to_dict(self: zeroscope.Prediction) -> dict[str, Any]:
        raise RecursionError

    monkeypatch.setattr("zeroscope.state.PredictionState.to_dict", to_dict)
    script = ScriptedResponses(httpx.Response(201, json=prediction_body("succeeded", output=OUTPUT)))
    (result,) = harness.do(harness.client(script).run_many, prompts(1))
    assert result.error is None


@pytest.mark.parametrize("depth", [900, *range(960, 990), 100_000])
def test_output__that_is_nested_deeply_is_no_foreign_error(harness: Harness, depth: int) -> None:
    """Whether Python can just parse it, or not any more, it is a result or an error of this package."""
    polls = iter(range(100))

    def answer(request: httpx.Request) -> httpx.Response:
        status = "processing" if next(polls) < 4 else "succeeded"
        body = httpx.Response(200, json=prediction_body(status, output=["nested", *OUTPUT])).text
        content = body.replace('"nested"', "[" * depth + "]" * depth)
        return httpx.Response(201 if request.method == "POST" else 200, content=content.encode())

    (result,) = harness.do(harness.client(answer).run_many, prompts(1))
    assert isinstance(result.error, zeroscope.UnknownOutcomeError | None)
    assert result.error is not None or result.videos


@pytest.mark.parametrize("depth", [101, 980, 985, 100_000])
def test_input__that_is_nested_deeply_is_refused(account: Account, depth: int) -> None:
    """It is invalid like others, and keeps none of the others."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    account.creates = [httpx.Response(201, json=prediction_body("succeeded", output=OUTPUT))]
    refused, other = account.run({"prompt": "a", "fps": value}, A)
    assert isinstance(refused.error, zeroscope.InvalidInputError)
    assert other.error is None
    account.methods.clear()
    (refused,) = account.run(A, extra_input={"new": value})
    assert isinstance(refused.error, zeroscope.InvalidInputError)
    assert account.methods == []


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
from zeroscope._service import input_types

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
