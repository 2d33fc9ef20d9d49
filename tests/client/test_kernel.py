"""The clients and the mock server in a notebook's kernel, whose loop runs."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.html_tags import Tags
from helpers.notebooks import errors, run_cells, shown

CELLS = {
    "set up": """
import asyncio, threading
from zeroscope import Zeroscope
from zeroscope_mock import MockServer
asyncio.get_running_loop()
server = MockServer()
client, aclient = server.client(), server.async_client()
client
""",
    "run": "client.run(prompt='a horse', num_frames=8, width=256, height=256)",
    "quiet": "videos = client.run(prompt='a horse', num_frames=8, on_update=None)",
    "many": "results = client.run_many([{'prompt': str(n), 'num_frames': 8} for n in range(30)])\nresults[0]",
    "await": "await aclient.run(prompt='a horse', num_frames=8, width=256, height=256)",
    "beside": """
ticks = 0
async def tick():
    global ticks
    while True:
        ticks += 1
        await asyncio.sleep(0)
ticking = asyncio.create_task(tick())
made, more = await asyncio.gather(aclient.run(prompt='a', num_frames=8), aclient.run_many([{'prompt': 'b'}]))
ticking.cancel()
ticks > 10
""",
    "listen": """
listening = server.listen()
with Zeroscope('token', base_url=listening.url) as other:
    prediction = other.predictions.create({'prompt': 'a horse', 'num_frames': 8})
    server.clock.advance(60)
    prediction.wait()
data = prediction.videos[0]
await asyncio.to_thread(lambda: None)
prediction
""",
    "read": "with Zeroscope('token', base_url=listening.url) as other:\n"
    "    read = other.predictions.get(prediction.id).videos\n    read[0].read()\nread",
    "server": "server",
    "journal": "server.journal",
    "clock": "server.clock",
    "failure": """
server.scripts.add({'outcome': 'failed', 'error': 'out of memory'})
failed = client.predictions.create({'prompt': 'a horse'}).wait()
failed
""",
    "end": "listening.close(); client.close(); await aclient.aclose()",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """The outputs of the cells."""
    folder = tmp_path_factory.mktemp("kernel")
    found = run_cells(list(CELLS.values()), folder)
    assert errors(found) == []
    return dict(zip(CELLS, found, strict=True))


@pytest.mark.parametrize("cell", ["run", "await"])
def test_run__shows_progress_and_a_player(outputs: dict[str, list[Any]], cell: str) -> None:
    """The sync client works beside the running loop, and the async one at top level."""
    display, result = outputs[cell]
    assert "succeeded" in shown([display]) and "ProgressDisplay" in shown([display], "text/plain")
    (source,) = Tags(shown([result])).sources()
    assert source.startswith("data:video/mp4;base64,")


def test_run_many__shows_one_display(outputs: dict[str, list[Any]]) -> None:
    """A batch has one display, which ends with its counts, and a result shows its video."""
    display, result = outputs["many"]
    assert "30 succeeded" in shown([display])
    assert len(Tags(shown([result])).sources()) == 1


def test_quiet_run__shows_nothing(outputs: dict[str, list[Any]]) -> None:
    """A caller that wants no display gets none."""
    assert outputs["quiet"] == []


def test_loop__is_not_blocked(outputs: dict[str, list[Any]]) -> None:
    """Other tasks of the kernel's loop run while the async client waits."""
    assert shown(outputs["beside"], "text/plain").endswith("True")


def test_listening_server__has_videos_by_address(outputs: dict[str, list[Any]]) -> None:
    """A browser on this machine reaches a listening server; what was read is embedded."""
    assert Tags(shown(outputs["listen"][-1:])).sources()[0].startswith("http://127.0.0.1:")
    assert Tags(shown(outputs["read"])).sources()[0].startswith("data:video/mp4;base64,")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("set up", "https://api.replicate.com/v1"),
        ("server", "MockServer"),
        ("journal", "createPrediction"),
        ("clock", "VirtualClock"),
        ("failure", "out of memory"),
    ],
)
def test_object__shows_itself(outputs: dict[str, list[Any]], cell: str, text: str) -> None:
    """Clients, servers, journals, clocks and failed predictions have a view of their own, without tokens."""
    view = shown(outputs[cell][-1:])
    assert text in Tags(view).text
    assert Tags(view).is_passive() and "mock-token" not in view
