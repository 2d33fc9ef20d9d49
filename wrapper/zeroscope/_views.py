"""Views of predictions and their videos in notebooks, as HTML."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from . import _html, notebook
from ._drivers.in_process import Reader, in_process_reader, read_within
from ._numbers import is_number
from ._text import excerpt
from .state import PredictionState, retention_seconds
from .video_state import VideoState

# The schemes that a browser plays; a link of another scheme may be a script.
_PLAYABLE = re.compile("(?:https?|data):", re.IGNORECASE)
_LOOPBACK = re.compile(r"https?://(?:localhost|127\.[\d.]+|\[::1\])(?:[:/]|$)", re.IGNORECASE)
_DATA = "data:"
# How long a view waits for all videos of a mock server in this process to be rendered, in real seconds.
_RENDER_TIMEOUT = 2.0
# The most videos of one view, and the most fields of an input; a view stands in the notebook's file.
_MAX_VIDEOS = 50
_MAX_FIELDS = 50


def keep_in_kernel(video: VideoState, content: bytes) -> None:
    """Keep what was downloaded of a video if this is a kernel, which may show it; other programs would waste memory."""
    if len(content) <= notebook.EMBED_LIMIT and notebook.in_kernel():
        video._copy.content = content


def show_videos(videos: Sequence[VideoState]) -> str:
    """Return videos as players: embedded if they are on this machine or made in this process, else by their URL."""
    try:
        return _players(videos) or _html.note("no videos")
    except Exception:
        # A view must not fail, whatever the service sent.
        return "".join(f"<div>{_html.code(repr(video))}</div>" for video in videos)


def show_prediction(prediction: PredictionState, videos: Sequence[VideoState]) -> str:
    """Return a prediction: its status, progress, times, input, error and videos."""
    try:
        return _details(prediction) + (_players(videos) if videos else "")
    except Exception:
        return _html.code(repr(prediction))


def _players(videos: Sequence[VideoState]) -> str:
    shown = videos[:_MAX_VIDEOS]
    contents: dict[str, bytes | None] = {}
    readers: dict[str, Reader] = {}
    for video in shown:
        if (content := _local_content(video)) is not None:
            contents[video.url] = content
            continue
        reader = in_process_reader(video._driver, video.url) if _is_address(video) and not _is_gone(video) else None
        if reader is not None:
            readers[video.url] = reader
    rendered = read_within(readers, _RENDER_TIMEOUT) if readers else {}
    for video in shown:
        # Kept, so that the next view is not rendered anew.
        if (content := rendered.get(video.url)) is not None and len(content) <= notebook.EMBED_LIMIT:
            video._copy.content = content
    contents |= rendered
    left, players = notebook.EMBED_LIMIT, []
    for video in shown:
        size = _embedded_size(video, contents.get(video.url))
        players.append(_player(video, contents, left))
        left -= size if size <= left else 0
    more = len(videos) - len(shown)
    return "".join(players) + (f"<div>{_html.note(f'and {more} more')}</div>" if more > 0 else "")


def _player(video: VideoState, contents: Mapping[str, bytes | None], left: int) -> str:
    """Return one player, or a message; `left` is how many bytes the view may still embed."""
    if not _PLAYABLE.match(video.url):
        return _html.code(repr(video))
    content = contents.get(video.url)
    size = _embedded_size(video, content)
    if content is not None and size <= left:
        source = f"data:video/mp4;base64,{base64.b64encode(content).decode()}"
        return _html.player(source, f"{video.name}, embedded ({_size(size)})")
    if not _is_address(video):
        return _html.player(video.url, f"{video.name}, embedded") if size <= left else _too_large(video, size)
    is_gone, is_in_process = _is_gone(video), in_process_reader(video._driver, video.url) is not None
    if content is not None and (is_gone or is_in_process):
        return _too_large(video, size)
    if content is None and video.url in contents:
        return _html.message(repr(video), "the mock server no longer has this file")
    if is_gone:
        return _html.message(
            repr(video),
            f"no longer exists: the service keeps videos for {retention_seconds() / 60:.0f} minutes; save them in time",
        )
    if is_in_process:
        return _html.message(repr(video), "is still being rendered; show it again, or save it")
    if len(video.url) > _html.MAX_URL:
        return _html.message(repr(video), "has a URL that is too long for a browser; save it")
    until = _end_of_retention(video)
    known = "" if until is None else f", plays until {datetime.fromtimestamp(until, UTC):%H:%M} UTC; save it to keep it"
    return _html.player(video.url, video.name + known)


def _embedded_size(video: VideoState, content: bytes | None) -> int:
    """Return how many bytes of video a view embeds if it shows this one embedded."""
    if content is not None:
        return len(content)
    return 0 if _is_address(video) else len(video.url) * 3 // 4


def _details(prediction: PredictionState) -> str:
    progress = prediction.progress
    shown = progress is not None and not prediction.done
    status = [_html.escape(excerpt(prediction.status))]
    if progress is not None and shown:
        status = [_html.bar(progress.current, progress.total), *status, f"{progress.current}/{progress.total}"]
    times = {"created": prediction.created_at, "started": prediction.started_at, "ended": prediction.completed_at}
    moments = ", ".join(f"{name} {moment:%Y-%m-%d %H:%M:%S %Z}" for name, moment in times.items() if moment)
    seconds = prediction.metrics.get("predict_time")
    ran = f", ran for {seconds:.1f} s" if is_number(seconds, maximum=1e9) else ""
    removed = _html.note("removed by the service") if prediction.data_removed else ""
    rows = [
        ("prediction", f"{_html.code(prediction.id)} {_html.link(prediction.urls.get('web'), 'web page')}"),
        ("status", " ".join(status)),
        ("error", _html.clip(prediction.error or "")),
        ("times", _html.escape(moments + ran)),
        ("model", _html.code(prediction.model) if prediction.model else ""),
        ("seed", str(prediction.seed) if prediction.seed is not None else ""),
        ("input", _input(prediction.input) or removed),
    ]
    return _html.table(rows)


def _input(input: Mapping[str, Any]) -> str:
    fields = [(excerpt(str(name)), _value(value)) for name, value in islice(input.items(), _MAX_FIELDS)]
    more = len(input) - len(fields)
    return _html.table([*fields, ("…", f"and {more} more" if more else "")])


def _value(value: Any) -> str:
    is_text = isinstance(value, str) and not value.isspace() and value
    return _html.escape(excerpt(value, 1000)) if is_text else _html.code(repr(value))


def _local_content(video: VideoState) -> bytes | None:
    """Return the bytes of a video that is on this machine and may be embedded."""
    copy = video._copy
    if copy.content is not None:
        return copy.content
    try:
        if copy.path is not None and 0 < copy.path.stat().st_size <= notebook.EMBED_LIMIT:
            return copy.path.read_bytes()
    except OSError:
        # It was moved or removed since.
        pass
    return None


def _is_address(video: VideoState) -> bool:
    return bool(_PLAYABLE.match(video.url)) and video.url[: len(_DATA)].lower() != _DATA


def _is_gone(video: VideoState) -> bool:
    """Whether the service has removed the video, as far as is known without a request."""
    if video.prediction is not None and video.prediction.data_removed:
        return True
    until = _end_of_retention(video)
    now = time.time() if video._driver is None else video._driver.clock.time()
    return until is not None and now >= until


def _end_of_retention(video: VideoState) -> float | None:
    ended = None if video.prediction is None else video.prediction.completed_at
    # A mock server on this machine may have a clock of its own, which this one cannot be compared with.
    if _LOOPBACK.match(video.url):
        return None
    return None if ended is None else ended.timestamp() + retention_seconds()


def _too_large(video: VideoState, size: int) -> str:
    limit = notebook.EMBED_LIMIT
    problem = "is too large to embed" + (" beside the others" if size <= limit else "")
    advice = f"save it, or raise zeroscope.notebook.EMBED_LIMIT from {_size(limit)}"
    return _html.message(repr(video), f"{problem} ({_size(size)}); {advice}")


def _size(size: int) -> str:
    return f"{size / 1024**2:.1f} MB" if size >= 1024**2 else f"{size / 1024:.0f} kB"
