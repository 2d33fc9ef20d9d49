"""A parser of HTML: the tags and the text that a browser would see."""

from __future__ import annotations

import html.parser


class Tags(html.parser.HTMLParser):
    """What a browser would see in a piece of HTML.

    Attributes:
        tags: The name and the attributes of each tag, in order.
        text: The text between them.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.text += data

    def sources(self) -> list[str]:
        """The addresses of the videos."""
        return [attributes["src"] or "" for name, attributes in self.tags if name == "video"]

    def is_passive(self) -> bool:
        """Whether nothing runs, and no address but those of videos and links leads anywhere."""
        return all(
            name != "script" and not any(key.startswith("on") or key == "srcdoc" for key in attributes)
            for name, attributes in self.tags
        )
