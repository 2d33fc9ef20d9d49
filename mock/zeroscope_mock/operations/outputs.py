"""The operation that serves the files of predictions, and weights of trainings."""

from __future__ import annotations

import io
import tarfile

from ..lifecycle.marks import file_suffixes
from ..lifecycle.record import Record
from ..lifecycle.timeline import LifecycleState, state_at
from ..media.formats import content_type
from ..messages import Head, Response, encode
from ..problems import not_found
from ..protocols import Flow
from ..state import OUTPUT_NAME, State
from ..steps import RunBlocking
from .calls import Handler, OperationCall
from .ranges import range_response

WEIGHTS = "trained_model.tar"
"""The name of the file that a training makes."""


class Outputs:
    """Serves the output files of predictions."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.handlers: dict[str, Handler] = {"getOutput": self._get}

    def _get(self, call: OperationCall) -> Flow[Response]:
        record = self._state.store.prediction(call.arguments["prediction_id"])
        found = OUTPUT_NAME.fullmatch(call.arguments["filename"])
        named = f"file {call.arguments['filename']!r} of prediction {call.arguments['prediction_id']!r}"
        state = None if record is None else state_at(record, self._state.clock.time())
        if record is None or state is None:
            return not_found(named, None)
        call.notes.run, call.notes.status = record.id, state.status
        if record.kind == "training" and call.arguments["filename"] == WEIGHTS:
            if state.status != "succeeded" or state.removed:
                return not_found(named, None)
            return range_response(call.request.head, _weights(record), "application/x-tar")
        if not found:
            return not_found(named, None)
        number, suffix, suffixes = int(found[1]), found[2], made_suffixes(record, state)
        if number >= len(suffixes) or suffixes[number] != suffix:
            return not_found(named, None)
        return (yield from output_response(self._state, call.request.head, record, number, suffix))


def made_suffixes(record: Record, state: LifecycleState) -> list[str]:
    """The suffixes of the files that a prediction has made so far, in the order of their numbers."""
    output, made = record.script.output, state.made
    return file_suffixes(output[:made] if isinstance(output, list) else output if made else None)


def output_response(state: State, head: Head, record: Record, number: int, suffix: str) -> Flow[Response]:
    """Answer with a file of a prediction, or with a range of it.

    Args:
        state: The server's.
        head: The head of the request.
        record: The prediction.
        number: The file's number, counted from 0.
        suffix: Its suffix.
    """
    content: bytes = yield RunBlocking(state.file(record, number, suffix))
    return range_response(head, content, content_type(suffix))


def _weights(record: Record) -> bytes:
    """The archive that stands for a training's weights, which holds the training's input."""
    content, archive = encode(record.input), io.BytesIO()
    member = tarfile.TarInfo("input.json")
    member.size, member.mtime = len(content), int(record.created)
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()
