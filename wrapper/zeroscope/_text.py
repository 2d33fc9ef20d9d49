"""Text of servers and callers, made safe for terminals and logs."""

from __future__ import annotations

import logging


def escape(text: str) -> str:
    """Replace what is not printable, such as control characters, line breaks and lone surrogates, by its escape."""
    return text if text.isprintable() else "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def excerpt(text: str, length: int = 200) -> str:
    """Return the start of a string on one line, escaped."""
    line = escape(" ".join(text[: 4 * length].split()))
    if not line:
        return "an empty body"
    return line if len(line) <= length else line[: length - 1] + "…"


def _escape_arguments(record: logging.LogRecord) -> bool:
    # A message is hand-written; its arguments may be IDs, URLs or errors. Numbers stay as they are, for %d.
    if isinstance(record.args, tuple):
        record.args = tuple(each if isinstance(each, int | float) else escape(str(each)) for each in record.args)
    return True


log = logging.getLogger("zeroscope")
log.addFilter(_escape_arguments)
