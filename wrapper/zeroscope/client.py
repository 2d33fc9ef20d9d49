"""The clients: `Zeroscope`, and `AsyncZeroscope` for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

import httpx

from ._base_client import Client
from ._drivers.common import AsyncDriver, SyncDriver
from ._drivers.loops import LoopClients
from ._flows import create as _flows
from ._service.api import PredictionInputDict
from .options import STRENGTH, BatchOptions, RunArguments
from .prediction import AsyncPrediction, Prediction
from .predictions import AsyncPredictions, Predictions
from .video import AsyncVideo, Video

if TYPE_CHECKING:
    from .results import RunResult

R = TypeVar("R", bound="RunResult[Any, Any]")


def _in_order(results: Iterable[R]) -> list[R]:
    return sorted(results, key=lambda result: result.index)


class Zeroscope(Client[httpx.Client]):
    """A client for the model.

    Threads may share it. Close it, or use it in a `with` statement, to give its connections back.

    Args:
        token: The API token; by default the environment variable ``REPLICATE_API_TOKEN``.
        base_url: Another address of the service; by default ``ZEROSCOPE_BASE_URL``, else the spec's first server.
        version: The ID of another version of the model; by default the one in the spec.
        timeout: How long each step of a request may take, in seconds, or an `httpx.Timeout`.
        http_client: An `httpx.Client` of your own, for proxies, certificates or tests. It is not closed here.
        retry: When a request is sent again; None for never. A create that may have run is never sent again.
        poll: How often a prediction is asked for while it is waited for.
        clock: Another clock, such as the mock server's.
        random: Another source of random numbers from 0 to 1, for the pauses.

    Raises:
        ConfigurationError: If there is no token, or something cannot be used.

    Example:
        >>> with Zeroscope() as client:
        ...     videos = client.run(prompt="An astronaut riding a horse", num_frames=24)
        ...     videos[0].save("astronaut.mp4")
    """

    def _begin(self, http_client: httpx.Client | None) -> None:
        self._owns_http = http_client is None
        self._http = http_client or httpx.Client(timeout=self._settings.timeout)
        self._driver = SyncDriver(self._settings.api(sync=self._http), self._http, self._clock)
        self.predictions = Predictions(self)

    def _find(self, body: Mapping[str, Any], sent_at: float) -> list[Prediction]:
        return self._driver.run(_flows.find(self._sender, body, sent_at, self.predictions._new))

    def run(self, **arguments: Unpack[RunArguments]) -> list[Video]:
        """Make videos: create a prediction, wait for it, and return what came out.

        Ctrl-C while it waits cancels the prediction, so that it is not billed for nothing.

        Args:
            arguments: The model's fields, of which only those given are sent, and those of `RunOptions`: timeout,
                on_update, cancel_on_timeout, deadline, prefer_wait, extra_input.

        Returns:
            One video for each of ``batch_size``.

        Raises:
            InvalidInputError: If the spec forbids the input; nothing was sent.
            UnknownOutcomeError: If the answer to the create was lost; the prediction may be running.
            PredictionFailedError, PredictionCanceledError, EmptyOutputError, OutputExpiredError: If it has no videos.
            WaitTimeoutError: If it is still running; ``error.prediction`` can be waited for again.
            APIError, TransportError: If the service refuses, or cannot be asked.
        """
        return self._driver.run(self._run(self.predictions._new, arguments)).videos

    def upscale(
        self, draft: Prediction | Video, *, strength: float = STRENGTH, **arguments: Unpack[RunArguments]
    ) -> list[Video]:
        """Make a large video of a small one, in the two steps for which the model was trained.

        The draft's prompt, number of frames and frame rate are kept, and `init_weight` is what the strength leaves.
        Drafts are made best with ``model="576w"`` at 576x320, of 24 frames; the result is 1024x576 unless ``width`` and
        ``height`` say otherwise (the weights' cards). The draft has to be used before the service removes it, an hour
        after its end.

        Args:
            draft: A prediction that has succeeded, or one of its videos.
            strength: How much is made anew, from 0 to 1; the cards recommend 0.66 to 0.85.
            arguments: As `run` takes them; fields of the model go before what is carried over.

        Raises:
            OutputExpiredError: If the draft's videos are gone.
            PredictionError: If the draft has no videos for another reason.
            InvalidInputError: If the strength, or a field, makes no sense.

        Example:
            >>> draft = client.predictions.create({"model": "576w", "prompt": "a lighthouse in a storm"}).wait()
            >>> client.upscale(draft)[0].save("lighthouse.mp4")
        """
        return self._driver.run(self._upscale(self.predictions._new, draft, strength, arguments)).videos

    def run_many(
        self, inputs: Iterable[PredictionInputDict | Mapping[str, Any] | Prediction], **options: Unpack[BatchOptions]
    ) -> list[RunResult[Prediction, Video]]:
        """Make videos from many inputs, and return what became of each when all have ended.

        What goes wrong with one is in its result and keeps none of the others. Creates follow each other as the
        service lets them, and all predictions are watched through the account's list, at a request per hundred.

        The service keeps videos for an hour after the end; where the whole takes longer, use `as_completed` and save
        them as they come.

        Args:
            inputs: The inputs; a prediction among them is waited for instead of being created.
            options: As listed in `BatchOptions`: concurrency, timeout, on_update, cancel_on_timeout, journal, and those
                of a create. With a journal, Ctrl-C leaves predictions running for the next time; without, it cancels
                them.

        Returns:
            A result for each input, in their order.

        Raises:
            InvalidInputError: For options that make no sense; nothing was sent.
            ConfigurationError: If the journal cannot be used; nothing was sent.

        Example:
            >>> prompts = ["a lighthouse in a storm", "the storm is over"]
            >>> for result in client.run_many([{"prompt": prompt} for prompt in prompts], journal="storm.db"):
            ...     print(result.index, result.error or result.videos[0].url)
        """
        return _in_order(self.as_completed(inputs, **options))

    def as_completed(
        self, inputs: Iterable[PredictionInputDict | Mapping[str, Any] | Prediction], **options: Unpack[BatchOptions]
    ) -> Iterator[RunResult[Prediction, Video]]:
        """Make videos from many inputs, and yield what became of each as soon as it is known.

        Whoever leaves the loop early leaves predictions running. While the loop's body runs nothing is created or
        looked at, so it should not take long.

        Args:
            inputs: As `run_many` takes them.
            options: As `run_many` takes them.

        Raises:
            InvalidInputError, ConfigurationError: As `run_many` does.

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
            APIError, TransportError: If the service refuses, or cannot be asked.
        """
        return self._driver.run(_flows.webhook_secret(self._sender))

    def close(self) -> None:
        """Give the connections back."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncZeroscope(Client[httpx.AsyncClient]):
    """A client for the model, for asyncio; its arguments and methods are those of `Zeroscope`.

    Example:
        >>> async with AsyncZeroscope() as client:
        ...     videos = await client.run(prompt="An astronaut riding a horse")
        ...     await videos[0].save("astronaut.mp4")
    """

    def _begin(self, http_client: httpx.AsyncClient | None) -> None:
        settings = self._settings
        self._clients = LoopClients(
            http_client,
            lambda: httpx.AsyncClient(timeout=settings.timeout),
            lambda http: settings.api(asynchronous=http),
        )
        self._driver = AsyncDriver(self._clients, self._clock)
        self.predictions = AsyncPredictions(self)

    async def _find(self, body: Mapping[str, Any], sent_at: float) -> list[AsyncPrediction]:
        return await self._driver.run(_flows.find(self._sender, body, sent_at, self.predictions._new))

    async def run(self, **arguments: Unpack[RunArguments]) -> list[AsyncVideo]:
        """Make videos; see `Zeroscope.run`. A task that is canceled while it waits cancels the prediction."""
        return (await self._driver.run(self._run(self.predictions._new, arguments))).videos

    async def upscale(
        self, draft: AsyncPrediction | AsyncVideo, *, strength: float = STRENGTH, **arguments: Unpack[RunArguments]
    ) -> list[AsyncVideo]:
        """Make a large video of a small one; see `Zeroscope.upscale`."""
        return (await self._driver.run(self._upscale(self.predictions._new, draft, strength, arguments))).videos

    async def run_many(
        self,
        inputs: Iterable[PredictionInputDict | Mapping[str, Any] | AsyncPrediction],
        **options: Unpack[BatchOptions],
    ) -> list[RunResult[AsyncPrediction, AsyncVideo]]:
        """Make videos from many inputs; see `Zeroscope.run_many`."""
        return _in_order([result async for result in self.as_completed(inputs, **options)])

    def as_completed(
        self,
        inputs: Iterable[PredictionInputDict | Mapping[str, Any] | AsyncPrediction],
        **options: Unpack[BatchOptions],
    ) -> AsyncIterator[RunResult[AsyncPrediction, AsyncVideo]]:
        """Make videos from many inputs, as they end; see `Zeroscope.as_completed`."""
        return self._driver.iterate(self._batch(self.predictions._new, inputs, options))

    async def webhook_secret(self) -> str:
        """Read the key that signs the account's webhooks; see `Zeroscope.webhook_secret`."""
        return await self._driver.run(_flows.webhook_secret(self._sender))

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._clients.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
