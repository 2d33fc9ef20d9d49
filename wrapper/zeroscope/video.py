"""The videos of predictions, and their downloads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from os import PathLike
from pathlib import Path
from typing import IO, Any, TypeVar, Unpack, overload

from ._drivers.async_ import AsyncDriver
from ._drivers.sync import SyncDriver
from .options import DownloadLimits, DownloadOptions, OnProgress
from .state import VideoState

F = TypeVar("F", bound=IO[bytes])


class Video(VideoState):
    """A video of a `Zeroscope` client's prediction.

    Two videos are equal if they have the same URL and index. A video can be pickled; the copy has no client. A notebook
    shows it as a player.
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
        return driver.run(download.read(driver.sender, self, DownloadOptions(**limits)))

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
        return driver.run(download.save(driver.sender, self, path, overwrite, DownloadOptions(on_progress, **limits)))


class AsyncVideo(VideoState):
    """A video of an `AsyncZeroscope` client's prediction; see `Video`."""

    _driver: AsyncDriver | None

    async def read(self, **limits: Unpack[DownloadLimits]) -> bytes:
        """Download the video into memory; see `Video.read`."""
        from ._flows import download

        driver: AsyncDriver = self._require_driver()
        return await driver.run(download.read(driver.sender, self, DownloadOptions(**limits)))

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
