"""All models of the document, and the input's fields as a TypedDict."""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, TypedDict

if TYPE_CHECKING:
    from .create_file_request import CreateFileRequest
    from .create_prediction_request import CreatePredictionRequest
    from .file import File
    from .file_urls import FileUrls
    from .invalid_field import InvalidField
    from .json_object import JsonObject
    from .list_predictions_source import ListPredictionsSource
    from .prediction import Prediction
    from .prediction_input import PredictionInput
    from .prediction_metrics import PredictionMetrics
    from .prediction_page import PredictionPage
    from .prediction_status import PredictionStatus
    from .prediction_urls import PredictionUrls
    from .problem import Problem
    from .webhook_event import WebhookEvent
    from .webhook_secret import WebhookSecret


class BinaryReader(Protocol):
    """An object from which bytes can be read, such as a file opened with ``open(path, "rb")``."""

    def read(self, size: int = ..., /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        ...


FileInput: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryReader
"""A file in an input: a URL, a path, its bytes, or something to read them from."""


class PredictionInputDict(TypedDict, total=False):
    """The input of the model. Every field has a default or is optional."""

    batch_size: int
    """Batch size. At least 1. Default: 1."""
    fps: int
    """fps for the output video. Default: 8."""
    guidance_scale: float
    """Guidance scale. Between 1 and 100. Default: 7.5."""
    height: int
    """Height of the output video. At least 256. Default: 320."""
    init_video: FileInput
    """URL of the initial video (optional). Or the path of a file; in Python, its bytes or an open binary file as well."""
    init_weight: float
    """Strength of init_video. Default: 0.5."""
    model: Literal["576w", "animov-512x", "potat1", "xl"]
    """Model to use. Default: xl."""
    negative_prompt: str
    """Negative prompt."""
    num_frames: int
    """Number of frames for the output video. Default: 24."""
    num_inference_steps: int
    """Number of denoising steps. Between 1 and 500. Default: 50."""
    prompt: str
    """Input prompt. Default: An astronaut riding a horse."""
    remove_watermark: bool
    """Remove watermark. Default: false."""
    seed: int
    """Random seed. Leave blank to randomize the seed."""
    width: int
    """Width of the output video. At least 256. Default: 576."""


INPUT_DESCRIPTIONS: dict[str, str] = {
    "batch_size": """Batch size. At least 1. Default: 1.""",
    "fps": """fps for the output video. Default: 8.""",
    "guidance_scale": """Guidance scale. Between 1 and 100. Default: 7.5.""",
    "height": """Height of the output video. At least 256. Default: 320.""",
    "init_video": """URL of the initial video (optional). Or the path of a file; in Python, its bytes or an open binary file as well.""",
    "init_weight": """Strength of init_video. Default: 0.5.""",
    "model": """Model to use. Default: xl.""",
    "negative_prompt": """Negative prompt.""",
    "num_frames": """Number of frames for the output video. Default: 24.""",
    "num_inference_steps": """Number of denoising steps. Between 1 and 500. Default: 50.""",
    "prompt": """Input prompt. Default: An astronaut riding a horse.""",
    "remove_watermark": """Remove watermark. Default: false.""",
    "seed": """Random seed. Leave blank to randomize the seed.""",
    "width": """Width of the output video. At least 256. Default: 576.""",
}
"""The description of each field of the input, as in the docstrings, which Python does not keep."""

__all__ = (
    "BinaryReader",
    "CreateFileRequest",
    "CreatePredictionRequest",
    "File",
    "FileInput",
    "FileUrls",
    "INPUT_DESCRIPTIONS",
    "InvalidField",
    "JsonObject",
    "ListPredictionsSource",
    "Prediction",
    "PredictionInput",
    "PredictionInputDict",
    "PredictionMetrics",
    "PredictionPage",
    "PredictionStatus",
    "PredictionUrls",
    "Problem",
    "WebhookEvent",
    "WebhookSecret",
)

_MODULES = {
    "CreateFileRequest": ".create_file_request",
    "CreatePredictionRequest": ".create_prediction_request",
    "File": ".file",
    "FileUrls": ".file_urls",
    "InvalidField": ".invalid_field",
    "JsonObject": ".json_object",
    "ListPredictionsSource": ".list_predictions_source",
    "Prediction": ".prediction",
    "PredictionInput": ".prediction_input",
    "PredictionMetrics": ".prediction_metrics",
    "PredictionPage": ".prediction_page",
    "PredictionStatus": ".prediction_status",
    "PredictionUrls": ".prediction_urls",
    "Problem": ".problem",
    "WebhookEvent": ".webhook_event",
    "WebhookSecret": ".webhook_secret",
}

# Hidden from type checkers, which would accept any name.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            globals()[name] = found = getattr(import_module(_MODULES[name], __name__), name)
            return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
