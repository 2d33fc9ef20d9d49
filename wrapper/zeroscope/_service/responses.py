"""The parser of responses: it returns values, or raises the wrapper's errors."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import parse_qs, urljoin, urlsplit

from zeroscope_api import models

from .. import errors
from .._steps import Call
from ..retry import retry_after
from .api import PredictionModel, PredictionPage, Response, is_text, or_none
from .secret_fields import redact, secret_texts

E = TypeVar("E", bound=BaseException)

_ERRORS: dict[int, type[errors.APIError]] = {
    401: errors.AuthenticationError,
    402: errors.PaymentRequiredError,
    403: errors.ForbiddenError,
    404: errors.NotFoundError,
    422: errors.ValidationError,
    429: errors.RateLimitError,
}


def error_class(status_code: int) -> type[errors.APIError]:
    """Return the class of the error for an HTTP status."""
    return _ERRORS.get(status_code, errors.ServerError if status_code >= 500 else errors.APIError)


class ResponseParser:
    """Parses responses, and redacts what a server may echo from everything that goes into an error.

    Args:
        token: The token, which is redacted.
        base_url: The base URL.
        secrets: Secrets of the input that was sent, which are redacted as well.
    """

    def __init__(self, token: str, base_url: str, secrets: Sequence[str] = ()) -> None:
        self.token = token
        self.base_url = base_url
        self._secrets = secrets

    def for_input(self, input: object) -> ResponseParser:
        """Return a parser of the responses to a create with an input."""
        secrets = secret_texts(input)
        return ResponseParser(self.token, self.base_url, secrets) if secrets else self

    def prediction(self, call: Call, response: Response[Any], id: str | None = None) -> PredictionModel:
        """Return the prediction in a 2xx response, which as published may be an array of one.

        If it should have an ID, a response about another prediction is refused.
        """
        parsed = response.parsed
        if isinstance(parsed, list) and len(parsed) == 1:
            parsed = parsed[0]
        if response.error is not None or not isinstance(parsed, PredictionModel):
            raise self._malformed(call, response, "not a prediction")
        self._require_identity(call, response, [parsed])
        if id is not None and parsed.id != id:
            raise self._malformed(call, response, f"it is about another prediction, {parsed.id!r:.80}")
        return parsed

    def page(self, call: Call, response: Response[Any]) -> PredictionPage:
        """Return the page of predictions in a 2xx response."""
        page = response.parsed
        if response.error is not None or not isinstance(page, PredictionPage):
            raise self._malformed(call, response, "not a page of predictions")
        self._require_identity(call, response, page.results)
        return page

    def webhook_secret(self, call: Call, response: Response[Any]) -> str:
        """Return the key in a 2xx response; the error for a malformed body hides it, as it may hold the key."""
        parsed = response.parsed
        if response.error is None and isinstance(parsed, models.WebhookSecret) and is_text(parsed.key):
            return parsed.key
        raise errors.MalformedResponseError(
            request=call.name,
            status_code=response.status_code,
            body="[not shown, as it may hold the key]",
            reason="its key should be a non-empty string",
        )

    def file(self, call: Call, response: Response[Any]) -> str:
        """Return the URL of the stored file in a 2xx response."""
        file = response.parsed
        if response.error is not None or not isinstance(file, models.File):
            raise self._malformed(call, response, "not a stored file")
        if not is_text(file.urls.get) or not file.urls.get.startswith(("https://", "http://")):
            raise self._malformed(call, response, "urls.get should be a URL")
        return file.urls.get

    def next_cursor(self, page: PredictionPage) -> str | None:
        """Return the cursor of the next page, or None after the last one.

        The rest of its URL is not used: behind a gateway, it is the service's own and not the base URL's.
        """
        return query_of(or_none(page.next_)).get("cursor")

    def error(self, call: Call, response: Response[Any], now: float) -> errors.APIError:
        """Return the error for a response that is not 2xx."""
        problem = response.parsed if isinstance(response.parsed, models.Problem) else models.Problem()
        details: dict[str, Any] = {
            "request": call.name,
            "status_code": response.status_code,
            "title": self.text(problem.title),
            "detail": self.text(problem.detail),
            "headers": {name.lower(): self.redact(value) for name, value in response.headers.items()},
            "body": self._body(response),
        }
        if 300 <= response.status_code < 400:
            details["hint"] = self._redirect_hint(response)
        cls = error_class(response.status_code)
        if cls is errors.ValidationError:
            details["invalid_fields"] = self._invalid_fields(problem)
        elif cls is errors.RateLimitError:
            named = or_none(problem.retry_after)
            details["retry_after"] = retry_after(details["headers"], details["detail"], named, now)
        return self._chained(cls(**details), response)

    def _redirect_hint(self, response: Response[Any]) -> str:
        hint = "the client does not follow redirects"
        with suppress(ValueError):
            # Without its path and query, which may hold secrets.
            target = urlsplit(urljoin(self.base_url, response.headers.get("location", "")))
            if "location" in response.headers and target.hostname:
                port = f":{target.port}" if target.port else ""
                hint += f", here to {self.redact(f'{target.scheme}://{target.hostname}{port}')}"
        return hint + "; check the base URL and the path"

    def _require_identity(self, call: Call, response: Response[Any], predictions: Sequence[PredictionModel]) -> None:
        # The generated parser accepts any type here, and all further requests rely on these two.
        if not all(is_text(prediction.id) and is_text(prediction.status) for prediction in predictions):
            raise self._malformed(call, response, "id and status should be non-empty strings")

    def _malformed(self, call: Call, response: Response[Any], reason: str) -> errors.MalformedResponseError:
        details: dict[str, Any] = {"request": call.name, "status_code": response.status_code, "reason": reason}
        return self._chained(errors.MalformedResponseError(body=self._body(response), **details), response)

    def _chained(self, error: E, response: Response[Any]) -> E:
        """Chain the reason why the body could not be parsed, if there is one."""
        if response.error is not None:
            # Not the exception itself, which may hold the whole body.
            error.__cause__ = ValueError(self.redact(f"{type(response.error).__name__}: {response.error}"))
        return error

    def _invalid_fields(self, problem: models.Problem) -> list[errors.InvalidField]:
        # The generated parser keeps a value that is not a list as it is.
        found = problem.invalid_fields if isinstance(problem.invalid_fields, list) else []
        return [
            errors.InvalidField(*(self.text(part) or "" for part in (item.type_, item.field, item.description)))
            for item in found
            if isinstance(item, models.InvalidField)
        ]

    def _body(self, response: Response[Any]) -> str:
        return self.redact(response.content.decode("utf-8", errors="replace"))

    def text(self, value: object) -> str | None:
        """Return a string of a response without the token and secrets; None for anything else."""
        return self.redact(value) if isinstance(value, str) else None

    def redact(self, text: str) -> str:
        """Return a string without the token and secrets."""
        # A shorter one is not a real token, and may be part of a word.
        text = text.replace(self.token, "[token]") if len(self.token) >= 8 else text
        return redact(text, self._secrets)

    def redact_chain(self, error: BaseException | None) -> None:
        """Redact the token and secrets in an exception and its causes: HTTP libraries quote what they cannot parse."""
        while error is not None:
            if not isinstance(error, UnicodeError):
                error.args = tuple(self.redact(part) if isinstance(part, str) else part for part in error.args)
            error = error.__cause__ or error.__context__


def query_of(url: object) -> dict[str, str]:
    """Return the query of a page's URL; empty if it has none that can be read."""
    if not isinstance(url, str):
        return {}
    try:
        url.encode()
        query = urlsplit(url).query
    except ValueError:
        return {}
    return {name: values[0] for name, values in parse_qs(query).items()}
