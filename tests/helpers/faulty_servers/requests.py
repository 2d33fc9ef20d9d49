"""Requests that are accepted or refused against the document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helpers.faulty_servers.mutants import TOKEN, Request, Response, on_prediction, on_request, on_response
from helpers.faulty_servers.proxy import DOCUMENT

PROBLEM = {"content-type": "application/problem+json"}


def refuse(field: str) -> Response:
    """Return the refusal of a field."""
    invalid = {"type": "number_lte", "field": field, "description": "refused"}
    body = {"title": "Input validation failed", "detail": "refused", "status": 422, "invalid_fields": [invalid]}
    return Response(422, dict(PROBLEM), body)


@on_request("ignores a minimum", "bounds-enforced")
def _(request: Request) -> Response:
    if isinstance(request.input.get("width"), int) and 0 < request.input["width"] < 256:
        request.input["width"] = 256
    return request.forward()


@on_request("ignores a maximum", "bounds-enforced")
def _(request: Request) -> Response:
    if isinstance(request.input.get("guidance_scale"), float) and request.input["guidance_scale"] > 100:
        request.input["guidance_scale"] = 100
    return request.forward()


@on_request("is off by one at a bound", "bounds-enforced")
def _(request: Request) -> Response:
    return refuse("input.num_inference_steps") if request.input.get("num_inference_steps") == 500 else request.forward()


@on_response("refuses a bound with 400", "bounds-enforced", "createPrediction")
def _(response: Response, request: Request) -> None:
    if response.status == 422 and "number_lte" in str(response.body):
        response.status = response.body["status"] = 400


@on_request("takes any model", "enum-enforced")
def _(request: Request) -> Response:
    if isinstance(request.input.get("model"), str):
        request.input["model"] = "xl"
    return request.forward()


@on_request("has lost a model", "enum-enforced")
def _(request: Request) -> Response:
    return refuse("input.model") if request.input.get("model") == "potat1" else request.forward()


@on_request("makes numbers of texts", "types-enforced")
def _(request: Request) -> Response:
    for name, value in request.input.items():
        if value == "1":
            request.input[name] = 300
    return request.forward()


@on_request("takes null for nothing", "types-enforced")
def _(request: Request) -> Response:
    for name in [name for name, value in request.input.items() if value is None]:
        del request.input[name]
    return request.forward()


@on_request("runs any version when none is named", "required-enforced")
def _(request: Request) -> Response:
    if request.operation == "createPrediction" and isinstance(request.body, dict):
        request.body.setdefault("version", DOCUMENT.metadata["version"])
    return request.forward()


@on_request("overlooks names that it does not know", "unknown-names-refused")
def _(request: Request) -> Response:
    if isinstance(request.body, dict):
        request.body.pop("unheard_of", None)
    return request.forward()


@on_request("asks for no token", "no-token-401")
def _(request: Request) -> Response:
    request.headers.setdefault("authorization", f"Bearer {TOKEN}")
    return request.forward()


@on_request("cancels without a token", "no-token-401")
def _(request: Request) -> Response:
    if request.operation == "cancelPrediction":
        request.headers["authorization"] = f"Bearer {TOKEN}"
    return request.forward()


@on_response("forbids instead of asking for a token", "no-token-401")
def _(response: Response, request: Request) -> None:
    if response.status == 401:
        response.status = response.body["status"] = 403


@on_request("takes any token", "wrong-token-401")
def _(request: Request) -> Response:
    if "authorization" in request.headers:
        request.headers["authorization"] = f"Bearer {TOKEN}"
    return request.forward()


@on_request("knows only one scheme", "auth-schemes")
def _(request: Request) -> Response:
    if request.headers.get("authorization", "").startswith("Token "):
        del request.headers["authorization"]
    return request.forward()


@on_request("has another account for another scheme", "auth-schemes")
def _(request: Request) -> Response:
    if request.headers.get("authorization", "").startswith("Token "):
        request.path += "x"
    return request.forward()


@on_request("creates under one scheme only", "auth-schemes")
def _(request: Request) -> Response:
    if request.operation == "createPrediction" and request.headers.get("authorization", "").startswith("Token "):
        del request.headers["authorization"]
    return request.forward()


@on_request("takes a token under any scheme", "auth-schemes")
def _(request: Request) -> Response:
    _, _, token = request.headers.get("authorization", "").partition(" ")
    if token:
        request.headers["authorization"] = f"Bearer {token}"
    return request.forward()


@on_response("thanks for the token", "token-kept", "listPredictions")
def _(response: Response, request: Request) -> None:
    response.headers["x-authenticated-as"] = request.headers.get("authorization", "")


@on_response("sends back what it was sent", "token-kept", "getPrediction")
def _(response: Response, request: Request) -> None:
    if isinstance(response.body, dict):
        response.body |= {
            "request_headers": request.headers,
            "detail": f"{response.body.get('detail')}, {request.headers}",
        }


@on_request("shows predictions without a token", "ignored-auth", fuzz=True)
def _(request: Request) -> Response:
    if request.operation == "getPrediction":
        request.headers["authorization"] = f"Bearer {TOKEN}"
    return request.forward()


@on_response("knows every id", "unknown-id-404", "getPrediction")
def _(response: Response, request: Request) -> None:
    if response.status == 404:
        response.status, response.body = 200, {"id": "whatever", "status": "starting"}
        response.headers["content-type"] = "application/json"


@on_response("breaks down over an unknown id", "unknown-id-404", "cancelPrediction")
def _(response: Response, request: Request) -> None:
    if response.status == 404:
        response.status = response.body["status"] = 503


@on_request("takes anything for a webhook", "negative-data-rejection", fuzz=True)
def _(request: Request) -> Response:
    if request.operation == "createPrediction" and isinstance(request.body, dict):
        request.body = {name: value for name, value in request.body.items() if name not in {"webhook", "stream"}}
    return request.forward()


@on_request("takes prompts in ASCII alone", "positive-data-acceptance")
def _(request: Request) -> Response:
    prompt = request.input.get("prompt")
    if isinstance(prompt, str) and not prompt.isascii():
        return refuse("input.prompt")
    return request.forward()


def named_version(request: Request) -> str:
    """Return the version of a create; empty for other requests."""
    version = request.body.get("version") if isinstance(request.body, dict) else None
    return version if isinstance(version, str) else ""


@on_request("takes only ids for versions", "version-forms")
def _(request: Request) -> Response:
    return refuse("version") if "/" in named_version(request) else request.forward()


@on_request("runs the nearest version that it knows", "version-forms")
def _(request: Request) -> Response:
    if "/" in named_version(request):
        request.body["version"] = DOCUMENT.metadata["version"]
    return request.forward()


@on_prediction("runs another model for a name", "version-forms", "createPrediction")
def _(prediction: dict[str, Any], request: Request) -> None:
    if "/" in named_version(request):
        prediction["model"] = "someone/else"


def run_another(request: Request, is_meant: Callable[[str], bool]) -> Response:
    """Show another version for every prediction that was created with certain forms of it."""
    response = request.forward()
    others = request.memory.setdefault("others", set())
    for prediction in response.predictions:
        if is_meant(named_version(request)):
            others.add(prediction["id"])
        if prediction["id"] in others:
            prediction["version"] = "0" * 64
    return response


@on_request("runs another version than the one after the colon", "version-forms")
def _(request: Request) -> Response:
    return run_another(request, lambda version: ":" in version)


@on_request("runs an old version for a name", "version-forms")
def _(request: Request) -> Response:
    return run_another(request, lambda version: "/" in version and ":" not in version)
