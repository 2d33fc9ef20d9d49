"""The clients: `Zeroscope`, and `AsyncZeroscope` for asyncio and trio."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any, Self, Unpack

import httpx

from ._base_client import BaseClient
from ._drivers.async_ import AsyncDriver
from ._drivers.http_clients import AsyncHttpClients, SyncHttpClients
from ._drivers.sync import SyncDriver
from ._flows import read
from ._service.api import PredictionInputDict
from .options import STRENGTH, BatchOptions, RunArguments
from .prediction import AsyncPrediction, Prediction
from .predictions import AsyncPredictions, Predictions
from .results import RunResult
from .video import AsyncVideo, Video


class Zeroscope(BaseClient[httpx.Client]):
    """A client for the model.

    Threads may share it. Close it, or use it in a `with` statement, to release its connections.

    Args:
        token: The API token; by default the environment variable ``REPLICATE_API_TOKEN``.
        base_url: The service's base URL; by default ``ZEROSCOPE_BASE_URL``, else the spec's first server.
        version: Another version of the model, by default the one in the spec: its ID, ``owner/name:id``, or
            ``owner/name`` for the latest one.
        timeout: How long a request and its response may take as a whole, in seconds; by default 120, and 60 for each of
            its steps. A create with `prefer_wait` may take that much longer, and an upload as long as its size needs.
            An `httpx.Timeout` limits the steps. A request that is repeated may take as long again. Downloads have no
            limit as a whole, but a least rate.
        http_client: Your own `httpx.Client`, for proxies, certificates or tests. The client does not close it.
        retry: The retry policy; None turns retries off. A create that may have been executed is never sent again.
        poll: The polling policy for waits.
        clock: Another clock, such as the mock server's.
        random: Another source of random numbers from 0 to 1, for the pauses.

    Raises:
        ConfigurationError: If there is no token, or an argument cannot be used.

    Example:
        >>> with Zeroscope() as client:
        ...     videos = client.run(prompt="An astronaut riding a horse", num_frames=24)
        ...     videos[0].save("astronaut.mp4")
    """

    def _connect(self, http_client: httpx.Client | None) -> None:
        self._clients = SyncHttpClients(http_client, self._config)
        self._driver = SyncDriver(self._sender, self._polling, self._clients)
        self.predictions = Predictions(self._driver, self.version)
        self._sender.finder = weakref.WeakMethod(self.predictions._find)

    def run(self, **arguments: Unpack[RunArguments]) -> list[Video]:
        """Make videos: create a prediction, wait for it, and return its videos, one for each of ``batch_size``.

        Ctrl-C during the wait cancels the prediction, so that it is not billed for nothing.

        Args:
            arguments: The model's fields, of which only those given are sent, and those of `RunOptions`: timeout,
                on_update, cancel_on_timeout, deadline, prefer_wait, extra_input.

        Raises:
            InvalidInputError: If the spec forbids the input; nothing was sent.
            UnknownOutcomeError: If the response to the create was lost; the prediction may be running.
            PredictionFailedError, PredictionCanceledError, EmptyOutputError, OutputExpiredError: If it has no videos.
            WaitTimeoutError: If it is still running; ``error.prediction`` can be waited for again.
            APIError, TransportError: If the service refuses the request, or cannot be reached.

        Example:
            >>> videos = client.run(prompt="a lighthouse in a storm", num_frames=24, timeout=600)
        """
        return self._driver.run(self._run(self.predictions._new, arguments)).videos

    def upscale(
        self, draft: Prediction | Video, *, strength: float = STRENGTH, **arguments: Unpack[RunArguments]
    ) -> list[Video]:
        """Make a large video from a small one, in the two steps for which the model was trained.

        The second step keeps the draft's prompt, number of frames and frame rate, and sets `init_weight` to 1 minus the
        strength. The best drafts have ``model="576w"``, 576x320 pixels and 24 frames; the result has 1024x576 unless
        ``width`` and ``height`` are given (the weights' cards). Use the draft before the service removes it, an hour
        after its end.

        Args:
            draft: A prediction that has succeeded, or one of its videos.
            strength: The share that is regenerated, from 0 to 1; the cards recommend 0.66 to 0.85.
            arguments: The arguments of `run`; the model's fields replace those taken from the draft.

        Raises:
            OutputExpiredError: If the draft's videos were removed.
            PredictionError: If the draft has no videos for another reason.
            InvalidInputError: If the strength or a field is invalid.

        Example:
            >>> draft = client.predictions.create({"model": "576w", "prompt": "a lighthouse in a storm"}).wait()
            >>> client.upscale(draft)[0].save("lighthouse.mp4")
        """
        return self._driver.run(self._upscale(self.predictions._new, draft, strength, arguments)).videos

    def run_many(
        self, inputs: Iterable[PredictionInputDict | Mapping[str, Any] | Prediction], **options: Unpack[BatchOptions]
    ) -> list[RunResult[Prediction, Video]]:
        """Make videos from many inputs, and return their results, in order, once the last prediction has ended.

        An error of one input is in its result and does not affect the others. Creates keep to the service's rate
        limits, and all predictions are polled through the account's list, with one request per hundred.

        The service keeps videos for an hour after the end; if the whole takes longer, use `as_completed` and save them
        as they come.

        Args:
            inputs: The inputs; a prediction among them is waited for instead of being created.
            options: As listed in `BatchOptions`: concurrency, timeout, on_update, cancel_on_timeout, journal, and those
                of a create. With a journal, Ctrl-C leaves predictions running for the next run; without one, it cancels
                them.

        Raises:
            InvalidInputError: If an option is invalid; nothing was sent.
            ConfigurationError: If the journal cannot be used; nothing was sent.

        Example:
            >>> prompts = ["a lighthouse in a storm", "the storm is over"]
            >>> for result in client.run_many([{"prompt": prompt} for prompt in prompts], journal="storm.db"):
            ...     print(result.index, result.error or result.videos[0].url)
        """
        return sorted(self.as_completed(inputs, **options), key=lambda result: result.index)

    def as_completed(
        self, inputs: Iterable[PredictionInputDict | Mapping[str, Any] | Prediction], **options: Unpack[BatchOptions]
    ) -> Iterator[RunResult[Prediction, Video]]:
        """Make videos from many inputs, and yield each result as soon as it is known.

        Leaving the loop early leaves predictions running. While the loop's body runs, nothing is created or polled, so
        it should not take long.

        Args:
            inputs: The inputs of `run_many`.
            options: The options of `run_many`.

        Raises:
            InvalidInputError, ConfigurationError: As from `run_many`.

        Example:
            >>> for result in client.as_completed({"prompt": "a lighthouse", "seed": seed} for seed in range(20)):
            ...     for video in result.videos:
            ...         video.save(f"{result.index}-{video.name}")
        """
        return self._driver.iterate(self._batch(self.predictions._new, inputs, options))

    def webhook_secret(self) -> str:
        """Read the key that signs the account's webhooks, which `webhooks.verify` needs.

        Returns:
            ``whsec_`` and base64. Keep it as secret as the token.

        Raises:
            APIError, TransportError: If the service refuses the request, or cannot be reached.
        """
        return self._driver.run(read.webhook_secret(self._sender))

    def close(self) -> None:
        """Release the connections."""
        self._clients.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncZeroscope(BaseClient[httpx.AsyncClient]):
    """An async client for the model; its arguments and methods are those of `Zeroscope`.

    Example:
        >>> async with AsyncZeroscope() as client:
        ...     videos = await client.run(prompt="An astronaut riding a horse")
        ...     await videos[0].save("astronaut.mp4")
    """

    def _connect(self, http_client: httpx.AsyncClient | None) -> None:
        self._clients = AsyncHttpClients(http_client, self._config)
        self._driver = AsyncDriver(self._sender, self._polling, self._clients)
        self.predictions = AsyncPredictions(self._driver, self.version)
        self._sender.finder = weakref.WeakMethod(self.predictions._find)

    async def run(self, **arguments: Unpack[RunArguments]) -> list[AsyncVideo]:
        """Make videos; see `Zeroscope.run`. Canceling the task during the wait cancels the prediction."""
        return (await self._driver.run(self._run(self.predictions._new, arguments))).videos

    async def upscale(
        self, draft: AsyncPrediction | AsyncVideo, *, strength: float = STRENGTH, **arguments: Unpack[RunArguments]
    ) -> list[AsyncVideo]:
        """Make a large video from a small one; see `Zeroscope.upscale`."""
        return (await self._driver.run(self._upscale(self.predictions._new, draft, strength, arguments))).videos

    async def run_many(
        self,
        inputs: Iterable[PredictionInputDict | Mapping[str, Any] | AsyncPrediction],
        **options: Unpack[BatchOptions],
    ) -> list[RunResult[AsyncPrediction, AsyncVideo]]:
        """Make videos from many inputs; see `Zeroscope.run_many`."""
        results = [result async for result in self.as_completed(inputs, **options)]
        return sorted(results, key=lambda result: result.index)

    def as_completed(
        self,
        inputs: Iterable[PredictionInputDict | Mapping[str, Any] | AsyncPrediction],
        **options: Unpack[BatchOptions],
    ) -> AsyncIterator[RunResult[AsyncPrediction, AsyncVideo]]:
        """Make videos from many inputs, and yield each result; see `Zeroscope.as_completed`."""
        return self._driver.iterate(self._batch(self.predictions._new, inputs, options))

    async def webhook_secret(self) -> str:
        """Read the key that signs the account's webhooks; see `Zeroscope.webhook_secret`."""
        return await self._driver.run(read.webhook_secret(self._sender))

    async def aclose(self) -> None:
        """Release the connections."""
        await self._clients.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
