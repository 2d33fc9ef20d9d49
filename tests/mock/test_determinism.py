"""Same seed, same requests: same responses, in one process and in another."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import textwrap

import pytest

RUN = textwrap.dedent(
    """
    import hashlib, json, sys
    import httpx
    from zeroscope_mock import MockServer

    VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"

    def run(seed):
        server = MockServer(seed=seed, receiver=lambda request: 503 if request.headers["webhook-id"] < "msg_i" else 200)
        server.faults.storm(0.2)
        server.scripts.add({"run": 3, "logs": ["a", "b"], "gradual": True})
        digest = hashlib.sha256()
        with httpx.Client(transport=server.transport, base_url="https://h.test/v1") as api:
            api.headers["Authorization"] = "Bearer a-token"
            for prompt in ("x", "y", "mock:fail", "mock:abort"):
                sent = {"version": VERSION, "input": {"prompt": prompt, "num_frames": 3}, "stream": True}
                sent["webhook"] = "https://h.test/hook"
                while (created := api.post("/predictions", json=sent)).status_code == 429:
                    server.clock.advance(1)
                urls = created.json()["urls"]
                server.clock.advance(0.7)
                for url in (urls["get"], urls["stream"], urls["get"]):
                    try:
                        answer = api.get(url)
                        digest.update(answer.content)
                    except httpx.TransportError as error:
                        digest.update(repr(error).encode())
            server.clock.advance(100)
            server.faults.clear()
            for prediction in api.get("/predictions").json()["results"]:
                for video in prediction["output"] or []:
                    digest.update(api.get(video).content)
            form = {"Content-Type": "multipart/form-data; boundary=c"}
            api.post("/files", files={"content": ("a", b"b")}, headers=form)
            api.get("/webhooks/default/secret")
            api.get("/predictions")
        assert any(exchange.fault for exchange in server.journal)
        assert any("video/mp4" in exchange.response_body for exchange in server.journal)
        digest.update(repr([list(server.journal), list(server.deliveries)]).encode())
        return digest.hexdigest()
    """
)


def in_this_process(seed: int) -> str:
    names: dict[str, object] = {}
    exec(RUN, names)
    run = names["run"]
    assert callable(run)
    return str(run(seed))


def test_two_servers_respond_identically() -> None:
    """Ids, times, logs and videos depend on the seed alone."""
    assert in_this_process(3) == in_this_process(3)


def test_another_process_responds_identically() -> None:
    """Nothing depends on hash seeds, addresses or the time of day."""
    other = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{RUN}\nprint(run(3))"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "77"},
    )

    assert other.stdout.strip() == in_this_process(3)


@pytest.mark.parametrize("seed", [0, 4])
def test_another_seed_gives_other_responses(seed: int) -> None:
    """Each seed has its own ids and videos."""
    assert in_this_process(seed) != in_this_process(3)
    assert len(in_this_process(seed)) == hashlib.sha256().digest_size * 2
