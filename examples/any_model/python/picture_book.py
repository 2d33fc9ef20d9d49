"""Makes a page of a picture book.

A language model writes it, and an image model illustrates it:

    REPLICATE_API_TOKEN=... python picture_book.py "a fox who learns to sail"
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from replicate.client import Client

WRITER = "acme/storyteller"
PAINTER = "acme/painter"


@dataclass
class Page:
    """A page of the book."""

    text: str
    picture: bytes

    def save(self, folder: Path) -> None:
        """Write the text and the picture into a folder."""
        (folder / "page.txt").write_text(self.text, encoding="utf-8")
        (folder / "page.png").write_bytes(self.picture)


def make_page(client: Client, topic: str) -> Page:
    """Write a page about a topic, and illustrate it."""
    tokens = client.run(WRITER, input={"prompt": f"Write a page of a picture book about {topic}", "max_tokens": 64})
    text = "".join(tokens)
    picture = {"prompt": text, "aspect_ratio": "16:9", "output_format": "png"}
    (image,) = client.run(PAINTER, input=picture)
    return Page(text, image.read())


if __name__ == "__main__":
    make_page(Client(), sys.argv[1]).save(Path())
