"""The videos of predictions, and their downloads."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from ._drivers.async_ import AsyncDriver
from ._drivers.sync import SyncDriver
from .options import OnProgress
from .state import VideoState


class Video(VideoState):
    """A video of a `Zeroscope` client's prediction.

    Two videos are equal if they have the same URL and index. A video can be pickled; the copy has no client. A notebook
    shows it as a player.
    """

    _driver: SyncDriver | None

    def read(self) -> bytes:
        """Download the video into memory, resumed as by `save`, and return the bytes of an MP4 file.

        Raises:
            APIError: If the server refuses it; NotFoundError once it is removed, an hour after it was made.
            TransportError: If the download fails, or breaks off again and again.
        """
        from ._flows import download

        driver: SyncDriver = self._require_driver()
        return driver.run(download.read(driver.sender, self))

    def save(
        self, path: str | PathLike[str], *, overwrite: bool = False, on_progress: OnProgress | None = None
    ) -> Path:
        """Download the video into a file, which appears only when it is complete, and return the path.

        After connection errors, timeouts, 408, 429 and 5xx the download is repeated, as the client's `retry` says;
        attempts count from 1 again after progress. It is resumed where it broke off if the server can confirm that the
        file is the same, and starts over otherwise.

        The token is not sent, except on one more try if ``replicate.delivery`` itself answers 401 or 403.

        Args:
            path: The file.
            overwrite: Whether an existing file is replaced.
            on_progress: Called with the number of bytes received, and their total or None if it is unknown; the first
                number falls when the download starts over. If it raises, the download ends with its error, and no file
                is left.

        Raises:
            FileExistsError: If the file exists.
            FileNotFoundError: If the folder does not exist.
            APIError: If the server refuses the video; NotFoundError once it is removed, an hour after it was made.
            TransportError: If the download fails, or breaks off again and again.

        Example:
            >>> videos[0].save("astronaut.mp4")
            PosixPath('astronaut.mp4')
        """
        from ._flows import download

        driver: SyncDriver = self._require_driver()
        return driver.run(download.save(driver.sender, self, path, overwrite, on_progress))


class AsyncVideo(VideoState):
    """A video of an `AsyncZeroscope` client's prediction; see `Video`."""

    _driver: AsyncDriver | None

    async def read(self) -> bytes:
        """Download the video into memory; see `Video.read`."""
        from ._flows import download

        driver: AsyncDriver = self._require_driver()
        return await driver.run(download.read(driver.sender, self))

    async def save(
        self, path: str | PathLike[str], *, overwrite: bool = False, on_progress: OnProgress | None = None
    ) -> Path:
        """Download the video into a file; see `Video.save`."""
        from ._flows import download

        driver: AsyncDriver = self._require_driver()
        return await driver.run(download.save(driver.sender, self, path, overwrite, on_progress))
