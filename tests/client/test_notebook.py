"""Videos, predictions and progress in notebooks."""

from __future__ import annotations

import base64
import copy
import pickle
import sys
import threading
from operator import add
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import httpx2
import pytest

from helpers.client import TOKEN, Harness, ScriptedResponses, prediction_body, run_many
from helpers.downloads import DATA, URL, outputs, video
from helpers.html_tags import Tags
from zeroscope import AsyncVideo, AsyncVideos, AsyncZeroscope, Prediction, Video, Videos, Zeroscope, _views, notebook
from zeroscope._service.api import PredictionModel
from zeroscope.notebook import ProgressDisplay
from zeroscope.results import Results, RunResult
from zeroscope_mock import MockServer

EMBEDDED = "data:video/mp4;base64," + base64.b64encode(DATA).decode()
HOSTILE = """"><script>alert('1')</script><img src=x onerror="alert(2)">&quot;\x1b[31m\u202e\ud800"""
ENDED = "2023-11-14T22:00:00Z"  # 13 minutes before the clock of the harness


@pytest.fixture(autouse=True)
def time_to_render(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy machine render a video for longer than a reader of a notebook would wait."""
    monkeypatch.setattr(_views, "_RENDER_TIMEOUT", 60.0)


def prediction(**fields: Any) -> Prediction:
    """A prediction as the service sends it."""
    return Prediction(PredictionModel.from_dict(prediction_body(**fields)))


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "http://127.0.0.1:8000/output-0.mp4?a=1&lt=2",
        "HTTPS://x.test/a.mp4",
        "data:video/mp4;base64,AAAA",
        """https://x.test/"><script>alert('1')</script>&quot;.mp4""",
    ],
)
def test_video__is_a_player(harness: Harness, url: str) -> None:
    """One player with controls and the URL as it is, whatever that holds, and the file's name below it."""
    found, script = video(harness, url=url)
    shown = Tags(found._repr_html_())
    ((_, player),) = [tag for tag in shown.tags if tag[0] == "video"]
    assert player["src"] == url and "controls" in player
    assert [name for name, _ in shown.tags] == ["figure", "video", "figcaption", "span"]
    assert shown.text.startswith(found.name)
    assert TOKEN not in found._repr_html_() and script.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " javascript:location='https://x.test'",
        "file:///etc/passwd",
        "blob:https://x.test/1",
        "<script>",
        "output.mp4",
    ],
)
@pytest.mark.parametrize("kind", [Video, AsyncVideo])
def test_video__of_another_address_is_text(kind: Any, url: str) -> None:
    """What is neither on the web nor within the URL is spelt out, not followed."""
    shown = Tags(kind(url, 0)._repr_html_())
    assert shown.tags == [("code", {})] and shown.text == " ".join(repr(kind(url, 0)).split())


def test_video__survives_what_no_encoding_takes() -> None:
    """Half a character, a NUL or a change of the direction of text in a URL neither breaks nor deceives the page."""
    shown = Video("https://x.test/\ud800\0\u202e.mp4", 0)._repr_html_().encode().decode()
    assert Tags(shown).sources() == ["https://x.test/%3F%00%E2%80%AE.mp4"]


def test_video__that_was_saved_is_embedded_while_the_file_is_there(harness: Harness, tmp_path: Path) -> None:
    """A saved video plays after the service has removed it; once the file is gone, the URL is all there is."""
    found, _ = video(harness, httpx.Response(200, content=DATA))
    target = tmp_path / "a.mp4"
    harness.do(found.save, target)
    assert Tags(found._repr_html_()).sources() == [EMBEDDED]
    target.unlink()
    assert Tags(found._repr_html_()).sources() == [URL]


@pytest.mark.parametrize("in_kernel", [True, False])
def test_video__that_was_read_is_embedded_in_a_kernel(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, in_kernel: bool
) -> None:
    """A kernel keeps what was read, so that it can be shown; other programs keep nothing."""
    monkeypatch.setattr(notebook, "in_kernel", lambda: in_kernel)
    found, _ = video(harness, httpx.Response(200, content=DATA))
    harness.do(found.read)
    assert Tags(found._repr_html_()).sources() == [EMBEDDED if in_kernel else URL]
    for duplicate in (copy.copy(found), copy.deepcopy(found)):
        assert Tags(duplicate._repr_html_()).sources() == Tags(found._repr_html_()).sources()
    assert Tags(pickle.loads(pickle.dumps(found))._repr_html_()).sources() == [URL]


def test_video__above_the_limit_is_not_embedded(
    harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large video is played from its URL; a data: URL that is too large is named, with what to do."""
    monkeypatch.setattr(notebook, "in_kernel", lambda: True)
    monkeypatch.setattr(notebook, "EMBED_LIMIT", len(DATA) - 1)
    found, _ = video(harness, httpx.Response(200, content=DATA))
    harness.do(found.save, tmp_path / "a.mp4")
    harness.do(found.read)
    assert Tags(found._repr_html_()).sources() == [URL]
    shown = Tags(Video(EMBEDDED, 0)._repr_html_())
    assert shown.sources() == [] and "too large to embed (10 kB); save it, or raise" in shown.text
    assert len(shown.text) < 400


@pytest.mark.parametrize(
    ("fields", "gone"),
    [
        ({"completed_at": ENDED}, False),
        ({"completed_at": "2023-11-14T21:13:21Z"}, False),
        ({"completed_at": "2023-11-14T21:13:20Z"}, True),
        ({"completed_at": "0001-01-01T00:00:00Z"}, True),
        ({"data_removed": True}, True),
        ({}, False),
        ({"completed_at": "20:00:84"}, False),
    ],
)
def test_video__says_how_long_it_plays(harness: Harness, fields: dict[str, Any], gone: bool) -> None:
    """A player names the moment at which the service removes its file; after that, there is no player."""
    made, script = outputs(harness, URL, responses=[httpx.Response(500)])
    made._update(PredictionModel.from_dict({**made.to_dict(), **fields}))
    shown = Tags(made.videos._repr_html_())
    assert shown.sources() == ([] if gone else [URL])
    assert ("no longer exists: the service keeps videos for 60 minutes" in shown.text) is gone
    assert ("plays until 23:00 UTC" in shown.text) is (fields.get("completed_at") == ENDED)
    assert script.requests == []


@pytest.mark.parametrize(
    ("url", "plays"),
    [
        ("http://127.0.0.1:8000/output-0.mp4", True),
        ("http://localhost/output-0.mp4", True),
        ("http://[::1]:8000/output-0.mp4", True),
        ("https://127.0.0.1.example.com/output-0.mp4", False),
        ("https://localhost.example.com/output-0.mp4", False),
    ],
)
def test_video__of_this_machine_does_not_expire_by_the_clock(url: str, plays: bool) -> None:
    """A mock server on a socket has its own time of day, so only what it says counts."""
    made = prediction(status="succeeded", output=[url], completed_at=ENDED)
    assert Tags(made._repr_html_()).sources() == ([url] if plays else [])
    made._update(PredictionModel.from_dict({**made.to_dict(), "data_removed": True}))
    assert Tags(made._repr_html_()).sources() == []


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_video__of_a_mock_in_this_process_is_embedded(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its URLs lead nowhere, so the file is in the page, without a request that a test would count."""
    with MockServer() as server:
        (result,) = run_many(kind, server, [{"prompt": "a horse", "batch_size": 2, "num_frames": 8}])
        result.raise_for_error()
        before = len(server.journal)
        shown = Tags(result.videos._repr_html_())
        assert [source.partition(",")[0] for source in shown.sources()] == ["data:video/mp4;base64"] * 2
        assert base64.b64decode(shown.sources()[0].partition(",")[2])[4:8] == b"ftyp"
        assert shown.sources()[0] != shown.sources()[1]
        assert len(server.journal) == before
        # Shown again, it is not rendered again.
        monkeypatch.setattr(server.transport, "read_output", lambda _: 1 / 0)
        assert Tags(result.videos._repr_html_()).sources() == shown.sources()


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_video__that_a_mock_has_lost_is_named(kind: str) -> None:
    """A view says why there is no player."""
    with MockServer() as server:
        (result,) = run_many(kind, server, [{"prompt": "a horse"}])
        server.reset()
        assert "no longer has this file" in Tags(result.videos._repr_html_()).text
        server.clock.advance(3600)
        assert "no longer exists" in Tags(result.videos._repr_html_()).text


@pytest.mark.parametrize("library", [httpx, httpx2])
@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("place", ["transport", "mount", "wrapped"])
def test_video__of_a_mock_plays_wherever_its_transport_is(library: Any, kind: str, place: str) -> None:
    """Both HTTP libraries and every place of a transport that carries the requests are known."""
    harness = Harness(kind)
    name = "Client" if kind == "sync" else "AsyncClient"
    with MockServer() as server:
        mock: Any = server.transport if library is httpx else server.httpx2_transport
        if place == "wrapped":
            base: Any = library.BaseTransport if kind == "sync" else library.AsyncBaseTransport
            handle = "handle_request" if kind == "sync" else "handle_async_request"
            inner, mock = mock, type("Wrapper", (base,), {})()
            mock.inner = inner
            setattr(type(mock), handle, lambda self, request: getattr(self.inner, handle)(request))
        mounts = {"mounts": {"https://": mock}} if place == "mount" else {"transport": mock}
        http = getattr(library, name)(**mounts)
        client: Any = (Zeroscope if kind == "sync" else AsyncZeroscope)("token", http_client=http, clock=server.clock)
        videos = harness.do(client.run, prompt="a horse", num_frames=8)
        (source,) = Tags(videos._repr_html_()).sources()
        assert source.startswith("data:video/mp4;base64,")
        # A mount for other addresses carries no request to these.
        elsewhere = Video("http://output.example.test/output-0.mp4", 0, videos[0]._driver)
        assert bool(Tags(elsewhere._repr_html_()).sources()) is (place == "mount")
        harness.do(http.close if kind == "sync" else http.aclose)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_video__that_takes_long_to_render_does_not_block(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook is told to show it again, and goes on."""
    rendering = threading.Event()
    monkeypatch.setattr(_views, "_RENDER_TIMEOUT", 0.01)
    with MockServer() as server:
        monkeypatch.setattr(server.transport, "read_output", lambda _: rendering.wait() and b"")
        (result,) = run_many(kind, server, [{"prompt": "a horse"}])
        shown = Tags(result.videos._repr_html_())
    rendering.set()
    assert shown.sources() == [] and "still being rendered; show it again" in shown.text


def test_video__of_a_mock_that_fails_to_render_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the server is none of the notebook's."""
    with MockServer() as server:
        (result,) = run_many("sync", server, [{"prompt": "a horse"}])
        monkeypatch.setattr(server.transport, "read_output", lambda _: 1 / 0)
        assert "no longer has this file" in Tags(result.videos._repr_html_()).text


@pytest.mark.parametrize(("kind", "cls", "of"), [("sync", Videos, Video), ("async", AsyncVideos, AsyncVideo)])
def test_videos__are_a_list(kind: str, cls: Any, of: Any) -> None:
    """They compare, slice and pickle as the list that they were."""
    made, _ = outputs(Harness(kind), URL, f"{URL}?", responses=[httpx.Response(500)])
    videos: Any = made.videos
    assert type(videos) is cls and videos == [of(URL, 0), of(f"{URL}?", 0)]
    again = [videos[:], videos + videos, videos + list(videos), add(add([], videos), videos)]
    assert [type(each) for each in again] == [cls] * 4 and [len(each) for each in again] == [2, 4, 4, 4]
    assert type(add(videos, ["a"])) is list and type(add(["a"], videos)) is list and type(videos[0]) is of
    assert videos[1:] == [of(f"{URL}?", 0)] and repr(videos) == repr(list(videos))
    assert pickle.loads(pickle.dumps(videos)) == videos and type(pickle.loads(pickle.dumps(videos))) is cls
    none: Any = cls()
    assert none == [] and "no videos" in none._repr_html_()
    assert Tags(videos._repr_html_()).sources() == [URL, f"{URL}?"]


def test_prediction__shows_what_is_known() -> None:
    """Status, progress, times, seed, model, input and the page on the website are there."""
    logs = "Using seed: 7\n 38%|███▊      | 19/50 [00:02<00:01, 15.8it/s]\n"
    running = prediction(status="processing", logs=logs, started_at=ENDED, urls={"web": "https://replicate.com/p/gm3q"})
    shown = Tags(running._repr_html_())
    assert next(each for name, each in shown.tags if name == "progress")["max"] == "50"
    for text in ("gm3q", "processing", "19/50", "2023-11-14 22:00:00 UTC", "seed7", "a lighthouse", "zeroscope-v2-xl"):
        assert text in shown.text
    assert ("a", "https://replicate.com/p/gm3q") in [(name, each.get("href")) for name, each in shown.tags]
    ended = prediction(status="failed", logs=logs, error="E1001: out of memory", metrics={"predict_time": 2.25})
    shown = Tags(ended._repr_html_())
    assert "E1001: out of memory" in shown.text and "ran for 2.2 s" in shown.text and "19/50" not in shown.text
    removed = prediction(status="succeeded", data_removed=True, input={})
    assert "removed by the service" in Tags(removed._repr_html_()).text


def test_prediction__shows_its_players(harness: Harness) -> None:
    """Its videos are below the table."""
    made, _ = outputs(harness, URL, f"{URL}?", responses=[httpx.Response(500)])
    assert Tags(made._repr_html_()).sources() == [URL, f"{URL}?"]


@pytest.mark.parametrize(
    "fields",
    [
        {"id": HOSTILE, "status": HOSTILE, "error": HOSTILE, "model": HOSTILE},
        {"input": {HOSTILE: HOSTILE, "n": [HOSTILE], "prompt": {"a": HOSTILE}}},
        {"urls": {"web": "javascript:alert(1)"}},
        {"urls": {"web": f"https://x.test/{HOSTILE}"}},
        {"output": [f"https://x.test/{HOSTILE}"], "status": "succeeded"},
        {"metrics": {"predict_time": "long"}, "logs": HOSTILE, "created_at": HOSTILE},
        {"metrics": {"predict_time": None}, "urls": None, "input": None},
    ],
)
def test_prediction__of_a_hostile_service_shows_as_text(fields: dict[str, Any]) -> None:
    """Whatever the service or a prompt says, nothing runs, no link is a script, and every tag is one of ours."""
    text = prediction(**fields)._repr_html_()
    shown = Tags(text)
    assert shown.is_passive()
    known = {"table", "tr", "td", "code", "span", "a", "figure", "figcaption", "video", "div", "progress"}
    assert {name for name, _ in shown.tags} <= known
    assert not [each["href"] for name, each in shown.tags if name == "a" and "javascript" in (each["href"] or "")]
    assert not {"\x1b", "\u202e"} & set(shown.text) and text.encode()


def test_prediction__that_cannot_be_shown_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A view never raises an error."""
    monkeypatch.setattr(_views, "_details", lambda _: 1 / 0)
    monkeypatch.setattr(_views, "_players", lambda _: 1 / 0)
    assert Tags(prediction()._repr_html_()).text == "<Prediction gm3q starting>"
    assert Tags(Videos([Video(URL, 0)])._repr_html_()).text == f"<Video 0 {URL}>"


def test_result__shows_its_prediction_or_error() -> None:
    """A result of many is shown by what became of its input."""
    made = prediction(status="succeeded", output=[URL])
    assert Tags(RunResult(0, {}, made, None)._repr_html_()).sources() == [URL]
    error: Any = ValueError(HOSTILE)
    shown = Tags(RunResult(3, {}, None, error)._repr_html_())
    assert shown.is_passive() and "ValueError" in shown.text and "<script>" in shown.text


def test_results__show_failures_and_videos() -> None:
    """What `run_many` returns is shown as a whole, and is a list."""
    made = [prediction(id=f"id{number}", status="succeeded", output=[f"{URL}?{number}"]) for number in range(60)]
    error: Any = ValueError(HOSTILE)
    results: Results[Prediction, Video] = Results(RunResult(number, {}, each, None) for number, each in enumerate(made))
    results += [RunResult(60 + number, {}, None, error) for number in range(30)]
    shown = Tags(results._repr_html_())
    assert "90, 30 failed" in shown.text and "failure of 60ValueError" in shown.text and shown.is_passive()
    assert len(shown.sources()) == 50 and shown.text.endswith("and 10 more") and shown.text.count("and 10 more") == 2
    assert Results([])._repr_html_() and pickle.loads(pickle.dumps(results[:3])) == results[:3]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_run_many__returns_results(kind: str) -> None:
    """They are in the order of the inputs."""
    harness = Harness(kind)
    with MockServer() as server:
        client: Any = server.client() if kind == "sync" else server.async_client()
        results = harness.do(client.run_many, [{"prompt": "a horse", "num_frames": 8}, {"prompt": "a cat"}])
        assert type(results) is Results and len(Tags(results._repr_html_()).sources()) == 2
        harness.do(client.close if kind == "sync" else client.aclose)


@pytest.mark.parametrize(
    "fields",
    [
        {"error": "<" * 3_000_000, "status": "failed"},
        {"input": {f"field{number}": "<" * 5000 for number in range(5000)}},
        {"input": {"<" * 1_000_000: [1] * 100_000}},
        {"output": [f"https://x.test/{number}.mp4" for number in range(20_000)], "status": "succeeded"},
        {"output": ["https://x.test/" + "a" * 3_000_000], "status": "succeeded"},
        {"urls": {"web": "https://x.test/" + "a" * 3_000_000}},
        {"metrics": {"predict_time": 1e308}},
        {"metrics": {"predict_time": 10**400}},
    ],
)
def test_view__is_bounded(fields: dict[str, Any]) -> None:
    """What the service sends does not make the notebook's file large."""
    shown = prediction(**fields)._repr_html_()
    assert len(shown) < 400_000 and "gm3q" in shown and "0" * 100 not in shown


def test_view__embeds_up_to_a_limit_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is not one for each video: those that are too much are named."""
    monkeypatch.setattr(notebook, "EMBED_LIMIT", 2 * len(DATA) + 100)
    shown = Tags(Videos([Video(EMBEDDED, number) for number in range(4)])._repr_html_())
    assert shown.sources() == [EMBEDDED] * 2 and shown.text.count("too large to embed beside the others (10 kB)") == 2


def test_prediction__embeds_what_save_all_saved(harness: Harness, tmp_path: Path) -> None:
    """A video is on this machine whichever object saved it; a pickle has no file."""
    made, _ = outputs(harness, URL, responses=[httpx.Response(200, content=DATA)])
    harness.do(made.save_all, tmp_path)
    for each in (made, made.videos, copy.copy(made), copy.deepcopy(made)):
        assert Tags(each._repr_html_()).sources() == [EMBEDDED]
    assert Tags(pickle.loads(pickle.dumps(made))._repr_html_()).sources() == [URL]


def test_input__shows_empty_texts() -> None:
    """An empty text is shown as what it is."""
    assert "negative_prompt''" in Tags(prediction(input={"negative_prompt": ""})._repr_html_()).text


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_client__shows_its_service_and_no_token(kind: str) -> None:
    """A notebook that is shared shows no token."""
    client = Harness(kind).client(lambda _: httpx.Response(500))
    shown = Tags(client._repr_html_())
    assert "https://api.example.test/v1" in shown.text and client.version in shown.text
    assert TOKEN not in client._repr_html_() and TOKEN[-8:] not in shown.text


class FakeIPython:
    """Takes the place of IPython, and keeps what it shows.

    Args:
        fails: Whether displaying raises an error.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, kernel: bool = True, fails: bool = False) -> None:
        self.shown: list[str] = []
        self.fails = fails
        self.shell = SimpleNamespace(kernel=object() if kernel else None)
        monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: self.shell))
        monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=self.display))

    def display(self, shown: Any, display_id: bool) -> FakeIPython:
        """Show something, and return the handle with which it is updated."""
        assert display_id
        self.update(shown)
        return self

    def update(self, shown: Any) -> None:
        """Show something in the place of what was shown before."""
        if self.fails:
            raise RuntimeError("the frontend is gone")
        self.shown.append(Tags(shown._repr_html_()).text)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_wait__shows_progress_in_a_kernel(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that waits shows the first state and the end, unless the caller says otherwise."""
    monkeypatch.setattr(notebook, "_INTERVAL", 0)
    jupyter = FakeIPython(monkeypatch)
    with MockServer() as server:
        run_many(kind, server, [{"prompt": "a horse"}])
        assert "starting" in jupyter.shown[0] and "succeeded" in jupyter.shown[-1] and len(jupyter.shown) > 3
        assert any("/50" in shown for shown in jupyter.shown)
        jupyter.shown.clear()
        run_many(kind, server, [{"prompt": "a horse"}], on_update=None)
        assert jupyter.shown == []


@pytest.mark.parametrize("call", ["run", "wait", "upscale"])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_call__that_waits_shows_progress(kind: str, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call that waits for one prediction shows it, too."""
    jupyter = FakeIPython(monkeypatch)
    harness = Harness(kind)
    with MockServer() as server:
        client: Any = server.client() if kind == "sync" else server.async_client()
        made = harness.do(client.predictions.create, {"prompt": "a horse"})
        if call == "run":
            harness.do(client.run, prompt="a horse")
        else:
            harness.do(made.wait)
        if call == "upscale":
            harness.do(client.upscale, made)
        harness.do(client.close if kind == "sync" else client.aclose)
    assert "succeeded" in jupyter.shown[-1]


@pytest.mark.parametrize("kernel", [False, None])
def test_wait__shows_nothing_outside_of_a_kernel(kernel: bool | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a terminal, with IPython or without, the client prints nothing."""
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    shown = [] if kernel is None else FakeIPython(monkeypatch, kernel=kernel).shown
    assert notebook.default_display() is None
    with MockServer() as server:
        run_many("sync", server, [{"prompt": "a horse"}])
    assert shown == []


def test_display__never_ends_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frontend that is gone costs the display, not the prediction."""
    FakeIPython(monkeypatch, fails=True)
    with MockServer() as server:
        (result,) = run_many("sync", server, [{"prompt": "a horse"}])
    assert result.error is None


def test_display__sums_up_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many predictions share one bar; those that run have a line each, up to ten."""
    monkeypatch.setattr(notebook, "_INTERVAL", 0)
    jupyter = FakeIPython(monkeypatch)
    display = ProgressDisplay()
    assert "no prediction yet" in display._repr_html_() and "no prediction yet" in repr(display)
    for number in range(30):
        display(prediction(id=f"id{number}", status="succeeded" if number < 7 else "processing", output=[URL]))
    assert jupyter.shown[-1].startswith(" 7 succeeded, 23 processing")
    assert jupyter.shown[-1].count("processing") == 11 and "and 13 more" in jupyter.shown[-1]
    assert repr(display) == "<ProgressDisplay: 7 succeeded, 23 processing>"


def test_display__is_updated_at_intervals_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of changes is not passed on, but the end of the last prediction is."""
    monkeypatch.setattr(notebook, "_INTERVAL", 1e9)
    jupyter = FakeIPython(monkeypatch)
    display = ProgressDisplay()
    for status in ("starting", "processing", "processing", "failed"):
        display(prediction(status=status, error=HOSTILE if status == "failed" else None))
    assert len(jupyter.shown) == 2 and "failed" in jupyter.shown[-1]
    assert Tags(display._repr_html_()).is_passive()


def test_display__shows_that_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polls without a change update the time, as a cold start lasts for minutes."""
    monkeypatch.setattr(notebook, "_INTERVAL", 0)
    seconds = iter(range(10**6))
    monkeypatch.setattr(notebook, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    jupyter = FakeIPython(monkeypatch)
    polls = [httpx.Response(200, json=prediction_body()) for _ in range(3)]
    ended = httpx.Response(200, json=prediction_body(status="failed", error="out of memory"))
    harness = Harness("sync")
    made = harness.do(harness.client(ScriptedResponses(polls[0], *polls, ended)).predictions.get, "gm3q")
    harness.do(made.wait)
    assert [text.partition("gm3q ")[2] for text in jupyter.shown[:2]] == ["1 s", "2 s"]
    assert "failed" in jupyter.shown[-1]


class Stop(BaseException):
    """What the stop button raises, without the treatment that event loops give KeyboardInterrupt."""


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("many", [False, True])
def test_display__shows_that_an_interrupt_canceled(kind: str, many: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the stop button, no prediction is shown as running that is not."""
    monkeypatch.setattr(notebook, "_INTERVAL", 1e9)
    jupyter = FakeIPython(monkeypatch)
    harness = Harness(kind)

    class Stopped(ProgressDisplay):
        def __call__(self, made: Any) -> None:
            super().__call__(made)
            if made.progress is not None:
                raise Stop

    display = Stopped()
    with MockServer() as server:
        client: Any = server.client() if kind == "sync" else server.async_client()
        calls = {
            False: lambda: harness.do(client.run, prompt="a horse", on_update=display),
            True: lambda: harness.do(client.run_many, [{"prompt": "a"}, {"prompt": "b"}], on_update=display),
        }
        with pytest.raises(Stop):
            calls[many]()
    assert "canceled" in jupyter.shown[-1] and "ing" not in jupyter.shown[-1]


def test_display__shows_the_last_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes in quick succession show at the end of the wait, and what is no longer waited for says so."""
    monkeypatch.setattr(notebook, "_INTERVAL", 1e9)
    jupyter = FakeIPython(monkeypatch)
    display = ProgressDisplay()
    display.finish()
    for number, status in enumerate(["processing", "succeeded", "succeeded"]):
        display(prediction(id=f"id{number}", status=status, output=[URL]))
    display.finish()
    assert "2 succeeded, 1 processing" in jupyter.shown[-1] or "1 processing, 2 succeeded" in jupyter.shown[-1]
    assert "the wait has ended" in jupyter.shown[-1] and len(jupyter.shown) == 2


def test_displays__of_a_cell_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop leaves one output in its cell; the next cell has its own."""
    jupyter = FakeIPython(monkeypatch)
    first, again = notebook.default_display(), notebook.default_display()
    assert first is not again
    jupyter.shell.execution_count = 1
    first, again = notebook.default_display(), notebook.default_display()
    jupyter.shell.execution_count = 2
    assert first is again and notebook.default_display() is not first
