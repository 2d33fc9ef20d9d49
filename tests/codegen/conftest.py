"""Fixtures for source trees with a client of a changed document."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.source_trees import Change, GeneratedTree, generate_tree


@pytest.fixture(scope="session")
def new_tree(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Change], GeneratedTree]:
    """Returns a function that generates a tree for a change of the document."""
    return lambda change: generate_tree(tmp_path_factory.mktemp("tree"), change)
