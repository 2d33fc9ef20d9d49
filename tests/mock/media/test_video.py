"""The MP4 files of the mock: real, as requested, deterministic, in motion."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from helpers.output_files import output_file
from zeroscope_mock.media import formats, video
from zeroscope_mock.media.scene import Scene
from zeroscope_mock.media.sprite import Planes

DRAFT: dict[str, Any] = {"width": 256, "height": 160, "fps": 24, "num_frames": 4, "seed": 123}
PROMPT = "An astronaut riding a horse"


def render(text: str, **fields: Any) -> bytes:
    """The bytes of an MP4."""
    return formats.render(output_file("mp4", text, **fields))


def frames_of(data: bytes) -> list[Image.Image]:
    """The decoded frames in shades of grey."""
    with av.open(io.BytesIO(data), "r") as container:
        lumas = [frame.planes[0] for frame in container.decode(video=0)]
        return [
            Image.frombytes("L", (luma.width, luma.height), bytes(luma), "raw", "L", luma.line_size) for luma in lumas
        ]


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, 0 to 255."""
    return ImageStat.Stat(ImageChops.difference(one, other)).mean[0]


def scene(picture: Image.Image) -> Image.Image:
    """The upper five eighths, where no caption reaches."""
    return picture.crop((0, 0, picture.width, picture.height * 5 // 8))


def band(picture: Image.Image) -> Image.Image:
    """The lowest eighth, where the caption's last row is."""
    return picture.crop((0, picture.height * 7 // 8, picture.width, picture.height))


def caption_height(picture: Image.Image) -> int:
    """How far the colour of the lower left corner reaches up the left edge."""
    column = list(picture.crop((1, 0, 2, picture.height)).tobytes())[::-1]
    return sum(1 for _ in itertools.takewhile(lambda level: abs(level - column[0]) < 4, column))


def run_python(code: str, **environment: str) -> str:
    """What a fresh interpreter prints that finds the same packages."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    return subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    ("width", "height", "fps", "num_frames"),
    [
        pytest.param(576, 320, 24, 24, id="the-api's-draft"),
        pytest.param(1024, 576, 8, 3, id="upscaled"),
        pytest.param(256, 256, 60, 61, id="fast"),
        pytest.param(256, 256, 1, 1, id="one-frame"),
        pytest.param(256, 256, 1, 5, id="slow"),
        pytest.param(1920, 1080, 30, 2, id="largest"),
        pytest.param(16, 16, 12, 3, id="smallest"),
        pytest.param(16, 1080, 12, 2, id="tall"),
        pytest.param(1920, 16, 12, 2, id="flat"),
        pytest.param(321, 200, 12, 3, id="odd-width"),
        pytest.param(320, 201, 12, 3, id="odd-height"),
        pytest.param(17, 17, 12, 3, id="odd-and-small"),
    ],
)
def test_render__exactly_as_asked(width: int, height: int, fps: int, num_frames: int) -> None:
    """The file has the size, rate and number of frames that were asked for."""
    data = render(PROMPT, width=width, height=height, fps=fps, num_frames=num_frames, seed=1)
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (width, height)
        assert stream.average_rate == fps
        assert stream.frames == num_frames
        assert stream.duration is not None
        assert stream.time_base is not None
        assert stream.duration * stream.time_base * fps == num_frames
        decoded = list(container.decode(stream))
    assert len(decoded) == num_frames
    assert {(frame.width, frame.height) for frame in decoded} == {(width, height)}


@pytest.mark.parametrize(
    ("width", "height", "pixel_format"), [(256, 160, "yuv420p"), (257, 160, "yuv444p"), (256, 161, "yuv444p")]
)
def test_render__pixel_format(width: int, height: int, pixel_format: str) -> None:
    """Even sizes are H.264 that browsers play; odd ones, which those formats cannot hold, keep their size."""
    data = render(PROMPT, **{**DRAFT, "width": width, "height": height})
    with av.open(io.BytesIO(data), "r") as container:
        codec = container.streams.video[0].codec_context
        assert (codec.name, codec.pix_fmt) == ("h264", pixel_format)


def test_render__same_arguments_same_bytes() -> None:
    """Two calls with equal arguments give equal bytes."""
    assert render(PROMPT, **DRAFT) == render(PROMPT, **DRAFT)


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_render__same_bytes_in_another_process(hash_seed: str) -> None:
    """The bytes depend on nothing but the arguments: not on the process, nor on Python's hash seed."""
    code = (
        "import hashlib; from zeroscope_mock.media.formats import render; "
        "from zeroscope_mock.media.output_file import OutputFile; "
        f"print(hashlib.sha256(render({output_file('mp4', PROMPT, **DRAFT)!r})).hexdigest())"
    )
    here = hashlib.sha256(render(PROMPT, **DRAFT)).hexdigest()
    assert run_python(code, PYTHONHASHSEED=hash_seed).strip() == here


def test_render__every_seed_and_index_is_another_scene() -> None:
    """The videos of one prediction, and of two predictions with neighbouring seeds, do not look alike."""
    scenes = [
        scene(frames_of(render(PROMPT, **{**DRAFT, "num_frames": 1, "seed": seed}, index=index))[0])
        for seed in (122, 123)
        for index in (0, 1, 2)
    ]
    assert min(difference(one, other) for one, other in itertools.combinations(scenes, 2)) > 1


def test_render__prompt_is_shown() -> None:
    """Another prompt changes the caption and leaves the scene as it is."""
    (one,), (other,) = (
        frames_of(render(prompt, **{**DRAFT, "num_frames": 1})) for prompt in ("A clown fish", "A brown bear")
    )
    assert difference(scene(one), scene(other)) < 0.1
    assert difference(one, other) > 0.5


def test_render__seed_is_shown() -> None:
    """The seed stands at the lower right: seeds with more digits take more room there."""
    rows = [band(frames_of(render(PROMPT, **{**DRAFT, "num_frames": 1, "seed": seed}))[0]) for seed in (7, 1234567)]
    short, long = (row.crop((row.width // 2, 0, row.width, row.height)).point(_ink).getbbox() for row in rows)
    assert short is not None
    assert long is not None
    assert long[0] < short[0]


def _ink(level: int) -> int:
    """Text is brighter than this, the band darker."""
    return 255 if level > 90 else 0


def test_render__every_frame_moves() -> None:
    """Not only the number of the frame changes from one frame to the next: the scene does."""
    frames = frames_of(render(PROMPT, **{**DRAFT, "num_frames": 24}))
    for before, after in itertools.pairwise(frames):
        assert difference(scene(before), scene(after)) > 0.1


def test_render__every_frame_is_numbered() -> None:
    """The number of the frame changes in the caption, and nothing else does there."""
    for before, after in itertools.pairwise(frames_of(render(PROMPT, **{**DRAFT, "num_frames": 12}))):
        change = ImageChops.difference(band(before), band(after)).point(_ink).getbbox()
        assert change is not None
        assert change[2] < before.width / 3


def test_render__speed_is_per_second() -> None:
    """Twice the frames a second show the same second of the same scene, in steps half as long."""
    slow = frames_of(render(PROMPT, **{**DRAFT, "fps": 6, "num_frames": 6}))
    fast = frames_of(render(PROMPT, **{**DRAFT, "fps": 12, "num_frames": 12}))
    for number, frame in enumerate(slow):
        distances = [difference(scene(frame), scene(other)) for other in fast]
        assert distances.index(min(distances)) == 2 * number


@pytest.mark.parametrize("size", [(256, 256), (576, 320), (97, 111)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    "prompt",
    [
        pytest.param("", id="empty"),
        pytest.param(" \n\t ", id="blank"),
        pytest.param("one\ntwo\r\nthree\n\n\nfour", id="newlines"),
        pytest.param("word " * 2000, id="10,000-characters"),
        pytest.param("W" * 10_000, id="one-endless-word"),
        pytest.param("宇航员骑马 🐎🚀 👩‍🚀", id="cjk-and-emoji"),
        pytest.param("رائد فضاء يركب حصانا", id="right-to-left"),
        pytest.param("Ünïcödé — “quoted”… ﷺ", id="accents"),
        pytest.param("\ud83d \x00\x1b[31m \u202e", id="lone-surrogate-and-controls"),
    ],
)
def test_render__any_prompt_fits(prompt: str, size: tuple[int, int]) -> None:
    """Whatever the prompt, it shows as something, keeps off the edges and leaves most of the picture to the scene."""
    width, height = size
    (frame,) = frames_of(render(prompt, width=width, height=height, fps=8, num_frames=1, seed=5))
    caption = frame.crop((0, height - caption_height(frame), width, height))
    assert 0.15 < caption.height / height < 0.45
    assert caption.crop((0, 0, width, caption.height // 2)).point(_ink).getbbox() is not None
    text = caption.point(_ink).getbbox()
    assert text is not None
    left, top, right, bottom = text
    assert min(left, top, width - right, caption.height - bottom) >= 2


def test_render__cut_prompt_ends_in_an_ellipsis() -> None:
    """What does not fit makes no difference, except that something was left out."""
    one_frame = {**DRAFT, "num_frames": 1}
    assert render("word " * 2000, **one_frame) == render("word " * 1000 + "end", **one_frame)
    assert render("word" + " " * 2000 + "end", **one_frame) != render("word", **one_frame)


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        pytest.param({"width": 15, "height": 0}, (16, 16, 8, 2), id="too-small"),
        pytest.param({"width": 10**400, "height": 10**398}, (4096, 40, 8, 2), id="too-large"),
        pytest.param({"fps": 0}, (64, 64, 1, 2), id="too-slow"),
        pytest.param({"fps": 10**9}, (64, 64, 1000, 2), id="too-fast"),
        pytest.param({"num_frames": -3}, (64, 64, 8, 1), id="too-short"),
        pytest.param({"num_frames": 10**400}, (64, 64, 8, 5), id="too-long"),
        pytest.param({"num_frames": 99, "width": 80}, (80, 64, 8, 4), id="too-many-pixels"),
    ],
)
def test_render__takes_the_nearest_possible(
    monkeypatch: pytest.MonkeyPatch, asked: dict[str, int], made: tuple[int, int, int, int]
) -> None:
    """A size, rate or number of frames that no video can have, or that would take too long, becomes one that can."""
    monkeypatch.setattr(video, "FRAME_LIMIT", 5)
    monkeypatch.setattr(video, "PIXEL_LIMIT", 80 * 64 * 4 if asked.get("width") == 80 else 2**30)

    data = render(PROMPT, **{"width": 64, "height": 64, "fps": 8, "num_frames": 2, **asked})

    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        frames = len(list(container.decode(stream)))
        assert (stream.width, stream.height, float(stream.average_rate or 0), frames) == made


def test_render__draws_all_frames_in_the_memory_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long video needs no more memory than a short one, and no frame is drawn where another one still waits."""
    drawn: list[Planes] = []
    draw = Scene.draw

    def spy(self: Scene, planes: Planes, number: int) -> None:
        drawn.append(planes)
        draw(self, planes, number)

    monkeypatch.setattr(Scene, "draw", spy)
    render(PROMPT, **{**DRAFT, "num_frames": 30})
    assert len(drawn) == 30
    assert len({id(planes) for planes in drawn}) == 3
    assert all(len({*map(id, drawn[start : start + 3])}) == 3 for start in range(28))


def test_import__without_av_and_pillow() -> None:
    """The server starts without PyAV and Pillow: they wait for the first file."""
    code = (
        "import sys, zeroscope_mock.server, zeroscope_mock.media.formats; "
        "print([name for name in ('av', 'PIL') if name in sys.modules])"
    )
    assert run_python(code).strip() == "[]"


class Patient:
    """Runs a function when its result is requested, and counts what waits meanwhile."""

    def __init__(self, *_: int) -> None:
        self.waiting = self.most = 0

    def __enter__(self) -> Patient:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.waiting == 0

    def submit(self, do: Callable[..., Any], *arguments: Any) -> Any:
        def result() -> Any:
            self.waiting -= 1
            return do(*arguments)

        self.waiting += 1
        self.most = max(self.most, self.waiting)
        return SimpleNamespace(result=result)


def test_render__draws_no_more_than_two_frames_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long video takes no more memory than a short one, and its bytes are the same however slow the encoder is."""
    usual = render(PROMPT, **{**DRAFT, "num_frames": 20})
    encoder = Patient()
    monkeypatch.setattr(video, "ThreadPoolExecutor", lambda threads: encoder)

    assert render(PROMPT, **{**DRAFT, "num_frames": 20}) == usual
    assert encoder.most == 2
