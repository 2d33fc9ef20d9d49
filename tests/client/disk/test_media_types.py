"""Media types by file name extension, and extensions by media type."""

from __future__ import annotations

import subprocess
import sys

import pytest

from zeroscope._disk.media_types import extension_for, guess_type


@pytest.mark.parametrize(
    ("media_type", "extension"),
    [
        ("image/gif", ".gif"),
        ("image/png", ".png"),
        ("image/webp", ".webp"),
        ("video/mp4", ".mp4"),
        ("video/ogg", ".ogv"),
        ("video/quicktime", ".mov"),
        ("video/webm", ".webm"),
        ("video/x-m4v", ".m4v"),
        ("video/x-matroska", ".mkv"),
        ("video/x-ms-wmv", ".wmv"),
        ("video/x-msvideo", ".avi"),
    ],
)
def test_type__is_the_same_in_both_directions(media_type: str, extension: str) -> None:
    """A type and its extension lead to each other, whatever the version of Python."""
    assert extension_for(media_type) == extension
    assert guess_type(b"anything", f"a{extension}") == media_type


@pytest.mark.parametrize(
    ("media_type", "extension"), [("video/matroska", ".mkv"), ("video/vnd.avi", ".avi"), ("x/y", "")]
)
def test_extension__is_known_for_other_names_of_a_type(media_type: str, extension: str) -> None:
    """A type that some tables name differently has its extension, and an unknown one has none."""
    assert extension_for(media_type) == extension


def test_types__do_not_depend_on_the_machine() -> None:
    """What the system's tables or the program add changes nothing."""
    code = """
import mimetypes
mimetypes.add_type("video/odd", ".mp4")
mimetypes.add_type("video/new", ".new")
from zeroscope._disk.media_types import extension_for, guess_type
print(guess_type(b"", "a.mp4"), guess_type(b"", "a.new"), extension_for("video/mp4"), extension_for("video/new"))
"""
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["video/mp4", "application/octet-stream", ".mp4"]
