"""A program that is told by webhooks when videos are done, and saves them; on Starlette.

    REPLICATE_API_TOKEN=... python webhook_starlette.py

Predictions that are created with ``webhook="https://THIS-MACHINE/webhooks"`` then end as files in ``videos``.
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
    """The program.

    Args:
        client: Fetches the videos; closed when the program ends.
        secret: The account's webhook secret; two while one replaces the other.
        folder: Where the videos go.
    """
    # A real program keeps the ids in a database, where they outlive a restart and all its processes find them.
    seen: set[str] = set()

    async def receive(request: Request) -> Response:
        try:
            # The client makes the prediction an AsyncPrediction, whose videos can be fetched.
            prediction, id = webhooks.verify(request.headers, await request.body(), secret, client=client)
        except WebhookVerificationError as error:
            log.warning("Refused: %s", error)
            return Response(status_code=400)
        if id in seen:
            return Response(status_code=204)
        seen.add(id)
        # The answer goes first: whoever sends a webhook should not have to wait for a download.
        return Response(status_code=204, background=BackgroundTask(save, prediction, folder))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    return Starlette(routes=[Route("/webhooks", receive, methods=["POST"])], lifespan=lifespan)


async def save(prediction: AsyncPrediction, folder: Path) -> None:
    """Save the videos of a prediction, of which there are none before its end, nor when it fails."""
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
