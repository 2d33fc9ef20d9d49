"""The operation that serves the files of predictions, and weights of trainings."""

from __future__ import annotations

import io
import tarfile

from ..lifecycle.marks import file_suffixes
from ..lifecycle.record import Record
from ..lifecycle.timeline import state_at
from ..media.formats import content_type
from ..messages import Response, encode
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
        number, suffix, output = int(found[1]), found[2], record.script.output
        shown = output[: state.made] if isinstance(output, list) else output if state.made else None
        suffixes = file_suffixes(shown)
        if number >= len(suffixes) or suffixes[number] != suffix:
            return not_found(named, None)
        content: bytes = yield RunBlocking(self._state.file(record, number, suffix))
        return range_response(call.request.head, content, content_type(suffix))


def _weights(record: Record) -> bytes:
    """The archive that stands for a training's weights, which holds the training's input."""
    content, archive = encode(record.input), io.BytesIO()
    member = tarfile.TarInfo("input.json")
    member.size, member.mtime = len(content), int(record.created)
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()
