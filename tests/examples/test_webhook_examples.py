"""The examples that receive webhooks, with webhooks from the mock server."""

from __future__ import annotations

import runpy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import flask
import httpx
import pytest
import uvicorn

import zeroscope
from zeroscope_mock import MockServer

EXAMPLES = Path(__file__).parents[2] / "examples"
HOOK = "https://my.app.test/webhooks"


class Program:
    """An example as it runs: its clients talk to a mock server, which sends its webhooks to the example's app."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.app: Any = None
        self.receiver: Any = self.receive_asgi if name == "starlette" else self.receive_wsgi
        self.server = MockServer(receiver=self.receiver)
        self.server.clock.set(time.time())

    async def receive_asgi(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)

    def receive_wsgi(self, request: httpx.Request) -> httpx.Response:
        return httpx.WSGITransport(app=self.app).handle_request(request)

    def run(self, meanwhile: Callable[[], object]) -> None:
        """Runs the example from its first line to its end, and a function while it listens."""

        def serve_asgi(app: Any, *, port: int) -> None:
            async def live() -> None:
                async with app.router.lifespan_context(app):
                    serve_wsgi(app, port=port)

            anyio.run(live)

        def serve_wsgi(app: Any, *, port: int) -> None:
            self.app = app
            patches.undo()
            meanwhile()

        client, async_client = self.server.client(), self.server.async_client()
        with pytest.MonkeyPatch.context() as patches:
            patches.setattr(zeroscope, "Zeroscope", lambda: client)
            patches.setattr(zeroscope, "AsyncZeroscope", lambda: async_client)
            patches.setattr(uvicorn, "run", serve_asgi)
            patches.setattr(flask.Flask, "run", serve_wsgi)
            runpy.run_path(str(EXAMPLES / f"webhook_{self.name}.py"), run_name="__main__")


@pytest.fixture(params=["starlette", "flask"])
def program(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Each of the examples, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Program(request.param)


def predict(server: MockServer, prompt: str = "a lighthouse", **options: Any) -> str:
    """A prediction of two videos, with all its webhooks."""
    options = {"webhook_events_filter": ["start", "output", "logs", "completed"], **options}
    with server.client() as client:
        prediction = client.predictions.create({"prompt": prompt, "batch_size": 2}, webhook=HOOK, **options)
    server.clock.advance(120)
    return prediction.id


def statuses(server: MockServer) -> list[int | None]:
    """The status of the program's response to each delivery."""
    return [attempt.status for attempt in server.deliveries]


def saved() -> list[str]:
    return sorted(path.name for path in Path("videos").iterdir())


def test_program__saves_the_videos(program: Program) -> None:
    """All webhooks of a run are received, and its videos are saved whole."""
    ids: list[str] = []
    program.run(lambda: ids.append(predict(program.server)))
    assert len(program.server.deliveries) > 2 and set(statuses(program.server)) == {204}
    assert saved() == [f"{ids[0]}-0.mp4", f"{ids[0]}-1.mp4"]
    assert all(Path("videos", name).read_bytes()[4:8] == b"ftyp" for name in saved())


def test_program__does_the_work_once(program: Program) -> None:
    """A webhook that arrives twice, and once more later, is received each time and downloads nothing again."""
    program.server.faults.add(operation="receivePredictionEvent", duplicate=True)

    def meanwhile() -> None:
        predict(program.server, webhook_events_filter=["completed"])
        program.server.redeliver(program.server.deliveries[0].id)

    program.run(meanwhile)
    assert statuses(program.server) == [204] * 4
    assert [exchange.operation for exchange in program.server.journal].count("getOutput") == len(saved()) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"malformed": True},
        {"headers": {"webhook-id": "msg_of-another"}},
        {"headers": {"webhook-timestamp": "1700000000"}},
        {"headers": {"webhook-signature": "v1,bm8="}},
    ],
    ids=str,
)
def test_program__refuses_forged_webhooks(program: Program, change: dict[str, Any]) -> None:
    """A webhook that was changed in transit is refused and has no effect."""
    program.server.faults.add(operation="receivePredictionEvent", **change)
    program.run(lambda: predict(program.server))
    assert len(program.server.deliveries) > 2 and set(statuses(program.server)) == {400}
    assert saved() == []


def test_program__refuses_webhooks_of_another_account(program: Program) -> None:
    """A webhook of the service that is signed with another account's secret is refused and has no effect."""
    other = MockServer(seed=1, receiver=program.receiver)
    other.clock.set(time.time())
    program.run(lambda: predict(other))
    assert len(other.deliveries) > 2 and set(statuses(other)) == {400}
    assert saved() == []


def test_program__accepts_a_prediction_that_failed(program: Program) -> None:
    """The end of a prediction without videos is received like any other."""
    program.run(lambda: predict(program.server, "mock:fail too dark"))
    assert set(statuses(program.server)) == {204}
    assert saved() == []
