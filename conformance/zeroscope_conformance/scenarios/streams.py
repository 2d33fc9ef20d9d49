"""Event streams, compared with the outputs of their predictions."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import partial
from typing import Any

from ..exchange import Exchange, excerpt
from ..parallel import run_at_once
from ..target import ScenarioAbandonedError, Target

EVENT_STREAM = "text/event-stream"

_DONE = re.compile(rb"(?:^|\n)event: ?done\r?\n(?:[^\r\n]+\r?\n)*\r?\n")
_LINE_END = re.compile("\r\n|\r|\n")


def read_stream(target: Target) -> None:
    """Read the stream of a prediction to its end, twice at once, and compare its `output` events with the output."""
    document, results = target.document, target.results
    if "stream-answers" not in results:
        return
    prediction, _ = target.create(document.shaped_input, stream=True)
    urls = prediction.get("urls")
    url = urls.get("stream") if isinstance(urls, dict) else None
    if not isinstance(url, str):
        for rule in ("stream-answers", "stream-adds-up", "stream-ordered", "stream-shared"):
            results.exempt(rule, "a prediction that asked for a stream has no urls.stream")
        return
    stream, other = run_at_once(target.tracker, [partial(target.follow, url, until=_DONE) for _ in range(2)])
    if stream is None:
        raise ScenarioAbandonedError
    passed = stream.status == 200 and stream.media_type == EVENT_STREAM
    expected = f"200 and {EVENT_STREAM} from urls.stream of {prediction['id']}"
    if not results.check("stream-answers", passed, expected, stream.summary, stream):
        return
    _check_order(target, stream)
    if other is not None:
        _check_shared(target, stream, other)
    ended, _ = target.wait(prediction["id"])
    output = ended.get("output")
    if ended["status"] != "succeeded" or output is None:
        return
    events = parse_events(stream.response_body.decode("utf-8", "replace"))
    pieces = [data for name, data in events if name == "output"]
    seen = f"{len(pieces)} output events, {excerpt(json.dumps(pieces))}, and {[name for name, _ in events][-1:]} last"
    done = bool(events) and events[-1][0] == "done"
    if done and not pieces and not document.concatenates:
        results.exempt("stream-adds-up", "the stream of the model has no output events")
        return
    expected = f"output events that add up to {excerpt(json.dumps(output))}, and done"
    results.check("stream-adds-up", done and adds_up(pieces, output), expected, seen, stream)


def _check_order(target: Target, stream: Exchange) -> None:
    """Check that no event comes twice, and none after `done`."""
    text = stream.response_body.decode("utf-8", "replace")
    names = [name for name, _ in parse_events(text)]
    ids = Counter(re.findall(r"^id: ?(.+?)\r?$", text, re.MULTILINE))
    repeated = [id for id, number in ids.items() if number > 1]
    after = names[names.index("done") + 1 :] if "done" in names else []
    seen = f"the ids {', '.join(repeated[:3])} twice" if repeated else f"{len(after)} events after done"
    expected = "each id once, and done last"
    target.results.check("stream-ordered", not repeated and not after, expected, seen, stream)


def _check_shared(target: Target, stream: Exchange, other: Exchange) -> None:
    """Check that two readers of a stream got the same outputs."""
    first, second = (_outputs(one) for one in (stream, other))
    expected = f"as another reader got: {excerpt(json.dumps(first))}"
    target.results.check("stream-shared", second == first, expected, excerpt(json.dumps(second)), other)


def _outputs(stream: Exchange) -> str:
    events = parse_events(stream.response_body.decode("utf-8", "replace"))
    # Text may be cut anywhere.
    return "".join(data for name, data in events if name == "output")


def parse_events(text: str) -> list[tuple[str, str]]:
    """Return the name and the data of each complete event of a stream."""
    events: list[tuple[str, str]] = []
    *blocks, _ = _LINE_END.sub("\n", text).split("\n\n")
    for block in blocks:
        fields = [line.partition(":") for line in block.split("\n")]
        lines = [value.removeprefix(" ") for name, _, value in fields if name == "data"]
        names = [value.strip() for name, _, value in fields if name == "event"]
        if names or lines:
            events.append((names[-1] if names else "message", "\n".join(lines)))
    return events


def adds_up(pieces: list[str], output: Any) -> bool:
    """Return whether the data of output events is an output: its text, or its items."""
    items = output if isinstance(output, list) else [output]
    if all(isinstance(item, str) for item in items):
        # The format of a stream has one line end only.
        return "".join(pieces) == _LINE_END.sub("\n", "".join(items))
    return any(len(pieces) == len(values) and all(map(_is_value, pieces, values)) for values in (items, [output]))


def _is_value(piece: str, value: Any) -> bool:
    try:
        return piece == value or bool(json.loads(piece) == value)
    except ValueError:
        return False
