"""The operations on predictions, one method each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from ._flows import read
from ._pickling import Unpicklable
from ._service.api import PredictionModel
from ._service.input_types import PredictionInputDict
from .options import CreateOptions, ListOptions, RequestOptions, Timeout
from .prediction import AsyncPrediction, Prediction

# Creates and raw responses load more, in the methods that have to do with them.
if TYPE_CHECKING:
    from ._drivers.async_ import AsyncDriver
    from ._drivers.sync import SyncDriver
    from .responses import RawResponse
    from .results import Page


class Predictions(Unpicklable):
    """The predictions of a `Zeroscope` client's account, as ``client.predictions``."""

    def __init__(self, driver: SyncDriver, version: str) -> None:
        self._driver = driver
        self._version = version

    @property
    def with_raw_response(self) -> RawPredictions:
        """The operations that send one request, whose results are raw responses."""
        return RawPredictions(self)

    def create(
        self,
        input: PredictionInputDict | Mapping[str, Any],
        *,
        timeout: Timeout = None,
        **options: Unpack[CreateOptions],
    ) -> Prediction:
        """Start a prediction and return it at once.

        Args:
            input: The model's fields; only the fields given here are sent.
            timeout: How long the request and its response may take, as in `RequestOptions`; `prefer_wait` is added.
            options: As listed in `CreateOptions`: version, webhook, webhook_events_filter, stream, deadline,
                prefer_wait, extra_input, extra_headers.

        Raises:
            InvalidInputError: If the spec forbids the input; nothing was sent.
            UnknownOutcomeError: If the response was lost; the prediction may be running.
            APIError, TransportError: If the prediction was not created.

        Example:
            >>> client.predictions.create({"prompt": "a lighthouse in a storm", "num_frames": 36})
            <Prediction gm3qorzdhgbfurvjtvhg6dckhu starting>
        """
        from ._flows.create import create

        driver = self._driver.for_call(timeout=timeout, extra_headers=options.pop("extra_headers", None))
        return self._new(driver.run(create(driver.sender, self._version, input, options)))

    def get(self, id: str, **options: Unpack[RequestOptions]) -> Prediction:
        """Read a prediction.

        Args:
            id: The prediction's ID.
            options: As listed in `RequestOptions`: timeout, extra_headers.

        Raises:
            NotFoundError: If the account has no such prediction.
            APIError, TransportError: If the service cannot be reached.
        """
        driver = self._driver.for_call(**options)
        return self._new(driver.run(read.get(driver.sender, id)))

    def cancel(self, id: str, **options: Unpack[RequestOptions]) -> Prediction:
        """Cancel a prediction and return it. If it has already ended, nothing happens.

        Args:
            id: The prediction's ID.
            options: As listed in `RequestOptions`: timeout, extra_headers.

        Raises:
            NotFoundError: If the account has no such prediction.
            APIError, TransportError: If the service cannot be reached.
        """
        driver = self._driver.for_call(**options)
        return self._new(driver.run(read.cancel(driver.sender, id)))

    def list(self, **options: Unpack[ListOptions]) -> Iterator[Prediction]:
        """Iterate over the predictions of the account, newest first; pages are read as they are needed.

        Args:
            options: As listed in `ListOptions`: created_after, created_before, source, cursor, and for the request
                of each page timeout, extra_headers. Without the first four, all predictions are listed.

        Raises:
            InvalidInputError: If the spec forbids an option, as it does a time without a time zone; nothing was sent.
            APIError, TransportError: If the service cannot be reached.

        Example:
            >>> yesterday = datetime.now(UTC) - timedelta(days=1)
            >>> for prediction in client.predictions.list(created_after=yesterday):
            ...     print(prediction.id, prediction.status)
        """
        return (prediction for page in self.pages(**options) for prediction in page.results)

    def pages(self, **options: Unpack[ListOptions]) -> Iterator[Page[Prediction]]:
        """Iterate over the pages of the account's predictions.

        Args:
            options: As of `list`.

        Raises:
            InvalidInputError: If the spec forbids an option; nothing was sent.
            APIError, TransportError: If the service cannot be reached.
            MalformedResponseError: If 100 pages in a row are empty.
        """
        driver = self._driver.for_call(
            timeout=options.pop("timeout", None), extra_headers=options.pop("extra_headers", None)
        )
        return driver.iterate(read.pages(driver.sender, self._new, options))

    def _new(self, model: PredictionModel) -> Prediction:
        return Prediction(model, self._driver)

    def _find(self, headers: Mapping[str, str], body: Mapping[str, Any], sent_at: float) -> Any:
        driver = self._driver.for_call(extra_headers=headers or None)
        return driver.run(read.find(driver.sender, body, sent_at, self._new))


class AsyncPredictions(Unpicklable):
    """The predictions of an `AsyncZeroscope` client's account; see `Predictions`."""

    def __init__(self, driver: AsyncDriver, version: str) -> None:
        self._driver = driver
        self._version = version

    @property
    def with_raw_response(self) -> AsyncRawPredictions:
        """The operations that send one request, whose results are raw responses."""
        return AsyncRawPredictions(self)

    async def create(
        self,
        input: PredictionInputDict | Mapping[str, Any],
        *,
        timeout: Timeout = None,
        **options: Unpack[CreateOptions],
    ) -> AsyncPrediction:
        """Start a prediction and return it at once; see `Predictions.create`."""
        from ._flows.create import create

        driver = self._driver.for_call(timeout=timeout, extra_headers=options.pop("extra_headers", None))
        return self._new(await driver.run(create(driver.sender, self._version, input, options)))

    async def get(self, id: str, **options: Unpack[RequestOptions]) -> AsyncPrediction:
        """Read a prediction; see `Predictions.get`."""
        driver = self._driver.for_call(**options)
        return self._new(await driver.run(read.get(driver.sender, id)))

    async def cancel(self, id: str, **options: Unpack[RequestOptions]) -> AsyncPrediction:
        """Cancel a prediction and return it; see `Predictions.cancel`."""
        driver = self._driver.for_call(**options)
        return self._new(await driver.run(read.cancel(driver.sender, id)))

    def list(self, **options: Unpack[ListOptions]) -> AsyncIterator[AsyncPrediction]:
        """Iterate over the predictions of the account, newest first; see `Predictions.list`."""
        return (prediction async for page in self.pages(**options) for prediction in page.results)

    def pages(self, **options: Unpack[ListOptions]) -> AsyncIterator[Page[AsyncPrediction]]:
        """Iterate over the pages of the account's predictions; see `Predictions.pages`."""
        driver = self._driver.for_call(
            timeout=options.pop("timeout", None), extra_headers=options.pop("extra_headers", None)
        )
        return driver.iterate(read.pages(driver.sender, self._new, options))

    def _new(self, model: PredictionModel) -> AsyncPrediction:
        return AsyncPrediction(model, self._driver)

    async def _find(self, headers: Mapping[str, str], body: Mapping[str, Any], sent_at: float) -> Any:
        driver = self._driver.for_call(extra_headers=headers or None)
        return await driver.run(read.find(driver.sender, body, sent_at, self._new))


class RawPredictions(Unpicklable):
    """The operations on predictions that send one request, each with its raw response.

    They validate, repeat and raise as those of `Predictions` do; `RawResponse.parse` returns the prediction.

    Example:
        >>> response = client.predictions.with_raw_response.get("gm3qorzdhgbfurvjtvhg6dckhu")
        >>> response.status_code, response.headers["ratelimit-remaining"], response.parse().status
        (200, '2999', 'succeeded')
    """

    def __init__(self, predictions: Predictions) -> None:
        # They must live as long as this: the error of a lost create searches through them.
        self._predictions = predictions
        self._driver = predictions._driver

    def create(
        self,
        input: PredictionInputDict | Mapping[str, Any],
        *,
        timeout: Timeout = None,
        **options: Unpack[CreateOptions],
    ) -> RawResponse[Prediction]:
        """Start a prediction; see `Predictions.create`."""
        from ._flows import raw
        from ._flows.create import create

        driver = self._driver.for_call(timeout=timeout, extra_headers=options.pop("extra_headers", None))
        flow = partial(create, version=self._predictions._version, input=input, options=options)
        return driver.run(raw.with_response(driver.sender, flow, self._predictions._new))

    def get(self, id: str, **options: Unpack[RequestOptions]) -> RawResponse[Prediction]:
        """Read a prediction; see `Predictions.get`."""
        from ._flows import raw

        driver = self._driver.for_call(**options)
        return driver.run(raw.with_response(driver.sender, partial(read.get, prediction_id=id), self._predictions._new))

    def cancel(self, id: str, **options: Unpack[RequestOptions]) -> RawResponse[Prediction]:
        """Cancel a prediction; see `Predictions.cancel`."""
        from ._flows import raw

        driver = self._driver.for_call(**options)
        return driver.run(
            raw.with_response(driver.sender, partial(read.cancel, prediction_id=id), self._predictions._new)
        )


class AsyncRawPredictions(Unpicklable):
    """The operations on predictions that send one request, each with its raw response; see `RawPredictions`."""

    def __init__(self, predictions: AsyncPredictions) -> None:
        # They must live as long as this: the error of a lost create searches through them.
        self._predictions = predictions
        self._driver = predictions._driver

    async def create(
        self,
        input: PredictionInputDict | Mapping[str, Any],
        *,
        timeout: Timeout = None,
        **options: Unpack[CreateOptions],
    ) -> RawResponse[AsyncPrediction]:
        """Start a prediction; see `Predictions.create`."""
        from ._flows import raw
        from ._flows.create import create

        driver = self._driver.for_call(timeout=timeout, extra_headers=options.pop("extra_headers", None))
        flow = partial(create, version=self._predictions._version, input=input, options=options)
        return await driver.run(raw.with_response(driver.sender, flow, self._predictions._new))

    async def get(self, id: str, **options: Unpack[RequestOptions]) -> RawResponse[AsyncPrediction]:
        """Read a prediction; see `Predictions.get`."""
        from ._flows import raw

        driver = self._driver.for_call(**options)
        return await driver.run(
            raw.with_response(driver.sender, partial(read.get, prediction_id=id), self._predictions._new)
        )

    async def cancel(self, id: str, **options: Unpack[RequestOptions]) -> RawResponse[AsyncPrediction]:
        """Cancel a prediction; see `Predictions.cancel`."""
        from ._flows import raw

        driver = self._driver.for_call(**options)
        return await driver.run(
            raw.with_response(driver.sender, partial(read.cancel, prediction_id=id), self._predictions._new)
        )
