"""Files that show the picture of their prediction's input."""

from __future__ import annotations

import base64
from collections.abc import Callable
from io import BytesIO
from threading import Thread
from typing import Any

import httpx
import pytest
from PIL import ExifTags, Image, ImageChops

from zeroscope_mock import MockServer
from zeroscope_mock.data_uris import data_of, data_uri
from zeroscope_mock.media.input_picture import scaled_size

MODEL = "someone/picture-to-picture"
SCHEMA: dict[str, Any] = {
    "Input": {
        "type": "object",
        "required": ["image"],
        "properties": {
            "image": {"type": "string", "format": "uri"},
            "prompt": {"type": "string"},
            "width": {"type": "integer"},
            "height": {"type": "integer"},
        },
    },
    "Output": {"type": "string", "format": "uri"},
}
RED = (220, 20, 20)
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def server() -> MockServer:
    return MockServer(models={MODEL: {"components": {"schemas": SCHEMA}}})


@pytest.fixture
def run(server: MockServer, api: httpx.Client) -> Run:
    """Runs the model with an input to its end, and returns the prediction."""

    def run(**sent: Any) -> dict[str, Any]:
        response = api.post(f"/models/{MODEL}/predictions", json={"input": {"width": 256, "height": 256, **sent}})
        assert response.status_code == 201, response.text
        server.clock.advance(60)
        body: dict[str, Any] = api.get(response.json()["urls"]["get"]).json()
        return body

    return run


def red_picture() -> bytes:
    content = BytesIO()
    Image.new("RGB", (64, 64), RED).save(content, "PNG")
    return content.getvalue()


def is_red(content: bytes) -> bool:
    """Whether the upper half of a picture is mostly red, as that of no scene is."""
    picture = Image.open(BytesIO(content)).convert("RGB")
    upper = picture.crop((0, picture.height // 4, picture.width, picture.height // 2))
    channels = [
        channel.point([255 if abs(level - wanted) < 30 else 0 for level in range(256)])
        for channel, wanted in zip(upper.split(), RED, strict=True)
    ]
    near = ImageChops.multiply(ImageChops.multiply(channels[0], channels[1]), channels[2])
    return near.histogram()[255] > upper.width * upper.height / 2


def test_data_uri__is_shown(run: Run, api: httpx.Client) -> None:
    """A picture in the input itself is in the output."""
    prediction = run(image=data_uri(red_picture(), "image/png"), prompt="A red fox")
    assert is_red(api.get(prediction["output"]).content)


@pytest.mark.parametrize("path", ["", "/download"])
def test_upload__is_shown(path: str, run: Run, api: httpx.Client) -> None:
    """A picture that was uploaded to this server is in the output, under either of its addresses."""
    uploaded = api.post("/files", files={"content": ("red.png", red_picture(), "image/png")}).json()
    prediction = run(image=uploaded["urls"]["get"] + path)
    assert is_red(api.get(prediction["output"]).content)


def test_output__of_another_prediction_is_shown(run: Run, api: httpx.Client) -> None:
    """Programs pass the output of one model to the next."""
    first = run(image=data_uri(red_picture(), "image/png"))
    second = run(image=first["output"])
    assert is_red(api.get(second["output"]).content)


def test_output__that_was_made_from_many_others_comes(run: Run, api: httpx.Client) -> None:
    """A long chain of predictions ends after some of its pictures."""
    prediction = run(image=data_uri(red_picture(), "image/png"))
    for _ in range(30):
        prediction = run(image=prediction["output"])
    assert not is_red(api.get(prediction["output"]).content)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/red.png",
        "https://api.replicate.com/v1/files/unknown",
        "https://api.replicate.com/v1/outputs/unknown/output-0.png",
        "https://api.replicate.com/v1/predictions",
        "data:image/png;base64,AAAA",
        "data:",
    ],
)
def test_unknown_picture__leaves_the_scene(url: str, run: Run, api: httpx.Client) -> None:
    """What is not on this server is not fetched, and what is no picture is not shown."""
    prediction = run(image=url)
    assert prediction["status"] == "succeeded"
    assert not is_red(api.get(prediction["output"]).content)


@pytest.mark.parametrize("url", ["http://[", "data:image/png;base64,%%%"])
def test_unreadable_url__of_an_unknown_model_leaves_the_scene(url: str) -> None:
    """An input that no schema checks may hold anything."""
    server = MockServer(any_model=True)
    with httpx.Client(transport=server.transport, headers={"Authorization": "Bearer me"}) as client:
        body = {"version": "someone/upscaler", "input": {"image": url}}
        created = client.post("https://api.replicate.com/v1/predictions", json=body).json()
        server.clock.advance(60)
        assert client.get(client.get(created["urls"]["get"]).json()["output"][0]).status_code == 200


@pytest.mark.parametrize(
    ("uri", "content"),
    [
        ("data:text/plain,a%20b", b"a b"),
        ("DATA:;BASE64,YWI=", b"ab"),
        ("data:image/png;charset=x;base64," + base64.b64encode(b"\x00\xff").decode(), b"\x00\xff"),
        ("data:text/plain;base64", None),
        ("https://h/,x", None),
        ("data:;base64,a", None),
    ],
)
def test_data_of(uri: str, content: bytes | None) -> None:
    """A URI of any form gives its content, and anything else nothing."""
    assert data_of(uri) == content


def picture_of(width: int, height: int) -> str:
    content = BytesIO()
    Image.new("RGB", (width, height), RED).save(content, "PNG")
    return data_uri(content.getvalue(), "image/png")


@pytest.mark.parametrize(
    ("fields", "sent", "size"),
    [
        ([], {}, (90, 60)),
        (["scale"], {"scale": 2}, (180, 120)),
        (["upscale_factor"], {"upscale_factor": 0.5}, (45, 30)),
        (["scale"], {"scale": -3}, (1, 1)),
        (["prompt", "scale"], {"scale": 7}, (90, 60)),
        (["width", "height"], {"width": 128, "height": 64}, (128, 64)),
        (["aspect_ratio"], {"aspect_ratio": "match_input_image"}, (90, 60)),
        (["aspect_ratio"], {"aspect_ratio": "1:1"}, (1024, 1024)),
    ],
)
def test_size__is_that_of_the_picture_unless_something_else_says_it(
    fields: list[str], sent: dict[str, Any], size: tuple[int, int]
) -> None:
    """A model that takes a picture and no size returns one as large, and an upscaler so many times larger."""
    kinds = {"prompt": "string", "aspect_ratio": "string"}
    schema = {
        "Input": {
            "type": "object",
            "properties": {
                "image": {"type": "string", "format": "uri"},
                **{name: {"type": kinds.get(name, "number")} for name in fields},
            },
        },
        "Output": SCHEMA["Output"],
    }
    server = MockServer(models={MODEL: {"components": {"schemas": schema}}})
    with httpx.Client(transport=server.transport, headers={"Authorization": "Bearer me"}) as client:
        body = {"version": MODEL, "input": {"image": picture_of(90, 60), **sent}}
        created = client.post("https://api.replicate.com/v1/predictions", json=body).json()
        server.clock.advance(60)
        content = client.get(client.get(created["urls"]["get"]).json()["output"]).content
    assert Image.open(BytesIO(content)).size == size


def test_removed_model__leaves_the_files_of_its_predictions(server: MockServer, run: Run, api: httpx.Client) -> None:
    """A prediction that was made goes on having the files that its model made."""
    prediction = run(image=picture_of(90, 60), width=180, height=120)
    server.models.remove(MODEL)
    content = api.get(prediction["output"]).content
    assert Image.open(BytesIO(content)).size == (180, 120) and is_red(content)


def test_size__of_a_picture_on_its_side_is_that_of_the_upright_one() -> None:
    """A camera may store a picture turned by a quarter."""
    content, exif = BytesIO(), Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.new("RGB", (90, 60), RED).save(content, "JPEG", exif=exif)
    assert scaled_size(content.getvalue(), 2) == (120, 180)
    assert scaled_size(content.getvalue()[:20], 2) is None


def test_pictures__come_while_others_create(server: MockServer, api: httpx.Client, run: Run) -> None:
    """Files are made in other threads than those that answer requests."""
    pictures = [run(image=picture_of(30, 20))["output"] for _ in range(3)]
    outputs = [run(image=url)["output"] for url in pictures]
    failures: list[object] = []

    def fetch() -> None:
        for url in outputs * 5:
            server.core.state.output_files.clear()
            response = api.get(url)
            if response.status_code != 200:
                failures.append(response.text)

    def add() -> None:
        for number in range(300):
            server.models.add(f"someone/model-{number}", {"components": {"schemas": SCHEMA}})
            server.models.warnings("someone/none")

    threads = [Thread(target=target) for target in (fetch, fetch, add)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_text_file__of_a_model_without_a_prompt_has_the_text_of_the_output() -> None:
    """A transcription is the same in the output and in its files."""
    fields = {"transcription": {"type": "string"}, "txt_file": {"type": "string", "format": "uri"}}
    sound = {"type": "object", "properties": {"audio": {"type": "string", "format": "uri"}}}
    schemas = {"Input": sound, "Output": {"type": "object", "properties": fields}}
    server = MockServer(models={MODEL: {"components": {"schemas": schemas}}})
    with httpx.Client(transport=server.transport, headers={"Authorization": "Bearer me"}) as client:
        body = {"version": MODEL, "input": {"audio": "https://example.com/a.wav"}}
        created = client.post("https://api.replicate.com/v1/predictions", json=body).json()
        server.clock.advance(60)
        output = client.get(created["urls"]["get"]).json()["output"]
        assert client.get(output["txt_file"]).text == output["transcription"] != ""
