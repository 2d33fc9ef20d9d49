"""Downloads of outputs: retries, resumption, the token and progress."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import TOKEN, Harness, ScriptedResponses
from helpers.downloads import DATA, ETAG, URL, ChunkedBody, cut, outputs, part, video, whole
from zeroscope._steps import Open
from zeroscope_mock import MockServer

DAY = "Fri, 08 Sep 2023 16:19:34 GMT"
NEXT_DAY: dict[str, Any] = {"last-modified": "Sat, 09 Sep 2023 16:19:34 GMT"}
COMPRESSED: dict[str, Any] = {"content-encoding": "gzip"}
AT = 4000
OTHER = DATA[::-1][:5000]
TOTAL = len(DATA)


def ranges(script: ScriptedResponses) -> list[tuple[str | None, str | None]]:
    """What each request asked for, and on which condition."""
    return [(request.headers.get("range"), request.headers.get("if-range")) for request in script.requests]


@pytest.mark.parametrize(
    ("headers", "condition"),
    [
        (ETAG, '"one"'),
        ({"last-modified": DAY}, DAY),
        ({"last-modified": DAY, **ETAG}, '"one"'),
        ({"etag": 'W/"one"', "last-modified": DAY}, DAY),
    ],
    ids=["etag", "last-modified", "both", "weak-etag-with-date"],
)
def test_resume__asks_for_the_rest_of_the_same_file(harness: Harness, headers: dict[str, Any], condition: str) -> None:
    """Where the server names the file's version, only what is missing is fetched, and only of that version."""
    found, script = video(harness, cut(AT, **headers), part(AT, **headers))
    assert harness.do(found.read) == DATA
    assert ranges(script) == [(None, None), (f"bytes={AT}-", condition)]


@pytest.mark.parametrize("headers", [{}, {"etag": 'W/"one"'}, {"etag": "one"}], ids=["nothing", "weak-etag", "no-etag"])
def test_resume__is_not_dared_without_a_version(harness: Harness, headers: dict[str, Any]) -> None:
    """Where nothing tells that the file is still the same, it is fetched from its beginning."""
    found, script = video(harness, cut(AT, **headers), whole(DATA, **headers))
    assert harness.do(found.read) == DATA
    assert ranges(script) == [(None, None), (None, None)]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([whole(DATA, **ETAG)], DATA),
        ([whole(OTHER, length=len(OTHER), etag='"two"')], OTHER),
        ([whole(OTHER, length=None)], OTHER),
        (
            [
                cut(AT, etag='"two"'),
                lambda request: (
                    part(AT)(request)
                    if request.headers.get("if-range") == '"two"'
                    else httpx.Response(200, content=b"")
                ),
            ],
            DATA,
        ),
    ],
    ids=["ranges-unknown", "changed-file", "changed-file-of-unknown-length", "changed-and-cut-again"],
)
def test_resume__starts_over_with_a_whole_answer(
    harness: Harness, tmp_path: Path, answers: list[Any], expected: bytes
) -> None:
    """A server that answers with the whole file takes the place of all that came before, in memory and on the disk."""
    found, _ = video(harness, cut(AT, **ETAG), *answers)
    assert harness.do(found.read) == expected
    found, _ = video(harness, cut(AT, **ETAG), *answers)
    assert harness.do(found.save, tmp_path / "a.mp4").read_bytes() == expected


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(416, headers={"content-range": f"bytes */{TOTAL}"}),
        part(AT, range=f"bytes {AT - 1}-{TOTAL - 1}/{TOTAL}"),
        part(AT, range=f"bytes {AT}-{TOTAL - 1}/{TOTAL + 1}"),
        part(AT, range="nonsense"),
        part(AT, range=""),
        part(AT, etag='"two"'),
        part(AT, **ETAG, **NEXT_DAY),
    ],
    ids=["416", "other-start", "other-length", "nonsense", "no-range", "other-etag", "other-date"],
)
def test_resume__starts_over_once_where_the_part_does_not_fit(harness: Harness, answer: Any) -> None:
    """A part that does not follow on, or is of another file, is left, and no parts are asked for after that."""
    headers = {**ETAG, "last-modified": DAY}
    found, script = video(harness, cut(AT, **headers), answer, cut(2 * AT, **headers), whole(DATA))
    assert harness.do(found.read) == DATA
    assert ranges(script) == [(None, None), (f"bytes={AT}-", '"one"'), (None, None), (None, None)]
    assert len(harness.clock.sleeps) == 2


@pytest.mark.parametrize(
    ("length", "named", "requests"),
    [
        (TOTAL, f"bytes {AT}-{TOTAL - 1}/*", 2),
        (None, f"bytes {AT}-{TOTAL - 1}/{TOTAL}", 2),
        (None, f"bytes {AT}-{TOTAL - 1}/*", 3),
    ],
)
def test_resume__needs_the_length_from_one_of_the_answers(
    harness: Harness, length: int | None, named: str, requests: int
) -> None:
    """Without any length, nothing would tell whether the rest is all of it."""
    found, script = video(harness, cut(AT, length=length, **ETAG), part(AT, range=named), whole(DATA))
    assert harness.do(found.read) == DATA
    assert len(script.requests) == requests


def test_resume__goes_on_after_a_part_that_is_cut_or_short(harness: Harness) -> None:
    """Each attempt takes up where the one before it ended, whether that broke off or ended too early."""
    broken = part(AT, end=AT + 10, error=httpx.ReadError("reset"))
    found, script = video(harness, cut(AT, **ETAG), broken, part(AT + 10, end=AT + 20), part(AT + 20))
    assert harness.do(found.read) == DATA
    assert [start for start, _ in ranges(script)] == [None, *(f"bytes={AT + more}-" for more in (0, 10, 20))]


def test_resume__is_not_needed_when_all_has_come(harness: Harness) -> None:
    """A connection that breaks after the last byte breaks nothing."""
    found, script = video(harness, cut(TOTAL, **ETAG))
    assert harness.do(found.read) == DATA
    assert len(script.requests) == 1


def test_resume__does_not_follow_on_too_much(harness: Harness) -> None:
    """When more has come than there should be, the file is fetched anew, from its beginning."""
    found, script = video(harness, whole(DATA + b"x", **ETAG), whole(DATA, **ETAG))
    assert harness.do(found.read) == DATA
    assert ranges(script) == [(None, None), (None, None)]


def test_resume__refuses_a_compressed_part(harness: Harness) -> None:
    """A part that is compressed does not follow on what is not."""
    found, _ = video(harness, cut(AT, **ETAG), part(AT, **COMPRESSED))
    with pytest.raises(zeroscope.MalformedResponseError, match="a part of a compressed file"):
        harness.do(found.read)


PASSING = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.ReadTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.RemoteProtocolError("closed"),
    httpx.Response(408),
    httpx.Response(429),
    httpx.Response(500),
    httpx.Response(503, html="<p>busy"),
    httpx.Response(529),
    cut(AT),
    whole(DATA[:AT]),
    whole(DATA[:AT], error=httpx.ReadTimeout("slow")),
    lambda _: httpx.Response(503, stream=ChunkedBody(error=httpx.ReadError("reset"))),
]
LASTING = [
    (httpx.Response(400), zeroscope.APIError),
    (httpx.Response(401), zeroscope.AuthenticationError),
    (httpx.Response(403), zeroscope.ForbiddenError),
    (httpx.Response(404), zeroscope.NotFoundError),
    (httpx.Response(410), zeroscope.APIError),
    (httpx.Response(204), zeroscope.APIError),
    (lambda _: httpx.Response(404, stream=ChunkedBody(error=httpx.ReadError("reset"))), zeroscope.NotFoundError),
    (httpx.UnsupportedProtocol("no"), zeroscope.TransportError),
    (httpx.LocalProtocolError("no"), zeroscope.TransportError),
    (httpx.TooManyRedirects("round and round"), zeroscope.TransportError),
    (whole(b"", length=0), zeroscope.MalformedResponseError),
    (whole(b"", length=None), zeroscope.MalformedResponseError),
    (whole(DATA, **COMPRESSED), zeroscope.MalformedResponseError),
]


@pytest.mark.parametrize("trouble", PASSING)
def test_retry__outlives_passing_trouble(harness: Harness, trouble: Any) -> None:
    """What may well pass is waited out, with the client's own pause."""
    found, script = video(harness, trouble, whole(DATA))
    assert harness.do(found.read) == DATA
    assert len(script.requests) == 2 and harness.clock.sleeps == [0.5]


@pytest.mark.parametrize("trouble", PASSING)
def test_retry__that_is_switched_off_tries_once(harness: Harness, trouble: Any) -> None:
    """With `retry=None`, the first trouble is the last."""
    found, script = video(harness, trouble, whole(DATA), retry=None)
    with pytest.raises((zeroscope.TransportError, zeroscope.APIError)):
        harness.do(found.read)
    assert len(script.requests) == 1 and harness.clock.sleeps == []


@pytest.mark.parametrize("trouble", PASSING)
def test_retry__gives_up(harness: Harness, trouble: Any) -> None:
    """Trouble that does not pass ends with the last attempt that the client allows, and the error knows its job."""
    found, script = video(harness, trouble, retry=zeroscope.Retry(attempts=3))
    with pytest.raises((zeroscope.TransportError, zeroscope.APIError)) as caught:
        harness.do(found.read)
    assert len(script.requests) == 3 and harness.clock.sleeps == [0.5, 1.0]
    assert caught.value.prediction is found.prediction


@pytest.mark.parametrize(("trouble", "error"), LASTING)
def test_retry__does_not_repeat_what_would_come_again(
    harness: Harness, trouble: Any, error: type[zeroscope.ZeroscopeError]
) -> None:
    """A refusal, an invalid address and a missing file are reported at once."""
    found, script = video(harness, trouble, whole(DATA))
    with pytest.raises(error) as caught:
        harness.do(found.read)
    assert len(script.requests) == 1 and harness.clock.sleeps == []
    assert caught.value.prediction is found.prediction


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(429, headers={"retry-after": "30"}),
        httpx.Response(429, json={"detail": "Request was throttled. Your rate limit resets in ~30s."}),
    ],
    ids=["header", "words"],
)
def test_retry__waits_as_long_as_a_429_says(harness: Harness, answer: httpx.Response) -> None:
    """A server that says when to come back is taken at its word."""
    found, _ = video(harness, answer, whole(DATA))
    assert harness.do(found.read) == DATA
    assert len(harness.clock.sleeps) == 1 and 30 <= harness.clock.sleeps[0] < 31


def test_retry__counts_anew_after_progress(harness: Harness) -> None:
    """A line that breaks off again and again brings the whole file in the end, as long as each attempt brings some."""
    step = 1000
    broken = [part(at, end=at + step, error=httpx.ReadError("reset")) for at in range(step, TOTAL - step, step)]
    answers = [cut(step, **ETAG), httpx.Response(503), *broken, part(len(broken) * step + step)]
    found, script = video(harness, *answers, retry=zeroscope.Retry(attempts=3))
    assert harness.do(found.read) == DATA
    assert len(script.requests) == len(answers) > 10
    assert harness.clock.sleeps == [0.5, 1.0] + [0.5] * len(broken)


def test_retry__does_not_count_anew_for_what_had_come_before(harness: Harness) -> None:
    """Bytes that come a second time, since nothing could be resumed, are no progress."""
    found, script = video(harness, cut(AT), retry=zeroscope.Retry(attempts=3))
    with pytest.raises(zeroscope.TransportError):
        harness.do(found.read)
    assert len(script.requests) == 3


def test_retry__ends_when_the_service_has_removed_the_file(harness: Harness) -> None:
    """Even a download that gets on byte by byte is not kept up for longer than an hour."""

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.headers.get("range", "bytes=0-")[6:-1])
        error = httpx.ReadError("reset")
        answers = part(start, end=start + 1, error=error) if start else cut(1, **ETAG)
        made: httpx.Response = answers(request)
        return made

    found, script = video(harness, answer, retry=zeroscope.Retry(initial=60))
    with pytest.raises(zeroscope.TransportError, match="received 60 of 10240 bytes"):
        harness.do(found.read)
    assert sum(harness.clock.sleeps) < 3600 and len(script.requests) == 60


AGAIN = "try again within the 60 minutes for which the service keeps a video"
ANEW = "the service removes videos after 60 minutes; create it again"


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([cut(1000, **ETAG), httpx.ConnectError("refused")], f" did not go on after 1000 bytes: refused; {AGAIN}"),
        ([cut(1000)], f" was cut short: received 1000 of {TOTAL} bytes, then reset; {AGAIN}"),
        ([cut(1000, length=None)], f" was cut short: received 1000 bytes, then reset; {AGAIN}"),
        ([whole(DATA[:1000])], f" was cut short: received 1000 of {TOTAL} bytes; {AGAIN}"),
        ([httpx.ReadError("")], f" did not begin: ReadError; {AGAIN}"),
        ([httpx.UnsupportedProtocol("no")], " did not begin: no; nothing can be downloaded from this URL"),
        ([httpx.Response(404, text="gone")], f" answered 404: gone ({ANEW})"),
        ([httpx.Response(410, text="gone")], f" answered 410: gone ({ANEW})"),
        (
            [httpx.Response(403, text="no")],
            f" answered 403: no (it was removed, or the token lacks the permission; {ANEW})",
        ),
    ],
)
def test_error__says_which_download_how_far_it_came_and_what_next(
    harness: Harness, answers: list[Any], message: str
) -> None:
    """The address, the bytes that came of those that there are, the cause, and what to do."""
    found, _ = video(harness, *answers)
    with pytest.raises((zeroscope.TransportError, zeroscope.APIError)) as caught:
        harness.do(found.read)
    assert str(caught.value).removeprefix("the download of ").removeprefix("GET ") == URL + message


def test_error__is_short_where_the_address_is_long(harness: Harness) -> None:
    """A signed URL of a thousand characters does not bury the message."""
    found, _ = video(harness, httpx.ConnectError("refused"), url=f"{URL}?signature={'x' * 1000}")
    with pytest.raises(zeroscope.TransportError) as caught:
        harness.do(found.read)
    assert len(str(caught.value)) < 400 and isinstance(caught.value.__cause__, httpx.ConnectError)


HOSTS = [
    ("https://replicate.delivery/x/a.mp4", True),
    ("https://pbxt.replicate.delivery/x/a.mp4", True),
    ("https://REPLICATE.Delivery:443/x/a.mp4", True),
    ("https://evilreplicate.delivery/x/a.mp4", False),
    ("https://replicate.delivery.evil.test/x/a.mp4", False),
    ("https://replicate.delivery@evil.test/x/a.mp4", False),
    ("https://user:password@replicate.delivery/x/a.mp4", False),
    ("https://replicate.delivery./x/a.mp4", False),
    ("http://replicate.delivery/x/a.mp4", False),
    ("https://replicate.delivery:8443/x/a.mp4", False),
    ("https://replicate.com/x/a.mp4", False),
    ("https://api.example.test/v1/a.mp4", False),
]


def tokens(script: ScriptedResponses) -> list[tuple[str, bool]]:
    """Host of each request, and whether it bore the token in any way."""
    return [(request.url.host, TOKEN in f"{request.headers.raw!r} {request.url}") for request in script.requests]


@pytest.mark.parametrize(("url", "may"), HOSTS)
@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_token__is_shown_to_the_services_own_host_after_a_refusal_alone(
    harness: Harness, url: str, may: bool, status: int
) -> None:
    """Only 401 and 403 from replicate.delivery, over HTTPS, are answered with the token, and only once."""
    found, script = video(harness, httpx.Response(status), url=url, retry=zeroscope.Retry(attempts=2))
    with pytest.raises(zeroscope.APIError) as caught:
        harness.do(found.read)
    assert caught.value.status_code == status
    once = [False, True] if may and status in {401, 403} else [False, False] if status == 500 else [False]
    assert [shown for _, shown in tokens(script)] == once


@pytest.mark.parametrize("status", [401, 403])
def test_token__opens_what_needs_it(harness: Harness, tmp_path: Path, status: int) -> None:
    """A video that is only for its account is fetched with the one retry."""
    found, script = video(harness, httpx.Response(status), whole(DATA), url=HOSTS[0][0])
    assert harness.do(found.save, tmp_path / "a.mp4").read_bytes() == DATA
    assert script.requests[1].headers["authorization"] == f"Bearer {TOKEN}"
    assert harness.clock.sleeps == []


@pytest.mark.parametrize("host", ["storage.example.test", "x.replicate.delivery", "replicate.delivery"])
@pytest.mark.parametrize("secured", [False, True], ids=["plain", "http-client-with-auth"])
def test_token__is_not_redirected(harness: Harness, host: str, secured: bool) -> None:
    """Where the retry with the token is sent on, the token stays behind, whatever the user's HTTP client would do."""
    elsewhere = httpx.Response(302, headers={"location": f"https://{host}/b.mp4"})
    found, script = video(harness, httpx.Response(401), elsewhere, whole(DATA), url=HOSTS[0][0])
    if secured:
        harness.http.auth = ("user", "password")
    harness.http.follow_redirects = True
    assert harness.do(found.read) == DATA
    assert tokens(script) == [("replicate.delivery", False), ("replicate.delivery", True), (host, False)]


@pytest.mark.parametrize(
    ("start", "location", "shown"),
    [
        ("https://replicate.delivery/a.mp4", "https://evil.test/a.mp4", [False, False]),
        ("https://cdn.example.test/a.mp4", "https://x.replicate.delivery/a.mp4", [False, False, True]),
    ],
)
def test_token__is_for_the_host_that_refuses(harness: Harness, start: str, location: str, shown: list[bool]) -> None:
    """After a redirect it is the last host that counts, not the first."""
    found, script = video(harness, httpx.Response(302, headers={"location": location}), httpx.Response(401), url=start)
    with pytest.raises(zeroscope.AuthenticationError):
        harness.do(found.read)
    assert [told for _, told in tokens(script)] == shown
    assert script.requests[-1].url == location


def test_token__is_asked_for_again_when_the_download_breaks(harness: Harness) -> None:
    """A resumed download begins without the token like any other, and asks for the same part with it."""
    answers = [httpx.Response(401), cut(AT, **ETAG), httpx.Response(401), part(AT, **ETAG)]
    found, script = video(harness, *answers, url=HOSTS[0][0])
    assert harness.do(found.read) == DATA
    assert [shown for _, shown in tokens(script)] == [False, True, False, True]
    assert ranges(script)[2:] == [(f"bytes={AT}-", '"one"')] * 2


def test_token__shows_in_no_step_and_no_error(harness: Harness) -> None:
    """A server that echoes what it was sent brings the token into no message, and a step does not print it."""

    def echo(request: httpx.Request) -> httpx.Response:
        said = request.headers.get("authorization", "none")
        return httpx.Response(401, text=f"not good enough: {said}", headers={"x-echo": said})

    found, _ = video(harness, echo, url=HOSTS[0][0])
    with pytest.raises(zeroscope.AuthenticationError, match=r"Bearer \[token\]") as caught:
        harness.do(found.read)
    assert TOKEN not in f"{caught.value} {vars(caught.value)} {Open(URL, {}, TOKEN)!r}"


def test_http_client__adds_nothing_of_its_own_to_a_download(harness: Harness) -> None:
    """The headers, auth, cookies and parameters of the caller's client are for the API; an output is at any host."""
    found, script = video(harness, httpx.Response(302, headers={"location": f"{URL}?b=1"}), whole(DATA))
    harness.http.auth = ("user", "password")
    harness.http.cookies.set("flavour", "plain")
    harness.http.headers.update({"content-type": "text/plain", "accept": "text/html", "x-key": "secret"})
    harness.http.params = {"key": "secret"}
    assert harness.do(found.read) == DATA
    for request, url in zip(script.requests, (URL, f"{URL}?b=1"), strict=True):
        assert request.url == url and request.headers["accept"] == "*/*"
        assert not {"authorization", "cookie", "content-type", "x-key"} & request.headers.keys()


THIRDS = (DATA[:3000], DATA[3000:6000], DATA[6000:])


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([whole(*THIRDS)], [(3000, TOTAL), (6000, TOTAL), (TOTAL, TOTAL)]),
        ([whole(*THIRDS, length=None)], [(3000, None), (6000, None), (TOTAL, None)]),
        ([cut(AT, **ETAG), part(AT)], [(AT, TOTAL), (TOTAL, TOTAL)]),
        ([cut(AT, length=None, **ETAG), part(AT)], [(AT, None), (TOTAL, TOTAL)]),
        ([cut(AT), whole(*THIRDS)], [(AT, TOTAL), (3000, TOTAL), (6000, TOTAL), (TOTAL, TOTAL)]),
        ([httpx.Response(503), whole(DATA)], [(TOTAL, TOTAL)]),
    ],
    ids=["whole", "unknown-length", "resumed", "length-learnt", "anew", "after-an-error"],
)
def test_progress__is_reported_with_every_chunk(
    harness: Harness, tmp_path: Path, answers: list[Any], expected: list[tuple[int, int | None]]
) -> None:
    """The callback hears what has come of how much; a resumed download goes on, one that starts over goes back."""
    told: list[tuple[int, int | None]] = []
    found, _ = video(harness, *answers)
    harness.do(found.save, tmp_path / "a.mp4", on_progress=lambda *numbers: told.append(numbers))
    assert told == expected


def test_progress__of_a_data_url_is_reported_once(harness: Harness, tmp_path: Path) -> None:
    """What came within the answer is all there at once."""
    told: list[tuple[int, int | None]] = []
    found, _ = video(harness, httpx.Response(500), url="data:video/mp4,abc")
    harness.do(found.save, tmp_path / "a.mp4", on_progress=lambda *numbers: told.append(numbers))
    assert told == [(3, 3)]


@pytest.mark.parametrize(
    "error",
    [RuntimeError("enough"), httpx.ReadError("mine"), zeroscope.TransportError("mine"), KeyboardInterrupt()],
    ids=lambda error: type(error).__name__,
)
def test_progress__that_raises_ends_the_download(harness: Harness, tmp_path: Path, error: BaseException) -> None:
    """The callback's own error comes out whatever it is, nothing is tried again, and nothing is left behind."""

    def broken(received: int, total: int | None) -> None:
        raise error

    body = ChunkedBody(*THIRDS)
    found, script = video(harness, lambda _: httpx.Response(200, stream=body))
    with pytest.raises(type(error)) as caught:
        harness.do(found.save, tmp_path / "a.mp4", on_progress=broken)
    assert caught.value is error
    assert body.closed and len(script.requests) == 1 and list(tmp_path.iterdir()) == []


def test_progress__that_cannot_be_called_is_refused(harness: Harness, tmp_path: Path) -> None:
    """A callback that is none is named before anything is fetched."""
    found, script = video(harness, whole(DATA))
    with pytest.raises(zeroscope.InvalidInputError, match="on_progress"):
        harness.do(found.save, tmp_path / "a.mp4", on_progress=True)
    assert script.requests == []


FAULTS: list[dict[str, Any]] = [
    {"truncate": 0.5, "times": 1},
    {"truncate": 0.4, "times": 3},
    {"truncate": 0, "times": 2},
    {"reset": "before", "times": 1},
    {"reset": "after", "times": 2},
    {"status": 503, "times": 3},
    {"status": 429, "retry_after": 7, "times": 2},
    {"html": True, "times": 1},
    {"hang": True, "times": 1},
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_service__that_is_in_trouble_gives_the_same_video(
    harness: Harness, tmp_path: Path, fault: dict[str, Any]
) -> None:
    """Against the mock server, both ways of fetching come to the bytes of an undisturbed download."""
    server = MockServer(seed=3)
    client: Any = server.client() if harness.kind == "sync" else server.async_client()
    (made,) = harness.do(client.run, prompt="a lighthouse", num_frames=3)
    undisturbed = harness.do(made.read)
    struck = server.faults.add(operation="getOutput", **fault)
    assert harness.do(made.read) == undisturbed
    assert struck.hits == fault["times"]
    struck.remove()
    struck = server.faults.add(operation="getOutput", **fault)
    assert harness.do(made.save, tmp_path / "a.mp4").read_bytes() == undisturbed
    assert struck.hits == fault["times"]
    statuses = [exchange.status for exchange in server.journal if exchange.operation == "getOutput"]
    assert (206 in statuses) is bool(fault.get("truncate"))


def test_service__that_has_removed_a_video_says_so(harness: Harness) -> None:
    """An hour after its end a video is gone, and the error says what to do."""
    server = MockServer(seed=3)
    client: Any = server.client() if harness.kind == "sync" else server.async_client()
    (made,) = harness.do(client.run, prompt="a lighthouse", num_frames=3)
    server.clock.advance(3600)
    with pytest.raises(zeroscope.NotFoundError, match=r"removes videos after 60 minutes; create it again") as caught:
        harness.do(made.read)
    assert caught.value.prediction is made.prediction


def test_outputs__of_one_prediction_are_fetched_apart(harness: Harness) -> None:
    """What goes wrong with one video has no part in the next."""
    urls = [URL, URL.replace("-0", "-1")]
    prediction, script = outputs(harness, *urls, responses=[cut(AT, **ETAG), part(AT), whole(OTHER, length=len(OTHER))])
    assert [harness.do(each.read) for each in prediction.videos] == [DATA, OTHER]
    assert ranges(script)[-1] == (None, None)
