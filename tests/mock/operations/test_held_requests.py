"""Creates that are held open, and predictions that end at a deadline."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from zeroscope_mock import MockServer

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}
API = "https://api.replicate.com/v1"
SMALL = {"width": 256, "height": 256, "num_frames": 2}


@pytest.fixture
def hold(server: MockServer) -> Callable[..., httpx.Response]:
    """Creates a prediction that follows a script, with headers, and waits for the response."""

    def hold(script: dict[str, Any], prefer: str | None = None, cancel_after: str | None = None) -> httpx.Response:
        server.scripts.add(script)
        headers = {"Prefer": prefer, "Cancel-After": cancel_after}
        with httpx.Client(transport=server.transport, base_url=API, headers=AUTH, timeout=None) as api:
            return api.post(
                "/predictions",
                json={"version": VERSION, "input": SMALL},
                headers={name: value for name, value in headers.items() if value is not None},
            )

    return hold


Hold = Callable[..., httpx.Response]


@pytest.mark.parametrize("prefer", ["wait", "wait=4", "wait=10", "wait=60"])
@pytest.mark.parametrize(
    ("script", "status"),
    [
        ({}, "succeeded"),
        ({"outputs": 0}, "succeeded"),
        ({"error": "x"}, "failed"),
        ({"outcome": "canceled"}, "canceled"),
        ({"removed": True}, "succeeded"),
    ],
)
def test_hold__ends_with_the_prediction(
    server: MockServer, api: httpx.Client, hold: Hold, prefer: str, script: dict[str, Any], status: str
) -> None:
    """The response is the ended prediction, as a read returns it, and says that the preference was applied."""
    response = hold({"startup": 1, "run": 3, "blocking": "final", **script}, prefer)

    assert (response.status_code, response.headers["preference-applied"]) == (201, prefer)
    assert server.clock.monotonic() == 4
    assert response.json()["status"] == status
    assert response.json() == api.get(response.json()["urls"]["get"]).json()


@pytest.mark.parametrize(("prefer", "seconds"), [("wait=1", 1), ("wait=5", 5), ("wait=60", 60), ("wait", 60)])
@pytest.mark.parametrize("startup", [0, 3, 3600])
def test_hold__that_runs_out_shows_nothing_yet(
    server: MockServer, api: httpx.Client, hold: Hold, prefer: str, seconds: float, startup: float
) -> None:
    """The official clients take any status but `starting` for an end, so that is what it says, whatever runs."""
    response = hold({"startup": startup, "run": 600, "gradual": True, "outputs": 500}, prefer)

    body = response.json()
    assert (response.status_code, response.headers["preference-applied"]) == (202, prefer)
    assert server.clock.monotonic() == seconds
    assert (body["status"], body["output"], body["logs"], body["error"]) == ("starting", None, "", None)
    assert {"started_at", "completed_at", "metrics"} & body.keys() == set()
    assert api.get(body["urls"]["get"]).json()["status"] == ("processing" if startup <= seconds else "starting")


def test_hold__by_model_is_the_same(server: MockServer) -> None:
    """The model's route holds as well."""
    server.scripts.add({"startup": 1, "run": 3, "blocking": "final"})
    with httpx.Client(transport=server.transport, base_url=API, headers=AUTH, timeout=None) as api:
        response = api.post(
            "/models/anotherjesse/zeroscope-v2-xl/predictions", json={"input": {}}, headers={"Prefer": "wait=9"}
        )

    assert (response.status_code, response.json()["status"]) == (201, "succeeded")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("script", "way", "status", "times"),
    [
        ({"run": 600}, "cancel", "canceled", 1),
        ({"startup": 600}, "cancel", "canceled", 1),
        ({"reads": 2}, "get", "succeeded", 2),
        ({"reads": 1, "error": "x"}, "get", "failed", 1),
    ],
)
async def test_hold__ends_when_another_task_ends_the_prediction(
    server: MockServer, script: dict[str, Any], way: str, status: str, times: int
) -> None:
    """Within half a second of the clock."""
    server.scripts.add({"blocking": "final", **script})
    responses = list[httpx.Response]()
    async with httpx.AsyncClient(transport=server.transport, base_url=API, headers=AUTH, timeout=None) as api:

        async def hold() -> None:
            sent = {"version": VERSION, "input": {}}
            responses.append(await api.post("/predictions", json=sent, headers={"Prefer": "wait=30"}))

        async def end() -> None:
            await server.clock.sleep_async(3.3)
            urls = (await api.get("/predictions")).json()["results"][0]["urls"]
            for _ in range(times):
                await api.request("POST" if way == "cancel" else "GET", urls[way])

        async with anyio.create_task_group() as group:
            group.start_soon(hold)
            group.start_soon(end)

    assert [(response.status_code, response.json()["status"]) for response in responses] == [(201, status)]
    assert 3.3 <= server.clock.monotonic() <= 3.8


def test_hold__on_steps_by_reads_runs_out(server: MockServer, hold: Hold) -> None:
    """No request reads it meanwhile, so it does not advance, and the hold ends all the same."""
    response = hold({"reads": 1}, "wait=7")

    assert (response.status_code, response.json()["status"], server.clock.monotonic()) == (202, "starting", 7)


def test_holds__wait_concurrently(server: MockServer) -> None:
    """Held requests wait side by side, not one after another."""

    async def main() -> list[int]:
        server.scripts.add({"startup": 1, "run": 3}, times=None)
        statuses = list[int]()
        async with httpx.AsyncClient(transport=server.transport, base_url=API, headers=AUTH, timeout=None) as api:

            async def hold() -> None:
                sent = {"version": VERSION, "input": {}}
                statuses.append((await api.post("/predictions", json=sent, headers={"Prefer": "wait"})).status_code)

            async with anyio.create_task_group() as group:
                for _ in range(20):
                    group.start_soon(hold)
        return statuses

    assert anyio.run(main) == [201] * 20
    assert server.clock.monotonic() == pytest.approx(4)


def test_hold__over_a_socket() -> None:
    """As in process."""
    with MockServer(clock="real", speed=50) as server, server.listen() as listening:
        server.scripts.add([{"startup": 0, "run": 1, "blocking": "final"}, {"startup": 0, "run": 1e6}])
        with httpx.Client(base_url=f"{listening.url}/v1", headers=AUTH) as api:
            sent = {"version": VERSION, "input": {}}
            responses = [api.post("/predictions", json=sent, headers={"Prefer": "wait=1"}) for _ in range(2)]

    assert [(response.status_code, response.json()["status"]) for response in responses] == [
        (201, "succeeded"),
        (202, "starting"),
    ]


@pytest.mark.parametrize("script", [{"startup": 1, "run": 1}, {"progression": "once"}])
@pytest.mark.parametrize("prefer", [None, "wait=9"])
def test_inline__is_in_every_response(
    api: httpx.Client, hold: Hold, script: dict[str, Any], prefer: str | None
) -> None:
    """A create, a held create, a read and a cancel of an ended prediction: the bytes are those at the address."""
    body = hold({**script, "inline": True, "outputs": 2}, prefer).json()
    ended = body["output"] is not None
    assert ended == (prefer is not None or "progression" in script)

    for answer in (body, api.get(body["urls"]["get"]).json(), api.post(body["urls"]["cancel"]).json()) if ended else ():
        for index, uri in enumerate(answer["output"]):
            video = api.get(f"/outputs/{body['id']}/output-{index}.mp4").content
            assert uri == f"data:video/mp4;base64,{base64.b64encode(video).decode()}"
    assert ended or body["output"] is None


@pytest.mark.parametrize("prefer", ["wait=0", "wait=61", "wait=100", "wait=1.5", "wait=", "wait=x", "wait=-1", ""])
def test_prefer__that_the_document_forbids(hold: Hold, prefer: str) -> None:
    """A wait is one to sixty seconds; anything else is refused before a prediction is made."""
    response = hold({}, prefer)

    assert response.status_code == 422
    assert [fault["field"] for fault in response.json()["invalid_fields"]] == ["Prefer"]


@pytest.mark.parametrize(
    ("cancel_after", "seconds"),
    [
        ("5", 5),
        ("5s", 5),
        ("30s", 30),
        ("90", 90),
        ("5m", 300),
        ("1m30s", 90),
        ("1h", 3600),
        ("1h30m45s", 5445),
        ("2h5s", 7205),
        ("100h", 360_000),
    ],
)
@pytest.mark.parametrize(("startup", "status"), [(4, "canceled"), (1e9, "aborted")])
def test_cancel_after__ends_the_prediction(
    server: MockServer, api: httpx.Client, hold: Hold, cancel_after: str, seconds: float, startup: float, status: str
) -> None:
    """Counted from its creation: running it is canceled and billed, not yet started aborted and free."""
    created = hold({"startup": startup, "run": 1e9}, cancel_after=cancel_after).json()
    server.clock.advance(seconds - 0.001)
    before = api.get(created["urls"]["get"]).json()
    server.clock.advance(0.001)
    after = api.get(created["urls"]["get"]).json()

    assert before["status"] in {"starting", "processing"}
    assert (after["status"], after["output"], after["error"]) == (status, None, None)
    assert after["metrics"]["total_time"] == pytest.approx(seconds, abs=1e-5)
    assert after["metrics"].get("predict_time") == (pytest.approx(seconds - 4) if status == "canceled" else None)
    assert ("started_at" in after) == (status == "canceled")
    assert after["completed_at"] == after["deadline"] == created["deadline"]


@pytest.mark.parametrize("cancel_after", ["60", "9" * 30 + "h", "9" * 5000])
def test_cancel_after__later_than_the_end_changes_nothing(
    server: MockServer, api: httpx.Client, hold: Hold, cancel_after: str
) -> None:
    """However late."""
    created = hold({"startup": 1, "run": 5}, cancel_after=cancel_after).json()
    server.clock.advance(100)

    body = api.get(created["urls"]["get"]).json()

    assert body["status"] == "succeeded"
    assert body["deadline"] == created["deadline"]


@pytest.mark.parametrize(("startup", "status"), [(1, "canceled"), (100, "aborted")])
def test_cancel_after__ends_a_hold(server: MockServer, hold: Hold, startup: float, status: str) -> None:
    """Both headers go together."""
    response = hold({"startup": startup, "run": 600}, "wait=60", "7s")

    assert (response.status_code, response.json()["status"], server.clock.monotonic()) == (201, status, 7)


def test_cancel_after__aborts_what_reads_never_started(server: MockServer, api: httpx.Client, hold: Hold) -> None:
    """A prediction that is moved on by reads has its deadline on the clock, too."""
    idle, begun = (hold({"reads": 3}, cancel_after="10").json()["urls"]["get"] for _ in range(2))
    server.clock.advance(4)
    api.get(begun)
    server.clock.advance(6)

    bodies = [api.get(url).json() for url in (idle, begun)]

    assert [body["status"] for body in bodies] == ["aborted", "canceled"]
    assert [body["metrics"].get("predict_time") for body in bodies] == [None, 6]


@pytest.mark.parametrize("cancel_after", ["4", "0s", "1.5m", "5x", "m", "-5", "", "30s5m", "05"])
def test_cancel_after__that_the_document_forbids(hold: Hold, cancel_after: str) -> None:
    """At least five seconds, in the format of the document."""
    response = hold({}, cancel_after=cancel_after)

    assert response.status_code == 422
    assert [fault["field"] for fault in response.json()["invalid_fields"]] == ["Cancel-After"]
