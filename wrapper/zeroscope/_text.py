"""Text of servers and callers, made safe for terminals and logs."""

from __future__ import annotations

import logging
import re


def escape(text: str) -> str:
    """Replace what is not printable, such as control characters, line breaks and lone surrogates, by its escape."""
    return text if text.isprintable() else "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def excerpt(text: str, length: int = 200) -> str:
    """Return the start of a string on one line, escaped."""
    line = escape(" ".join(text[: 4 * length].split()))
    if not line:
        return "an empty body"
    return line if len(line) <= length else line[: length - 1] + "…"


# A URL in quotes ends at the closing quote, and any other with a query at white space: a query may contain quotes.
# Compiled when they are first used, as few programs log.
_PIECE = r"""(?ix)
    "(?=[a-z][a-z0-9+.-]{0,30}:|\\?/) [^\s"]* (?:"(?![\s,:;.)\]}\\]|\Z)[^\s"]*)*
    | [^\s"?\#]* [?\#]\S*
    | [^\s"]+
"""
# The slashes may be escaped, as in JSON. A password may contain an @, and a user name a backslash.
_USER_INFORMATION = r"((?:\\?/){2})(?:[^\s/?#\\]|\\(?!/))*@"
_DATA = r"(?i)(\bdata:[^\s,:]*,)\S+"
_PARAMETER = r"\?[\w.%~\[\]-]{1,64}="
_CLOSING = "\"')]}>,.;:"


def without_secrets(text: str) -> str:
    """Return a text without what may be a secret in its URLs.

    That is the user information, the query, which signs the URLs of some files, a fragment with parameters, and the
    content of a data URI. The time is proportional to the length of the text.
    """
    return re.sub(_PIECE, _clean_piece, text)


def _clean_piece(match: re.Match[str]) -> str:
    piece = re.sub(_USER_INFORMATION, r"\1", re.sub(_DATA, _hide_data, match[0]))
    start = _query_start(piece)
    return piece if start is None else _hidden(piece, start + 1)


def _hide_data(match: re.Match[str]) -> str:
    return _hidden(match[0], match.end(1) - match.start())


def _hidden(piece: str, start: int) -> str:
    """Hide a piece from an index on, except for the punctuation at its end."""
    end = len(piece.rstrip(_CLOSING))
    return piece if end <= start else f"{piece[:start]}[not shown]{piece[end:]}"


def _query_start(piece: str) -> int | None:
    """Return where the first query, or fragment with parameters, begins; a mark without a slash before it is none."""
    # Unless parameters follow it.
    slash = piece.find("/")
    marks = [] if slash < 0 else [piece.find("?", slash)]
    fragment = -1 if slash < 0 else piece.find("#", slash)
    if "=" in piece[fragment:] or "@" in piece[fragment:]:
        marks.append(fragment)
    if parameter := re.search(_PARAMETER, piece):
        marks.append(parameter.start())
    return min((mark for mark in marks if mark >= 0), default=None)


def _clean_arguments(record: logging.LogRecord) -> bool:
    # A message is hand-written; its arguments may be IDs, URLs or errors. Numbers stay as they are, for %d.
    if isinstance(record.args, tuple):
        record.args = tuple(
            each if isinstance(each, int | float) else escape(without_secrets(str(each))) for each in record.args
        )
    return True


log = logging.getLogger("zeroscope")
log.addFilter(_clean_arguments)
