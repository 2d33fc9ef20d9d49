"""A client for the text-to-video model anotherjesse/zeroscope-v2-xl on Replicate's predictions API."""

from . import webhooks
from ._api import FileInput, PredictionInputDict
from ._logs import Progress
from ._version import __version__
from .batch import RunResult
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
from .options import BatchOptions, CreateOptions, OnProgress, OnUpdate, RunArguments, RunOptions
from .page import Page
from .polling import Polling
from .prediction import AsyncPrediction, Prediction
from .retry import Retry
from .state import PredictionState
from .video import AsyncVideo, Video
from .webhooks import VerifiedWebhook

__all__ = [
    "APIError",
    "AsyncPrediction",
    "AsyncVideo",
    "AsyncZeroscope",
    "AuthenticationError",
    "BatchOptions",
    "Clock",
    "ConfigurationError",
    "CreateOptions",
    "EmptyOutputError",
    "FileInput",
    "ForbiddenError",
    "InvalidField",
    "InvalidInputError",
    "MalformedResponseError",
    "NotFoundError",
    "OnProgress",
    "OnUpdate",
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
    "RunArguments",
    "RunOptions",
    "RunResult",
    "ServerError",
    "SystemClock",
    "TransportError",
    "UnknownOutcomeError",
    "ValidationError",
    "VerifiedWebhook",
    "Video",
    "WaitTimeoutError",
    "WebhookVerificationError",
    "Zeroscope",
    "ZeroscopeError",
    "__version__",
    "webhooks",
]
