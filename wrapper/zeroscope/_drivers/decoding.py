"""Decoders of compressed bodies, which return them in pieces of bounded size.

httpx decodes each chunk as a whole, so that a few kilobytes from a hostile server can fill the memory.
"""

from __future__ import annotations

import zlib

import httpx

# The largest piece that is decoded at once, in bytes.
_PIECE_LENGTH = 256 * 1024
# Encodings that change nothing, as servers and object stores send them (observed).
_IDENTITY = frozenset({"", "identity", "none", "utf-8", "binary", "aws-chunked"})
_GZIP = frozenset({"gzip", "x-gzip"})


class GzipDecoder:
    """Decodes a body compressed with gzip."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        self._input = b""
        self._is_empty = True

    def feed(self, chunk: bytes) -> None:
        """Add the next bytes of the body as they were sent."""
        self._input += chunk
        self._is_empty = self._is_empty and not chunk

    def decode(self) -> bytes:
        """Return the next piece of the decoded body; nothing if more input is needed."""
        while self._input:
            if self._inflate.eof:
                # Another member follows, perhaps after padding: the files may be concatenated.
                self._input = self._input.lstrip(b"\0")
                if not self._input:
                    break
                self._inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            try:
                piece = self._inflate.decompress(self._input, _PIECE_LENGTH)
            except zlib.error as error:
                raise httpx.DecodingError(f"it is not compressed with gzip, as its header says: {error}") from error
            self._input = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
            if piece:
                return piece
        return b""

    def finish(self) -> None:
        """Raise an error if the body ended too early; one without a byte has nothing to decode."""
        if not self._inflate.eof and not self._is_empty:
            raise httpx.RemoteProtocolError("the compressed body was cut short")


class UnsupportedDecoder(GzipDecoder):
    """Refuses a body in an encoding that was not asked for."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    def decode(self) -> bytes:
        """Raise an error once there is a body."""
        if self._input:
            raise httpx.DecodingError(f"it is compressed with {self._encoding!r:.40}, which was not asked for")
        return b""

    def finish(self) -> None:
        """Accept an empty body."""


def decoder_for(encoding: str) -> GzipDecoder | None:
    """Return the decoder for a Content-Encoding header; None if the body is not encoded."""
    names = [name for part in encoding.lower().split(",") if (name := part.strip()) not in _IDENTITY]
    if not names:
        return None
    return GzipDecoder() if len(names) == 1 and names[0] in _GZIP else UnsupportedDecoder(encoding)
