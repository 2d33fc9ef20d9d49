"""The public API as a type checker sees it: read by mypy in test_typing.py, and never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, assert_type

import httpx

from zeroscope import (
    AsyncPrediction,
    AsyncVideo,
    AsyncZeroscope,
    InvalidInputError,
    Page,
    Polling,
    Prediction,
    PredictionError,
    PredictionInputDict,
    Progress,
    RateLimitError,
    Retry,
    Video,
    Zeroscope,
)


def sync() -> None:
    """Everything that a user of the sync client touches has a precise type."""
    with Zeroscope("token", base_url="x", timeout=5, retry=None, poll=Polling(), http_client=httpx.Client()) as client:
        assert_type(client, Zeroscope)
        videos = client.run(prompt="x", num_frames=24, model="576w", guidance_scale=7, remove_watermark=True)
        assert_type(videos, list[Video])
        assert_type(videos[0].read(), bytes)
        assert_type(videos[0].save("a.mp4", overwrite=True), Path)
        assert_type(videos[0].index, int)
        input: PredictionInputDict = {"prompt": "x", "width": 576}
        prediction = client.predictions.create(input, deadline=timedelta(minutes=5), webhook_events_filter=["start"])
        assert_type(prediction, Prediction)
        assert_type(prediction.wait(timeout=5, on_update=print), Prediction)
        assert_type(prediction.reload().cancel().raise_for_status(), Prediction)
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
        assert_type(await videos[0].save("a.mp4"), Path)
        prediction = await client.predictions.create({})
        assert_type(prediction, AsyncPrediction)
        assert_type(await prediction.wait(), AsyncPrediction)
        assert_type(client.predictions.list(), AsyncIterator[AsyncPrediction])


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
    client.predictions.get(5)  # type: ignore[arg-type]
