"""Screenshots of every view, which `make screenshots` copies to docs/."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import chain, repeat
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from helpers.browser import SCREENSHOTS, Visit, wait_until_playing
from helpers.busy_server import MODELS, PICTURE, SOUND, TEXT, VIDEO, Api
from helpers.pages import DOCS, read_page
from studio.conftest import Open
from zeroscope_mock import MockServer

MOST_BYTES = 150_000
COLORS = 192
WIDTH = 1280
PROMPTS = {
    "An astronaut riding a horse on the moon": VIDEO,
    "A poster of a circus in Paris, 1910": PICTURE,
    "A paper boat on a stormy sea": VIDEO,
    "A slow waltz for two pianos": SOUND,
    "Write a haiku about the sea": TEXT,
    "A fox in a forest at night": VIDEO,
    "A botanical drawing of a fern": PICTURE,
}
INPUTS: dict[str, dict[str, Any]] = {
    VIDEO: {"num_frames": 24, "width": 448, "height": 256, "fps": 12},
    PICTURE: {"aspect_ratio": "16:9"},
    SOUND: {"duration": 4},
    TEXT: {},
}


def make_demonstration(server: MockServer) -> None:
    """Do what a developer does in the first minutes: some predictions, one too small, one that fails."""
    api = Api(server)
    hook = {"webhook": "https://my.app/hooks/replicate", "webhook_events_filter": ["start", "completed"]}
    ids = []
    for prompt, model in PROMPTS.items():
        more = hook if prompt.startswith("An astronaut") else {}
        body = {"input": {"prompt": prompt, **INPUTS[model]}, **more}
        ids.append(api("POST", f"/v1/models/{model}/predictions", body)[1]["id"])
        for _ in range(4):
            server.clock.advance(3)
            api("GET", f"/v1/predictions/{ids[-1]}")
    server.clock.advance(30)
    for number in ids:
        api("GET", f"/v1/predictions/{number}")
    api.create(VIDEO, "mock:fail CUDA out of memory")
    server.clock.advance(30)
    api("POST", f"/v1/models/{VIDEO}/predictions", {"input": {"prompt": "A small horse", "width": 100, "fps": 0}})
    api("GET", "/v1/prediction")
    server.scripts.add({"model": VIDEO, "startup": 1, "run": 900})
    api.create(VIDEO, "A lighthouse in a storm", **INPUTS[VIDEO])
    server.clock.advance(320)
    api.create(PICTURE, "A balloon over the Alps", **INPUTS[PICTURE])
    api.create(VIDEO, "An astronaut riding a horse", **INPUTS[VIDEO])
    server.clock.advance(30)
    server.faults.throttle()
    server.faults.add(operation="getPrediction", status=503, times=3, per="resource")
    server.scripts.add({"run": 5, "outcome": "failed", "error": "CUDA out of memory"})
    server.scripts.add({"model": TEXT, "output": "Hello!"})


@pytest.fixture(scope="module")
def demonstration() -> Iterator[tuple[MockServer, str]]:
    """A server after a developer's first minutes, and its URL."""
    answers = chain([503], repeat(204))
    options: dict[str, Any] = {"clock": "real", "models": MODELS, "receiver": lambda request: next(answers)}
    with MockServer(**options) as server, server.listen() as listening:
        make_demonstration(server)
        yield server, listening.url


def shrink(page: Page) -> bytes:
    """A picture of the window with few colors: as small as documentation should be."""
    with Image.open(BytesIO(page.screenshot(animations="allow"))) as image:
        written = BytesIO()
        image.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(written, "PNG", optimize=True)
    return written.getvalue()


def show_predictions(visit: Visit, server: MockServer) -> None:
    page = visit.open("predictions")
    expect(page.locator("main video").first).to_be_visible()
    wait_until_playing(page)


def show_prediction(visit: Visit, server: MockServer) -> None:
    created = next(exchange for exchange in server.journal if "astronaut" in exchange.request_body)
    page = visit.open(f"predictions/{created.prediction}")
    expect(page.locator("main video").first).to_be_visible()
    wait_until_playing(page)


def show_exchanges(visit: Visit, server: MockServer) -> None:
    page = visit.open("exchanges")
    page.get_by_label("Filter exchanges").fill("-op:getPrediction")
    expect(page.get_by_text("mock:fail CUDA out of memory")).to_be_visible()


def show_exchange(visit: Visit, server: MockServer) -> None:
    refused = next(exchange for exchange in server.journal if exchange.status == 422)
    page = visit.open(f"exchanges/{refused.number}")
    expect(page.get_by_text("input.width").first).to_be_visible()


def show_webhooks(visit: Visit, server: MockServer) -> None:
    page = visit.open("webhooks")
    page.locator(".delivery-head").filter(has_text="completed").click()
    expect(page.locator(".attempt")).to_be_visible()


def show(view: str, text: str) -> Callable[[Visit, MockServer], None]:
    """A view, as soon as it has a text."""

    def show(visit: Visit, server: MockServer) -> None:
        expect(visit.open(view).get_by_role("main").get_by_text(text).first).to_be_visible()

    return show


SHOTS: dict[str, Callable[[Visit, MockServer], None]] = {
    "predictions": show_predictions,
    "prediction": show_prediction,
    "exchanges": show_exchanges,
    "exchange": show_exchange,
    "webhooks": show_webhooks,
    "clock": show("clock", "Freeze"),
    "faults": show("faults", "getPrediction"),
    "state": show("state", PICTURE),
}


@pytest.mark.parametrize("name", SHOTS)
def test_screenshot__is_small(name: str, visits: Open, demonstration: tuple[MockServer, str]) -> None:
    """A picture of each view, in the light scheme, is small enough for the documentation."""
    server, url = demonstration
    visit = visits(url, viewport={"width": WIDTH, "height": 800}, color_scheme="light", timezone_id="UTC")
    SHOTS[name](visit, server)
    picture = shrink(visit.page)
    SCREENSHOTS.joinpath("docs").mkdir(parents=True, exist_ok=True)
    SCREENSHOTS.joinpath("docs", f"{name}.png").write_bytes(picture)
    assert len(picture) < MOST_BYTES


def test_documentation__has_every_screenshot() -> None:
    """The page of the documentation shows exactly the pictures in its folder, which are those of the tests."""
    shown = re.findall(r"\]\(screenshots/(\w+)\.png\)", read_page("web-page.md"))
    assert sorted(shown) == sorted(SHOTS) == sorted(path.stem for path in (DOCS / "screenshots").iterdir())
    for path in (DOCS / "screenshots").iterdir():
        with Image.open(path) as image:
            assert image.width == WIDTH
        assert path.stat().st_size < MOST_BYTES
