"""Hostile servers, each a few lines: what they send after a request."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from helpers.client import prediction_body

WAIT = b""
"""What a server yields to send nothing for a moment."""
# How long such a moment is, in seconds.
_MOMENT = 0.05

Server: TypeAlias = Callable[[str], Iterator[bytes]]
"""What a server sends, from the first line of the request."""

JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
FILE = b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\n"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
BLOCK = b"a" * 65536


def drip(data: bytes) -> Iterator[bytes]:
    for byte in data:
        yield WAIT
        yield bytes([byte])


def forever(data: bytes) -> Iterator[bytes]:
    while True:
        yield data


def answer(body: object, status: str = "200 OK", headers: str = "") -> Iterator[bytes]:
    content = json.dumps(body).encode()
    yield (
        f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(content)}\r\n{headers}\r\n".encode() + content
    )


def silent(_: str) -> Iterator[bytes]:
    yield from forever(WAIT)


def closes(_: str) -> Iterator[bytes]:
    yield from ()


def garbage(_: str) -> Iterator[bytes]:
    yield b"\x00\xff\x80 SSH-2.0\r\n\r\n"


def head_drips(_: str) -> Iterator[bytes]:
    yield from drip(JSON + b"X-Long: " + b"a" * 100_000)


def head_never_ends(_: str) -> Iterator[bytes]:
    yield JSON
    yield from forever(b"X-Header: value\r\n")


def interim_responses(_: str) -> Iterator[bytes]:
    while True:
        yield WAIT
        yield b"HTTP/1.1 103 Early Hints\r\n\r\n"


def json_drips(_: str) -> Iterator[bytes]:
    yield JSON + b"Content-Length: 1000000\r\n\r\n"
    yield from drip(b'{"id": "' + b"a" * 1_000_000)


def json_never_ends(_: str) -> Iterator[bytes]:
    yield JSON + b'\r\n{"id": "'
    yield from forever(BLOCK)


def json_of_millions(_: str) -> Iterator[bytes]:
    start, end = b'{"id": "gm3q", "status": "processing", "results": [', b"{}]}"
    objects = b"{}," * 10_000
    yield JSON + b"Content-Length: %d\r\n\r\n" % (len(start) + 1000 * len(objects) + len(end)) + start
    yield from itertools.repeat(objects, 1000)
    yield end


def gzip_bomb(_: str) -> Iterator[bytes]:
    yield JSON + b"Content-Encoding: gzip\r\n\r\n"
    deflate = zlib.compressobj(9, wbits=31)
    yield deflate.flush(zlib.Z_FULL_FLUSH)
    # After a full flush, the same zeros are the same bytes again.
    yield from forever(deflate.compress(bytes(1_000_000)) + deflate.flush(zlib.Z_FULL_FLUSH))


def brotli(_: str) -> Iterator[bytes]:
    yield JSON + b"Content-Encoding: br\r\n\r\n"
    yield from forever(BLOCK)


def redirect_never_ends(_: str) -> Iterator[bytes]:
    yield b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n"
    yield from forever(BLOCK)


def redirects(line: str) -> Iterator[bytes]:
    yield f"HTTP/1.1 307 Moved\r\nLocation: {line.split()[1]}x\r\nContent-Length: 0\r\n\r\n".encode()


def error_page_never_ends(_: str) -> Iterator[bytes]:
    yield b"HTTP/1.1 500 No\r\nContent-Type: text/html\r\n\r\n<html>"
    yield from forever(BLOCK)


def too_many_requests(_: str) -> Iterator[bytes]:
    reset = "Retry-After: 1e11\r\nRatelimit-Remaining: 0\r\nRatelimit-Reset: 1700000000\r\n"
    yield from answer({"detail": "Expected available in 99999999 seconds."}, "429 Slow down", reset)


def page_of_html(_: str) -> Iterator[bytes]:
    page = b"<!doctype html><title>Log in</title>"
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page) + page


def file_never_ends(_: str) -> Iterator[bytes]:
    yield FILE + b"\r\n\0\0\0\x20ftypisom"
    yield from forever(BLOCK)


def file_drips(_: str) -> Iterator[bytes]:
    yield FILE + b'Content-Length: 1000000\r\nETag: "1"\r\n\r\n'
    yield from drip(b"\0\0\0\x20ftypisom" * 1_000_000)


def stream_drips(_: str) -> Iterator[bytes]:
    yield STREAM
    yield from drip(b"event: logs\nid: 1\ndata: a" * 100_000)


def stream_of_newlines(_: str) -> Iterator[bytes]:
    yield STREAM
    yield from forever(b"data\n" * 10_000)


def stream_of_ids(_: str) -> Iterator[bytes]:
    yield STREAM
    for number in itertools.count():
        yield b"".join(b"event: output\nid: %d,%d%s\ndata: a\n\n" % (number, part, BLOCK[:500]) for part in range(100))


def compressed_stream(_: str) -> Iterator[bytes]:
    yield STREAM.removesuffix(b"\r\n") + b"Content-Encoding: gzip\r\n\r\n"
    yield from forever(BLOCK)


def stream_of_lines(_: str) -> Iterator[bytes]:
    yield STREAM
    number = 0
    while True:
        number += 1
        yield b"event: logs\nid: %d\ndata: %s\n\n" % (number, BLOCK[:500])


def stream_of_comments(_: str) -> Iterator[bytes]:
    yield STREAM
    yield from forever(b": alive\n\n" * 1_000)


def stream_that_is_done(_: str) -> Iterator[bytes]:
    yield STREAM + b"event: done\ndata: {}\n\n"


def beside_polls(stream: Server) -> Server:
    """Return a server whose predictions go on for ever, with a hostile stream."""

    def serve(line: str) -> Iterator[bytes]:
        yield from stream(line) if line.startswith("GET /stream ") else answer(prediction_body("processing"))

    serve.__name__ = f"{stream.__name__}_beside_polls"
    return serve


def pages_without_end(line: str) -> Iterator[bytes]:
    yield from answer({"next": f"https://x.test/?cursor={len(line)}{'a' * (len(line) % 1000)}", "results": []})


def full_pages_without_end(line: str) -> Iterator[bytes]:
    results = [prediction_body(id=f"p{number}", created_at=None) for number in range(100)]
    yield from answer({"next": f"https://x.test/?cursor={'a' * len(line)}", "results": results})


def drips_after_the_create(line: str) -> Iterator[bytes]:
    if line.startswith("POST /predictions "):
        yield from answer(prediction_body(), "201 Created")
    else:
        yield from json_drips(line)


SERVERS: dict[str, Server] = {
    server.__name__: server
    for server in (
        silent,
        closes,
        garbage,
        head_drips,
        head_never_ends,
        interim_responses,
        json_drips,
        json_never_ends,
        json_of_millions,
        gzip_bomb,
        brotli,
        redirect_never_ends,
        redirects,
        error_page_never_ends,
        too_many_requests,
        page_of_html,
        file_never_ends,
        file_drips,
        stream_drips,
        stream_of_newlines,
        stream_of_ids,
        compressed_stream,
        pages_without_end,
        full_pages_without_end,
        drips_after_the_create,
        *map(
            beside_polls,
            (
                silent,
                closes,
                garbage,
                head_drips,
                head_never_ends,
                redirects,
                page_of_html,
                stream_drips,
                stream_of_newlines,
                stream_of_ids,
                stream_of_lines,
                stream_of_comments,
                stream_that_is_done,
                compressed_stream,
            ),
        ),
    )
}


@contextmanager
def listening(server: Server, *, reads: bool = True) -> Iterator[str]:
    """Run a hostile server, and yield its URL; it may not even read what is sent to it."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                received = b""
                while reads and b"\r\n\r\n" not in received:
                    chunk = connection.recv(65536)
                    if not chunk:
                        return
                    received += chunk
                for data in server(received.partition(b"\r\n")[0].decode()):
                    if data == WAIT:
                        ended.wait(_MOMENT)
                    else:
                        connection.sendall(data)
                    if ended.is_set():
                        return
            except OSError:
                # The client has gone.
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        # Wakes the thread that accepts.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
