"""Files in an input: the accepted forms, the requests, and the refusals."""

from __future__ import annotations

import array
import base64
import gzip
import hashlib
import io
import json
import os
import tempfile
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import BASE_URL, TOKEN, Harness, ScriptedResponses, prediction_body
from zeroscope import InvalidInputError
from zeroscope._flows.create import fingerprint, prepare
from zeroscope._service import spec as _spec
from zeroscope_mock import MockServer
from zeroscope_mock.server import TOKEN as MOCK_TOKEN

FIELDS = _spec.spec()["components"]["schemas"]["PredictionInput"]["properties"]
(FIELD,) = (name for name, field in FIELDS.items() if field.get("format") == "uri")
LIMITS = _spec.spec()["info"]["x-replicate"]
INLINE, MOST = LIMITS["data-uri-bytes"], LIMITS["file-bytes"]

STORED = f"{BASE_URL}/files/abc"
MP4 = b"\0\0\0\x18ftypmp42"


def stored(url: Any = STORED) -> httpx.Response:
    """The answer to an upload."""
    return httpx.Response(201, json={"id": "abc", "urls": {"get": url}})


def created() -> httpx.Response:
    """The answer to a create."""
    return httpx.Response(201, json=prediction_body())


def create(harness: Harness, given: Any, *uploads: Any, **input: Any) -> tuple[ScriptedResponses, Any]:
    """Create a prediction with a file, and return the requests and the URL that was sent in its place."""
    script = ScriptedResponses(*uploads, created())
    harness.do(harness.client(script).predictions.create, {FIELD: given, **input})
    return script, json.loads(script.requests[-1].content)["input"][FIELD]


def faults(harness: Harness, given: Any, **input: Any) -> dict[str, tuple[str, str]]:
    """The faults that a create with a file finds, by field, having made sure that nothing was sent."""
    script = ScriptedResponses(stored(), created())
    with pytest.raises(InvalidInputError) as caught:
        harness.do(harness.client(script).predictions.create, {FIELD: given, **input})
    assert script.requests == []
    return {fault.field: (fault.type, fault.description) for fault in caught.value.invalid_fields}


def refusal(harness: Harness, given: Any) -> str:
    """Why a file is refused."""
    found = faults(harness, given)
    assert set(found) == {f"input.{FIELD}"}
    return found[f"input.{FIELD}"][1]


def inline(data: bytes, media_type: str = "video/mp4") -> str:
    """The data URI of some bytes."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


class Pipe:
    """A stream that can be read once, a little at a time, and has nothing but `read`."""

    def __init__(self, data: bytes, step: int = 70_000) -> None:
        self.data = io.BytesIO(data)
        self.step = step
        self.taken = 0

    def read(self, size: int = -1, /) -> bytes:
        chunk = self.data.read(min(size, self.step))
        self.taken += len(chunk)
        return chunk


class AsyncFile:
    """A file as aiofiles, anyio, trio and Starlette open it."""

    async def read(self, size: int = -1, /) -> bytes:
        """Never called."""
        raise AssertionError(size)


def text_path(path: Path) -> str:
    return str(path)


def a_path(path: Path) -> Path:
    return path


def bytes_of(path: Path) -> bytes:
    return path.read_bytes()


def bytearray_of(path: Path) -> bytearray:
    return bytearray(path.read_bytes())


def memoryview_of(path: Path) -> memoryview:
    return memoryview(path.read_bytes())


def bytes_io(path: Path) -> io.BytesIO:
    return io.BytesIO(path.read_bytes())


def pipe(path: Path) -> Pipe:
    return Pipe(path.read_bytes())


def open_file(path: Path) -> Any:
    return path.open("rb")


def unbuffered_file(path: Path) -> Any:
    return path.open("rb", buffering=0)


FORMS: list[Callable[[Path], Any]] = [
    text_path,
    a_path,
    bytes_of,
    bytearray_of,
    memoryview_of,
    bytes_io,
    pipe,
    open_file,
    unbuffered_file,
]
NAMED = {text_path, a_path, open_file, unbuffered_file}


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A small file."""
    path = tmp_path / "draft.mp4"
    path.write_bytes(MP4 + b"small")
    return path


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file one byte too large for an input."""
    path = tmp_path / "large.dat"
    path.write_bytes(MP4 + os.urandom(INLINE + 1 - len(MP4)))
    return path


@pytest.mark.parametrize(
    "url",
    [
        "https://example.test/a.mp4",
        "http://example.test/a.mp4",
        "HTTPS://example.test/a.mp4",
        "data:video/mp4;base64,AAAA",
        "data:,",
    ],
)
def test_url__is_sent_as_it_is(harness: Harness, url: str) -> None:
    """A string that begins with a scheme is not a path."""
    script, sent = create(harness, url)
    assert sent == url and script.lines == ["POST /v1/predictions"]


@pytest.mark.parametrize("form", FORMS)
def test_small_file__goes_into_the_input(harness: Harness, draft: Path, form: Callable[[Path], Any]) -> None:
    """Whatever a small file is given as, its bytes are sent in a data URI, and nothing is uploaded."""
    given = form(draft)
    script, sent = create(harness, given)
    assert sent == inline(draft.read_bytes()) and script.lines == ["POST /v1/predictions"]
    if hasattr(given, "close"):
        given.close()


@pytest.mark.parametrize("form", FORMS)
def test_large_file__is_uploaded_first(harness: Harness, large: Path, form: Callable[[Path], Any]) -> None:
    """Whatever a large file is given as, its bytes, name and type are uploaded, and the URL in the answer is sent."""
    given = form(large)
    script, sent = create(harness, given, stored())
    assert sent == STORED and script.lines == ["POST /v1/files", "POST /v1/predictions"]
    body = script.requests[0].content
    name = b"large.dat" if form in NAMED else f"{FIELD}.mp4".encode()
    head = b'name="content"; filename="' + name + b'"\r\nContent-Type: video/mp4\r\n\r\n'
    assert head + large.read_bytes() + b"\r\n--" in body
    for field, value in ((b"filename", name), (b"type", b"video/mp4")):
        assert b'name="' + field + b'"\r\nContent-Type: text/plain\r\n\r\n' + value + b"\r\n" in body
    if hasattr(given, "close"):
        given.close()


@pytest.mark.parametrize(("size", "requests"), [(1, 1), (INLINE - 1, 1), (INLINE, 1), (INLINE + 1, 2)])
def test_size__decides_at_its_edge(harness: Harness, size: int, requests: int) -> None:
    """A file of as many bytes as a data URI may hold goes into the input, one more is uploaded."""
    script, sent = create(harness, b"x" * size, *[stored()] * (requests - 1))
    assert len(script.requests) == requests
    assert sent == (STORED if requests == 2 else inline(b"x" * size, "application/octet-stream"))


@pytest.mark.parametrize("form", [text_path, bytes_of, bytes_io, pipe])
@pytest.mark.parametrize("beyond", [0, 1])
def test_largest_size__holds_at_its_edge(
    harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Callable[[Path], Any], beyond: int
) -> None:
    """A file of as many bytes as may be uploaded is, one more is refused, in every form."""
    monkeypatch.setitem(LIMITS, "file-bytes", INLINE + 1000)
    path = tmp_path / "edge.mp4"
    path.write_bytes(b"x" * (INLINE + 1000 + beyond))
    if beyond:
        message = refusal(harness, form(path))
        assert str(INLINE + 1000) in message and message.endswith("put it on the web and pass its URL")
    else:
        assert create(harness, form(path), stored())[1] == STORED


def test_file__that_is_too_large_is_not_read(harness: Harness, tmp_path: Path) -> None:
    """Of a file on disk, and of one that is open, the size alone is looked at."""
    path = tmp_path / "huge.mp4"
    with path.open("wb") as file:
        file.truncate(MOST + 1)
    with path.open("rb") as file:
        tracemalloc.start()
        for given in (path, str(path), file):
            assert f"has {MOST + 1} bytes, more than the {MOST} that can be uploaded" in refusal(harness, given)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert file.tell() == 0
    assert peak < MOST / 10


def test_stream__without_an_end_is_left(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream is read up to the largest size and one byte more, which is enough to refuse it."""
    monkeypatch.setitem(LIMITS, "file-bytes", 3_000_000)
    endless = Pipe(b"x" * 9_000_000, step=2**30)
    assert "has more than the 3000000 bytes" in refusal(harness, endless)
    assert endless.taken == 3_000_001


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("a.mp4", b"anything", "video/mp4"),
        ("a.MP4", b"anything", "video/mp4"),
        ("a.webm", b"anything", "video/webm"),
        ("a.gif", b"anything", "image/gif"),
        ("a.bin", MP4, "video/mp4"),
        ("a", MP4, "video/mp4"),
        ("a.mp4", b"\0\0\0\x14ftypqt  ", "video/quicktime"),
        ("a", b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "video/webm"),
        ("a", b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", "video/x-matroska"),
        ("a", b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
        ("a", b"RIFF\0\0\0\0WAVEfmt ", "application/octet-stream"),
        ("a.unheard-of", b"anything", "application/octet-stream"),
        ("a.mp4.gz", b"anything", "application/octet-stream"),
        ("mp4", b"anything", "application/octet-stream"),
    ],
)
def test_media_type__is_that_of_the_content_else_of_the_name(
    harness: Harness, tmp_path: Path, name: str, data: bytes, media_type: str
) -> None:
    """The first bytes tell the type, else the ending of the name, and else it is any."""
    path = tmp_path / name
    path.write_bytes(data)
    assert create(harness, path)[1] == inline(data, media_type)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("Küste 灯台.mp4", "Küste 灯台.mp4"),
        ('a"b.mp4', "a%22b.mp4"),
        ("a\r\nb.mp4", "a%0D%0Ab.mp4"),
        (os.fsdecode(b"\xff.mp4"), "?.mp4"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_name__that_is_unusual_is_sent_safely(harness: Harness, tmp_path: Path, name: str, sent: str) -> None:
    """No file name breaks out of its header or cannot be written."""
    path = tmp_path / name
    path.write_bytes(b"x" * (INLINE + 1))
    script, _ = create(harness, path, stored())
    assert f'name="content"; filename="{sent}"\r\n'.encode() in script.requests[0].content


def test_name__of_a_descriptor_is_none(harness: Harness, large: Path) -> None:
    """An open file that has no name but a number, or one such as <stdin>, is named after its field."""
    named_stdin = bytes_io(large)
    named_stdin.name = "<stdin>"
    with os.fdopen(os.open(large, os.O_RDONLY), "rb") as numbered:
        for file in (named_stdin, numbered):
            script, _ = create(harness, file, stored())
            assert f'filename="{FIELD}.mp4"'.encode() in script.requests[0].content


def test_open_file__is_read_from_where_it_stands_and_put_back(harness: Harness, draft: Path) -> None:
    """What was read before is left out; afterwards the file is open and stands where it stood."""
    with draft.open("rb") as file:
        file.seek(3)
        assert create(harness, file)[1] == create(harness, file)[1] == inline(draft.read_bytes()[3:])
        assert file.tell() == 3


def test_open_file__is_put_back_even_if_refused(harness: Harness, draft: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is too large, or that comes with another fault, stands where it stood."""
    with draft.open("rb") as file:
        file.seek(3)
        assert set(faults(harness, file, width=1)) == {"input.width"}
        assert file.tell() == 3
        left = len(draft.read_bytes()) - 3
        monkeypatch.setitem(LIMITS, "file-bytes", left - 1)
        assert f"has {left} bytes" in refusal(harness, file)
        monkeypatch.setitem(LIMITS, "file-bytes", left)
        create(harness, file)
        assert file.tell() == 3 and not file.closed


def test_open_file__of_any_library_will_do(harness: Harness, tmp_path: Path) -> None:
    """Temporary files, and files that unpack while they are read, work like others."""
    with tempfile.NamedTemporaryFile() as named, tempfile.SpooledTemporaryFile() as spooled:
        for file in (named, spooled):
            file.write(MP4)
            file.seek(0)
            assert create(harness, file)[1] == inline(MP4)
    with gzip.open(tmp_path / "a.gz", "wb") as packed:
        packed.write(MP4)
    with gzip.open(tmp_path / "a.gz", "rb") as unpacked:
        assert create(harness, unpacked)[1] == inline(MP4)


def test_memoryview__is_taken_by_its_bytes(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The length of a view of larger numbers is the number of its bytes, not of its numbers."""
    numbers = array.array("I", range(INLINE // array.array("I").itemsize + 1))
    script, sent = create(harness, memoryview(numbers), stored())
    assert sent == STORED and numbers.tobytes() in script.requests[0].content
    size = len(numbers.tobytes())
    monkeypatch.setitem(LIMITS, "file-bytes", size - 1)
    assert f"has {size} bytes, more than the {size - 1} that" in refusal(harness, memoryview(numbers))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
def test_path__may_be_that_of_a_pipe(harness: Harness, tmp_path: Path) -> None:
    """What a shell puts in place of a process is read like a file, and only once."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    # Opening it waits for the reader, and that one for the writer.
    writer = threading.Thread(target=path.write_bytes, args=(MP4,))
    writer.start()
    assert create(harness, path)[1] == inline(MP4)
    writer.join()
    with pytest.raises(InvalidInputError, match="can be read only once"):
        fingerprint("v", {FIELD: path}, {})


NO_FILE = "cannot be read: there is no such file, check the path"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("nowhere.mp4", f"'nowhere.mp4' {NO_FILE}; did you mean a URL, which begins with https://?"),
        ("example.test/a.mp4", f"'example.test/a.mp4' {NO_FILE}; did you mean a URL, which begins with https://?"),
        (Path("nowhere.mp4"), f"'nowhere.mp4' {NO_FILE}"),
        ("", f"'' {NO_FILE}; did you mean a URL, which begins with https://?"),
        ("C:\\nowhere.mp4", f"'C:\\\\nowhere.mp4' {NO_FILE}; did you mean a URL"),
        ("c:/nowhere.mp4", f"'c:/nowhere.mp4' {NO_FILE}; did you mean a URL"),
        (".", "'.' is a folder; name a file in it"),
        ("a\0b", "'a\\x00b' cannot be read: "),
        ("x" * 5000, "'" + "x" * 296 + "... cannot be read: "),
        (
            "file:///tmp/a.mp4",
            "'file:///tmp/a.mp4' is a URL for this machine only, which the service cannot read; pass",
        ),
        ("FILE:a.mp4", "'FILE:a.mp4' is a URL for this machine only"),
        ("https://not a url", "'https://not a url' is not a uri"),
        *(
            (f"{scheme}bucket/a.mp4", f"has the scheme {scheme.partition(':')[0]}, but the service fetches only http")
            for scheme in ("s3://", "gs://", "ftp://", "S3://", "blob:https://x.test/", "about:", "urn:", "a+b:")
        ),
        (memoryview(b"abcdef")[::2], "this memoryview object is not contiguous in memory; pass its content as bytes("),
        (memoryview(b"abcdef")[::-1], "this memoryview object is not contiguous in memory"),
        (AsyncFile(), "this AsyncFile object is read with await; pass the bytes that its read() returns"),
        (b"", "this bytes object is empty"),
        (bytearray(), "this bytearray object is empty"),
        (memoryview(b""), "this memoryview object is empty"),
        (Pipe(b""), "this Pipe object is empty"),
        (
            io.BytesIO(),
            "this BytesIO object has nothing left to read; is it empty, or should it be rewound with seek(0)?",
        ),
        (io.StringIO("text"), "this StringIO object was opened as text; open it with mode 'rb'"),
        (5, "5 is not a URL, a path, bytes or an open binary file"),
        (True, "True is not a URL, a path, bytes or an open binary file"),
        (["a.mp4"], "['a.mp4'] is not a URL, a path, bytes or an open binary file"),
        (None, "None is not a URL, a path, bytes or an open binary file; leave it out for the default"),
    ],
)
def test_refused__is_named_with_the_reason(
    harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: Any, message: str
) -> None:
    """What is no file that can be sent is refused before anything is, by name and with what to do."""
    monkeypatch.chdir(tmp_path)
    found = refusal(harness, given)
    assert message in found and ("did you mean" in found) == ("did you mean" in message)


def test_refused__is_a_file_that_cannot_be_read_as_bytes(harness: Harness, draft: Path) -> None:
    """Text files, closed ones, those for writing and strange ones are refused with the reason."""
    with draft.open() as text, tempfile.NamedTemporaryFile("w+") as wrapped:
        for file in (text, wrapped):
            assert "was opened as text; open it with mode 'rb'" in refusal(harness, file)
    assert refusal(harness, text).endswith("was opened as text; open it with mode 'rb'")
    with draft.open("ab") as writing:
        assert refusal(harness, writing) == (
            "the open file 'draft.mp4' was opened for writing only; open it with mode 'rb'"
        )
    with draft.open("rb") as closed:
        pass
    assert "'draft.mp4' cannot be read: " in refusal(harness, closed) and "closed file" in refusal(harness, closed)
    with draft.open("rb") as ended:
        ended.read()
        assert "should it be rewound with seek(0)?" in refusal(harness, ended)
    for chunk, message in (("text", "was opened as text"), (None, "gave None instead of bytes when it was read")):
        strange: Any = Pipe(b"")
        strange.read = lambda size, chunk=chunk: chunk
        assert f"this Pipe object {message}" in refusal(harness, strange)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_refused__is_a_file_that_may_not_be_read(harness: Harness, ordinary: Path) -> None:
    """A file without the right to read it is refused before anything is sent."""
    draft = ordinary / "draft.mp4"
    draft.write_bytes(MP4)
    draft.chmod(0)
    assert "cannot be read: Permission denied" in refusal(harness, draft)


def test_refused__is_a_file_that_goes_away_meanwhile(harness: Harness, draft: Path) -> None:
    """A file that has changed for the worse between the check and the reading is refused all the same."""
    client = harness.client(ScriptedResponses(created()))
    for change, message in (
        (lambda: draft.write_bytes(b""), "is empty"),
        (draft.unlink, "cannot be read: No such file"),
    ):
        draft.write_bytes(MP4)
        flow = prepare(client._sender, "v", {FIELD: draft}, {})
        checked: Any = next(flow)
        reading: Any = flow.send(checked.function())
        change()
        with pytest.raises(InvalidInputError, match=message):
            reading.function()


def test_content__is_never_shown(harness: Harness) -> None:
    """A message about bytes does not quote them, wherever they stand."""
    secret = b"private-content"
    for input in ({"prompt": secret}, {"prompt": bytearray(secret)}, {FIELD: memoryview(secret), "width": 1}):
        with pytest.raises(InvalidInputError) as caught:
            harness.do(harness.client(ScriptedResponses(created())).predictions.create, input)
        assert "private" not in str(caught.value)


def test_faults__of_files_and_of_the_rest_come_together(harness: Harness) -> None:
    """One error lists the file that is missing along with everything else."""
    script = ScriptedResponses(created())
    create = harness.client(script).predictions.create
    input = {FIELD: "nowhere.mp4", "width": 1, "promt": "x"}
    with pytest.raises(InvalidInputError) as caught:
        harness.do(create, input, deadline=1, prefer_wait=99, extra_input={"motion": object()})
    fields = [fault.field for fault in caught.value.invalid_fields]
    assert fields == ["deadline", f"input.{FIELD}", "input.motion", "input.promt", "input.width", "prefer_wait"]
    assert script.requests == []


def test_fault_elsewhere__leaves_the_file_alone(harness: Harness) -> None:
    """Where another field is wrong nothing is uploaded, and a stream that can be read only once is not read."""
    given = Pipe(b"x" * (INLINE + 1))
    assert set(faults(harness, given, width=1)) == {"input.width"}
    assert given.taken == 0


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(401, json={"detail": "no"}), zeroscope.AuthenticationError),
        (httpx.Response(413, html="<p>too large"), zeroscope.APIError),
        (httpx.Response(422, json={"detail": "no"}), zeroscope.ValidationError),
        (httpx.Response(503), zeroscope.ServerError),
        (httpx.ReadTimeout("slow"), zeroscope.TransportError),
        (httpx.Response(201, json={"id": "abc"}), zeroscope.MalformedResponseError),
        (httpx.Response(201, json={"id": "abc", "urls": {"get": 5}}), zeroscope.MalformedResponseError),
        (httpx.Response(201, json={"id": "abc", "urls": {"get": ""}}), zeroscope.MalformedResponseError),
        (httpx.Response(201, json={"id": "abc", "urls": {"get": "files/abc"}}), zeroscope.MalformedResponseError),
        (httpx.Response(201, html="<p>"), zeroscope.MalformedResponseError),
        (httpx.Response(200, json=[]), zeroscope.MalformedResponseError),
    ],
)
def test_upload__that_fails_creates_nothing(harness: Harness, large: Path, answer: Any, error: type[Exception]) -> None:
    """Without the file's URL no prediction is created, and the error says so."""
    script = ScriptedResponses(answer)
    with pytest.raises(error) as caught:
        harness.do(harness.client(script).run, **{FIELD: large})
    assert set(script.lines) == {"POST /v1/files"}
    assert caught.value.__notes__ == [f"The file of input.{FIELD} was not uploaded, so no prediction was created."]


@pytest.mark.parametrize(
    "trouble",
    [httpx.Response(503), httpx.Response(429), httpx.ReadError("reset"), httpx.WriteTimeout("slow"), stored(5)],
)
@pytest.mark.parametrize("form", [a_path, pipe])
def test_upload__is_repeated_after_passing_trouble(
    harness: Harness, large: Path, trouble: Any, form: Callable[[Path], Any]
) -> None:
    """Sending a file again costs nothing: it is sent again whole, even where it could be read only once."""
    script, sent = create(harness, form(large), trouble, stored())
    assert script.lines == ["POST /v1/files", "POST /v1/files", "POST /v1/predictions"] and sent == STORED
    assert all(large.read_bytes() in request.content for request in script.requests[:2])
    assert len(harness.clock.sleeps) == 1


def test_upload__is_not_repeated_without_retries(harness: Harness, large: Path) -> None:
    """Who has switched retries off gets the first error."""
    script = ScriptedResponses(httpx.Response(503), stored(), created())
    with pytest.raises(zeroscope.ServerError):
        harness.do(harness.client(script, retry=None).predictions.create, {FIELD: large})
    assert script.lines == ["POST /v1/files"]


def test_create__that_is_repeated_uploads_once(harness: Harness, large: Path) -> None:
    """A create that the service was too busy for is sent again with the file that it has."""
    script = ScriptedResponses(stored(), httpx.Response(429), created())
    harness.do(harness.client(script).predictions.create, {FIELD: large})
    assert script.lines == ["POST /v1/files", "POST /v1/predictions", "POST /v1/predictions"]


def test_token__goes_with_the_upload_and_nowhere_else(harness: Harness, large: Path) -> None:
    """The token is in a header for the service alone; no redirect is followed, and no URL visited."""
    script, sent = create(harness, large, stored("https://elsewhere.test/abc"))
    assert sent == "https://elsewhere.test/abc"
    assert [request.url.host for request in script.requests] == [httpx.URL(BASE_URL).host] * 2
    assert script.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN.encode() not in script.requests[0].content
    script = ScriptedResponses(httpx.Response(307, headers={"location": f"https://elsewhere.test/{TOKEN}"}))
    with pytest.raises(zeroscope.APIError) as caught:
        harness.do(harness.client(script).predictions.create, {FIELD: large})
    assert len(script.requests) == 1
    assert isinstance(caught.value, zeroscope.APIError) and TOKEN not in repr(caught.value.headers)


def test_mock_server__gets_the_file_and_gives_it_back(harness: Harness, large: Path) -> None:
    """From end to end: the prediction names the file's URL, which describes the file to those who have the token."""
    server = MockServer()
    client: Any = server.client() if harness.kind == "sync" else server.async_client()
    (video,) = harness.do(client.run, **{FIELD: large, "prompt": "a lighthouse"})
    assert harness.do(video.read)[4:8] == b"ftyp"
    assert [exchange.operation for exchange in server.journal][:2] == ["createFile", "createPrediction"]
    url = video.prediction.input[FIELD]
    with httpx.Client(transport=server.transport) as http:
        assert http.get(url).status_code == 401
        file = http.get(url, headers={"Authorization": f"Bearer {MOCK_TOKEN}"}).json()
    assert file["checksums"]["sha256"] == hashlib.sha256(large.read_bytes()).hexdigest()
    assert (file["size"], file["content_type"]) == (large.stat().st_size, "video/mp4")
    small = harness.do(client.predictions.create, {FIELD: MP4})
    assert small.input[FIELD] == inline(MP4)


@pytest.mark.parametrize("form", [form for form in FORMS if form is not pipe])
def test_description__is_that_of_the_content(large: Path, form: Callable[[Path], Any]) -> None:
    """A file is described as JSON by what is in it, whatever it was given as, and can be read afterwards."""
    given = form(large)
    first, second = (
        fingerprint("v", {FIELD: given, "prompt": "x"}, {"prefer_wait": 5, "deadline": 90}) for _ in range(2)
    )
    for described in (first, second):
        digest = described["input"][FIELD]
        assert digest["size"] == INLINE + 1 and len(digest["sha256"]) == 64
        assert described == json.loads(json.dumps(described))
        assert described == fingerprint("v", {FIELD: large, "prompt": "x"}, {"deadline": 90.0})
    assert first != fingerprint("v", {FIELD: large.read_bytes()[1:], "prompt": "x"}, {"deadline": 90})
    if hasattr(given, "close"):
        given.close()


def test_description__needs_what_can_be_sent_afterwards(large: Path) -> None:
    """What cannot be sent, or be read only once, cannot be described."""
    with pytest.raises(InvalidInputError, match=r"can be read only once.*pass it as bytes"):
        fingerprint("v", {FIELD: pipe(large)}, {})
    with pytest.raises(InvalidInputError) as caught:
        fingerprint("v", {FIELD: "nowhere.mp4", "width": 1}, {})
    assert len(caught.value.invalid_fields) == 2
