"""The views of the predictions: cards, filters, and the page of one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from helpers.browser import Visit, wait_until_playing
from helpers.busy_server import INPUTS, PICTURE, PREDICTIONS, SOUND, TEXT, TOKENS, VIDEO, Api
from studio.conftest import Open, Serve
from zeroscope_mock import MockServer
from zeroscope_mock.tenants import tenant_of

# How many of some pixels of an element differ from the first one: nothing was drawn if none does.
_DRAWN = """(element) => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 32;
  const context = canvas.getContext("2d");
  context.drawImage(element, 0, 0, 32, 32);
  const { data } = context.getImageData(0, 0, 32, 32);
  let different = 0;
  for (let at = 4; at < data.length; at += 4) {
    if (Math.abs(data[at] - data[0]) + Math.abs(data[at + 1] - data[1]) + Math.abs(data[at + 2] - data[2]) > 12) {
      different += 1;
    }
  }
  return different;
}"""


def cards(page: Page) -> Any:
    return page.get_by_role("main").get_by_role("article")


def test_cards__show_what_was_made(busy: Visit) -> None:
    """The cards play videos, draw pictures, play sounds and show texts, with status, model, tenant and age."""
    page = busy.open()
    expect(page.get_by_role("heading", level=1).locator("..")).to_contain_text(f"{PREDICTIONS:,}")
    video = cards(page).filter(has_text="A sailing boat")
    player = video.locator("video")
    expect(player).to_be_visible()
    wait_until_playing(page)
    first = player.evaluate("(video) => video.currentTime")
    page.wait_for_function("([video, first]) => video.currentTime !== first", arg=[player.element_handle(), first])
    assert player.evaluate(_DRAWN) > 50
    picture = cards(page).filter(has_text="A poster of a circus").locator("img")
    picture.scroll_into_view_if_needed()
    page.wait_for_function("(image) => image.complete && image.naturalWidth > 0", arg=picture.element_handle())
    assert picture.evaluate(_DRAWN) > 50
    sound = cards(page).filter(has_text="A slow waltz").locator("audio")
    sound.evaluate("(sound) => { sound.muted = true; return sound.play(); }")
    page.wait_for_function("(sound) => sound.currentTime > 0 && sound.duration > 1", arg=sound.element_handle())
    text = cards(page).filter(has_text="Tell me a story")
    expect(text).to_contain_text("You asked about")
    expect(video).to_contain_text("succeeded")
    expect(video).to_contain_text(VIDEO)
    expect(video).to_contain_text(tenant_of(TOKENS[0])[:6])
    expect(video).to_contain_text(re.compile(r"\d+ (s|min|m|h).* ago"))
    running = cards(page).filter(has_text="A lighthouse that takes its time")
    expect(running).to_contain_text("processing")
    expect(running.get_by_role("progressbar")).to_be_visible()
    busy.screenshot("predictions")


FILTERS: dict[str, tuple[str, str, Callable[[dict[str, Any]], bool]]] = {
    "status": ("Status", "failed", lambda run: run["status"] == "failed"),
    "model": ("Model", SOUND, lambda run: run["model"] == SOUND),
    "tenant": ("Tenant", tenant_of(TOKENS[1]), lambda run: run["tenant"] == tenant_of(TOKENS[1])),
    "text": ("Filter predictions", "take 123", lambda run: "take 123" in str(run["input"])),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filter__shows_only_what_matches(name: str, busy: Visit) -> None:
    """A filter leaves the predictions that match, from all 1,000, and is part of the page's address."""
    label, value, matches = FILTERS[name]
    runs: list[dict[str, Any]] = []
    before: dict[str, Any] = {}
    while True:
        part = httpx.get(f"{busy.url}/_mock/predictions", params={"limit": 100, **before}, timeout=30).json()
        runs += part["predictions"]
        if part["next"] is None:
            break
        before = {"before": part["next"]}
    assert len(runs) == PREDICTIONS
    expected = [run["id"] for run in runs if matches(run)]
    assert 0 < len(expected) < PREDICTIONS
    page = busy.open()
    field = page.get_by_label(label, exact=True)
    if name == "status":
        field.select_option(value)
    else:
        field.fill(value)
    links = page.locator("main article a[data-id]")
    first = min(len(expected), 4)
    expect(links.nth(first - 1)).to_have_attribute("data-id", expected[first - 1])
    shown = [link.get_attribute("data-id") for link in links.all()]
    assert shown == expected[: len(shown)]
    # The address follows a little later than the cards.
    expect(page).to_have_url(re.compile(f"{name}="))
    page.reload()
    expect(links.first).to_have_attribute("data-id", expected[0])


def test_cards__reach_the_oldest(busy: Visit) -> None:
    """Scrolling reaches the oldest of 1,000 predictions, and only some cards are drawn at a time."""
    page = busy.open()
    expect(cards(page).first).to_be_visible()
    oldest = cards(page).filter(has_text="take 0").first
    box = page.locator(".card-box")
    page.wait_for_function(
        """([box, text]) => {
          box.scrollTop = box.scrollHeight;
          return [...box.querySelectorAll("article h2")].some((title) => title.textContent === text);
        }""",
        arg=[box.element_handle(), "A horse on the moon, take 0"],
        polling=50,
    )
    expect(oldest).to_be_visible()
    assert cards(page).count() < 200


def test_text__grows_while_it_streams(server: MockServer, visit: Visit) -> None:
    """The card and the page of a prediction show the text so far, as it grows."""
    server.clock.freeze()
    server.scripts.add({"model": TEXT, "startup": 1, "run": 100})
    created = Api(server).create(TEXT, "Tell me a long story")
    page = visit.open()
    card = cards(page).filter(has_text="Tell me a long story")
    expect(card).to_contain_text("starting")
    lengths = []
    for seconds in (31, 30):
        assert httpx.post(f"{visit.url}/_mock/clock/advance", json={"seconds": seconds}).is_success
        _, body = Api(server)("GET", f"/v1/predictions/{created['id']}")
        text = "".join(body["output"])
        expect(card.locator(".thumbnail")).to_have_text(text.strip())
        lengths.append(len(text))
    assert 0 < lengths[0] < lengths[1]
    card.get_by_role("link").click()
    output = page.get_by_role("region", name="Output", exact=True)
    expect(output).to_contain_text(text.strip())
    assert httpx.post(f"{visit.url}/_mock/clock/run").is_success
    page.wait_for_function(
        "([box, length]) => box.textContent.length > length", arg=[output.element_handle(), len(output.inner_text())]
    )


def test_prediction__appears_and_ends_without_a_reload(server: MockServer, visit: Visit) -> None:
    """A new prediction comes first, and its status and video follow by themselves."""
    server.clock.freeze()
    page = visit.open()
    expect(page.get_by_text("No prediction yet")).to_be_visible()
    server.scripts.add({"startup": 0.2, "run": 0.6})
    Api(server).create(VIDEO, "A lighthouse in a storm", **INPUTS[VIDEO])
    card = cards(page).filter(has_text="A lighthouse in a storm")
    expect(card).to_contain_text("starting")
    assert httpx.post(f"{visit.url}/_mock/clock/run").is_success
    expect(card).to_contain_text("succeeded")
    expect(card.locator("video")).to_be_visible()
    wait_until_playing(page)


def test_video__is_not_recorded_as_a_request_of_a_client(server: MockServer, visit: Visit) -> None:
    """What the page itself loads is not in the request journal, and takes no fault."""
    Api(server).create(VIDEO, "A lighthouse in a storm", **INPUTS[VIDEO])
    server.clock.advance(600)
    server.faults.add(status=503)
    page = visit.open()
    expect(page.locator("main video")).to_be_visible()
    wait_until_playing(page)
    assert [exchange.operation for exchange in server.journal] == ["createModelPrediction"]
    assert Api(server)("GET", "/v1/predictions")[0] == 503


def test_reduced_motion__plays_no_video_by_itself(server: MockServer, visits: Open, url: str) -> None:
    """Where the system asks for less motion, videos wait for the reader."""
    Api(server).create(VIDEO, "A lighthouse in a storm", **INPUTS[VIDEO])
    server.clock.advance(600)
    visit = visits(url, reduced_motion="reduce")
    page = visit.open()
    video = page.locator("main video")
    expect(video).to_be_visible()
    page.wait_for_function("(video) => video.readyState >= 2", arg=video.element_handle())
    assert video.evaluate("(video) => [video.paused, video.currentTime]") == [True, 0]
    cards(page).get_by_role("link").click()
    video = page.locator("main video")
    expect(video).to_have_attribute("controls", "")
    page.wait_for_function("(video) => video.readyState >= 2", arg=video.element_handle())
    assert video.evaluate("(video) => video.paused")
    video.evaluate("(video) => video.play()")
    page.wait_for_function("(video) => video.currentTime > 0", arg=video.element_handle())


def test_page_of_one__has_its_whole_story(visits: Open, serve: Serve) -> None:
    """The page of a prediction has its timeline, past and to come, its input, logs, exchanges and JSON."""
    answers = iter([503, 204])
    server, url = serve(clock="virtual", receiver=lambda request: next(answers))
    visit, api = visits(url), Api(server)
    server.scripts.add(
        {"startup": 2, "run": 10, "logs": ["Loading the model", "Rendering the frames"]},
    )
    _, created = api(
        "POST",
        f"/v1/models/{VIDEO}/predictions",
        {
            "input": {"prompt": "A lighthouse in a storm", **INPUTS[VIDEO]},
            "webhook": "https://my.app/hook",
            "webhook_events_filter": ["completed"],
        },
    )
    page = visit.open(f"predictions/{created['id']}")
    timeline = page.get_by_role("region", name="Timeline").get_by_role("listitem")
    expect(timeline.filter(has_text=re.compile("created", re.IGNORECASE)).first).to_be_visible()
    # Nothing has happened but the create; the rest is due.
    expect(timeline.filter(has_text="(due)").first).to_be_visible()
    due = timeline.filter(has_text="(due)").count()
    assert httpx.post(f"{visit.url}/_mock/clock/advance", json={"seconds": 5}).is_success
    expect(page.get_by_role("heading", level=1).locator("..")).to_contain_text("processing")
    api("GET", f"/v1/predictions/{created['id']}")
    assert httpx.post(f"{visit.url}/_mock/clock/advance", json={"seconds": 60}).is_success
    expect(page.get_by_role("heading", level=1).locator("..")).to_contain_text("succeeded")
    texts = "\n".join(timeline.all_inner_texts())
    for word in (
        "created",
        "started",
        "Loading the model",
        "Rendering the frames",
        "503",
        "204",
        "getPrediction",
        "expire",
    ):
        assert word.lower() in texts.lower(), (word, texts)
    assert timeline.filter(has_text="(due)").count() < due
    expect(page.get_by_role("region", name="Input", exact=True)).to_contain_text("A lighthouse in a storm")
    expect(page.get_by_role("region", name="Input", exact=True)).to_contain_text("num_frames")
    expect(page.get_by_role("region", name="Logs", exact=True).first).to_contain_text("Rendering the frames")
    exchanges = page.get_by_role("region", name="Exchanges").get_by_role("row")
    expect(exchanges.filter(has_text="createModelPrediction")).to_have_count(1)
    expect(exchanges.filter(has_text="getPrediction")).to_have_count(1)
    wait_until_playing(page)
    visit.screenshot("prediction")
    page.get_by_text("JSON, as the service answers").click()
    expect(page.get_by_label("The prediction as JSON")).to_contain_text(f'"id": "{created["id"]}"')
    exchanges.filter(has_text="createModelPrediction").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Exchange 1")


def test_page_of_one__shows_why_it_failed(server: MockServer, visit: Visit) -> None:
    """The page of a failed prediction has the error."""
    created = Api(server).create(VIDEO, "mock:fail CUDA out of memory")
    server.clock.advance(600)
    page = visit.open(f"predictions/{created['id']}")
    expect(page.get_by_role("region", name="Output", exact=True)).to_contain_text("CUDA out of memory")
    expect(page.get_by_role("heading", level=1).locator("..")).to_contain_text("failed")


def test_page_of_one__says_when_there_is_none(visit: Visit) -> None:
    """An unknown id leads to a sentence."""
    visit.expect_problem("404")
    page = visit.open("predictions/unknown")
    expect(page.get_by_role("main")).to_contain_text("no such prediction")


@pytest.mark.parametrize("model", [PICTURE, SOUND])
def test_page_of_one__plays_its_file(model: str, server: MockServer, visit: Visit) -> None:
    """The page of a prediction shows a picture whole, and plays a sound."""
    created = Api(server).create(model, "A slow waltz", **INPUTS[model])
    server.clock.advance(600)
    page = visit.open(f"predictions/{created['id']}")
    if model == PICTURE:
        picture = page.get_by_role("main").locator("img")
        expect(picture).to_be_visible()
        page.wait_for_function("(image) => image.naturalWidth > 0", arg=picture.element_handle())
    else:
        sound = page.get_by_role("main").locator("audio[controls]")
        sound.evaluate("(sound) => { sound.muted = true; return sound.play(); }")
        page.wait_for_function("(sound) => sound.currentTime > 0", arg=sound.element_handle())
