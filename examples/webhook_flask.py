"""A program that is told by webhooks when videos are done, and saves them; on Flask.

    REPLICATE_API_TOKEN=... python webhook_flask.py

Predictions that are created with ``webhook="https://THIS-MACHINE/webhooks"`` then end as files in ``videos``.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from flask import Flask, request

from zeroscope import Prediction, WebhookVerificationError, Zeroscope, webhooks

log = logging.getLogger("receiver")


def make_app(client: Zeroscope, secret: str | Sequence[str], folder: Path, later: Executor) -> Flask:
    """The program.

    Args:
        client: Fetches the videos.
        secret: The account's webhook secret; two while one replaces the other.
        folder: Where the videos go.
        later: Does what nobody is to wait for.
    """
    app = Flask(__name__)
    # A real program keeps the ids in a database, where they outlive a restart and all its processes find them. There
    # a unique key takes the place of the lock: the same webhook may well come in two threads at once.
    seen: set[str] = set()
    lock = Lock()

    @app.post("/webhooks")
    def receive() -> tuple[str, int]:
        try:
            # The client makes it a prediction whose videos can be fetched.
            prediction, id = webhooks.verify(request.headers, request.get_data(), secret, client=client)
        except WebhookVerificationError as error:
            log.warning("Refused: %s", error)
            return "", 400
        with lock:
            is_new = id not in seen
            seen.add(id)
        if is_new:
            # The answer goes first: whoever sends a webhook should not have to wait for a download.
            later.submit(save, prediction, folder)
        return "", 204

    return app


def save(prediction: Prediction, folder: Path) -> None:
    """Save the videos of a prediction, of which there are none before its end, nor when it fails."""
    log.info("%s is %s", prediction.id, prediction.status)
    try:
        for video in prediction.videos:
            video.save(folder / f"{prediction.id}-{video.index}.mp4", overwrite=True)
    except Exception:
        # The executor would keep this to itself.
        log.exception("The videos of %s could not be saved", prediction.id)


def main() -> None:
    """Receive webhooks on port 8080."""
    logging.basicConfig(level=logging.INFO)
    folder = Path("videos")
    folder.mkdir(exist_ok=True)
    with Zeroscope() as client, ThreadPoolExecutor() as later:
        make_app(client, client.webhook_secret(), folder, later).run(port=8080)


if __name__ == "__main__":
    main()
