"""The log of the model: the seed, then a progress bar as tqdm draws it."""

from __future__ import annotations

from functools import lru_cache

_WIDTH = 10
_EIGHTHS = " ▏▎▍▌▋▊▉"


def log_text(seed: int, total: int, rate: float, number: int) -> str:
    """The first lines of the log.

    Args:
        seed: The seed in use, named in the first line.
        total: Where the progress bar ends, in steps.
        rate: Steps per second.
        number: How many lines.
    """
    return f"Using seed: {seed}\n{_progress(total, rate, number - 1)}" if number else ""


@lru_cache(maxsize=256)
def _progress(total: int, rate: float, number: int) -> str:
    # Every poll needs the same text, and equal inputs share it.
    return "".join(f"{progress_line(total, rate, done)}\n" for done in range(number))


def progress_line(total: int, rate: float, done: int) -> str:
    """One line of the progress bar, as tqdm draws it in ten columns.

    Example:
        >>> progress_line(50, 15.8, 19)
        ' 38%|███▊      | 19/50 [00:01<00:01, 15.8it/s]'
    """
    eighths = done * _WIDTH * 8 // total
    bar = ("█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")).ljust(_WIDTH)
    if done:
        speed = f"{rate:.1f}it/s" if rate >= 1 else f"{1 / rate:.1f}s/it"
        times = f"{_duration(done / rate)}<{_duration((total - done) / rate)}, {speed}"
    else:
        times = "00:00<?, ?it/s"
    return f"{done * 100 // total:3d}%|{bar}| {done}/{total} [{times}]"


def _duration(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute:02d}:{second:02d}"
