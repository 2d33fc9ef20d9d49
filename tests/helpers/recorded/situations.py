"""Situations: requests that bring the mock server to what was recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from typing import Any

import httpx

from helpers.recorded.service import DOCUMENT, Answer, Change, Service
from zeroscope_mock import Rate, RateLimits

WEBHOOK = "https://example.com/webhook"
FILTER = ["completed"]

SITUATIONS: dict[str, Callable[..., Answer]] = {}
"""The situations, by their names; each takes a change of the bodies, and returns what is compared."""


def situation(**options: Any) -> Callable[[Callable[[Service], httpx.Response | Answer]], object]:
    """Register a situation under the name of its function.

    Args:
        **options: The options of the mock server.
    """

    def register(respond: Callable[[Service], httpx.Response | Answer]) -> object:
        def run(change: Change = lambda body: None) -> Answer:
            service = Service(change, **options)
            with service.server:
                found = respond(service)
                return found if isinstance(found, Answer) else service.answer(found)

        SITUATIONS[respond.__name__.strip("_")] = run
        return respond

    return register


@situation()
def create(service: Service) -> httpx.Response:
    return service.create()


@situation()
def create_with_webhook(service: Service) -> httpx.Response:
    return service.create(webhook=WEBHOOK, webhook_events_filter=FILTER)


@situation()
def create_held(service: Service) -> httpx.Response:
    response = service.create(headers={"Prefer": "wait=10"})
    for _ in range(100):
        # Some of the answers show the end.
        if response.json()["status"] != "processing":
            response = service.create(headers={"Prefer": "wait=10"})
    return response


@situation()
def create_ran_out(service: Service) -> httpx.Response:
    return service.create("slow", headers={"Prefer": "wait=1"})


@situation()
def get_starting(service: Service) -> httpx.Response:
    return service.get(service.create())


@situation()
def get_processing(service: Service) -> httpx.Response:
    return service.get_when("processing", service.create())


@situation()
def get_succeeded(service: Service) -> httpx.Response:
    return service.get_when("succeeded", service.create())


@situation()
def get_failed(service: Service) -> httpx.Response:
    # So large that the model runs out of memory.
    return service.get_when("failed", service.create(input={"width": 100_000, "height": 100_000}))


@situation()
def get_aborted(service: Service) -> httpx.Response:
    service.server.scripts.add({"startup": 60})
    return service.get_when("aborted", service.create(headers={"Cancel-After": "5s"}))


@situation()
def get_removed(service: Service) -> httpx.Response:
    created = service.create()
    service.get_when("succeeded", created)
    service.server.clock.sleep(2.0 * DOCUMENT.metadata["retention-seconds"])
    return service.get(created)


@situation()
def cancel(service: Service) -> httpx.Response:
    running = service.get_when("processing", service.create("slow"))
    return service.api.post(f"/predictions/{running.json()['id']}/cancel")


@situation()
def list_(service: Service) -> httpx.Response:
    for _ in range(101):
        service.create()
    return service.api.get("/predictions")


@situation()
def list_last_page(service: Service) -> httpx.Response:
    for _ in range(101):
        service.create()
    return service.api.get(service.api.get("/predictions").json()["next"])


@situation()
def file(service: Service) -> httpx.Response:
    return service.upload()


@situation()
def file_read(service: Service) -> httpx.Response:
    return service.api.get(f"/files/{service.upload().json()['id']}")


@situation()
def file_deleted(service: Service) -> httpx.Response:
    return service.api.delete(f"/files/{service.upload().json()['id']}")


@situation(token="another-token")
def unauthenticated(service: Service) -> httpx.Response:
    return service.create()


@situation()
def payment_required(service: Service) -> httpx.Response:
    service.server.limits.out_of_credit = True
    return service.create()


@situation()
def not_found(service: Service) -> httpx.Response:
    return service.api.get("/predictions/unknown")


@situation()
def invalid_input(service: Service) -> httpx.Response:
    return service.create(input={"num_inference_steps": 501})


@situation()
def invalid_version(service: Service) -> httpx.Response:
    return service.create(version="unknown")


@situation(rate_limits=RateLimits(creates=Rate(1)))
def throttled(service: Service) -> httpx.Response:
    service.create()
    return service.create()


@situation()
def webhook(service: Service) -> Answer:
    service.get_when("succeeded", service.create(webhook=WEBHOOK, webhook_events_filter=FILTER))
    service.server.clock.sleep(1)
    (delivery,) = service.deliveries
    answer = service.answer(httpx.Response(200, headers=delivery.headers, content=delivery.content))
    return replace(answer, status=None)


@situation()
def webhook_secret(service: Service) -> httpx.Response:
    return service.api.get("/webhooks/default/secret")


def _read_events(service: Service) -> tuple[httpx.Response, Any]:
    response = service.api.get(service.create(stream=True).json()["urls"]["stream"], headers={"authorization": ""})
    events = []
    for block in response.text.split("\n\n"):
        fields = [line.partition(": ") for line in block.splitlines() if not line.startswith(":")]
        if fields:
            names = dict.fromkeys(name for name, _, _ in fields)
            events.append({name: "\n".join(value for key, _, value in fields if key == name) for name in names})
    return response, service.answer(httpx.Response(200, json=events)).body


@situation()
def stream(service: Service) -> Answer:
    response, events = _read_events(service)
    return Answer(status=response.status_code, headers=dict(response.headers), body=events)


@situation()
def model(service: Service) -> httpx.Response:
    return service.api.get(f"/models/{DOCUMENT.metadata['model']}")


@situation()
def version(service: Service) -> httpx.Response:
    return service.api.get(f"/models/{DOCUMENT.metadata['model']}/versions/{DOCUMENT.metadata['version']}")


@situation()
def versions(service: Service) -> httpx.Response:
    return service.api.get(f"/models/{DOCUMENT.metadata['model']}/versions")


@situation()
def states_of_a_run(service: Service) -> Answer:
    return _states(service, service.create(), "succeeded")


@situation()
def states_of_a_canceled_run(service: Service) -> Answer:
    created = service.create("slow")
    statuses = [service.answer(created).body["status"], service.answer(service.get(created)).body["status"]]
    canceled = service.api.post(f"/predictions/{created.json()['id']}/cancel")
    statuses += [service.answer(canceled).body["status"], service.answer(service.get(created)).body["status"]]
    return Answer(order=_without_repetitions(statuses))


@situation()
def events_of_a_stream(service: Service) -> Answer:
    _, events = _read_events(service)
    return Answer(order=_without_repetitions([event["event"] for event in events]))


def _states(service: Service, created: httpx.Response, last: str) -> Answer:
    statuses = [service.answer(created).body["status"]]
    while statuses[-1] != last and len(statuses) < 10_000:
        statuses.append(service.answer(service.get(created)).body["status"])
        service.server.clock.sleep(0.1)
    return Answer(order=_without_repetitions(statuses))


def _without_repetitions(words: Any) -> Any:
    return [word for word, _ in groupby(words)]
