"""A Flask program that saves videos when their webhooks arrive.

    REPLICATE_API_TOKEN=... python webhook_flask.py

It saves the videos of predictions created with ``webhook="https://THIS-MACHINE/webhooks"`` in the folder ``videos``.
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
    """Build the program.

    Args:
        client: Downloads the videos.
        secret: The account's webhook secret, or both secrets during a rotation.
        folder: The folder for the videos.
        later: Runs the downloads in the background.
    """
    app = Flask(__name__)
    # In production, store the IDs in a database, so that they survive a restart and all processes share them. There, a
    # unique key replaces the lock: two threads may receive the same webhook at once.
    seen: set[str] = set()
    lock = Lock()

    @app.post("/webhooks")
    def receive() -> tuple[str, int]:
        try:
            # With client=, the prediction can download its videos.
            prediction, id = webhooks.verify(request.headers, request.get_data(), secret, client=client)
        except WebhookVerificationError as error:
            log.warning("Refused: %s", error)
            return "", 400
        with lock:
            is_new = id not in seen
            seen.add(id)
        if is_new:
            # Respond first: the sender should not wait for a download.
            later.submit(save, prediction, folder)
        return "", 204

    return app


def save(prediction: Prediction, folder: Path) -> None:
    """Save the videos of a prediction; it has none before it ends, or if it failed."""
    log.info("%s is %s", prediction.id, prediction.status)
    try:
        for video in prediction.videos:
            video.save(folder / f"{prediction.id}-{video.index}.mp4", overwrite=True)
    except Exception:
        # The executor would swallow the exception.
        log.exception("Could not save the videos of %s", prediction.id)


def main() -> None:
    """Receive webhooks on port 8080."""
    logging.basicConfig(level=logging.INFO)
    folder = Path("videos")
    folder.mkdir(exist_ok=True)
    with Zeroscope() as client, ThreadPoolExecutor() as later:
        make_app(client, client.webhook_secret(), folder, later).run(port=8080)


if __name__ == "__main__":
    main()
