"""Protection of objects in forked processes, which must not free them."""

from __future__ import annotations

# Loaded in advance: a forked process may not be able to load a library.
import ctypes
import os
from weakref import WeakSet

_PROTECTED: WeakSet[object] = WeakSet()


def protect(owner: object) -> None:
    """Let processes that are forked from this one never free an object, nor what only it refers to.

    When a forked process ends, it frees all objects. For a connection to a SQLite database that means: it deletes the
    rollback journal of its parent, or rolls the parent's transaction back. Reference counts end that, as an object with
    a reference that nothing owns is never freed.
    """
    _PROTECTED.add(owner)


def _keep() -> None:
    for owner in _PROTECTED:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(owner))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_keep)
