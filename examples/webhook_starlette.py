"""A Starlette program that saves videos when their webhooks arrive.

    REPLICATE_API_TOKEN=... python webhook_starlette.py

It saves the videos of predictions created with ``webhook="https://THIS-MACHINE/webhooks"`` in the folder ``videos``.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from zeroscope import AsyncPrediction, AsyncZeroscope, WebhookVerificationError, Zeroscope, webhooks

log = logging.getLogger("receiver")


def make_app(client: AsyncZeroscope, secret: str | Sequence[str], folder: Path) -> Starlette:
    """Build the program.

    Args:
        client: Downloads the videos; closed when the program ends.
        secret: The account's webhook secret, or both secrets during a rotation.
        folder: The folder for the videos.
    """
    # In production, store the IDs in a database, so that they survive a restart and all processes share them.
    seen: set[str] = set()

    async def receive(request: Request) -> Response:
        try:
            # With client=, the prediction is an AsyncPrediction that can download its videos.
            prediction, id = webhooks.verify(request.headers, await request.body(), secret, client=client)
        except WebhookVerificationError as error:
            log.warning("Refused: %s", error)
            return Response(status_code=400)
        if id in seen:
            return Response(status_code=204)
        seen.add(id)
        # Respond first: the sender should not wait for a download.
        return Response(status_code=204, background=BackgroundTask(save, prediction, folder))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    return Starlette(routes=[Route("/webhooks", receive, methods=["POST"])], lifespan=lifespan)


async def save(prediction: AsyncPrediction, folder: Path) -> None:
    """Save the videos of a prediction; it has none before it ends, or if it failed."""
    log.info("%s is %s", prediction.id, prediction.status)
    for video in prediction.videos:
        await video.save(folder / f"{prediction.id}-{video.index}.mp4", overwrite=True)


def main() -> None:
    """Receive webhooks on port 8080."""
    logging.basicConfig(level=logging.INFO)
    folder = Path("videos")
    folder.mkdir(exist_ok=True)
    with Zeroscope() as client:
        secret = client.webhook_secret()
    uvicorn.run(make_app(AsyncZeroscope(), secret, folder), port=8080)


if __name__ == "__main__":
    main()
