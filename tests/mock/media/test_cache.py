"""The output files of predictions, which are rendered when first fetched."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import av
import httpx
import pytest

from helpers.output_files import output_file
from zeroscope_mock import MockServer
from zeroscope_mock.media import cache as cache_module
from zeroscope_mock.media import formats
from zeroscope_mock.media.output_file import OutputFile

Create = Callable[..., dict[str, Any]]


@pytest.fixture
def outputs(server: MockServer, api: httpx.Client, create: Create) -> Callable[..., list[str]]:
    """Creates a prediction, lets it end and returns the URLs of its videos."""

    def outputs(**fields: Any) -> list[str]:
        prediction = create(**fields)
        server.clock.advance(1000)
        urls: list[str] = api.get(prediction["urls"]["get"]).json()["output"]
        return urls

    return outputs


@pytest.mark.parametrize(
    ("fields", "properties"),
    [
        ({}, (576, 320, 8, 24)),
        ({"width": 640, "height": 384, "fps": 12, "num_frames": 36}, (640, 384, 12, 36)),
        ({"width": 577, "height": 321, "num_frames": 1}, (577, 321, 8, 1)),
    ],
)
def test_a_video_has_the_requested_format(
    server: MockServer,
    outputs: Callable[..., list[str]],
    fields: dict[str, int],
    properties: tuple[int, int, int, int],
) -> None:
    """An MP4 file of the requested size, rate and number of frames, which needs no token."""
    with httpx.Client(transport=server.transport) as anyone:
        response = anyone.get(outputs(**fields)[0])

    assert response.status_code == 200
    assert response.headers["content-type"] == "video/mp4"
    assert int(response.headers["content-length"]) == len(response.content)
    with av.open(BytesIO(response.content), "r") as file:
        stream = file.streams.video[0]
        frames = len(list(file.decode(stream)))
        assert (stream.width, stream.height, float(stream.average_rate or 0), frames) == properties


def test_a_batch_has_one_video_for_each_index(api: httpx.Client, outputs: Callable[..., list[str]]) -> None:
    """Their names count up, and no two are equal."""
    urls = outputs(batch_size=3, num_frames=2)

    assert [url.rpartition("/")[2] for url in urls] == ["output-0.mp4", "output-1.mp4", "output-2.mp4"]
    assert len({api.get(url).content for url in urls}) == 3
    assert api.get(urls[0].replace("output-0", "output-3")).status_code == 404


def test_the_seed_in_the_log_makes_the_video(api: httpx.Client, outputs: Callable[..., list[str]]) -> None:
    """A prediction with the seed in another one's log gives the same video."""
    drawn = outputs(prompt="x", num_frames=2)[0]
    seed = int(api.get("/predictions").json()["results"][0]["logs"].splitlines()[0].removeprefix("Using seed: "))

    again = outputs(prompt="x", num_frames=2, seed=seed)[0]

    assert api.get(again).content == api.get(drawn).content


def test_head_returns_the_length(api: httpx.Client, outputs: Callable[..., list[str]]) -> None:
    """Everything but the video itself."""
    url = outputs(num_frames=1)[0]

    head = api.head(url)

    assert head.content == b""
    assert head.headers == api.get(url).headers


@pytest.mark.parametrize("seconds", [0, 1.5])
def test_a_video_before_the_end(server: MockServer, api: httpx.Client, create: Create, seconds: float) -> None:
    """There is nothing to fetch."""
    prediction = create(prompt="mock:slow")
    server.clock.advance(seconds)

    assert api.get(f"https://api.replicate.com/v1/outputs/{prediction['id']}/output-0.mp4").status_code == 404


@pytest.mark.parametrize(("cache", "renders"), [(10**9, 2), (0, 4)])
def test_videos_are_kept_within_bounds(
    monkeypatch: pytest.MonkeyPatch, server: MockServer, api: httpx.Client, create: Create, cache: int, renders: int
) -> None:
    """A video is rendered when first fetched, and again only if it had to make room."""
    rendered = []

    def render(file: OutputFile) -> bytes:
        rendered.append(file.index)
        return b"a video"

    monkeypatch.setattr("zeroscope_mock.media.video.render", render)
    monkeypatch.setattr(cache_module, "CACHE_SIZE", cache)
    prediction = create(batch_size=2)
    server.clock.advance(100)
    assert rendered == []

    for url in api.get(prediction["urls"]["get"]).json()["output"] * 2:
        assert api.get(url).content == b"a video"

    assert len(rendered) == renders


def test_cache__counts_the_pictures_of_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with the picture of an input takes the room of both, as the cache keeps both."""
    rendered = list[OutputFile]()

    def render(file: OutputFile) -> bytes:
        rendered.append(file)
        return bytes(100)

    monkeypatch.setattr(formats, "render", render)
    monkeypatch.setattr(cache_module, "CACHE_SIZE", 1000)
    cache = cache_module.FileCache()
    small, large = output_file("png"), output_file("png", picture=bytes(801))
    for file in (small, small, large, large, small):
        assert cache.renderer("an-id", file)() == bytes(100)

    assert rendered == [small, large, small]


def test_cache__a_failed_file_is_rendered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error reaches the caller, and neither it nor a lock is kept."""
    errors = [MemoryError("full")]

    def render(_: OutputFile) -> bytes:
        if errors:
            raise errors.pop()
        return b"a file"

    monkeypatch.setattr(formats, "render", render)
    cache = cache_module.FileCache()
    get = cache.renderer("an-id", output_file("json", value={"a": [1]}))
    with pytest.raises(MemoryError, match="full"):
        get()

    assert cache.__dict__["_rendering"] == {}
    assert get() == b"a file"


def test_cache__tells_values_apart() -> None:
    """Two files that differ in nothing but their JSON value are two files."""
    cache = cache_module.FileCache()

    assert [cache.renderer("an-id", output_file("json", value=[one]))() for one in (1, 2, 1)] == [
        b"[1]\n",
        b"[2]\n",
        b"[1]\n",
    ]


def test_a_token_that_is_reset__gets_no_earlier_video(
    server: MockServer, api: httpx.Client, outputs: Callable[..., list[str]]
) -> None:
    """Its ids start again, and a video rendered for one of them is not returned for the next."""
    before = api.get(outputs(prompt="A lighthouse", num_frames=1)[0])
    server.reset(token="a-token-of-a-test")
    after = api.get(outputs(prompt="The storm is over", num_frames=1)[0])

    assert before.url == after.url
    assert before.content != after.content


def test_a_script__may_let_an_impossible_prediction_succeed(
    server: MockServer, outputs: Callable[..., list[str]]
) -> None:
    """Its video has the default size; no picture of ten million pixels a side is rendered."""
    server.scripts.add({"outcome": "succeeded", "outputs": 1})

    video = outputs(width=10_000_000, height=10_000_000)[0]

    with httpx.Client(transport=server.transport) as anyone, av.open(BytesIO(anyone.get(video).content)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (576, 320)
