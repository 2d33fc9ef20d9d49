"""A client for the text-to-video model anotherjesse/zeroscope-v2-xl on Replicate's predictions API."""

from importlib.metadata import PackageNotFoundError, version

from ._api import PredictionInputDict
from ._flows import CreateOptions
from ._logs import Progress
from .client import AsyncZeroscope, Zeroscope
from .clock import Clock, SystemClock
from .errors import (
    APIError,
    AuthenticationError,
    ConfigurationError,
    EmptyOutputError,
    ForbiddenError,
    InvalidField,
    InvalidInputError,
    MalformedResponseError,
    NotFoundError,
    OutputExpiredError,
    PaymentRequiredError,
    PredictionCanceledError,
    PredictionError,
    PredictionFailedError,
    RateLimitError,
    ServerError,
    TransportError,
    UnknownOutcomeError,
    ValidationError,
    WaitTimeoutError,
    WebhookVerificationError,
    ZeroscopeError,
)
from .page import Page
from .polling import Polling
from .prediction import AsyncPrediction, Prediction, PredictionState
from .retry import Retry
from .video import AsyncVideo, Video

__all__ = [
    "APIError",
    "AsyncPrediction",
    "AsyncVideo",
    "AsyncZeroscope",
    "AuthenticationError",
    "Clock",
    "ConfigurationError",
    "CreateOptions",
    "EmptyOutputError",
    "ForbiddenError",
    "InvalidField",
    "InvalidInputError",
    "MalformedResponseError",
    "NotFoundError",
    "OutputExpiredError",
    "Page",
    "PaymentRequiredError",
    "Polling",
    "Prediction",
    "PredictionCanceledError",
    "PredictionError",
    "PredictionFailedError",
    "PredictionInputDict",
    "PredictionState",
    "Progress",
    "RateLimitError",
    "Retry",
    "ServerError",
    "SystemClock",
    "TransportError",
    "UnknownOutcomeError",
    "ValidationError",
    "Video",
    "WaitTimeoutError",
    "WebhookVerificationError",
    "Zeroscope",
    "ZeroscopeError",
    "__version__",
]

try:
    __version__ = version("zeroscope")
except PackageNotFoundError:
    # A source tree on the path that was never installed has no version to tell.
    __version__ = "0+unknown"
