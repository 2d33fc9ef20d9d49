"""The public API as a type checker sees it: read by mypy in test_typing.py, and never run."""

from __future__ import annotations

import io
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, assert_type

import httpx

from zeroscope import (
    AsyncPrediction,
    AsyncVideo,
    AsyncZeroscope,
    FileInput,
    InvalidInputError,
    Page,
    Polling,
    Prediction,
    PredictionError,
    PredictionInputDict,
    Progress,
    RateLimitError,
    Retry,
    RunResult,
    VerifiedWebhook,
    Video,
    Zeroscope,
    ZeroscopeError,
    webhooks,
)
from zeroscope.events import Ended, LogLine, Progressed, StatusChanged


def sync() -> None:
    """Everything that a user of the sync client touches has a precise type."""
    with Zeroscope("token", base_url="x", timeout=5, retry=None, poll=Polling(), http_client=httpx.Client()) as client:
        assert_type(client, Zeroscope)
        videos = client.run(prompt="x", num_frames=24, model="576w", guidance_scale=7, remove_watermark=True)
        assert_type(videos, list[Video])
        assert_type(videos[0].read(), bytes)
        assert_type(videos[0].save("a.mp4", overwrite=True), Path)
        assert_type(videos[0].save("a.mp4", on_progress=lambda received, total: received / (total or 1)), Path)
        assert_type(videos[0].index, int)
        assert_type(videos[0].name, str)
        assert_type(videos[0].prediction, Prediction | None)
        input: PredictionInputDict = {"prompt": "x", "width": 576}
        prediction = client.predictions.create(input, deadline=timedelta(minutes=5), webhook_events_filter=["start"])
        assert_type(prediction, Prediction)
        assert_type(prediction.wait(timeout=5, on_update=print), Prediction)
        assert_type(prediction.reload().cancel().raise_for_status(), Prediction)
        assert_type(prediction.save_all("videos", overwrite=True, on_progress=print), list[Path])
        assert_type(prediction.progress, Progress | None)
        assert_type(prediction.created_at, datetime | None)
        assert_type(prediction.seed, int | None)
        assert_type(prediction.to_dict(), dict[str, Any])
        assert_type(client.predictions.get("id"), Prediction)
        assert_type(client.predictions.cancel("id"), Prediction)
        assert_type(client.predictions.list(), Iterator[Prediction])
        assert_type(client.predictions.pages(), Iterator[Page[Prediction]])


async def asynchronous() -> None:
    """The async client has the same types, awaited."""
    async with AsyncZeroscope(retry=Retry(attempts=2)) as client:
        videos = await client.run(prompt="x")
        assert_type(videos, list[AsyncVideo])
        assert_type(await videos[0].read(), bytes)
        assert_type(await videos[0].save("a.mp4", on_progress=print), Path)
        assert_type(videos[0].prediction, AsyncPrediction | None)
        prediction = await client.predictions.create({})
        assert_type(prediction, AsyncPrediction)
        assert_type(await prediction.wait(), AsyncPrediction)
        assert_type(await prediction.save_all("videos"), list[Path])
        assert_type(client.predictions.list(), AsyncIterator[AsyncPrediction])


async def receiving(
    client: Zeroscope, async_client: AsyncZeroscope, request: httpx.Request, environ: dict[str, Any]
) -> None:
    """A webhook's prediction is of the kind that the client makes, and headers of all kinds are taken."""
    assert_type(client.webhook_secret(), str)
    assert_type(await async_client.webhook_secret(), str)
    body, secret = request.content, ("whsec_bmV3", "whsec_b2xk")
    assert_type(webhooks.verify(request.headers, body, "whsec_bmV3"), VerifiedWebhook[Prediction])
    assert_type(webhooks.verify(request.headers.raw, body, secret, client=client).prediction, Prediction)
    assert_type(webhooks.verify(environ, body, list(secret), 60, client=async_client).prediction, AsyncPrediction)
    prediction, id = webhooks.verify([("webhook-id", "x")], memoryview(body), secret, now=1.5)
    assert_type(prediction, Prediction)
    assert_type(id, str)


def files(client: Zeroscope, unbuffered: io.FileIO, reader: io.BufferedIOBase, pipe: IO[bytes]) -> None:
    """A file is taken in every form."""
    forms: list[FileInput] = ["https://x.test/a.mp4", Path("a.mp4"), b"x", bytearray(), memoryview(b"x"), io.BytesIO()]
    forms += [unbuffered, reader, pipe]
    client.run_many([{"init_video": form} for form in forms], prefer_wait=5, extra_input={"motion": 1})
    client.run(init_video="a.mp4")
    client.run(init_video=Path("a.mp4"), prefer_wait=5, extra_input={"motion": 1})
    client.run(init_video=b"x")
    with open("a.mp4", "rb") as file, tempfile.NamedTemporaryFile() as temporary:
        client.run(init_video=file)
        client.predictions.create({"init_video": temporary})


def many(client: Zeroscope, draft: Prediction) -> None:
    """Results of many inputs, upscaled videos and events are typed to their ends."""
    results = client.run_many([{"prompt": "a"}, draft], concurrency=5, journal=Path("a.db"), webhook="https://x.test")
    assert_type(results, list[RunResult[Prediction, Video]])
    assert_type(results[0].raise_for_error().videos, list[Video])
    assert_type(results[0].error, ZeroscopeError | None)
    for result in client.as_completed(({"seed": seed} for seed in range(3)), on_update=print):
        assert_type(result.prediction, Prediction | None)
    assert_type(client.upscale(draft, strength=0.7, width=1280, timeout=60), list[Video])
    assert_type(client.upscale(draft.videos[0]), list[Video])
    for event in draft.events(timeout=5):
        match event:
            case StatusChanged(status) | LogLine(status):
                assert_type(status, str)
            case Progressed(progress):
                assert_type(progress, Progress)
            case Ended(prediction):
                assert_type(prediction, Prediction | AsyncPrediction)


async def many_async(client: AsyncZeroscope, draft: AsyncPrediction) -> None:
    """The same for asyncio."""
    results = await client.run_many([{"prompt": "a"}, draft], concurrency=5, journal="a.db", prefer_wait=5)
    assert_type(results, list[RunResult[AsyncPrediction, AsyncVideo]])
    async for result in client.as_completed([{"prompt": "a"}], cancel_on_timeout=True):
        assert_type(result.videos, list[AsyncVideo])
    assert_type(await client.upscale(draft, prompt="b", extra_input={"motion": 1}), list[AsyncVideo])
    async for event in draft.events():
        assert_type(event, StatusChanged | LogLine | Progressed | Ended)


def errors(error: Exception) -> None:
    """What errors carry is typed as well."""
    if isinstance(error, PredictionError):
        assert_type(error.prediction, Prediction | AsyncPrediction)
    if isinstance(error, InvalidInputError):
        assert_type(error.invalid_fields[0].field, str)
    if isinstance(error, RateLimitError):
        assert_type(error.retry_after, float | None)


def mistakes(client: Zeroscope) -> None:
    """Each of these lines is wrong, and the checker says so: an ignore that is not needed is an error itself."""
    client.run(prompt=5)  # type: ignore[arg-type]
    client.run(promt="x")  # type: ignore[call-arg]
    client.run(model="xxl")  # type: ignore[arg-type]
    client.run(width="576")  # type: ignore[arg-type]
    client.run(init_video=5)  # type: ignore[arg-type]
    client.run(init_video=io.StringIO())  # type: ignore[arg-type]
    client.predictions.get(5)  # type: ignore[arg-type]
    client.run_many([{"promt": "x"}], concurency=5)  # type: ignore[call-arg]
    client.upscale("https://x.test/a.mp4")  # type: ignore[arg-type]
    webhooks.verify({}, "decoded", "whsec_bmV3")  # type: ignore[call-overload]
