"""A Celery app that makes videos on many machines, each prediction created once.

    REPLICATE_API_TOKEN=... REDIS_URL=redis://... celery --app celery_worker worker --concurrency 20

Give each video an ID of your own. Publishing it twice makes one video:

    make_video.apply_async(("A lighthouse in a storm",), {"num_frames": 36}, task_id="order-17-scene-3")

Redis is the broker and the result backend. It also holds one record per task, a hash with these fields:

    deliveries      how often Celery has started the task
    sent            which worker claimed the create, and when; set before the create is sent, and never twice
    prediction      the prediction's ID, once it is known
    files           the saved videos
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from celery import Celery, Task
from celery.exceptions import SoftTimeLimitExceeded
from redis import Redis, RedisError

from zeroscope import (
    Prediction,
    RateLimitError,
    ServerError,
    TransportError,
    UnknownOutcomeError,
    WaitTimeoutError,
    Zeroscope,
    ZeroscopeError,
)

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
FOLDER = Path(os.environ.get("VIDEOS", "videos"))
"""A folder that all machines share; with object storage, upload the files instead."""
CREATES_PER_MINUTE = float(os.environ.get("CREATES_PER_MINUTE", "500"))
"""The rate of all workers together; stay below the account's limit."""
MAX_DELIVERIES = 20
"""How often a task is started before it fails, which ends the loop of a task that kills its workers."""
PAUSE = 30.0
"""The seconds before a task is started again."""
CLOCKS = timedelta(hours=1)
"""How far Redis's clock may be ahead of the service's."""
KEPT = timedelta(days=7)
"""How long a record is kept; no message may be delivered after that."""

app = Celery("celery_worker", broker=REDIS_URL, backend=REDIS_URL)
app.conf.update(
    # A message stays in Redis until its task has ended, and returns to the queue if its worker is killed.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_acks_on_timeout=False,
    # A worker takes only as many messages as it has processes.
    worker_prefetch_multiplier=1,
    # SIGQUIT, or SIGTERM with REMAP_SIGTERM=SIGQUIT, returns unfinished tasks to the queue after these seconds.
    worker_soft_shutdown_timeout=10,
    # The client waits for a prediction a little longer than the service lets it run. A task may last longer than that,
    # and a message is redelivered only after that, but before the service removes the videos, an hour after the run.
    task_soft_time_limit=40 * 60,
    task_time_limit=42 * 60,
    broker_transport_options={"visibility_timeout": 50 * 60},
)


class UnsettledError(Exception):
    """A create that was claimed, of which nothing is known."""


# The task is started again after these. None of them makes it send a second create.
TRANSIENT = (
    RateLimitError,
    RedisError,
    ServerError,
    SoftTimeLimitExceeded,
    TransportError,
    UnknownOutcomeError,
    UnsettledError,
    WaitTimeoutError,
)


# Both are made on first use, so each worker process has its own connections.
@cache
def client() -> Zeroscope:
    """Return the client of this process."""
    return Zeroscope()


@cache
def store() -> Redis:
    """Return the connection to Redis of this process."""
    return Redis.from_url(REDIS_URL, decode_responses=True)


@app.task(bind=True, name="make_video", max_retries=None)
def make_video(self: Task[Any, Any], /, prompt: str, **fields: Any) -> list[str]:
    """Make videos, and return the paths of their files.

    Args:
        prompt: The prompt.
        fields: The model's other fields. Without a seed, the task's ID decides it.
    """
    task_id = str(self.request.id)
    record = f"video:{task_id}"
    deliveries = store().hincrby(record, "deliveries")
    store().expire(record, KEPT)
    try:
        if files := store().hget(record, "files"):
            return list(json.loads(files))
        prediction = create_once(record, {"prompt": prompt, "seed": seed_for(task_id), **fields})
        prediction.wait().raise_for_status()
        saved = [str(path) for path in prediction.save_all(FOLDER / prediction.id, overwrite=True)]
        store().hset(record, "files", json.dumps(saved))
        return saved
    except TRANSIENT as error:
        if deliveries >= MAX_DELIVERIES:
            raise
        raise self.retry(exc=error, countdown=PAUSE) from error


def seed_for(task_id: str) -> int:
    """Return a task's seed, by which its prediction can be told from all others."""
    return int.from_bytes(hashlib.sha256(task_id.encode()).digest()[:4]) >> 1


def create_once(record: str, input: dict[str, Any]) -> Prediction:
    """Return the prediction of a task; create it only if no delivery of the task has claimed the create.

    The claim does not expire: a worker that is only slow may still send the create.

    Raises:
        UnsettledError: If the create was claimed, and the account has no such prediction.
    """
    known = store().hgetall(record)
    if id := known.get("prediction"):
        return client().predictions.get(str(id))
    if claim := known.get("sent"):
        claimed = json.loads(claim)
        prediction = find(input, claimed["at"])
        if prediction is None:
            raise UnsettledError(
                f"{record}: process {claimed['pid']} on {claimed['host']} claimed the create, but the account has no "
                f"prediction with the seed {input['seed']}; it may or may not have been created"
            )
    else:
        # The claim comes after the pause, so that the create follows it at once.
        time.sleep(reserve_slot())
        now, _ = store().time()
        claim = json.dumps({"at": now, "host": socket.gethostname(), "pid": os.getpid()})
        if not store().hsetnx(record, "sent", claim):
            raise UnsettledError(f"{record}: another delivery of the task has just claimed the create")
        try:
            prediction = client().predictions.create(input)
        except UnknownOutcomeError:
            raise
        except ZeroscopeError:
            # After any other error of the client, nothing was created.
            store().hdel(record, "sent")
            raise
    store().hset(record, "prediction", prediction.id)
    return prediction


def find(input: dict[str, Any], sent_at: float) -> Prediction | None:
    """Return the account's prediction with an input, or None; those older than the create are not searched."""
    oldest = datetime.fromtimestamp(sent_at, UTC) - CLOCKS
    for prediction in client().predictions.list():
        if prediction.created_at is not None and prediction.created_at < oldest:
            return None
        # Lists may omit the input.
        if not prediction.input and not prediction.data_removed:
            prediction.reload()
        if prediction.input == input:
            return prediction
    return None


# Reserves the next free moment for a create, and returns the seconds until then. Redis runs a script as one step, and
# its clock is the only one that counts.
RESERVE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local slot = math.max(now, tonumber(redis.call('GET', KEYS[1]) or 0))
redis.call('SET', KEYS[1], string.format('%.6f', slot + ARGV[1]))
return string.format('%.6f', slot - now)
"""


def reserve_slot() -> float:
    """Reserve the next free moment for a create among all workers, and return the seconds until then."""
    return float(store().eval(RESERVE, 1, "video-creates", str(60 / CREATES_PER_MINUTE)))
