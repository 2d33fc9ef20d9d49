"""The predictions, and the methods that read, wait for, follow and cancel them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Self, Unpack

from ._flows import cleanup, read
from .options import DownloadLimits, DownloadOptions, OnProgress, RequestOptions, WaitArguments
from .state import PredictionState, output_videos

# What is done with a prediction after it was read loads more, in the methods that do it.
if TYPE_CHECKING:
    from ._drivers.async_ import AsyncDriver
    from ._drivers.sync import SyncDriver
    from .events import Event
    from .video import AsyncVideos, Videos


class Prediction(PredictionState):
    """A prediction of a `Zeroscope` client."""

    __slots__ = ()

    _driver: SyncDriver | None

    @property
    def videos(self) -> Videos:
        """The videos of the output, in the order of the numbers in their names; empty before there are any."""
        from .video import Video, Videos

        found = output_videos(self.output)
        return Videos(Video(url, index, self._driver, self, self._local_copy(url)) for index, url in found)

    def reload(self, **options: Unpack[RequestOptions]) -> Self:
        """Read the prediction's current state from the service, and return the prediction.

        Args:
            options: As listed in `RequestOptions`: timeout, extra_headers.

        Raises:
            APIError, TransportError: If the service cannot be reached.
        """
        driver: SyncDriver = self._require_driver().for_call(**options)
        self._update(driver.run(read.get(driver.sender, self.id)))
        return self

    def wait(self, **options: Unpack[WaitArguments]) -> Self:
        """Wait until the prediction has ended, with whatever status.

        Args:
            options: As listed in `WaitArguments`: timeout, on_update, cancel_on_timeout. If `on_update` raises, the
                wait ends with its error.

        Raises:
            InvalidInputError: If an option is invalid.
            WaitTimeoutError: If it is still running then. It goes on, and can be waited for again.
            APIError, TransportError: If the service can no longer be reached.

        Example:
            >>> prediction = client.predictions.create({"prompt": "a lighthouse in a storm"})
            >>> prediction.wait(timeout=600).status
            'succeeded'
        """
        from ._flows.wait import WaitOptions, wait
        from .notebook import default_display

        driver: SyncDriver = self._require_driver()
        given = WaitOptions.from_arguments(driver.polling, {"on_update": default_display(), **options})
        driver.run(given.with_display(wait(driver.sender, self, given)))
        return self

    def events(self, *, timeout: float | timedelta | None = None) -> Iterator[Event[Prediction]]:
        """Follow the prediction: yield its statuses, log lines, progress and end as they happen.

        The events come from the prediction's event stream if it has one, and from polls; they are the same either way.
        For a prediction that has ended, all events are replayed.

        Args:
            timeout: How long to follow it, in seconds or as a `timedelta`; by default a little longer than the service
                lets a run last.

        Raises:
            WaitTimeoutError: If it is still running then. It goes on.
            APIError, TransportError: If the service can no longer be reached.

        Example:
            >>> for event in prediction.events():
            ...     match event:
            ...         case LogLine(text):
            ...             print(text)
            ...         case Ended(prediction):
            ...             print(prediction.status)
        """
        from ._flows.follow import follow
        from ._flows.wait import WaitOptions

        driver: SyncDriver = self._require_driver()
        return driver.iterate(follow(driver.sender, self, WaitOptions(driver.polling, timeout)))

    def cancel(self, **options: Unpack[RequestOptions]) -> Self:
        """Cancel the prediction, and return it. If it has already ended, nothing happens.

        Args:
            options: As listed in `RequestOptions`: timeout, extra_headers.

        Raises:
            APIError, TransportError: If the service cannot be reached.
        """
        driver: SyncDriver = self._require_driver().for_call(**options)
        self._update(driver.run(read.cancel(driver.sender, self.id)))
        return self

    def save_all(
        self,
        folder: str | PathLike[str],
        *,
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
        **limits: Unpack[DownloadLimits],
    ) -> list[Path]:
        """Download all videos into a folder under the names in their URLs; return the files in the order of `videos`.

        Equal names get a number before the suffix. All names are checked before the first download. If a download
        fails, the videos saved before it stay, and a note of the error lists them.

        Args:
            folder: The folder; it is created if it does not exist.
            overwrite: Whether existing files are replaced.
            on_progress: Called for one video after another, as by `Video.save`.
            limits: As listed in `DownloadLimits`: max_bytes of each video, and min_rate.

        Raises:
            PredictionError: If there are no videos; the subclass gives the reason.
            MalformedResponseError: If a name leads out of the folder, as ``..%2Fa.mp4`` does; nothing is downloaded.
            FileExistsError: If a file of the same name exists.
            APIError, TransportError: If a download fails, as from `Video.save`.

        Example:
            >>> prediction.save_all("videos")
            [PosixPath('videos/output-0.mp4'), PosixPath('videos/output-1.mp4')]
        """
        from ._flows.save import save_all

        driver: SyncDriver = self._require_driver()
        options = DownloadOptions(on_progress, **limits)
        return driver.run(save_all(driver.sender, self, folder, overwrite, options))

    def _repr_html_(self) -> str:
        from ._views import show_prediction

        return show_prediction(self, self.videos)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Cancel the prediction if Ctrl-C ended the block; otherwise it goes on."""
        if error is not None and self._driver is not None:
            self._driver.run(cleanup.cancel_if_interrupted(self._driver.sender, self, error))


class AsyncPrediction(PredictionState):
    """A prediction of an `AsyncZeroscope` client; see `Prediction`."""

    __slots__ = ()

    _driver: AsyncDriver | None

    @property
    def videos(self) -> AsyncVideos:
        """The videos of the output, in the order of the numbers in their names; empty before there are any."""
        from .video import AsyncVideo, AsyncVideos

        found = output_videos(self.output)
        return AsyncVideos(AsyncVideo(url, index, self._driver, self, self._local_copy(url)) for index, url in found)

    async def reload(self, **options: Unpack[RequestOptions]) -> Self:
        """Read the prediction's current state from the service; see `Prediction.reload`."""
        driver: AsyncDriver = self._require_driver().for_call(**options)
        self._update(await driver.run(read.get(driver.sender, self.id)))
        return self

    async def wait(self, **options: Unpack[WaitArguments]) -> Self:
        """Wait until the prediction has ended; see `Prediction.wait`."""
        from ._flows.wait import WaitOptions, wait
        from .notebook import default_display

        driver: AsyncDriver = self._require_driver()
        given = WaitOptions.from_arguments(driver.polling, {"on_update": default_display(), **options})
        await driver.run(given.with_display(wait(driver.sender, self, given)))
        return self

    def events(self, *, timeout: float | timedelta | None = None) -> AsyncIterator[Event[AsyncPrediction]]:
        """Follow the prediction; see `Prediction.events`."""
        from ._flows.follow import follow
        from ._flows.wait import WaitOptions

        driver: AsyncDriver = self._require_driver()
        return driver.iterate(follow(driver.sender, self, WaitOptions(driver.polling, timeout)))

    async def cancel(self, **options: Unpack[RequestOptions]) -> Self:
        """Cancel the prediction; see `Prediction.cancel`."""
        driver: AsyncDriver = self._require_driver().for_call(**options)
        self._update(await driver.run(read.cancel(driver.sender, self.id)))
        return self

    async def save_all(
        self,
        folder: str | PathLike[str],
        *,
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
        **limits: Unpack[DownloadLimits],
    ) -> list[Path]:
        """Download all videos into a folder; see `Prediction.save_all`."""
        from ._flows.save import save_all

        driver: AsyncDriver = self._require_driver()
        options = DownloadOptions(on_progress, **limits)
        return await driver.run(save_all(driver.sender, self, folder, overwrite, options))

    def _repr_html_(self) -> str:
        from ._views import show_prediction

        return show_prediction(self, self.videos)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Cancel the prediction if the task was canceled in the block; otherwise it goes on."""
        if error is not None and self._driver is not None:
            flow = cleanup.cancel_if_interrupted(self._driver.sender, self, error)
            await self._driver.run(flow, interrupted=True)
