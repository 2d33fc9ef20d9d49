"""Requests that are let through or turned away against the document."""

from __future__ import annotations

from helpers.faulty_servers.mutants import TOKEN, Answer, Call, answers, calls

PROBLEM = {"content-type": "application/problem+json"}


def refuse(field: str) -> Answer:
    """A refusal of a value."""
    fault = {"type": "number_lte", "field": field, "description": "refused"}
    body = {"title": "Input validation failed", "detail": "refused", "status": 422, "invalid_fields": [fault]}
    return Answer(422, dict(PROBLEM), body)


@calls("ignores a minimum", "bounds-enforced")
def _(call: Call) -> Answer:
    if isinstance(call.input.get("width"), int) and 0 < call.input["width"] < 256:
        call.input["width"] = 256
    return call.forward()


@calls("ignores a maximum", "bounds-enforced")
def _(call: Call) -> Answer:
    if isinstance(call.input.get("guidance_scale"), float) and call.input["guidance_scale"] > 100:
        call.input["guidance_scale"] = 100
    return call.forward()


@calls("is off by one at a bound", "bounds-enforced")
def _(call: Call) -> Answer:
    return refuse("input.num_inference_steps") if call.input.get("num_inference_steps") == 500 else call.forward()


@answers("refuses a bound with 400", "bounds-enforced", "createPrediction")
def _(answer: Answer, call: Call) -> None:
    if answer.status == 422 and "number_lte" in str(answer.body):
        answer.status = answer.body["status"] = 400


@calls("takes any model", "enum-enforced")
def _(call: Call) -> Answer:
    if isinstance(call.input.get("model"), str):
        call.input["model"] = "xl"
    return call.forward()


@calls("has lost a model", "enum-enforced")
def _(call: Call) -> Answer:
    return refuse("input.model") if call.input.get("model") == "potat1" else call.forward()


@calls("makes numbers of texts", "types-enforced")
def _(call: Call) -> Answer:
    for name, value in call.input.items():
        if value == "1":
            call.input[name] = 300
    return call.forward()


@calls("takes null for nothing", "types-enforced")
def _(call: Call) -> Answer:
    for name in [name for name, value in call.input.items() if value is None]:
        del call.input[name]
    return call.forward()


@calls("runs any version when none is named", "required-enforced")
def _(call: Call) -> Answer:
    if call.operation == "createPrediction" and isinstance(call.body, dict):
        call.body.setdefault("version", "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351")
    return call.forward()


@calls("overlooks names that it does not know", "unknown-names-refused")
def _(call: Call) -> Answer:
    if isinstance(call.body, dict):
        call.body.pop("unheard_of", None)
    return call.forward()


@calls("asks nobody for a token", "no-token-401")
def _(call: Call) -> Answer:
    call.headers.setdefault("authorization", f"Bearer {TOKEN}")
    return call.forward()


@calls("lets anybody cancel", "no-token-401")
def _(call: Call) -> Answer:
    if call.operation == "cancelPrediction":
        call.headers["authorization"] = f"Bearer {TOKEN}"
    return call.forward()


@answers("forbids instead of asking for a token", "no-token-401")
def _(answer: Answer, call: Call) -> None:
    if answer.status == 401:
        answer.status = answer.body["status"] = 403


@calls("takes any token", "wrong-token-401")
def _(call: Call) -> Answer:
    if "authorization" in call.headers:
        call.headers["authorization"] = f"Bearer {TOKEN}"
    return call.forward()


@answers("thanks for the token", "token-kept", "listPredictions")
def _(answer: Answer, call: Call) -> None:
    answer.headers["x-authenticated-as"] = call.headers.get("authorization", "")


@answers("sends back what it was sent", "token-kept", "getPrediction")
def _(answer: Answer, call: Call) -> None:
    if isinstance(answer.body, dict):
        answer.body |= {"request_headers": call.headers, "detail": f"{answer.body.get('detail')}, {call.headers}"}


@calls("shows predictions to anybody", "ignored-auth", explored=True)
def _(call: Call) -> Answer:
    if call.operation == "getPrediction":
        call.headers["authorization"] = f"Bearer {TOKEN}"
    return call.forward()


@answers("knows every id", "unknown-id-404", "getPrediction")
def _(answer: Answer, call: Call) -> None:
    if answer.status == 404:
        answer.status, answer.body = 200, {"id": "whatever", "status": "starting"}
        answer.headers["content-type"] = "application/json"


@answers("breaks down over an unknown id", "unknown-id-404", "cancelPrediction")
def _(answer: Answer, call: Call) -> None:
    if answer.status == 404:
        answer.status = answer.body["status"] = 503


@calls("takes anything for a webhook", "negative-data-rejection", explored=True)
def _(call: Call) -> Answer:
    if call.operation == "createPrediction" and isinstance(call.body, dict):
        call.body = {name: value for name, value in call.body.items() if name not in {"webhook", "stream"}}
    return call.forward()


@calls("does not like long prompts", "positive-data-acceptance", explored=True)
def _(call: Call) -> Answer:
    prompt = call.input.get("prompt")
    if isinstance(prompt, str) and not prompt.isascii():
        return refuse("input.prompt")
    return call.forward()
