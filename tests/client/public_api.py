"""A program that uses the whole public API, for type checkers; it never runs."""

from __future__ import annotations

import io
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, assert_type

import httpx
import httpx2

from zeroscope import (
    APIError,
    AsyncPrediction,
    AsyncVideo,
    AsyncVideos,
    AsyncZeroscope,
    AuthenticationError,
    BatchOptions,
    CertificateError,
    ClientOptions,
    Clock,
    ConfigurationError,
    CreateOptions,
    DownloadLimits,
    EmptyOutputError,
    FileInput,
    ForbiddenError,
    InvalidField,
    InvalidInputError,
    ListOptions,
    MalformedResponseError,
    NotFoundError,
    OnProgress,
    OnUpdate,
    OutputExpiredError,
    Page,
    PaymentRequiredError,
    Polling,
    Prediction,
    PredictionCanceledError,
    PredictionError,
    PredictionFailedError,
    PredictionInputDict,
    PredictionState,
    Progress,
    RateLimitError,
    RawResponse,
    RequestOptions,
    Results,
    Retry,
    RunArguments,
    RunOptions,
    RunResult,
    ServerError,
    SystemClock,
    TransportError,
    UnknownOutcomeError,
    UpscaleArguments,
    UpscaleOptions,
    ValidationError,
    VerifiedWebhook,
    Video,
    Videos,
    WaitTimeoutError,
    WebhookVerificationError,
    Zeroscope,
    ZeroscopeError,
    __version__,
    notebook,
    webhooks,
)
from zeroscope.events import Ended, Event, LogLine, Progressed, StatusChanged
from zeroscope.notebook import ProgressDisplay


def setting_up() -> None:
    """A client takes its settings, and reports those that can be read."""
    version: str = __version__
    print(version)
    clock: Clock = SystemClock()
    assert_type((clock.time(), clock.monotonic()), tuple[float, float])
    clock.sleep(0.1)
    poll = Polling(minimum=1, maximum=5, growth=0.2)
    assert_type((poll.maximum, Polling(maximum=timedelta(seconds=5)).maximum), tuple[float, float])
    assert_type(poll.pause(3.0, jitter=0.5, remaining=None), float)
    retry = Retry(attempts=2, initial=timedelta(seconds=1), maximum=30)
    assert_type(retry.pause(1, jitter=0.5, asked=3), float)
    client = Zeroscope(
        "token",
        base_url="https://api.example.test/v1",
        version="9f747",
        timeout=httpx.Timeout(5),
        http_client=httpx.Client(),
        retry=retry,
        poll=poll,
        clock=clock,
        random=lambda: 0.5,
    )
    assert_type((client.base_url, client.version, client.user_agent), tuple[str, str, str])
    client.close()
    Zeroscope(http_client=httpx2.Client())
    AsyncZeroscope(http_client=httpx2.AsyncClient())
    # One kind of client does not take an HTTP client of the other.
    Zeroscope(http_client=httpx2.AsyncClient())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Zeroscope(http_client=httpx.AsyncClient())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AsyncZeroscope(http_client=httpx2.Client())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AsyncZeroscope(http_client=httpx.Client())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def in_a_notebook(client: Zeroscope) -> None:
    """A progress display is what `on_update` takes."""
    display = ProgressDisplay()
    assert_type(client.run(prompt="x", on_update=display), Videos)
    notebook.EMBED_LIMIT = 2 * notebook.EMBED_LIMIT


def sync() -> None:
    """The sync client returns precise types."""
    with Zeroscope("token", timeout=5, retry=None) as client:
        assert_type(client, Zeroscope)
        videos = client.run(prompt="x", num_frames=24, model="576w", guidance_scale=7, remove_watermark=True)
        assert_type(videos, Videos)
        assert_type((videos[:1], videos + videos), tuple[Videos, Videos])
        assert_type(videos[0].read(), bytes)
        assert_type(videos[0].save("a.mp4", overwrite=True), Path)
        assert_type(videos[0].save("a.mp4", on_progress=lambda received, total: received / (total or 1)), Path)
        limits: DownloadLimits = {"max_bytes": 10_000_000, "min_rate": 0}
        assert_type(videos[0].save(io.BytesIO(), **limits), io.BytesIO)
        assert_type(videos[0].iter_bytes(max_bytes=1_000), Iterator[bytes])
        assert_type((videos[0].url, videos[0].index, videos[0].name), tuple[str, int, str])
        assert_type(videos[0].prediction, PredictionState | None)
        input: PredictionInputDict = {"prompt": "x", "width": 576}
        options: CreateOptions = {"deadline": timedelta(minutes=5), "webhook_events_filter": ["start"]}
        prediction = client.predictions.create(input, **options)
        assert_type(prediction, Prediction)
        assert_type(prediction.wait(timeout=5, on_update=print, cancel_on_timeout=True), Prediction)
        assert_type(prediction.wait(timeout=timedelta(minutes=5)).videos, Videos)
        assert_type(prediction.reload().cancel().raise_for_status(), Prediction)
        assert_type(prediction.save_all("videos", overwrite=True, on_progress=print, **limits), list[Path])
        with prediction as same:
            assert_type(same, Prediction)
        assert_type(client.predictions.get("id").wait().videos[0].save("a.mp4"), Path)
        assert_type(client.predictions.cancel("id"), Prediction)
        filters: ListOptions = {"created_after": datetime.now(UTC), "created_before": "2026-02-01T00:00:00Z"}
        assert_type(client.predictions.list(**filters), Iterator[Prediction])
        pages = client.predictions.pages(source="web", cursor="cD0yMDI2")
        assert_type(pages, Iterator[Page[Prediction]])
        page = next(pages)
        assert_type((page.results, page.next, page.previous), tuple[list[Prediction], str | None, str | None])


def requests(client: Zeroscope) -> None:
    """Single requests take options, and their responses have precise types."""
    settings: ClientOptions = {"timeout": timedelta(minutes=5), "retry": None, "extra_headers": {"x-team": "films"}}
    other = client.with_options(**settings).with_options(poll=Polling(maximum=5), version=None)
    assert_type(other, Zeroscope)
    options: RequestOptions = {"timeout": httpx.Timeout(5), "extra_headers": {"x-trace": "7"}}
    assert_type(client.predictions.get("id", **options).reload(**options).cancel(timeout=5), Prediction)
    assert_type(client.predictions.create({}, timeout=5, extra_headers={"x-trace": "7"}, deadline=60), Prediction)
    assert_type(client.predictions.cancel("id", timeout=None), Prediction)
    assert_type(client.webhook_secret(**options), str)
    raw = client.predictions.with_raw_response
    assert_type(raw.get("id", **options), RawResponse[Prediction])
    assert_type(raw.cancel("id"), RawResponse[Prediction])
    response = raw.create({"prompt": "x"}, prefer_wait=5)
    assert_type(response.parse().wait().videos[0].save("a.mp4"), Path)
    assert_type((response.request, response.status_code, response.content), tuple[str, int, bytes])
    assert_type((response.headers["date"], response.request_id), tuple[str, str | None])
    assert_type(client.get("/account", params={"a": 1}, **options), RawResponse[Any])
    assert_type(client.post("/trainings", json={"a": [1]}, **options).parse(), Any)
    client.run(prompt="x", extra_headers={"x-trace": "7"})
    client.run_many([], extra_headers={"x-trace": "7"})


async def requests_async(client: AsyncZeroscope) -> None:
    """The same with the async client."""
    assert_type(client.with_options(timeout=5), AsyncZeroscope)
    assert_type(await client.predictions.get("id", timeout=5), AsyncPrediction)
    raw = client.predictions.with_raw_response
    assert_type(await raw.get("id"), RawResponse[AsyncPrediction])
    assert_type((await raw.create({})).parse(), AsyncPrediction)
    assert_type(await (await raw.cancel("id", timeout=5)).parse().reload(timeout=5), AsyncPrediction)
    assert_type(await client.get("/account"), RawResponse[Any])
    assert_type((await client.post("/trainings", json=[])).status_code, int)


def state(prediction: PredictionState) -> None:
    """The state of a prediction has precise types."""
    assert_type((prediction.id, prediction.status, prediction.done), tuple[str, str, bool])
    assert_type((prediction.model, prediction.version, prediction.error), tuple[str | None, str | None, str | None])
    assert_type(
        (prediction.input, prediction.metrics, prediction.urls), tuple[dict[str, Any], dict[str, Any], dict[str, Any]]
    )
    assert_type((prediction.logs, prediction.seed, prediction.data_removed), tuple[str, int | None, bool])
    assert_type((prediction.error_code, prediction.deployment), tuple[str | None, str | None])
    assert_type(prediction.created_at, datetime | None)
    assert_type(prediction.started_at, datetime | None)
    assert_type(prediction.completed_at, datetime | None)
    assert_type((prediction.to_dict(), prediction.to_json(indent=2)), tuple[dict[str, Any], str])
    if prediction.output is not None and (progress := prediction.progress) is not None:
        assert_type(progress, Progress)
        assert_type((progress.percentage, progress.current, progress.total), tuple[float, int, int])


async def asynchronous() -> None:
    """The async client has the same types, awaited."""
    async with AsyncZeroscope(retry=Retry(attempts=2)) as client:
        assert_type(client, AsyncZeroscope)
        videos = await client.run(prompt="x")
        assert_type(videos, AsyncVideos)
        assert_type(await videos[0].read(), bytes)
        assert_type(await videos[0].save("a.mp4", on_progress=print), Path)
        assert_type(await videos[0].save(io.BytesIO(), min_rate=1), io.BytesIO)
        assert_type(videos[0].iter_bytes(), AsyncIterator[bytes])
        prediction = await client.predictions.create({})
        assert_type(prediction, AsyncPrediction)
        assert_type((await prediction.wait()).videos, AsyncVideos)
        assert_type((await (await prediction.reload()).cancel()).raise_for_status(), AsyncPrediction)
        assert_type(await prediction.save_all("videos"), list[Path])
        async with prediction as same:
            assert_type(same, AsyncPrediction)
        assert_type(await client.predictions.get("id"), AsyncPrediction)
        assert_type(await client.predictions.cancel("id"), AsyncPrediction)
        assert_type(client.predictions.list(created_after=datetime.now(UTC)), AsyncIterator[AsyncPrediction])
        assert_type(client.predictions.pages(source=None), AsyncIterator[Page[AsyncPrediction]])
    await client.aclose()


async def receiving(
    client: Zeroscope, async_client: AsyncZeroscope, request: httpx.Request, environ: dict[str, Any]
) -> None:
    """A webhook's prediction is of the client's own kind, and headers of every framework are accepted."""
    assert_type(client.webhook_secret(), str)
    assert_type(await async_client.webhook_secret(), str)
    body, secret = request.content, ("whsec_bmV3", "whsec_b2xk")
    assert_type(webhooks.verify(request.headers, body, "whsec_bmV3"), VerifiedWebhook[Prediction])
    assert_type(webhooks.verify(request.headers.raw, body, secret, client=client).prediction, Prediction)
    assert_type(webhooks.verify(request.headers, body, client=async_client), VerifiedWebhook[AsyncPrediction])
    webhook = webhooks.verify(environ, body, list(secret), 60, client=async_client)
    assert_type((await webhook.prediction.wait()).videos, AsyncVideos)
    assert_type(webhook.id, str)
    prediction, id = webhooks.verify([("webhook-id", "x")], memoryview(body), secret, now=1.5)
    assert_type(prediction.wait().videos, Videos)
    assert_type(id, str)


def files(client: Zeroscope, unbuffered: io.FileIO, reader: io.BufferedIOBase, pipe: IO[bytes]) -> None:
    """A file is accepted in every form."""
    forms: list[FileInput] = ["https://x.test/a.mp4", Path("a.mp4"), b"x", bytearray(), memoryview(b"x"), io.BytesIO()]
    forms += [unbuffered, reader, pipe]
    client.run_many([{"init_video": form} for form in forms], prefer_wait=5, extra_input={"motion": 1})
    client.run(init_video="a.mp4")
    client.run(init_video=Path("a.mp4"), prefer_wait=5, extra_input={"motion": 1})
    client.run(init_video=b"x")
    with open("a.mp4", "rb") as file, tempfile.NamedTemporaryFile() as temporary:
        client.run(init_video=file)
        client.predictions.create({"init_video": temporary})


def options(client: Zeroscope, update: OnUpdate, progress: OnProgress) -> None:
    """The options of each call can be kept in a typed dict."""
    arguments: RunArguments = {"prompt": "x", "timeout": 5, "on_update": update}
    client.run(**arguments)
    run_options: RunOptions = {"cancel_on_timeout": True, "deadline": 60, "prefer_wait": 5}
    client.upscale(client.run(prompt="x")[0], **run_options)
    upscale_options: UpscaleOptions = {"strength": 0.7, **run_options}
    client.upscale(client.run(prompt="x")[0], **upscale_options)
    larger: UpscaleArguments = {"width": 1280, "strength": 0.7}
    client.upscale(client.run(prompt="x")[0], **larger)
    batch: BatchOptions = {"concurrency": 5, "journal": Path("a.db"), "webhook": "https://x.test", "stream": None}
    client.run_many([{"prompt": "x"}], **batch)[0].videos[0].save("a.mp4", on_progress=progress)


def many(client: Zeroscope, draft: Prediction) -> None:
    """Results of many inputs, upscaled videos and events have precise types."""
    results = client.run_many([{"prompt": "a"}, draft], concurrency=5, journal=Path("a.db"), webhook="https://x.test")
    assert_type(results, Results[Prediction, Video])
    assert_type(results[0], RunResult[Prediction, Video])
    assert_type(results[0].raise_for_error().videos, list[Video])
    assert_type((results[0].index, results[0].error), tuple[int, ZeroscopeError | None])
    print(results[0].input)
    for result in client.as_completed(({"seed": seed} for seed in range(3)), on_update=print):
        assert_type(result.prediction, Prediction | None)
    assert_type(client.upscale(draft, strength=0.7, width=1280, timeout=60), Videos)
    assert_type(client.upscale(draft.videos[0]), Videos)
    assert_type(client.upscale(client.run(prompt="x")), Videos)
    for event in draft.events(timeout=5):
        assert_type(event, Event[Prediction])
        match event:
            case StatusChanged(status) | LogLine(status):
                assert_type(status, str)
            case Progressed(progress):
                assert_type(progress, Progress)
            case Ended(prediction):
                assert_type(prediction.wait().videos, Videos)


async def many_async(client: AsyncZeroscope, draft: AsyncPrediction) -> None:
    """The same with the async client."""
    results = await client.run_many([{"prompt": "a"}, draft], concurrency=5, journal="a.db", prefer_wait=5)
    assert_type(results, Results[AsyncPrediction, AsyncVideo])
    async for result in client.as_completed([{"prompt": "a"}], cancel_on_timeout=True):
        assert_type(result.videos, list[AsyncVideo])
    assert_type(await client.upscale(draft, prompt="b", extra_input={"motion": 1}), AsyncVideos)
    async for event in draft.events():
        assert_type(event, StatusChanged | LogLine | Progressed | Ended[AsyncPrediction])
        if isinstance(event, Ended):
            assert_type((await event.prediction.wait()).videos, AsyncVideos)


def errors(client: Zeroscope) -> None:
    """Every documented error can be used as the documentation shows it."""
    try:
        client.run(prompt="x")
    except WaitTimeoutError as error:
        print(error.prediction.wait().videos)
        error.prediction.cancel()
    except PredictionFailedError as error:
        assert_type(error.code, str | None)
    except (PredictionCanceledError, EmptyOutputError, OutputExpiredError) as error:
        print(error.prediction.id, error.prediction.logs)
    except PredictionError as error:
        print(error.prediction.reload().status)
    except UnknownOutcomeError as error:
        assert_type(error.sent_at, float | None)
        print([video for found in error.find() for video in found.wait().videos])
    except InvalidInputError as error:
        assert_type(error.invalid_fields, list[InvalidField])
        field = error.invalid_fields[0]
        assert_type((field.type, field.field, field.description), tuple[str, str, str])
    except ValidationError as error:
        assert_type(error.invalid_fields[0].field, str)
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
    except CertificateError as error:
        assert_type(error.prediction, Any)
    except (AuthenticationError, PaymentRequiredError, ForbiddenError, NotFoundError, ServerError) as error:
        assert_type((error.status_code, error.title, error.detail), tuple[int, str | None, str | None])
    except APIError as error:
        assert_type((error.headers, error.body, error.hint), tuple[dict[str, str], str, str])
        assert_type(error.request_id, str | None)
    except MalformedResponseError as error:
        assert_type((error.status_code, error.body), tuple[int, str])
    except (TransportError, ConfigurationError, WebhookVerificationError) as error:
        print(error, error.__cause__)
    except ZeroscopeError as error:
        if error.prediction is not None:
            print(error.prediction.id)


async def errors_async(client: AsyncZeroscope) -> None:
    """The errors of the async client hold its own predictions."""
    try:
        await client.run(prompt="x")
    except WaitTimeoutError as error:
        prediction = await error.prediction.wait()
        print(prediction.videos)
        await error.prediction.cancel()
    except UnknownOutcomeError as error:
        print([found.id for found in await error.find()])
    except ZeroscopeError as error:
        await error.prediction.reload()


def mistakes(client: Zeroscope) -> None:
    """A type checker reports each of these lines: an ignore that is not needed is an error itself."""
    client.run(prompt=5)  # type: ignore[arg-type]  # a planted mistake
    client.run(promt="x")  # type: ignore[call-arg]  # a planted mistake
    client.run(model="xxl")  # type: ignore[arg-type]  # a planted mistake
    client.run(width="576")  # type: ignore[arg-type]  # a planted mistake
    client.run(init_video=5)  # type: ignore[arg-type]  # a planted mistake
    client.run(init_video=io.StringIO())  # type: ignore[arg-type]  # a planted mistake
    client.predictions.get(5)  # type: ignore[arg-type]  # a planted mistake
    client.predictions.get("id", timeot=5)  # type: ignore[call-arg]  # a planted mistake
    client.with_options(token="other")  # type: ignore[call-arg]  # a planted mistake
    client.run_many([{"promt": "x"}], concurency=5)  # type: ignore[call-arg]  # a planted mistake
    client.upscale("https://x.test/a.mp4")  # type: ignore[arg-type]  # a planted mistake
    webhooks.verify({}, "decoded", "whsec_bmV3")  # type: ignore[call-overload]  # a planted mistake
    Retry(first=1)  # type: ignore[call-arg]  # a planted mistake
