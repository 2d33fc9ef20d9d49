"""The HTTP methods under which a Path Item Object holds operations."""

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
