"""The videos of predictions, and their downloads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from os import PathLike
from pathlib import Path
from typing import IO, Any, Self, SupportsIndex, TypeVar, Unpack, overload

from ._drivers.async_ import AsyncDriver
from ._drivers.sync import SyncDriver
from ._views import keep_in_kernel, show_videos
from .options import DownloadLimits, DownloadOptions, OnProgress
from .video_state import VideoState

F = TypeVar("F", bound=IO[bytes])
T = TypeVar("T")
V = TypeVar("V", bound=VideoState)


class Video(VideoState):
    """A video of a `Zeroscope` client's prediction.

    Two videos are equal if they have the same URL and index. A video can be pickled; the copy has no client. A notebook
    shows it as a player, see `zeroscope.notebook`.
    """

    _driver: SyncDriver | None

    def read(self, **limits: Unpack[DownloadLimits]) -> bytes:
        """Download the video into memory, resumed as by `save`, and return the bytes of an MP4 file.

        Args:
            limits: As listed in `DownloadLimits`: max_bytes, by default 512 MiB, and min_rate.

        Raises:
            APIError, TransportError, MalformedResponseError: As from `save`.
        """
        from ._flows import download

        driver: SyncDriver = self._require_driver()
        content = driver.run(download.read(driver.sender, self, DownloadOptions(**limits)))
        keep_in_kernel(self, content)
        return content

    def iter_bytes(self, **limits: Unpack[DownloadLimits]) -> Iterator[bytes]:
        """Download the video, and yield its bytes as they arrive, in pieces of any size.

        A download that breaks off is resumed if the server confirms that the file is the same, and ends with an error
        otherwise, as the pieces yielded before cannot be taken back.

        Args:
            limits: As listed in `DownloadLimits`: max_bytes, by default 4 GiB, and min_rate.

        Raises:
            APIError, TransportError, MalformedResponseError: As from `save`.

        Example:
            >>> for piece in videos[0].iter_bytes():
            ...     response.write(piece)
        """
        from ._flows import download

        driver: SyncDriver = self._require_driver()
        return driver.iterate(download.iterate(driver.sender, self, DownloadOptions(**limits)))

    @overload
    def save(
        self,
        path: str | PathLike[str],
        *,
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
        **limits: Unpack[DownloadLimits],
    ) -> Path: ...
    @overload
    def save(self, path: F, *, on_progress: OnProgress | None = None, **limits: Unpack[DownloadLimits]) -> F: ...
    def save(
        self,
        path: Any,
        *,
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
        **limits: Unpack[DownloadLimits],
    ) -> Any:
        """Download the video into a file, which appears only when it is complete, and return the path.

        After connection errors, timeouts, 408, 429 and 5xx the download is repeated, as the client's `retry` says;
        attempts count from 1 again after progress. It is resumed where it broke off if the server can confirm that the
        file is the same, and starts over otherwise.

        The token is not sent, except on one more try if ``replicate.delivery`` itself answers 401 or 403.

        Args:
            path: The file, or a binary file that is open for writing: it gets the bytes as they arrive, from its
                current position, stays open and is returned; it cannot start over, see `iter_bytes`.
            overwrite: Whether an existing file is replaced.
            on_progress: Called with the number of bytes received, and their total or None if it is unknown; the first
                number falls when the download starts over. If it raises, the download ends with its error, and no file
                is left.
            limits: As listed in `DownloadLimits`: max_bytes, by default 4 GiB, and min_rate.

        Raises:
            FileExistsError: If the file exists.
            FileNotFoundError: If the folder does not exist.
            APIError: If the server refuses the video; NotFoundError once it is removed, an hour after it was made.
            TransportError: If the download fails, breaks off again and again, or is too slow.
            MalformedResponseError: If the file is too large, or a page of text in the place of a video.

        Example:
            >>> videos[0].save("astronaut.mp4")
            PosixPath('astronaut.mp4')
        """
        from ._flows import download

        driver: SyncDriver = self._require_driver()
        options = DownloadOptions(on_progress, **limits)
        return driver.run(download.save(driver.sender, self, path, overwrite, options))

    def _repr_html_(self) -> str:
        return show_videos([self])


class AsyncVideo(VideoState):
    """A video of an `AsyncZeroscope` client's prediction; see `Video`."""

    _driver: AsyncDriver | None

    async def read(self, **limits: Unpack[DownloadLimits]) -> bytes:
        """Download the video into memory; see `Video.read`."""
        from ._flows import download

        driver: AsyncDriver = self._require_driver()
        content = await driver.run(download.read(driver.sender, self, DownloadOptions(**limits)))
        keep_in_kernel(self, content)
        return content

    def iter_bytes(self, **limits: Unpack[DownloadLimits]) -> AsyncIterator[bytes]:
        """Download the video, and yield its bytes as they arrive; see `Video.iter_bytes`."""
        from ._flows import download

        driver: AsyncDriver = self._require_driver()
        return driver.iterate(download.iterate(driver.sender, self, DownloadOptions(**limits)))

    @overload
    async def save(
        self,
        path: str | PathLike[str],
        *,
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
        **limits: Unpack[DownloadLimits],
    ) -> Path: ...
    @overload
    async def save(self, path: F, *, on_progress: OnProgress | None = None, **limits: Unpack[DownloadLimits]) -> F: ...
    async def save(
        self,
        path: Any,
        *,
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
        **limits: Unpack[DownloadLimits],
    ) -> Any:
        """Download the video into a file; see `Video.save`."""
        from ._flows import download

        driver: AsyncDriver = self._require_driver()
        options = DownloadOptions(on_progress, **limits)
        return await driver.run(download.save(driver.sender, self, path, overwrite, options))

    def _repr_html_(self) -> str:
        return show_videos([self])


class _VideoList(list[V]):
    """A list of videos whose slices and sums are of its class, too."""

    @overload
    def __getitem__(self, index: SupportsIndex) -> V: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: Any) -> Any:
        found: Any = super().__getitem__(index)
        return type(self)(found) if isinstance(index, slice) else found

    @overload
    def __add__(self, others: list[V], /) -> Self: ...
    @overload
    def __add__(self, others: list[T], /) -> list[V | T]: ...
    def __add__(self, others: Any, /) -> Any:
        return self._sum(super().__add__(others))

    # For sums that begin with an empty list.
    def __radd__(self, others: Any, /) -> Any:
        return self._sum(others + list(self)) if isinstance(others, list) else NotImplemented

    def _sum(self, total: list[Any]) -> list[Any]:
        return type(self)(total) if all(isinstance(each, VideoState) for each in total) else total

    def _repr_html_(self) -> str:
        return show_videos(self)


class Videos(_VideoList[Video]):
    """The videos of a prediction: a list, which a notebook shows as players, as it does its slices and sums."""


class AsyncVideos(_VideoList[AsyncVideo]):
    """The videos of a prediction of an `AsyncZeroscope` client; see `Videos`."""
