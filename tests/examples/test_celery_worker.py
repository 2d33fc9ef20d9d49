"""The Celery example: its tasks in process, and 100 tasks on worker processes."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import httpx
import pytest

from helpers.pages import ROOT, read_page
from zeroscope import PredictionFailedError, Zeroscope
from zeroscope._flows.wait import WaitOptions
from zeroscope._service.spec import spec
from zeroscope_mock import MockServer
from zeroscope_mock.rate_limits import Rate, RateLimits

pytest.importorskip("celery", reason="the Celery example needs Celery, a package of the dev group")
if shutil.which("redis-server") is None:
    pytest.skip("the Celery example needs redis-server (on Debian: apt install redis-server)", allow_module_level=True)

EXAMPLES = ROOT / "examples"
TASKS = 100
DEADLINE = 60.0
"""How long the tests wait for anything, in seconds; they fail after that."""
SPEED = 10
"""How many times as fast as at the service the mock server's predictions run."""
RATE = 12
"""The rate of the creates of all workers, per second; without a limit, they send several times as many."""
SMALL = {"width": 256, "height": 256, "num_frames": 1}
WAITING = "a storm that lasts"
"""A prompt with a long run, during which a worker is killed."""
WORKER = """
import celery_worker
from celery_worker import app as app

celery_worker.PAUSE = 0.5
"""


class Program:
    """A program that runs beside the test, with all its children, until it is ended."""

    def __init__(self, *command: str, **settings: Any) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        # A session of its own, in which all its children can be found.
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            **settings,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            with self._changed:
                self.lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait_for(self, text: str) -> bool:
        """Waits until the program has printed a text; False if it ends or the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or any(text in line for line in self.lines), DEADLINE)
            return any(text in line for line in self.lines)

    def end(self) -> None:
        """Kills the program and its children."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join(DEADLINE)
        assert self._process.stdout
        self._process.stdout.close()


@contextmanager
def running(program: Program) -> Iterator[Program]:
    """Ends a program at the end of a block."""
    try:
        yield program
    finally:
        program.end()


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """An empty Redis on a free port."""
    for _ in range(5):
        # Another program may take the port before Redis does.
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        options = {"port": port, "bind": "127.0.0.1", "dir": tmp_path, "save": "", "notify-keyspace-events": "Kh"}
        arguments = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        with running(Program("redis-server", *arguments)) as redis:
            if redis.wait_for("Ready to accept connections"):
                yield f"redis://127.0.0.1:{port}/0"
                return
    pytest.fail("redis-server does not start")


def load_example() -> Any:
    """Imports the example anew, with the settings in the environment."""
    found = importlib.util.spec_from_file_location("celery_worker", EXAMPLES / "celery_worker.py")
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def example(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The example's module, connected to this Redis."""
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("VIDEOS", str(tmp_path / "videos"))
    monkeypatch.setenv("CREATES_PER_MINUTE", str(RATE * 60))
    module = load_example()
    # Celery pickles the example's errors by name.
    monkeypatch.setitem(sys.modules, "celery_worker", module)
    yield module
    module.store().close()
    module.app.close()


@pytest.fixture
def server() -> MockServer:
    """A mock server on a virtual clock that shows the time of Redis."""
    server = MockServer()
    server.clock.set(time.time())
    return server


class Task:
    """The task `order-1`, run in this process; a retry follows at once."""

    def __init__(self, example: Any, server: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.example = example
        self.id = "order-1"
        self.record = "video:order-1"
        self.input = {"prompt": "a lighthouse", "seed": example.seed_for(self.id), **SMALL}
        self.server = server
        self.client = server.client()
        monkeypatch.setattr(example, "client", lambda: self.client)
        monkeypatch.setattr(example, "CREATES_PER_MINUTE", 1e9)

    def deliver(self) -> Any:
        """Delivers the task, and returns its result, or raises its error."""
        result = self.example.make_video.apply((self.input["prompt"],), SMALL, task_id=self.id)
        return result.get(disable_sync_subtasks=False)

    def claim(self) -> None:
        """Leaves the record that a worker leaves if it is killed during the create."""
        claim = json.dumps({"at": int(time.time()), "host": "elsewhere", "pid": 7})
        self.example.store().hset(self.record, "sent", claim)

    @property
    def creates(self) -> int:
        return sum(exchange.operation == "createPrediction" for exchange in self.server.journal)


@pytest.fixture
def task(example: Any, server: MockServer, monkeypatch: pytest.MonkeyPatch) -> Task:
    """A task of the example, run in this process."""
    return Task(example, server, monkeypatch)


def test_task__delivered_again_after_its_end_sends_nothing(task: Task) -> None:
    """A task that has ended returns the same files without a request, also once the videos are removed."""
    files = task.deliver()
    requests = len(task.server.journal)
    task.server.clock.advance(24 * 60 * 60)
    assert task.deliver() == files and len(task.server.journal) == requests
    assert [Path(file).read_bytes()[4:8] for file in files] == [b"ftyp"]


def test_task__waits_for_the_prediction_that_it_has(task: Task) -> None:
    """A task whose worker was killed during the wait waits for the same prediction."""
    prediction = task.client.predictions.create(task.input)
    task.claim()
    task.example.store().hset(task.record, "prediction", prediction.id)
    assert prediction.id in task.deliver()[0] and task.creates == 1


def test_task__finds_the_prediction_of_a_killed_worker(task: Task) -> None:
    """A task whose worker was killed during the create finds its prediction among others, by its seed."""
    predictions = [task.client.predictions.create({**task.input, "seed": seed}) for seed in (1, task.input["seed"], 2)]
    task.claim()
    assert predictions[1].id in task.deliver()[0] and task.creates == 3


def test_task__reports_a_create_of_which_nothing_is_known(task: Task) -> None:
    """Without a prediction to be found, the task searches again, then fails and names the claim; it creates nothing."""
    task.claim()
    with pytest.raises(task.example.UnsettledError, match=r"process 7 on elsewhere claimed .* may not have been"):
        task.deliver()
    searches = sum(exchange.operation == "listPredictions" for exchange in task.server.journal)
    assert task.creates == 0 and searches == task.example.MAX_DELIVERIES


def test_task__stops_searching_at_predictions_from_before_the_create(task: Task) -> None:
    """A search reads no further page after one with predictions that are older than the create."""
    task.client.run_many([{**task.input, "seed": seed} for seed in range(150)])
    task.server.clock.advance(24 * 60 * 60)
    before = len(task.server.journal)
    assert task.example.find(task.input, task.server.clock.time()) is None
    assert [exchange.operation for exchange in task.server.journal[before:]] == ["listPredictions"]


def test_task__leaves_the_create_to_the_delivery_that_claimed_it(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two deliveries at a time, the one that claims the create second creates nothing."""
    others = []

    def reserve_slot() -> float:
        task.claim()
        others.append(task.client.predictions.create(task.input))
        return 0.0

    monkeypatch.setattr(task.example, "reserve_slot", reserve_slot)
    (file,) = task.deliver()
    assert len(others) == task.creates == 1 and others[0].id in file


def test_task__finds_a_prediction_whose_response_was_lost(task: Task) -> None:
    """After a lost response, the task finds its prediction; it creates no other."""
    task.server.faults.lost_create()
    assert len(task.deliver()) == 1 and task.creates == 1


def test_task__finds_its_prediction_after_the_soft_time_limit(
    task: Task, server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A soft time limit during the create lets the next delivery find the prediction."""
    from celery.exceptions import SoftTimeLimitExceeded

    class Limited(httpx.BaseTransport):
        limits = 1

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = server.transport.handle_request(request)
            if request.method == "POST" and self.limits:
                self.limits -= 1
                raise SoftTimeLimitExceeded
            return response

    client = Zeroscope("mock-token", http_client=httpx.Client(transport=Limited()), clock=server.clock)
    monkeypatch.setattr(task.example, "client", lambda: client)
    assert len(task.deliver()) == 1 and task.creates == 1


@pytest.mark.parametrize("status", [402, 422, 429])
def test_task__creates_again_after_a_refusal(task: Task, status: int) -> None:
    """A refused create releases the claim, so that the task can be delivered again."""
    fault = task.server.faults.add(operation="createPrediction", status=status)
    with pytest.raises(Exception, match=str(status)):
        task.deliver()
    assert task.example.store().hget(task.record, "sent") is None
    fault.remove()
    task.example.store().delete(task.record)
    assert len(task.deliver()) == 1 and len(list(task.client.predictions.list())) == 1


def test_task__fails_with_its_prediction(task: Task) -> None:
    """A failed prediction fails its task, on each delivery, and is not created again."""
    task.input["prompt"] = "mock:fail too dark"
    for _ in range(2):
        with pytest.raises(PredictionFailedError, match="too dark"):
            task.deliver()
    assert task.creates == 1


def test_slots__are_one_interval_apart(example: Any) -> None:
    """Each slot is reserved once, whichever worker asks."""
    ends = []
    for _ in range(20):
        example.reserve_slot()
        ends.append(float(example.store().get("video-creates")))
    # As Redis keeps them, in microseconds.
    assert all(later - sooner >= 1 / RATE - 2e-6 for sooner, later in pairwise(ends))


def limits(example: Any) -> list[float]:
    """The times that depend on each other, in seconds: wait, soft limit, hard limit, redelivery, removal."""
    service = spec()["info"]["x-replicate"]
    conf = example.app.conf
    return [
        WaitOptions().limit,
        conf.task_soft_time_limit,
        conf.task_time_limit,
        conf.broker_transport_options["visibility_timeout"],
        service["retention-seconds"],
    ]


def test_limits__leave_time_for_the_videos(example: Any) -> None:
    """A task outlasts the longest wait, and is redelivered after its end, but before the videos are removed."""
    assert limits(example) == sorted(set(limits(example)))


def test_page__has_the_numbers_of_the_example(example: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page on many machines shows the times, the rate and the searches of the example."""
    page = " ".join(read_page("many-machines.md").split())
    table = re.findall(r"\| (\d+) \| [^|]+ \|", page)
    assert [60 * int(minutes) for minutes in table] == limits(example)
    assert f"{example.MAX_DELIVERIES} times, {example.PAUSE:g} seconds apart" in page
    monkeypatch.delenv("CREATES_PER_MINUTE")
    assert f"the default, {load_example().CREATES_PER_MINUTE:g}, leaves room" in page


def test_workers__create_each_prediction_once(example: Any, tmp_path: Path, redis_url: str) -> None:
    """100 tasks on 4 processes make 100 videos, though two processes are killed and two tasks are delivered twice.

    One process is killed after the service has received its create, before it has the response; the other while it
    waits for its prediction.
    """
    rate_limits = RateLimits(creates=Rate(RATE + 1, seconds=1, burst=10))
    server = MockServer(clock="real", speed=SPEED, rate_limits=rate_limits)
    created: SimpleQueue[str] = SimpleQueue()

    def script(input: dict[str, Any]) -> dict[str, Any]:
        created.put(input["prompt"])
        if input["prompt"] == WAITING:
            return {"startup": 0, "run": 5 * SPEED}
        # Most are done at once, so that the rate limits the workers.
        return {"startup": 1, "run": 1} if input["seed"] % 4 == 0 else {"progression": "once"}

    server.scripts.add(script, times=None)
    hang = server.faults.add(operation="createPrediction", nth=TASKS // 2, hang=DEADLINE, carried_out=True)

    prompts = [WAITING, *(f"scene {number}" for number in range(1, TASKS))]
    (tmp_path / "worker.py").write_text(WORKER)
    store = example.store()

    def deliver(number: int) -> Any:
        return example.make_video.apply_async((prompts[number],), SMALL, task_id=f"task-{number}")

    def record(prompt: str) -> dict[str, str]:
        return dict(store.hgetall(f"video:task-{prompts.index(prompt)}"))

    def kill_worker(prompt: str) -> None:
        os.kill(json.loads(record(prompt)["sent"])["pid"], signal.SIGKILL)

    with server, server.listen() as listening, store.pubsub(ignore_subscribe_messages=True) as changes:
        changes.psubscribe("__keyspace@0__:video:task-0")
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(EXAMPLES), str(tmp_path)]),
            "REPLICATE_API_TOKEN": "mock-token",
            "ZEROSCOPE_BASE_URL": f"{listening.url}/v1",
        }
        results = [deliver(number) for number in range(TASKS)]
        deliver(TASKS // 4)
        command = [
            sys.executable,
            "-m",
            "celery",
            "--app",
            "worker",
            "worker",
            "--pool",
            "prefork",
            "--concurrency",
            "4",
        ]
        with running(Program(*command, env=environment, cwd=tmp_path)):
            until = time.monotonic() + DEADLINE
            while "prediction" not in record(WAITING) and time.monotonic() < until:
                changes.get_message(timeout=1)
            kill_worker(WAITING)
            sending = [created.get(timeout=DEADLINE) for _ in range(TASKS // 2)][-1]
            assert "prediction" not in record(sending)
            kill_worker(sending)

            files = [result.get(timeout=DEADLINE) for result in results]
            # Otherwise the result of the first delivery would be returned.
            results[0].forget()
            assert deliver(0).get(timeout=DEADLINE) == files[0]

    made = {prediction.id: prediction for prediction in server.client().predictions.list()}
    creates = Counter(exchange.status for exchange in server.journal if exchange.operation == "createPrediction")
    deliveries = sum(int(record(prompt)["deliveries"]) for prompt in prompts)
    print(f"{TASKS} tasks, {deliveries} deliveries, {len(made)} predictions, creates by status: {dict(creates)}")
    assert hang.hits == 1 and creates == {201: TASKS - 1, None: 1}
    assert sorted(prediction.input["prompt"] for prediction in made.values()) == sorted(prompts)
    for prompt, (file,) in zip(prompts, files, strict=True):
        prediction = made[Path(file).parent.name]
        assert prediction.input["prompt"] == prompt
        assert Path(file).read_bytes() == prediction.videos[0].read()
    assert int(record(WAITING)["deliveries"]) >= 3 and int(record(sending)["deliveries"]) >= 2
