"""A prediction, and what can be done with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ._flows import create as _flows
from ._flows import wait as _waiting
from ._flows.wait import Waiting
from .options import OnProgress, OnUpdate
from .state import PredictionState
from .video import AsyncVideo, Video, sources

if TYPE_CHECKING:
    from .client import AsyncZeroscope, Zeroscope
    from .events import Event


class Prediction(PredictionState):
    """A prediction of a `Zeroscope` client."""

    __slots__ = ()

    _client: Zeroscope | None

    @property
    def videos(self) -> list[Video]:
        """The videos of the output, in the order of the numbers in their names; empty before the end."""
        return [Video(url, index, self._client, self) for index, url in sources(self.output)]

    def reload(self) -> Self:
        """Ask the service how the prediction stands, and return it."""
        client: Zeroscope = self._need_client()
        self._update(client._driver.run(_flows.get(client._sender, self.id)))
        return self

    def wait(
        self, *, timeout: float | None = None, on_update: OnUpdate | None = None, cancel_on_timeout: bool = False
    ) -> Self:
        """Wait until the prediction has ended, however it ended.

        Args:
            timeout: How long to wait, in seconds; by default a little longer than the service lets a run last.
            on_update: Called with the prediction after every change. If it raises, the wait ends with its error.
            cancel_on_timeout: Whether the prediction is canceled when the time is up, instead of being left running.

        Raises:
            WaitTimeoutError: If it is still running then. It goes on, and can be waited for again.
            APIError, TransportError: If the service can no longer be asked.

        Example:
            >>> prediction = client.predictions.create({"prompt": "a lighthouse in a storm"})
            >>> prediction.wait(timeout=600).status
            'succeeded'
        """
        client: Zeroscope = self._need_client()
        waiting = Waiting(client._poll, timeout, on_update, cancel_on_timeout)
        client._driver.run(_waiting.wait(client._sender, self, waiting))
        return self

    def events(self, *, timeout: float | None = None) -> Iterator[Event]:
        """Follow the prediction: yield its statuses, the lines of its log, its progress and its end, as they come.

        They come over the prediction's stream where it has one, else by looking; they are the same either way. Of a
        prediction that has ended, the story is told from its beginning.

        Args:
            timeout: How long to follow, in seconds; by default a little longer than the service lets a run last.

        Raises:
            WaitTimeoutError: If it is still running then. It goes on.
            APIError, TransportError: If the service can no longer be asked.

        Example:
            >>> for event in prediction.events():
            ...     match event:
            ...         case LogLine(text):
            ...             print(text)
            ...         case Ended(prediction):
            ...             print(prediction.status)
        """
        client: Zeroscope = self._need_client()
        return client._driver.iterate(self._telling(client, timeout))

    def cancel(self) -> Self:
        """End the prediction, and return it. If it has already ended, nothing happens."""
        client: Zeroscope = self._need_client()
        self._update(client._driver.run(_flows.cancel(client._sender, self.id)))
        return self

    def save_all(
        self, folder: str | PathLike[str], *, overwrite: bool = False, on_progress: OnProgress | None = None
    ) -> list[Path]:
        """Fetch all videos into a folder, under the names that they have in their URLs.

        Names that are alike get a number before the ending. All are checked before the first video is fetched. Those
        that are saved stay where a later one fails, and a note of the error says which they are.

        Args:
            folder: The folder; it is made if need be.
            overwrite: Whether files of the same names are replaced.
            on_progress: Called for one video after the other, as by `Video.save`.

        Returns:
            The files, in the order of `videos`.

        Raises:
            PredictionError: If there are no videos, of the kind that says why.
            MalformedResponseError: If a name leads out of the folder, as ``..%2Fa.mp4`` does; nothing is fetched then.
            FileExistsError: If there is a file of the same name.
            APIError, TransportError: If a video cannot be fetched, as `Video.save` raises them.

        Example:
            >>> prediction.save_all("videos")
            [PosixPath('videos/output-0.mp4'), PosixPath('videos/output-1.mp4')]
        """
        client: Zeroscope = self._need_client()
        return client._driver.run(self._saving(client, folder, overwrite, on_progress))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Cancel the prediction if Ctrl-C ended the block; after anything else it goes on."""
        if error is not None and self._client is not None:
            self._client._driver.run(_waiting.leave_if_interrupted(self._client._sender, self, error))


class AsyncPrediction(PredictionState):
    """A prediction of an `AsyncZeroscope` client; see `Prediction`."""

    __slots__ = ()

    _client: AsyncZeroscope | None

    @property
    def videos(self) -> list[AsyncVideo]:
        """The videos of the output, in the order of the numbers in their names; empty before the end."""
        return [AsyncVideo(url, index, self._client, self) for index, url in sources(self.output)]

    async def reload(self) -> Self:
        """Ask the service how the prediction stands, and return it."""
        client: AsyncZeroscope = self._need_client()
        self._update(await client._driver.run(_flows.get(client._sender, self.id)))
        return self

    async def wait(
        self, *, timeout: float | None = None, on_update: OnUpdate | None = None, cancel_on_timeout: bool = False
    ) -> Self:
        """Wait until the prediction has ended; see `Prediction.wait`."""
        client: AsyncZeroscope = self._need_client()
        waiting = Waiting(client._poll, timeout, on_update, cancel_on_timeout)
        await client._driver.run(_waiting.wait(client._sender, self, waiting))
        return self

    def events(self, *, timeout: float | None = None) -> AsyncIterator[Event]:
        """Follow the prediction; see `Prediction.events`."""
        client: AsyncZeroscope = self._need_client()
        return client._driver.iterate(self._telling(client, timeout))

    async def cancel(self) -> Self:
        """End the prediction, and return it. If it has already ended, nothing happens."""
        client: AsyncZeroscope = self._need_client()
        self._update(await client._driver.run(_flows.cancel(client._sender, self.id)))
        return self

    async def save_all(
        self, folder: str | PathLike[str], *, overwrite: bool = False, on_progress: OnProgress | None = None
    ) -> list[Path]:
        """Fetch all videos into a folder; see `Prediction.save_all`."""
        client: AsyncZeroscope = self._need_client()
        return await client._driver.run(self._saving(client, folder, overwrite, on_progress))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Cancel the prediction if the task was canceled in the block; after anything else it goes on."""
        if error is not None and self._client is not None:
            flow = _waiting.leave_if_interrupted(self._client._sender, self, error)
            await self._client._driver.run(flow, interrupted=True)
