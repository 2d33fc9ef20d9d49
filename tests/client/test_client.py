"""Runs of the model from end to end, with scripted responses."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import anyio
import httpx
import pytest

import zeroscope
from helpers.client import BASE_URL, Harness, ScriptedResponses, prediction_body

URL = "https://files.example.test/output-0.mp4"


def created() -> httpx.Response:
    """The answer to a create."""
    return httpx.Response(201, json=prediction_body())


def now(status: str, **fields: Any) -> httpx.Response:
    """The answer to a read."""
    return httpx.Response(200, json=prediction_body(status, **fields))


def press_ctrl_c(seconds: float) -> None:
    """A sleep that Ctrl-C interrupts."""
    raise KeyboardInterrupt


def test_run__creates_waits_and_returns_the_videos(harness: Harness) -> None:
    """One create, as many reads as needed, and the videos in the order of their numbers."""
    urls = [f"https://files.example.test/a/output-{number}.mp4" for number in (10, 1, 0)]
    script = ScriptedResponses(created(), now("starting"), now("processing"), now("succeeded", output=urls))
    seen: list[str] = []
    client = harness.client(script)
    videos = harness.do(client.run, prompt="a lighthouse", num_frames=36, on_update=lambda p: seen.append(p.status))
    assert [(video.index, video.url) for video in videos] == [(0, urls[2]), (1, urls[1]), (10, urls[0])]
    assert script.lines == ["POST /v1/predictions"] + ["GET /v1/predictions/gm3q"] * 3
    assert json.loads(script.requests[0].content)["input"] == {"prompt": "a lighthouse", "num_frames": 36}
    assert seen == ["starting", "processing", "succeeded"]


@pytest.mark.parametrize(
    ("end", "error", "message"),
    [
        (now("failed", error="CUDA out of memory"), zeroscope.PredictionFailedError, "failed: CUDA out of memory"),
        (now("failed", error=None), zeroscope.PredictionFailedError, "gave no reason"),
        (now("failed", error={"code": 7}), zeroscope.PredictionFailedError, "failed: {'code': 7}"),
        (
            now("failed", error="x", logs="a\nlast words\n"),
            zeroscope.PredictionFailedError,
            "last log line: last words",
        ),
        (now("canceled"), zeroscope.PredictionCanceledError, "was canceled"),
        (now("aborted"), zeroscope.PredictionCanceledError, "was aborted before it started"),
        (now("succeeded", output=[]), zeroscope.EmptyOutputError, r"its output is \[\]"),
        (now("succeeded", output={"a": 1}), zeroscope.EmptyOutputError, "without a video"),
        (now("succeeded", output="A fox."), zeroscope.EmptyOutputError, "its output is 'A fox.'"),
        (now("succeeded", output=["A", " fox"]), zeroscope.EmptyOutputError, "without a video"),
        (now("succeeded", output="Data: foxes, mostly"), zeroscope.EmptyOutputError, "without a video"),
        (now("succeeded", output=None), zeroscope.OutputExpiredError, "videos are gone"),
        (now("succeeded", output=[URL], data_removed=True), zeroscope.OutputExpiredError, "videos are gone"),
    ],
)
def test_run__raises_where_there_are_no_videos(
    harness: Harness, end: httpx.Response, error: type[zeroscope.PredictionError], message: str
) -> None:
    """Every end but success with videos is an error that carries the prediction and names its id."""
    with pytest.raises(error, match=message) as caught:
        harness.do(harness.client(ScriptedResponses(created(), end)).run, prompt="a lighthouse")
    assert caught.value.prediction.to_dict() == json.loads(end.content)
    assert "gm3q" in str(caught.value)


@pytest.mark.parametrize("status", ["queued", "SUCCEEDED", "paused-for-maintenance"])
def test_run__goes_on_after_a_status_never_seen_before(harness: Harness, status: str) -> None:
    """A status that this version does not know is kept and waited through."""
    seen: list[str] = []
    script = ScriptedResponses(created(), now(status), now("succeeded", output=[URL]))
    assert harness.do(harness.client(script).run, on_update=lambda p: seen.append(p.status))
    assert seen == ["starting", status, "succeeded"]


def test_run__can_end_with_the_create(harness: Harness) -> None:
    """A create whose answer is final needs no read."""
    script = ScriptedResponses(httpx.Response(201, json=prediction_body("succeeded", output=URL)))
    assert [video.url for video in harness.do(harness.client(script).run)] == [URL]
    assert len(script.requests) == 1


def test_run__leaves_the_prediction_when_the_time_is_up(harness: Harness) -> None:
    """A wait that took too long raises with the prediction, cancels nothing, and can be resumed."""
    script = ScriptedResponses(created(), now("processing"))
    client = harness.client(script)
    with pytest.raises(zeroscope.WaitTimeoutError) as caught:
        harness.do(client.run, timeout=60)
    assert sum(harness.clock.sleeps) == pytest.approx(60)
    assert all("cancel" not in line for line in script.lines)
    script.responses = [now("succeeded", output=[URL])]
    prediction: Any = caught.value.prediction
    assert harness.do(prediction.wait).videos[0].url == URL


def test_run__outlives_trouble_while_polling(harness: Harness) -> None:
    """A connection error, an HTML page and a 429 in the middle do not lose the job."""
    script = ScriptedResponses(
        created(),
        httpx.ConnectError("refused"),
        httpx.Response(502, html="<p>bad gateway"),
        httpx.Response(429, json={"detail": "Request was throttled. Your rate limit resets in ~30s."}),
        now("succeeded", output=[URL]),
    )
    assert harness.do(harness.client(script).run)
    assert script.lines.count("POST /v1/predictions") == 1
    assert any(30 <= pause < 31 for pause in harness.clock.sleeps)


def test_callback__that_raises_ends_the_wait_and_loses_nothing(harness: Harness) -> None:
    """The callback's own error comes out, and nothing is canceled."""

    def broken(prediction: Any) -> None:
        raise RuntimeError(prediction.id)

    script = ScriptedResponses(created(), now("processing"))
    with pytest.raises(RuntimeError, match="gm3q") as caught:
        harness.do(harness.client(script).run, on_update=broken)
    assert script.lines == ["POST /v1/predictions"]
    assert "Prediction gm3q goes on" in caught.value.__notes__[0]


def test_callback__that_raises_at_the_end_gets_no_note(harness: Harness) -> None:
    """Of a prediction that has ended nothing goes on."""

    def broken(prediction: Any) -> None:
        if prediction.done:
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken") as caught:
        harness.do(harness.client(ScriptedResponses(created(), now("succeeded", output=[URL]))).run, on_update=broken)
    assert not hasattr(caught.value, "__notes__")


def test_interrupt__cancels_the_prediction() -> None:
    """Ctrl-C while waiting cancels the job, says so in a note and goes on as Ctrl-C."""
    harness = Harness("sync")
    script = ScriptedResponses(created(), now("canceled"))
    harness.clock.on_sleep = press_ctrl_c
    with pytest.raises(KeyboardInterrupt) as caught:
        harness.client(script).run()
    assert script.lines[-1] == "POST /v1/predictions/gm3q/cancel"
    assert caught.value.__notes__ == ["Prediction gm3q was canceled."]


def test_interrupt__that_comes_too_late_says_so() -> None:
    """When the prediction has ended before the cancel arrives, the note does not claim that it was canceled."""
    harness = Harness("sync")
    harness.clock.on_sleep = press_ctrl_c
    with pytest.raises(KeyboardInterrupt) as caught:
        harness.client(ScriptedResponses(created(), now("succeeded", output=[URL]))).run()
    assert caught.value.__notes__ == ["Prediction gm3q could no longer be canceled, it is succeeded."]


def test_interrupt__that_cannot_cancel_says_so() -> None:
    """When the cancel fails, the note says that the job may be billed, and Ctrl-C stays Ctrl-C."""
    harness = Harness("sync")
    script = ScriptedResponses(created(), httpx.ConnectError("refused"))
    harness.clock.on_sleep = press_ctrl_c
    with pytest.raises(KeyboardInterrupt) as caught:
        harness.client(script, retry=None).run()
    assert "could not be canceled and may be billed" in caught.value.__notes__[0]


def test_interrupt__during_the_create_warns() -> None:
    """Ctrl-C while the create is on its way warns that a prediction may exist."""
    harness = Harness("sync")

    def interrupt(request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        harness.client(interrupt).run()
    assert "may have been created" in caught.value.__notes__[0]


def test_task__that_is_canceled_cancels_the_prediction() -> None:
    """An asyncio task that is canceled while it waits cancels the job and stays canceled."""
    harness = Harness("async")
    script = ScriptedResponses(created(), now("processing"))

    async def main() -> None:
        client = harness.client(script, clock=zeroscope.SystemClock(), poll=zeroscope.Polling(minimum=60, maximum=60))
        began = anyio.Event()
        task = asyncio.create_task(client.run(on_update=lambda _: began.set()))
        await began.wait()
        script.responses = [now("canceled")]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    anyio.run(main)
    assert script.lines[-1].endswith("/cancel")


def page(next: object, *ids: str) -> httpx.Response:
    """The answer to a list."""
    results = [{"id": id, "status": "succeeded"} for id in ids]
    return httpx.Response(200, text=json.dumps({"next": next, "previous": None, "results": results}))


def test_list__follows_pages(harness: Harness) -> None:
    """Pages are read one after another, whether `next` is a whole URL or only a path."""
    script = ScriptedResponses(
        page(f"{BASE_URL}/predictions?cursor=abc%3D", "a", "b"), page("/v1/predictions?cursor=def", "c"), page(None)
    )
    listed = harness.all(harness.client(script).predictions.list)
    assert [prediction.id for prediction in listed] == ["a", "b", "c"]
    assert [str(request.url) for request in script.requests] == [
        f"{BASE_URL}/predictions",
        f"{BASE_URL}/predictions?cursor=abc%3D",
        f"{BASE_URL}/predictions?cursor=def",
    ]
    assert listed[0].input == {} and listed[0].logs == "" and listed[0].output is None


@pytest.mark.parametrize(
    "next",
    [
        "https://elsewhere.test/v1/predictions?cursor=abc",
        "http://api.example.test:8443/predictions?limit=100&cursor=abc",
        "//elsewhere.test/v1/predictions?cursor=abc",
        "?cursor=abc",
    ],
)
@pytest.mark.parametrize("base_url", [BASE_URL, "https://gateway.example.test/x/replicate"])
def test_list__uses_only_the_cursor_of_the_next_page(harness: Harness, next: str, base_url: str) -> None:
    """Behind a gateway, `next` is the service's own URL; the requests and the token stay at the base URL."""
    script = ScriptedResponses(page(next, "a"), page(None, "b"))
    listed = harness.all(harness.client(script, base_url=base_url).predictions.list)
    assert [prediction.id for prediction in listed] == ["a", "b"]
    assert [str(request.url) for request in script.requests] == [
        f"{base_url}/predictions",
        f"{base_url}/predictions?cursor=abc",
    ]


@pytest.mark.parametrize(
    "next",
    [f"{BASE_URL}/predictions?cursor=1", f"{BASE_URL}/", "nonsense", "", 5, ["x"], "http://[", "x?cursor=\ud800"],
)
def test_list__ends_even_if_the_service_does_not(harness: Harness, next: Any) -> None:
    """A `next` that leads back to a page already read, or nowhere, ends the list."""
    page = json.dumps({"next": next, "results": [{"id": "a", "status": "x"}]})
    script = ScriptedResponses(httpx.Response(200, text=page))
    assert len(harness.all(harness.client(script).predictions.list)) <= 2


def test_pages__can_be_had_one_by_one(harness: Harness) -> None:
    """Pages come with their own neighbours' URLs."""
    page = {"next": None, "previous": "https://x.test/?cursor=z", "results": [prediction_body("failed")]}
    pages = harness.all(harness.client(ScriptedResponses(httpx.Response(200, json=page))).predictions.pages)
    assert [(p.next, p.previous, [r.status for r in p.results]) for p in pages] == [
        (None, page["previous"], ["failed"])
    ]


def test_prediction__can_be_reloaded_and_canceled(harness: Harness) -> None:
    """The methods of a prediction bring it up to date in place and return it."""
    script = ScriptedResponses(created(), now("processing"), now("canceled"))
    client = harness.client(script)
    prediction = harness.do(client.predictions.create, {})
    assert harness.do(prediction.reload) is prediction and prediction.status == "processing"
    assert harness.do(prediction.cancel) is prediction and prediction.done
    assert script.lines[1:] == [f"GET /v1/predictions/{prediction.id}", f"POST /v1/predictions/{prediction.id}/cancel"]


def test_cancel_scope__cancels_the_prediction() -> None:
    """A cancel scope, which cancels every further await, lets the cancel of the job through all the same."""
    harness = Harness("async")
    script = ScriptedResponses(created(), now("processing"))

    async def main() -> None:
        client = harness.client(script, clock=zeroscope.SystemClock(), poll=zeroscope.Polling(minimum=60, maximum=60))

        def begin(_: Any) -> None:
            script.responses = [now("canceled")]
            scope.cancel()

        with anyio.CancelScope() as scope:
            await client.run(on_update=begin)
        assert scope.cancelled_caught

    anyio.run(main)
    assert script.lines == ["POST /v1/predictions", "POST /v1/predictions/gm3q/cancel"]


@pytest.mark.parametrize(
    "arguments",
    [{"timeout": -1}, {"timeout": float("nan")}, {"timeout": "60"}, {"timeout": 10**400}, {"on_update": 5}],
    ids=str,
)
def test_run__refuses_what_it_could_not_wait_with_before_it_pays(harness: Harness, arguments: dict[str, Any]) -> None:
    """A timeout or callback that makes no sense is refused before anything is created."""
    script = ScriptedResponses(created())
    with pytest.raises(zeroscope.InvalidInputError, match=next(iter(arguments))):
        harness.do(harness.client(script).run, **arguments)
    assert script.requests == []


def test_callback__that_raises_gets_a_note_of_what_goes_on(harness: Harness) -> None:
    """An error of the callback in the middle of a wait gets a note with the id of the job that goes on."""

    def broken(prediction: Any) -> None:
        if prediction.status == "processing":
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken") as caught:
        harness.do(harness.client(ScriptedResponses(created(), now("processing"))).run, on_update=broken)
    assert "Prediction gm3q goes on" in caught.value.__notes__[0]


def test_wait__is_not_outlasted_by_a_service_that_hangs(harness: Harness) -> None:
    """A request late in a wait is given what is left of it, and trouble past the end is the end of the time."""
    limits: list[float] = []

    def hang(request: httpx.Request) -> httpx.Response:
        limits.append(request.extensions["timeout"]["read"])
        harness.clock.now += limits[-1]
        raise httpx.ReadTimeout("slow")

    script = ScriptedResponses(created())
    client = harness.client(script, retry=None)
    prediction = harness.do(client.predictions.create, {})
    script.responses = [hang]
    with pytest.raises(zeroscope.WaitTimeoutError) as caught:
        harness.do(prediction.wait, timeout=10)
    assert limits == [pytest.approx(10 - zeroscope.Polling().minimum)]
    assert isinstance(caught.value.__cause__, zeroscope.TransportError)


def test_output__that_a_list_left_out_is_fetched_by_wait(harness: Harness) -> None:
    """A list may leave the output out; that is no reason to call it gone."""
    listed = {"results": [{"id": "gm3q", "status": "succeeded"}]}
    script = ScriptedResponses(httpx.Response(200, json=listed), now("succeeded", output=[URL]))
    (prediction,) = harness.all(harness.client(script).predictions.list)
    with pytest.raises(zeroscope.PredictionError, match="came without its output"):
        prediction.raise_for_status()
    assert [video.url for video in harness.do(prediction.wait).raise_for_status().videos] == [URL]


def test_interrupt__after_the_end_cancels_nothing() -> None:
    """Ctrl-C in the callback of the last change finds nothing to cancel."""
    harness = Harness("sync")
    script = ScriptedResponses(created(), now("succeeded", output=[URL]))

    def interrupt(prediction: Any) -> None:
        if prediction.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        harness.client(script).run(on_update=interrupt)
    assert [line.partition(" ")[0] for line in script.lines] == ["POST", "GET"]
    assert not hasattr(caught.value, "__notes__")


def test_interrupt__brings_the_prediction_up_to_date() -> None:
    """After Ctrl-C the prediction that the callback was given knows that it was canceled."""
    harness = Harness("sync")
    seen: list[Any] = []
    harness.clock.on_sleep = press_ctrl_c
    with pytest.raises(KeyboardInterrupt):
        harness.client(ScriptedResponses(created(), now("canceled"))).run(on_update=seen.append)
    assert seen[0].status == "canceled"


def test_interrupt__does_not_cancel_for_long() -> None:
    """The cancel after Ctrl-C is given up within seconds, however patient the client is otherwise."""
    harness = Harness("sync")
    script = ScriptedResponses(created(), httpx.ReadTimeout("slow"))

    def interrupt(seconds: float) -> None:
        harness.clock.on_sleep = None
        raise KeyboardInterrupt

    harness.clock.on_sleep = interrupt
    with pytest.raises(KeyboardInterrupt):
        harness.client(script, timeout=60, retry=zeroscope.Retry(attempts=100)).run()
    cancels = [request for request in script.requests if request.url.path.endswith("/cancel")]
    assert max(request.extensions["timeout"]["read"] for request in cancels) == 5.0
    assert sum(harness.clock.sleeps) <= 5


def test_wait__has_a_limit_and_tells_of_every_change(harness: Harness) -> None:
    """The arguments of a prediction's own `wait` mean what they mean for `run`."""
    client = harness.client(ScriptedResponses(created(), now("processing")))
    prediction = harness.do(client.predictions.create, {})
    seen: list[str] = []
    with pytest.raises(zeroscope.WaitTimeoutError):
        harness.do(prediction.wait, timeout=30, on_update=lambda p: seen.append(p.status))
    assert sum(harness.clock.sleeps) == pytest.approx(30)
    assert seen == ["processing"]


def test_poll__of_ones_own_is_kept_to(harness: Harness) -> None:
    """The pauses between two polls are those of the client's `poll`."""
    script = ScriptedResponses(created(), now("processing"), now("succeeded", output=[URL]))
    harness.do(harness.client(script, poll=zeroscope.Polling(minimum=7, maximum=7)).run)
    assert harness.clock.sleeps == [7, 7]
