"""The page for everyone: axe-core, the keyboard, narrow windows, color schemes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from helpers.browser import Visit
from helpers.busy_server import INPUTS, MODELS, PICTURE, SOUND, TEXT, VIDEO, Api
from studio.conftest import Open
from zeroscope_mock import MockServer

NARROW = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def lively() -> Iterator[tuple[MockServer, str]]:
    """A server that has something to show on every view, and its URL."""
    with MockServer(models=MODELS, receiver=lambda request: 503) as server, server.listen() as listening:
        api = Api(server)
        body = {"input": {"prompt": "A lighthouse in a storm", **INPUTS[VIDEO]}, "webhook": "https://my.app/hook"}
        api("POST", f"/v1/models/{VIDEO}/predictions", body)
        for model in (PICTURE, SOUND, TEXT):
            api.create(model, f"A lighthouse for {model}", **INPUTS[model])
        api.create(VIDEO, "mock:fail CUDA out of memory")
        server.clock.advance(60)
        api("POST", f"/v1/models/{VIDEO}/predictions", {"input": {"prompt": "A horse", "width": 100}})
        api("GET", "/v1/unknown")
        server.faults.add(operation="listPredictions", status=503, times=1)
        api.send("GET", "/v1/predictions")
        server.faults.add(method="GET", path="/v1/files*", delay=2)
        server.scripts.add({"startup": 2, "run": 4000, "logs": ["Loading the model"], "model": VIDEO})
        server.scripts.add({"run": 5, "error": "out of luck", "outcome": "failed"})
        api.create(VIDEO, "A lighthouse that takes its time")
        server.clock.advance(90)
        server.faults.throttle()
        yield server, listening.url


def views(server: MockServer) -> dict[str, str]:
    """The views, with a word that each one shows."""
    by_prompt = {exchange.prompt: exchange for exchange in server.journal if exchange.prompt}
    done = by_prompt["A lighthouse in a storm"].prediction
    running = by_prompt["A lighthouse that takes its time"].prediction
    return {
        "predictions": "A lighthouse that takes its time",
        f"predictions/{done}": "Timeline",
        f"predictions/{running}": "Loading the model",
        "exchanges": "createModelPrediction",
        f"exchanges/{by_prompt['A horse'].number}": "Why it was refused",
        "webhooks": "completed",
        "clock": "Next event",
        "faults": "Add recipe",
        "state": "Download snapshot",
    }


def show(visit: Visit, view: str, word: str) -> Page:
    """Open a view, with everything unfolded."""
    page = visit.open(view)
    expect(page.get_by_role("main")).to_contain_text(word)
    for closed in page.get_by_role("main").locator("button[aria-expanded=false]").all()[:2]:
        closed.click()
    page.evaluate("() => { for (const one of document.querySelectorAll('details')) one.open = true; }")
    return page


@pytest.mark.parametrize("window", [{"width": 1280, "height": 900}, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_view__has_no_axe_violation(
    scheme: Literal["light", "dark"], window: Any, visits: Open, lively: tuple[MockServer, str]
) -> None:
    """axe-core finds nothing wrong in any view, in both color schemes, in wide and in narrow windows."""
    server, url = lively
    visit = visits(url, color_scheme=scheme, viewport=window)
    found = []
    for view, word in views(server).items():
        show(visit, view, word)
        name = view.replace("/", "-")
        visit.screenshot(f"{scheme}-{window['width']}-{name if len(name) < 20 else name.split('-')[0] + '-one'}")
        found += [f"{view}: {violation}" for violation in visit.violations()]
    assert not found, "\n".join(found)


def test_axe__finds_what_is_wrong(visit: Visit) -> None:
    """axe-core reports a picture without a text, so that its silence elsewhere means something."""
    page = visit.open()
    page.evaluate("() => document.querySelector('main').append(document.createElement('img'))")
    assert any(violation.startswith("image-alt") for violation in visit.violations())


def test_view__fits_a_narrow_window(visits: Open, lively: tuple[MockServer, str]) -> None:
    """No view is wider than a window of 360 pixels."""
    server, url = lively
    visit = visits(url, viewport=NARROW)
    for view, word in views(server).items():
        page = show(visit, view, word)
        wider = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, (view, wider)


def test_schemes__are_different(visits: Open, lively: tuple[MockServer, str]) -> None:
    """The page is light or dark, as the system is."""
    colors = {}
    for scheme in ("light", "dark"):
        page = visits(lively[1], color_scheme=scheme).open()
        color = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        colors[scheme] = sum(map(int, re.findall(r"\d+", color)[:3]))
    assert colors["light"] > 600
    assert colors["dark"] < 200


def test_keyboard__reaches_everything(visit: Visit, server: MockServer) -> None:
    """The skip link comes first, then the navigation; the focus is visible, and Enter follows links."""
    page = visit.open("clock")
    # The buttons come once the clock has been read; before that, a Tab would go past where they will be.
    freeze = page.get_by_role("main").get_by_role("button", name="Freeze", exact=True)
    expect(freeze).to_be_visible()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    for _ in range(8):
        if freeze.evaluate("(button) => button === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(freeze).to_be_focused()
    outline = freeze.evaluate("(button) => getComputedStyle(button)")
    assert outline["outlineStyle"] != "none" or outline["boxShadow"] != "none"
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("It is frozen")
    assert server.clock.frozen


def test_keyboard__filters_and_opens_exchanges(visit: Visit, server: MockServer) -> None:
    """The slash goes to the filter, arrows and letters move in the table, Enter opens, Escape goes back."""
    api = Api(server)
    for number in range(5):
        api.create(VIDEO, f"A lighthouse, number {number}")
    api("GET", "/v1/unknown")
    page = visit.open("exchanges")
    expect(page.locator("main a[data-number]").first).to_be_visible()
    page.keyboard.press("/")
    field = page.get_by_label("Filter exchanges")
    expect(field).to_be_focused()
    page.keyboard.type("status:201")
    expect(page.get_by_text("5 of 6 match")).to_be_visible()
    for key, number in [
        ("Enter", 5),
        ("ArrowDown", 4),
        ("j", 3),
        ("k", 4),
        ("ArrowUp", 5),
        ("End", 1),
        ("Home", 5),
        ("j", 4),
    ]:
        page.keyboard.press(key)
        expect(page.locator(f"main a[data-number='{number}']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Exchange 4")
    expect(page.get_by_role("region", name="Request", exact=True)).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Exchange 3")
    page.keyboard.press("Escape")
    expect(field).to_have_value("status:201")
    # Keys that are pressed fast do not get lost.
    for key in "jjjkkj":
        page.keyboard.press(key)
    expect(page.locator("main a[data-number='2']")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    expect(field).to_have_value("")


def test_keyboard__moves_among_predictions(visit: Visit, server: MockServer) -> None:
    """Letters move from card to card, Enter opens one, Escape goes back to all."""
    api = Api(server)
    ids = [api.create(TEXT, f"A lighthouse, number {number}")["id"] for number in range(3)]
    page = visit.open()
    expect(page.get_by_role("article")).to_have_count(3)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(f"[data-id='{ids[1]}']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(ids[1])
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Predictions")
