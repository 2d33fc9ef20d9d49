"""The clients: `Zeroscope`, and `AsyncZeroscope` for asyncio and trio."""

from __future__ import annotations

import weakref
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, Unpack

import httpx

from ._base_client import BaseClient
from ._drivers.http_clients import AsyncHttpClients, Httpx2AsyncClient, Httpx2Client, SyncHttpClients
from ._drivers.sync import SyncDriver
from ._flows import raw, read
from ._service.input_types import PredictionInputDict
from .options import BatchOptions, RequestOptions, RunArguments, UpscaleArguments
from .prediction import AsyncPrediction, Prediction
from .predictions import AsyncPredictions, Predictions

# What only some methods need is loaded by them.
if TYPE_CHECKING:
    from .responses import RawResponse
    from .results import Results, RunResult
    from .video import AsyncVideo, AsyncVideos, Video, Videos


class Zeroscope(BaseClient[httpx.Client | Httpx2Client]):
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
        http_client: Your own `httpx.Client` or `httpx2.Client`, for proxies, certificates or tests. The client does not
            close it.
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

    predictions: Predictions
    """The account's predictions: creates, reads, cancels and lists them."""

    def _connect(self, http_client: httpx.Client | Httpx2Client | None) -> None:
        self._clients = SyncHttpClients(http_client, self._config)

    def _bind(self) -> None:
        self._driver = SyncDriver(self._sender, self._polling, self._clients)
        self.predictions = Predictions(self._driver, self.version)
        self._sender.finder = weakref.WeakMethod(self.predictions._find)

    def run(self, /, **arguments: Unpack[RunArguments]) -> Videos:
        """Make videos: create a prediction, wait for it, and return its videos, one for each of ``batch_size``.

        Ctrl-C during the wait cancels the prediction, so that it is not billed for nothing.

        Args:
            arguments: The model's fields, of which only those given are sent, and those of `RunOptions`: timeout,
                on_update, cancel_on_timeout, deadline, prefer_wait, extra_input, extra_headers; timeout is the wait's.
                A field with the name of an option is passed in extra_input.

        Raises:
            InvalidInputError: If the spec forbids the input; nothing was sent.
            UnknownOutcomeError: If the response to the create was lost; the prediction may be running.
            PredictionFailedError, PredictionCanceledError, EmptyOutputError, OutputExpiredError: If it has no videos.
            WaitTimeoutError: If it is still running; ``error.prediction`` can be waited for again.
            APIError, TransportError: If the service refuses the request, or cannot be reached.

        Example:
            >>> videos = client.run(prompt="a lighthouse in a storm", num_frames=24, timeout=600)
        """
        driver = self._driver.for_call(extra_headers=arguments.pop("extra_headers", None))
        return driver.run(self._run(driver.sender, self.predictions._new, arguments)).videos

    def upscale(self, draft: Prediction | Video | Sequence[Video], /, **arguments: Unpack[UpscaleArguments]) -> Videos:
        """Make a large video from a small one, in the two steps for which the model was trained.

        The second step keeps the draft's prompt, number of frames and frame rate, and sets `init_weight` to 1 minus the
        strength. The best drafts have ``model="576w"``, 576x320 pixels and 24 frames; the result has 1024x576 unless
        ``width`` and ``height`` are given (the weights' cards). Use the draft before the service removes it, an hour
        after its end.

        Args:
            draft: A prediction that has succeeded, one of its videos, or a list of them, of which the first is taken.
            arguments: The arguments of `run`, whose fields replace those taken from the draft, and strength: the share
                that is regenerated, from 0 to 1; 0.75 by default, and the cards recommend 0.66 to 0.85.

        Raises:
            OutputExpiredError: If the draft's videos were removed.
            PredictionError: If the draft has no videos for another reason.
            InvalidInputError: If the strength or a field is invalid.

        Example:
            >>> draft = client.run(model="576w", prompt="a lighthouse in a storm", width=576, height=320)
            >>> client.upscale(draft)[0].save("lighthouse.mp4")
        """
        driver = self._driver.for_call(extra_headers=arguments.pop("extra_headers", None))
        return driver.run(self._upscale(driver.sender, self.predictions._new, draft, arguments)).videos

    def run_many(
        self, inputs: Iterable[PredictionInputDict | Mapping[str, Any] | Prediction], **options: Unpack[BatchOptions]
    ) -> Results[Prediction, Video]:
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
        from .results import Results

        return Results(sorted(self.as_completed(inputs, **options), key=lambda result: result.index))

    def as_completed(
        self, inputs: Iterable[PredictionInputDict | Mapping[str, Any] | Prediction], **options: Unpack[BatchOptions]
    ) -> Iterator[RunResult[Prediction, Video]]:
        """Make videos from many inputs, and yield each result as soon as it is known.

        Leaving the loop early leaves predictions running. While the loop's body runs, nothing is created or polled, so
        it should not take long.

        Args:
            inputs: The inputs of `run_many`; those of an iterator are read when there is room for them, unless there is
                a journal.
            options: The options of `run_many`.

        Raises:
            InvalidInputError, ConfigurationError: As from `run_many`.

        Example:
            >>> for result in client.as_completed({"prompt": "a lighthouse", "seed": seed} for seed in range(20)):
            ...     for video in result.videos:
            ...         video.save(f"{result.index}-{video.name}")
        """
        driver = self._driver.for_call(extra_headers=options.pop("extra_headers", None))
        return driver.iterate(self._batch(driver.sender, self.predictions._new, inputs, options))

    def webhook_secret(self, **options: Unpack[RequestOptions]) -> str:
        """Read the key that signs the account's webhooks, which `webhooks.verify` needs.

        Args:
            options: As listed in `RequestOptions`: timeout, extra_headers.

        Returns:
            ``whsec_`` and base64. Keep it as secret as the token.

        Raises:
            APIError, TransportError: If the service refuses the request, or cannot be reached.
        """
        driver = self._driver.for_call(**options)
        return driver.run(read.webhook_secret(driver.sender))

    def get(
        self, path: str, *, params: Mapping[str, Any] | None = None, **options: Unpack[RequestOptions]
    ) -> RawResponse[Any]:
        """Send a GET that this client has no method for, repeated like all reads, and return the response.

        Args:
            path: The path below the base URL, percent-encoded where it has to be.
            params: The parameters of the query; those that are None are left out.
            options: As listed in `RequestOptions`: timeout, extra_headers.

        Raises:
            InvalidInputError: If an argument cannot be used; nothing was sent.
            APIError, TransportError: If the service refuses the request, or cannot be reached.

        Example:
            >>> client.get("/models/anotherjesse/zeroscope-v2-xl").parse()["run_count"]
            311453
        """
        driver = self._driver.for_call(**options)
        return driver.run(raw.get(driver.sender, path, params))

    def post(self, path: str, *, json: Any = None, **options: Unpack[RequestOptions]) -> RawResponse[Any]:
        """Send a POST that this client has no method for, again only if it was not executed, and return the response.

        Args:
            path: The path below the base URL, percent-encoded where it has to be.
            json: The body, as values that JSON can express; None for no body.
            options: As listed in `RequestOptions`: timeout, extra_headers.

        Raises:
            InvalidInputError: If an argument cannot be used; nothing was sent.
            UnknownOutcomeError: If the response was lost; the service may have executed the request.
            APIError, TransportError: If the service refuses the request, or cannot be reached.

        Example:
            >>> client.post("/models/acme/fast/predictions", json={"input": {"prompt": "a lighthouse"}}).status_code
            201
        """
        driver = self._driver.for_call(**options)
        return driver.run(raw.post(driver.sender, path, json))

    def close(self) -> None:
        """Release the connections, unless they are those of the client whose `with_options` returned this one."""
        if not self._shares_connections:
            self._clients.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncZeroscope(BaseClient[httpx.AsyncClient | Httpx2AsyncClient]):
    """An async client for the model; its arguments and methods are those of `Zeroscope`.

    Example:
        >>> async with AsyncZeroscope() as client:
        ...     videos = await client.run(prompt="An astronaut riding a horse")
        ...     await videos[0].save("astronaut.mp4")
    """

    predictions: AsyncPredictions
    """The account's predictions: creates, reads, cancels and lists them."""

    def _connect(self, http_client: httpx.AsyncClient | Httpx2AsyncClient | None) -> None:
        self._clients = AsyncHttpClients(http_client, self._config)

    def _bind(self) -> None:
        from ._drivers.async_ import AsyncDriver

        self._driver = AsyncDriver(self._sender, self._polling, self._clients)
        self.predictions = AsyncPredictions(self._driver, self.version)
        self._sender.finder = weakref.WeakMethod(self.predictions._find)

    async def run(self, /, **arguments: Unpack[RunArguments]) -> AsyncVideos:
        """Make videos; see `Zeroscope.run`. Canceling the task during the wait cancels the prediction."""
        driver = self._driver.for_call(extra_headers=arguments.pop("extra_headers", None))
        return (await driver.run(self._run(driver.sender, self.predictions._new, arguments))).videos

    async def upscale(
        self, draft: AsyncPrediction | AsyncVideo | Sequence[AsyncVideo], /, **arguments: Unpack[UpscaleArguments]
    ) -> AsyncVideos:
        """Make a large video from a small one; see `Zeroscope.upscale`."""
        driver = self._driver.for_call(extra_headers=arguments.pop("extra_headers", None))
        return (await driver.run(self._upscale(driver.sender, self.predictions._new, draft, arguments))).videos

    async def run_many(
        self,
        inputs: Iterable[PredictionInputDict | Mapping[str, Any] | AsyncPrediction],
        **options: Unpack[BatchOptions],
    ) -> Results[AsyncPrediction, AsyncVideo]:
        """Make videos from many inputs; see `Zeroscope.run_many`."""
        from .results import Results

        results = [result async for result in self.as_completed(inputs, **options)]
        return Results(sorted(results, key=lambda result: result.index))

    def as_completed(
        self,
        inputs: Iterable[PredictionInputDict | Mapping[str, Any] | AsyncPrediction],
        **options: Unpack[BatchOptions],
    ) -> AsyncGenerator[RunResult[AsyncPrediction, AsyncVideo], None]:
        """Make videos from many inputs, and yield each result; see `Zeroscope.as_completed`."""
        driver = self._driver.for_call(extra_headers=options.pop("extra_headers", None))
        return driver.iterate(self._batch(driver.sender, self.predictions._new, inputs, options))

    async def webhook_secret(self, **options: Unpack[RequestOptions]) -> str:
        """Read the key that signs the account's webhooks; see `Zeroscope.webhook_secret`."""
        driver = self._driver.for_call(**options)
        return await driver.run(read.webhook_secret(driver.sender))

    async def get(
        self, path: str, *, params: Mapping[str, Any] | None = None, **options: Unpack[RequestOptions]
    ) -> RawResponse[Any]:
        """Send a GET that this client has no method for; see `Zeroscope.get`."""
        driver = self._driver.for_call(**options)
        return await driver.run(raw.get(driver.sender, path, params))

    async def post(self, path: str, *, json: Any = None, **options: Unpack[RequestOptions]) -> RawResponse[Any]:
        """Send a POST that this client has no method for; see `Zeroscope.post`."""
        driver = self._driver.for_call(**options)
        return await driver.run(raw.post(driver.sender, path, json))

    async def aclose(self) -> None:
        """Release the connections; see `Zeroscope.close`."""
        if not self._shares_connections:
            await self._clients.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
