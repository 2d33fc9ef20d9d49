"""Models, inputs, servers and receivers that the tests of all clients share."""

from __future__ import annotations

import base64
import hmac
import queue
import ssl
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from compatibility.clients import Client, Process
from compatibility.proxy import Proxy
from helpers.decoders import decode
from helpers.model_files import model_files
from zeroscope_mock import Listening, MockServer
from zeroscope_mock.documents.spec import Spec

HOST = "api.replicate.com"
"""The service's own host."""
TOKEN = "r8_a-token-that-must-show-nowhere"
MODEL = str(Spec.load().model)
OWNER, _, NAME = MODEL.partition("/")
VERSION = str(Spec.load().version)
REFERENCES = [VERSION, f"{MODEL}:{VERSION}", MODEL]
"""The forms that the version of a create may have."""

IMAGES = "studio/posters"
ENLARGER = "darkroom/enlarger"
VIDEO = "cinema/trailers"
SPEECH = "parrot/narrator"
TRANSCRIPTION = "stenographer/minutes"
LLM = "parrot/talker"
_USED = {IMAGES, ENLARGER, VIDEO, SPEECH, TRANSCRIPTION, LLM}
MODELS = {
    model.name: model.path for model in model_files(Path(__file__).parent.parent / "models") if model.name in _USED
}
"""The files of the models of other kinds: their output is a list of pictures, a picture, a video, a sound, an object
with files among its values, and a text that comes in pieces."""

INPUT = {"prompt": "a lighthouse", "num_frames": 2}
FAILING = {"prompt": "mock:fail the GPU is on fire"}

ENDLESS = {"startup": 0, "run": 86400}
"""The script of a prediction that does not end while a test runs."""

SLOW = {"reads": 2}
"""The script of one that outlasts any wait, and ends at the second read."""

GRADUAL = {"reads": 5}
"""The script of one that shows more of its output at each read, and all of it at the fifth."""


def clients(chosen: Iterable[Client]) -> pytest.MarkDecorator:
    """Run a test with each of these clients; `make test` leaves out those that take long to install or to start."""
    return pytest.mark.parametrize(
        "process",
        [
            pytest.param(client, id=client.title, marks=[] if client.environment.quick else [pytest.mark.slow])
            for client in chosen
        ],
        indirect=True,
        scope="module",
    )


def start(client: Client, url: str, **environment: str) -> Process:
    """Start a client that sends its requests to the server at a URL; skip the test if the client is missing."""
    if reason := client.missing():
        pytest.skip(reason)
    settings = {
        "BASE_URL": url + client.base_url,
        "REPLICATE_BASE_URL": url + client.base_url,
        "REPLICATE_API_TOKEN": TOKEN,
        "REPLICATE_POLL_INTERVAL": "0.01",
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }
    return Process(client.command(), {**settings, **environment})


@dataclass(frozen=True)
class Secure:
    """A server that speaks TLS.

    Args:
        listening: Where it listens.
    """

    server: MockServer
    listening: Listening

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.listening.url

    @property
    def environment(self) -> Mapping[str, str]:
        """What makes clients trust it."""
        return self.listening.environment

    def context(self) -> ssl.SSLContext:
        """What makes httpx trust it."""
        return ssl.create_default_context(cafile=self.listening.ca_file)


def litellm_environment(secure: Secure, proxy: Proxy) -> dict[str, str]:
    """What makes LiteLLM use a proxy, trust the server behind it, and poll more often."""
    return {
        **secure.environment,
        "HTTPS_PROXY": proxy.url,
        "NO_PROXY": "127.0.0.1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "DEFAULT_REPLICATE_POLLING_DELAY_SECONDS": "1",
        "REPLICATE_POLLING_DELAY_SECONDS": "0.1",
    }


def operations(server: MockServer) -> list[str | None]:
    """The calls so far, by operationId."""
    return [exchange.operation for exchange in server.journal]


def outputs(api: httpx.Client) -> list[Any]:
    """The outputs of all predictions, the newest first."""
    return [api.get(one["urls"]["get"]).json()["output"] for one in api.get("/predictions").json()["results"]]


def decoded_size(api: httpx.Client, url: str) -> int:
    """The size of an output file, which decodes."""
    response = api.get(url)
    decode(response.content, url.rpartition(".")[2], response.headers["content-type"])
    return len(response.content)


def download_arguments(server: MockServer, file_id: str, username: str, secret: str) -> dict[str, Any]:
    """What a download of a file is asked for with: the account signs who it is for, and until when."""
    expiry = int(server.clock.time()) + 3600
    digest = hmac.digest(secret.encode(), f"{username} {file_id} {expiry}".encode(), "sha256")
    signature = base64.b64encode(digest).decode()
    return {"file_id": file_id, "owner": username, "expiry": expiry, "signature": signature}


class Receiver:
    """Listens for webhooks on the loopback.

    Attributes:
        url: Where to send them.
    """

    def __init__(self) -> None:
        received: queue.SimpleQueue[tuple[dict[str, str], str]] = queue.SimpleQueue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                received.put(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._received = received
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhook"

    def receive(self) -> tuple[dict[str, str], str]:
        """Headers, named in small letters, and body of the next webhook, once it has come."""
        return self._received.get(timeout=20)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
