"""The command that makes a large video from a small one."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, Unpack

from cyclopts import Parameter, validators

from .._constants import DRAFT_FIELDS
from .._flows.upscale import KNOWN_FIELDS, second_step
from ..options import STRENGTH
from ..video import Video
from . import video_files
from .errors import CommandError
from .input_options import as_arguments, given_fields, input_fields
from .options import OPTIONS, PathOrText
from .predictions import WEBSITE, find, prediction_id
from .prompts import DefaultPrompt, require_prompt
from .results import MakeOptions, make_one

_DEFAULTS = MakeOptions()
_SHARE = Parameter(group=OPTIONS, validator=validators.Number(gte=0, lte=1))

if TYPE_CHECKING:

    class UpscaleFields(TypedDict):
        """The fields, unknown to type checkers, as of `run`."""
else:
    UpscaleFields = input_fields(without=DRAFT_FIELDS, given=KNOWN_FIELDS)


def upscale(
    draft: Annotated[PathOrText, Parameter(name="DRAFT", group="Arguments")],
    /,
    *,
    strength: Annotated[float, _SHARE] = STRENGTH,
    default_prompt: DefaultPrompt = False,
    options: MakeOptions = _DEFAULTS,
    **input: Unpack[UpscaleFields],
) -> None:
    """Make a large video from a small one.

    It keeps the prompt, the number of frames and the frame rate of the draft; of a file, only the prediction that made
    it knows the prompt. A draft that is not done is waited for. Ctrl-C cancels the large video.

    Args:
        draft: The draft: the ID of a prediction, the URL of its page, or a video file.
        strength: The share that is regenerated, from 0 to 1.
    """
    fields = given_fields(input)
    file = _file(draft)
    if file is None:
        if options.embedded.mock:
            raise CommandError(f"{draft}: the mock server of --mock has no predictions before it starts; pass a file")
        if default_prompt:
            raise CommandError("--default-prompt is for a file; a prediction keeps its prompt unless --prompt is given")
        options.check([fields])
        with options.client() as client:
            prediction = find(client, draft)

            def start(**waiting: Any) -> list[Video]:
                prediction.wait(**waiting)
                return client.upscale(prediction, strength=strength, **as_arguments(fields), **waiting)

            make_one(start, options)
        return
    for prompt in require_prompt(fields, default_prompt, after="--prompt"):
        fields["prompt"] = prompt
    options.check([fields])
    step = second_step(file, strength, _known_of(file), fields)
    with options.client() as client:
        make_one(partial(client.run, **as_arguments(step)), options)


def _file(draft: str) -> Path | str | None:
    """Return the file or the URL of a video that is a draft; None for that of a prediction, or its ID."""
    path = Path(draft).expanduser()
    if path.is_file():
        return path
    if "://" in draft:
        try:
            prediction_id(draft)
        except CommandError:
            # A page is no video, and to find that out would cost a prediction.
            if draft.startswith(f"{WEBSITE}/"):
                raise
            return draft
    elif path.suffix or path.name != draft:
        raise CommandError(f"{draft}: there is no such file")
    return None


def _known_of(file: Path | str) -> dict[str, Any]:
    """The part of a draft's input that its file tells, where PyAV is installed."""
    if isinstance(file, str):
        return {}
    try:
        found = video_files.properties(file)
    except video_files.UnreadableVideoError as error:
        raise CommandError(f"{file}: this is not a video that can be read") from error
    return {} if found is None else {"num_frames": found.frames, "fps": round(found.rate)}
