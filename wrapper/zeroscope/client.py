"""The clients: `Zeroscope`, and `AsyncZeroscope` for asyncio."""

from __future__ import annotations

import random as _random
from collections.abc import Callable
from typing import Self, Unpack

import httpx

from . import _flows
from ._api import Answers, PredictionInputDict
from ._drive import AsyncDriver, SyncDriver
from ._flows import OnUpdate
from ._sending import Sender
from ._settings import Settings, settle
from .clock import Clock, SystemClock
from .polling import DEFAULT_POLLING, Polling
from .predictions import AsyncPredictions, Predictions
from .retry import DEFAULT_RETRY, Retry
from .video import AsyncVideo, Video


class _Client:
    """What both clients are made of."""

    def __init__(
        self,
        settings: Settings,
        retry: Retry | None,
        poll: Polling,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._poll = poll
        self._sender = Sender(clock=clock, random=random, retry=retry, answers=Answers(settings.token))

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


class Zeroscope(_Client):
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

    def __init__(
        self,
        token: str | None = None,
        *,
        base_url: str | None = None,
        version: str | None = None,
        timeout: float | httpx.Timeout | None = None,
        http_client: httpx.Client | None = None,
        retry: Retry | None = DEFAULT_RETRY,
        poll: Polling = DEFAULT_POLLING,
        clock: Clock | None = None,
        random: Callable[[], float] = _random.random,
    ) -> None:
        clock = clock or SystemClock()
        settings = settle(token, base_url, version, timeout)
        super().__init__(settings, retry, poll, clock, random)
        self._own_http = None if http_client else httpx.Client(timeout=settings.timeout)
        http = http_client or self._own_http
        assert http is not None
        self._driver = SyncDriver(settings.api(sync=http), http, clock)
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
        creating = _flows.create(self._sender, input, version=self.version)
        flow = _flows.run(self._sender, creating, self.predictions._new, self._poll, timeout, on_update)
        return self._driver.run(flow).videos

    def close(self) -> None:
        """Give the connections back."""
        if self._own_http is not None:
            self._own_http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncZeroscope(_Client):
    """A client for the model, for asyncio; its arguments and methods are those of `Zeroscope`.

    Example:
        >>> async with AsyncZeroscope() as client:
        ...     videos = await client.run(prompt="An astronaut riding a horse")
        ...     await videos[0].save("astronaut.mp4")
    """

    def __init__(
        self,
        token: str | None = None,
        *,
        base_url: str | None = None,
        version: str | None = None,
        timeout: float | httpx.Timeout | None = None,
        http_client: httpx.AsyncClient | None = None,
        retry: Retry | None = DEFAULT_RETRY,
        poll: Polling = DEFAULT_POLLING,
        clock: Clock | None = None,
        random: Callable[[], float] = _random.random,
    ) -> None:
        clock = clock or SystemClock()
        settings = settle(token, base_url, version, timeout)
        super().__init__(settings, retry, poll, clock, random)
        self._own_http = None if http_client else httpx.AsyncClient(timeout=settings.timeout)
        http = http_client or self._own_http
        assert http is not None
        self._driver = AsyncDriver(settings.api(asynchronous=http), http, clock)
        self.predictions = AsyncPredictions(self)

    async def run(
        self,
        *,
        timeout: float | None = None,
        on_update: OnUpdate | None = None,
        **input: Unpack[PredictionInputDict],
    ) -> list[AsyncVideo]:
        """Make videos; see `Zeroscope.run`. A task that is canceled while it waits cancels the prediction."""
        creating = _flows.create(self._sender, input, version=self.version)
        flow = _flows.run(self._sender, creating, self.predictions._new, self._poll, timeout, on_update)
        return (await self._driver.run(flow)).videos

    async def aclose(self) -> None:
        """Give the connections back."""
        if self._own_http is not None:
            await self._own_http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
