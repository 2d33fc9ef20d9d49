"""Errors that a call raises before it sends anything."""


class InvalidPathSegmentError(ValueError):
    """A path parameter that would make the request reach another endpoint."""


__all__ = ["InvalidPathSegmentError"]
