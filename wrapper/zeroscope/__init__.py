"""A client for the model anotherjesse/zeroscope-v2-xl on Replicate."""

from importlib import import_module
from typing import TYPE_CHECKING

from ._constants import __version__

if TYPE_CHECKING:
    from . import webhooks
    from ._service.api import FileInput, PredictionInputDict
    from .client import AsyncZeroscope, Zeroscope
    from .clock import Clock, SystemClock
    from .errors import (
        APIError,
        AuthenticationError,
        CertificateError,
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
    from .logs import Progress
    from .options import (
        BatchOptions,
        CreateOptions,
        DownloadLimits,
        ListOptions,
        OnProgress,
        OnUpdate,
        RunArguments,
        RunOptions,
    )
    from .polling import Polling
    from .prediction import AsyncPrediction, Prediction
    from .results import Page, RunResult
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
    "CertificateError",
    "Clock",
    "ConfigurationError",
    "CreateOptions",
    "DownloadLimits",
    "EmptyOutputError",
    "FileInput",
    "ForbiddenError",
    "InvalidField",
    "InvalidInputError",
    "ListOptions",
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

# The modules of these names, the fast ones first: a name is searched for in this order when it is first used.
_MODULES = ["errors", "clock", "logs", "polling", "retry", "results", "_service.api", "options", "state", "video"]
_MODULES += ["prediction", "client", "webhooks", "events", "predictions"]

# Hidden from type checkers, which would accept any name.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            return import_module(f".{name}", __name__)
        if name in __all__:
            for module in (import_module(f".{home}", __name__) for home in _MODULES):
                if hasattr(module, name):
                    globals()[name] = found = getattr(module, name)
                    return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
