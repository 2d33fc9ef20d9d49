"""Follows the advice of error messages: what they name as the way out works."""

from __future__ import annotations

import io
import os
import pickle
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from zeroscope import Zeroscope, webhooks
from zeroscope_mock import MockServer

PROMPT = "A lighthouse in a storm"
INPUTS = [{"prompt": PROMPT}]


class At:
    """A mock server with a client, in an empty folder that is the current one."""

    def __init__(self, opened: ExitStack) -> None:
        self.server: Any = opened.enter_context(MockServer())
        self.client: Any = opened.enter_context(self.server.client())
        self._opened = opened

    def draft(self) -> bytes:
        """The content of a video."""
        content: bytes = self.client.run(prompt=PROMPT)[0].read()
        return content

    def start(self, **options: Any) -> Any:
        """Start another server."""
        return self._opened.enter_context(MockServer(**options))

    def use(self, draft: Any) -> None:
        """Make a video from a draft."""
        self.client.run(prompt=PROMPT, init_video=draft)

    def open(self, path: str, mode: str) -> Any:
        """Open a file until the test has ended."""
        return self._opened.enter_context(open(path, mode))

    def file(self, mode: str = "rb") -> Any:
        """A file with a video, opened."""
        Path("draft.mp4").write_bytes(self.draft())
        return self.open("draft.mp4", mode)

    def begin_batch(self) -> At:
        """Begin a batch, and leave its journal open."""
        results: Any = iter(self.client.as_completed(INPUTS * 2, journal="journal"))
        next(results)
        self._opened.callback(results.close)
        return self


class Advice(NamedTuple):
    """A message with advice."""

    message: str
    """A part of the message."""
    wrong: Callable[[At], Any]
    """Raises the error."""
    right: Callable[[At], Any]
    """Does what the message advises."""


ADVICE = [
    # The client's settings.
    Advice(
        "check where it was copied",
        lambda at: Zeroscope("a token"),
        lambda at: Zeroscope("a-token").close(),
    ),
    Advice(
        "it has a user name or password in it; use token=",
        lambda at: Zeroscope("a-token", base_url="https://me:secret@example.org/v1"),
        lambda at: Zeroscope(token="a-token", base_url="https://example.org/v1").close(),
    ),
    Advice(
        "it should look like https://api.replicate.com/v1",
        lambda at: Zeroscope("a-token", base_url="api.replicate.com"),
        lambda at: Zeroscope("a-token", base_url="https://api.replicate.com/v1").close(),
    ),
    # Files.
    Advice("opened as text; open it with mode 'rb'", lambda at: at.use(at.file("r")), lambda at: at.use(at.file("rb"))),
    Advice(
        "opened for writing only; open it with mode 'rb'",
        lambda at: at.use(at.file("ab")),
        lambda at: at.use(at.file("rb")),
    ),
    Advice(
        "is a folder; name a file in it",
        lambda at: at.use(Path.cwd()),
        lambda at: at.use(Path(at.file().name)),
    ),
    Advice(
        "should it be rewound with seek(0)?",
        lambda at: at.use(exhausted(at.draft())),
        lambda at: at.use(rewound(exhausted(at.draft()))),
    ),
    Advice(
        "is not contiguous in memory; pass its content as bytes(...)",
        lambda at: at.use(memoryview(at.draft())[::2]),
        lambda at: at.use(bytes(memoryview(at.draft())[::2])),
    ),
    Advice(
        "can be read only once, but a journal needs its content beforehand; pass it as bytes",
        lambda at: at.client.run_many([{"init_video": Once(at.draft())}], journal="journal")[0].raise_for_error(),
        lambda at: at.client.run_many([{"init_video": at.draft()}], journal="journal")[0].raise_for_error(),
    ),
    # Videos.
    Advice(
        "this is a folder, name a file in it for the video",
        lambda at: at.client.run(prompt=PROMPT)[0].save("."),
        lambda at: at.client.run(prompt=PROMPT)[0].save("./video.mp4"),
    ),
    Advice(
        "this is not a folder, name one to save the videos in",
        lambda at: at.client.predictions.create(INPUTS[0]).wait().save_all(at.file().name),
        lambda at: at.client.predictions.create(INPUTS[0]).wait().save_all("videos"),
    ),
    Advice(
        "this is not a file; open it, and pass what open() returns",
        lambda at: at.client.run(prompt=PROMPT)[0].save(os.devnull),
        lambda at: at.client.run(prompt=PROMPT)[0].save(at.open(os.devnull, "wb")),
    ),
    Advice(
        "create the draft again, or pass a copy that you saved as init_video=",
        lambda at: at.client.upscale(expired(at)),
        lambda at: at.client.upscale(at.client.predictions.create(INPUTS[0]).wait()),
    ),
    Advice(
        "this error has no client to search with; look through client.predictions.list()",
        lambda at: lost(at).find(),
        lambda at: (lost(at), next(at.client.predictions.list())),
    ),
    Advice(
        "it is empty; leave it out to begin at the first page",
        lambda at: list(at.client.predictions.list(cursor="")),
        lambda at: list(at.client.predictions.list()),
    ),
    # Journals.
    Advice(
        "cannot be used: it is a folder or a device; name a file",
        lambda at: at.client.run_many(INPUTS, journal="."),
        lambda at: at.client.run_many(INPUTS, journal="./journal"),
    ),
    Advice(
        "is in use by another run; wait until that has ended, or name another file",
        lambda at: at.begin_batch().client.run_many(INPUTS, journal="journal"),
        lambda at: at.begin_batch().client.run_many(INPUTS, journal="another"),
    ),
    # Webhooks.
    Advice(
        "client.webhook_secret() returns it",
        lambda at: webhooks.verify({}, b"{}", []),
        lambda at: at.client.webhook_secret(),
    ),
    # The mock server.
    Advice(
        "leave it out to accept any",
        lambda at: at.start(token=""),
        lambda at: at.start().client(token="any").close(),
    ),
    Advice(
        "to reload the document, name its file: spec=PATH",
        lambda at: at.start(reload=True),
        lambda at: at.start(reload=True, spec=Path(__file__).parents[2] / "openapi.yaml"),
    ),
    Advice(
        "a fault must do something; add one of",
        lambda at: at.server.faults.add(operation="getPrediction"),
        lambda at: at.server.faults.add(operation="getPrediction", status=503),
    ),
    Advice(
        "retry_after needs a refusal to go with, such as status=429 or status=503",
        lambda at: at.server.faults.add(retry_after=3, delay=1),
        lambda at: at.server.faults.add(retry_after=3, status=429),
    ),
    Advice(
        "to read a file, pass its Path(...)",
        lambda at: at.server.scripts.add("scripts.yaml"),
        lambda at: (Path("scripts.yaml").write_text("run: 5\n"), at.server.scripts.add(Path("scripts.yaml"))),
    ),
    Advice(
        "times is an exact number of calls; leave at_least and at_most out",
        lambda at: at.server.verify("createPrediction", times=1, at_least=1),
        lambda at: (at.draft(), at.server.verify("createPrediction", times=1)),
    ),
    Advice(
        "cannot be created: …; name a file in an existing folder that is writable",
        lambda at: at.start(state="nowhere/state"),
        lambda at: at.start(state="state"),
    ),
    Advice(
        "…, or name another file",
        lambda at: (at.start(state="state", seed=1).close(), at.start(state="state", seed=2)),
        lambda at: (at.start(state="state", seed=1).close(), at.start(state="another", seed=2)),
    ),
    Advice(
        "If it is a name of this server, admit it: zeroscope mock --allow-host …, or MockServer(allow_hosts=[…])",
        lambda at: control(at.server, "mock.test"),
        lambda at: control(at.start(allow_hosts=["mock.test"]), "mock.test"),
    ),
]


class Once(io.RawIOBase):
    """A file that cannot be rewound."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._content.readinto(buffer)


def exhausted(content: bytes) -> io.BytesIO:
    file = io.BytesIO(content)
    file.read()
    return file


def rewound(file: io.BytesIO) -> io.BytesIO:
    file.seek(0)
    return file


def expired(at: At) -> Any:
    draft = at.client.predictions.create(INPUTS[0]).wait()
    at.server.clock.advance(4000)
    return draft


def lost(at: At) -> Any:
    """An error that has been in another process."""
    at.server.faults.lost_create()
    with pytest.raises(Exception, match="was not sent again") as caught:
        at.client.run(prompt=PROMPT)
    return pickle.loads(pickle.dumps(caught.value))


def control(server: MockServer, host: str) -> None:
    """Ask for the clock under a name of the server."""
    with server.listen() as listening:
        response = httpx.get(f"{listening.url}/_mock/clock", headers={"Host": host}, trust_env=False)
    if response.is_error:
        raise RuntimeError(response.text)


@pytest.mark.parametrize("advice", ADVICE, ids=lambda advice: advice.message)
def test_advice__helps(advice: Advice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wrong call raises the message, and the advised call succeeds."""
    monkeypatch.chdir(tmp_path)
    pattern = ".*".join(map(re.escape, advice.message.split("…")))
    with ExitStack() as opened, pytest.raises(Exception, match=pattern):
        advice.wrong(At(opened))
    with ExitStack() as opened:
        advice.right(At(opened))
