"""Lists, addresses and videos that are not what they should be."""

from __future__ import annotations

from typing import Any

from helpers.faulty_servers.mutants import Answer, Call, answers, calls, predictions

LIST = "listPredictions"


@answers("lists the oldest first", "list-newest-first", LIST)
def _(answer: Answer, call: Call) -> None:
    if answer.status == 200:
        answer.body["results"].reverse()


@answers("shuffles two entries", "list-newest-first", LIST)
def _(answer: Answer, call: Call) -> None:
    entries = answer.body.get("results", [])
    if len(entries) > 7:
        entries[3], entries[7] = entries[7], entries[3]


@answers("repeats an entry on the next page", "list-complete", LIST)
def _(answer: Answer, call: Call) -> None:
    entries = answer.body.get("results", [])
    if "cursor" in call.path and "last" in call.memory:
        entries.insert(0, call.memory["last"])
    elif entries:
        call.memory["last"] = entries[-1]


@answers("skips an entry between pages", "list-complete", LIST)
def _(answer: Answer, call: Call) -> None:
    if "cursor" in call.path:
        answer.body.get("results", [None]).pop(0)


@answers("loses a prediction for the list", "list-complete", LIST)
def _(answer: Answer, call: Call) -> None:
    entries = answer.body.get("results", [])
    if len(entries) > 3:
        lost = call.memory.setdefault("lost", entries[3]["id"])
        answer.body["results"] = [entry for entry in entries if entry["id"] != lost]


@answers("links to the next page without a host", "list-links", LIST)
def _(answer: Answer, call: Call) -> None:
    if answer.body.get("next"):
        answer.body["next"] = answer.body["next"].partition("/v1")[2]


@answers("links to a page elsewhere", "list-links", LIST)
def _(answer: Answer, call: Call) -> None:
    if answer.body.get("next"):
        answer.body["next"] = answer.body["next"].replace(call.headers["host"], "elsewhere.test")


@answers("has no way back", "list-links", LIST)
def _(answer: Answer, call: Call) -> None:
    answer.body["previous"] = None


@answers("leads back to the same page", "list-links", LIST)
def _(answer: Answer, call: Call) -> None:
    if answer.body.get("previous"):
        answer.body["previous"] = f"http://{call.headers['host']}{call.path}"


@answers("lists what was once", "list-current", LIST)
def _(answer: Answer, call: Call) -> None:
    if answer.status == 200:
        answer.body = call.memory.setdefault(call.path, answer.body)


@predictions("lists everything as starting", "list-current", LIST)
def _(prediction: dict[str, Any], call: Call) -> None:
    prediction["status"] = "starting"


@predictions("names an address that leads nowhere", "urls-answer")
def _(prediction: dict[str, Any], call: Call) -> None:
    prediction["urls"]["get"] += "x"


@predictions("names a path to cancel", "urls-answer")
def _(prediction: dict[str, Any], call: Call) -> None:
    prediction["urls"]["cancel"] = f"/predictions/{prediction['id']}/cancel"


@predictions("names a stream that is none", "urls-answer")
def _(prediction: dict[str, Any], call: Call) -> None:
    prediction["urls"]["stream"] = prediction["urls"]["get"]


@calls("has no videos", "outputs-fetchable")
def _(call: Call) -> Answer:
    answer = call.forward()
    if call.path.endswith(".mp4"):
        return Answer(404, {"content-type": "text/plain"}, b"")
    return answer


@calls("wants a token for videos", "outputs-fetchable")
def _(call: Call) -> Answer:
    if call.path.endswith(".mp4") and "authorization" not in call.headers:
        return Answer(401, {"content-type": "text/plain"}, b"")
    return call.forward()


@calls("makes videos of its own size", "outputs-as-asked")
def _(call: Call) -> Answer:
    asked = call.input.get("width")
    if asked == 320:
        call.input["width"] = 576
    return call.forward()


@predictions("makes one video of two", "outputs-as-asked")
def _(prediction: dict[str, Any], call: Call) -> None:
    if prediction["output"]:
        prediction["output"] = prediction["output"][:1]


@calls("sends pages for videos", "outputs-as-asked")
def _(call: Call) -> Answer:
    answer = call.forward()
    if call.path.endswith(".mp4"):
        answer.body = b"<html>your video is being prepared</html>"
    return answer
