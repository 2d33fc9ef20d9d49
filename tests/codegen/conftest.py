"""Fixtures for trees whose document was changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.source_trees import Change, Tree, grow


@pytest.fixture(scope="session")
def new_tree(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Change], Tree]:
    """Makes a tree of its own for a change of the document."""
    return lambda change: grow(tmp_path_factory.mktemp("tree"), change)
