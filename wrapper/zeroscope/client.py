"""The clients: `Zeroscope`, and `AsyncZeroscope` for asyncio."""

from __future__ import annotations

import random as _random
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, Self, TypeVar, Unpack

import httpx

from . import _flows
from ._api import Answers, PredictionInputDict
from ._drive import AsyncDriver, SyncDriver
from ._flows import OnUpdate
from ._sending import Sender
from ._settings import settle
from .clock import Clock, SystemClock
from .polling import DEFAULT_POLLING, Polling
from .predictions import AsyncPredictions, Predictions
from .retry import DEFAULT_RETRY, Retry
from .video import AsyncVideo, Video

Http = TypeVar("Http", httpx.Client, httpx.AsyncClient)


class _Client(ABC, Generic[Http]):
    """What both clients are made of."""

    def __init__(
        self,
        token: str | None = None,
        *,
        base_url: str | None = None,
        version: str | None = None,
        timeout: float | httpx.Timeout | None = None,
        http_client: Http | None = None,
        retry: Retry | None = DEFAULT_RETRY,
        poll: Polling = DEFAULT_POLLING,
        clock: Clock | None = None,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._settings = settle(token, base_url, version, timeout)
        self._clock = clock or SystemClock()
        self._poll = poll
        answers = Answers(self._settings.token)
        self._sender = Sender(clock=self._clock, random=random, retry=retry, answers=answers)
        self._owns_http = http_client is None
        self._http: Http = http_client or self._connect()
        self._begin()

    @abstractmethod
    def _connect(self) -> Http:
        """Make the HTTP client where none was given."""

    @abstractmethod
    def _begin(self) -> None:
        """Set up what goes over the HTTP client."""

    @property
    def base_url(self) -> str:
        """The address of the service."""
        return self._settings.base_url

    @property
    def version(self) -> str:
        """The ID of the model version that is run unless another is named."""
        return self._settings.version

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url}>"


class Zeroscope(_Client[httpx.Client]):
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

    def _connect(self) -> httpx.Client:
        return httpx.Client(timeout=self._settings.timeout)

    def _begin(self) -> None:
        self._driver = SyncDriver(self._settings.api(sync=self._http), self._http, self._clock)
        self.predictions = Predictions(self)

    def run(
        self,
        *,
        timeout: float | None = None,
        on_update: OnUpdate | None = None,
        **input: Unpack[PredictionInputDict],
    ) -> list[Video]:
        """Make videos: create a prediction, wait for it, and return what came out.

        Ctrl-C while it waits cancels the prediction, so that it is not billed for nothing.

        Args:
            timeout: How long to wait, in seconds; by default a little longer than the service lets a run last.
            on_update: Called with the prediction once it is created and after every change.
            input: The model's fields; only those given are sent.

        Returns:
            One video for each of ``batch_size``.

        Raises:
            InvalidInputError: If the spec forbids the input; nothing was sent.
            UnknownOutcomeError: If the answer to the create was lost; the prediction may be running.
            PredictionFailedError, PredictionCanceledError, EmptyOutputError, OutputExpiredError: If it has no videos.
            WaitTimeoutError: If it is still running; ``error.prediction`` can be waited for again.
            APIError, TransportError: If the service refuses, or cannot be asked.
        """
        creating = _flows.create(self._sender, self.version, input, {})
        flow = _flows.run(self._sender, creating, self.predictions._new, self._poll, timeout, on_update)
        return self._driver.run(flow).videos

    def close(self) -> None:
        """Give the connections back."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncZeroscope(_Client[httpx.AsyncClient]):
    """A client for the model, for asyncio; its arguments and methods are those of `Zeroscope`.

    Example:
        >>> async with AsyncZeroscope() as client:
        ...     videos = await client.run(prompt="An astronaut riding a horse")
        ...     await videos[0].save("astronaut.mp4")
    """

    def _connect(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(timeout=self._settings.timeout)

    def _begin(self) -> None:
        self._driver = AsyncDriver(self._settings.api(asynchronous=self._http), self._http, self._clock)
        self.predictions = AsyncPredictions(self)

    async def run(
        self,
        *,
        timeout: float | None = None,
        on_update: OnUpdate | None = None,
        **input: Unpack[PredictionInputDict],
    ) -> list[AsyncVideo]:
        """Make videos; see `Zeroscope.run`. A task that is canceled while it waits cancels the prediction."""
        creating = _flows.create(self._sender, self.version, input, {})
        flow = _flows.run(self._sender, creating, self.predictions._new, self._poll, timeout, on_update)
        return (await self._driver.run(flow)).videos

    async def aclose(self) -> None:
        """Give the connections back."""
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
