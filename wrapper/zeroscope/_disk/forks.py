"""Protection of open files in forked processes, which must not free them."""

from __future__ import annotations

# Loaded in advance: a forked process may not be able to load a library.
import ctypes
import os
from weakref import WeakKeyDictionary

_PROTECTED: WeakKeyDictionary[object, str] = WeakKeyDictionary()


def protect(owner: object, file: str) -> None:
    """Let processes that are forked from this one never free an object, nor what only it refers to.

    When a forked process ends, it frees all objects. For a connection to a SQLite database that means: it deletes the
    rollback journal of its parent, or rolls the parent's transaction back. Reference counts end that, as an object with
    a reference that nothing owns is never freed.
    """
    _PROTECTED[owner] = file


def release(owner: object) -> None:
    """End the protection of an object that has closed its file."""
    _PROTECTED.pop(owner, None)


def in_use(file: str) -> str:
    """Return that a file is in use, and what to do if an object of this process has it open."""
    problem = "is in use by another run; wait until that has ended, or name another file"
    if file in list(_PROTECTED.values()):
        problem += ". That run is in this process; an async iteration that is left early needs contextlib.aclosing"
    return problem


def _keep() -> None:
    for owner in _PROTECTED:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(owner))
    # Those are the parent's, which has them open.
    _PROTECTED.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_keep)
