"""The layout of text in any script: joined letters, and the visual order.

A subset of the Unicode Bidirectional Algorithm, without the characters that embed or override a direction. Of the
scripts of India and its neighbors, the vowel signs take their side of the letter; conjuncts are written out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from .bitmap_font import is_mark

# The blocks of Arabic letters by their place in a word; each character names the letter and the form.
_FORMS = (range(0xFB50, 0xFE00), range(0xFE70, 0xFF00))
_JOINER, _NON_JOINER = "\u200d", "\u200c"
_KASHIDA = "\u0640"
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")
_NUMBERS, _SEPARATORS = frozenset({"EN", "AN"}), frozenset({"ES", "CS", "ET"})
_RIGHT_TO_LEFT = frozenset({"R", "AL"})

# The spacing marks that IndicPositionalCategory.txt of Unicode 14 has under Left or Top_And_Left, except those that
# decompose.
_LEFT_SIGNS = frozenset(
    "\u093f\u094e\u09bf\u09c7\u09c8\u0a3f\u0abf\u0b47\u0bc6\u0bc7\u0bc8\u0d46\u0d47\u0d48\u0dd9\u0ddb\u0f3f"
    "\u1031\u1084\u17c1\u17c2\u17c3\u1a19\u1a55\u1a6e\u1a6f\u1a70\u1a71\u1a72\u1b3e\u1b3f\u1ba6\u1c27\u1c28"
    "\u1c29\u1c34\u1c35\ua9ba\ua9bb\uaa2f\uaa30\uaa34\uaaeb\uaaee\U000110b1\U0001112c\U000111b4\U000111ce"
    "\U000112e1\U00011347\U00011348\U00011436\U000114b1\U000114b9\U000115b0\U000115b8\U000115b9\U000116ae"
    "\U00011726\U0001182d\U00011935\U00011937\U000119d2\U000119e4\U00011cb1\U00011ef5"
)
# The vowel signs of Khmer in two parts, which Unicode does not decompose.
_SPLIT = {each: "\u17c1" + each for each in "\u17be\u17bf\u17c0\u17c5"} | {"\u17c4": "\u17c1\u17b6"}
# The marks before a letter that is written below the one before: Indic_Syllabic_Category Invisible_Stacker.
_STACKERS = "\u1039\u17d2\u1a60"


def shape(text: str) -> str:
    """Replace Arabic letters by their forms at the beginning, in the middle or at the end of a word."""
    forms = _forms()
    if not any(character in forms for character in text):
        return text
    shaped: list[str] = []
    letters = [place for place, character in enumerate(text) if not is_mark(character)]
    joins_before = False
    skipped = -1
    for number, place in enumerate(letters):
        following = letters[number + 1] if number + 1 < len(letters) else len(text)
        marks = text[place + 1 : following]
        if place == skipped:
            # The second half of a ligature.
            shaped.append(marks)
            continue
        letter, after = text[place], text[following : following + 1]
        if letter + after in forms:
            letter, skipped = letter + after, following
            after = text[letters[number + 2]] if number + 2 < len(letters) else ""
        known = forms.get(letter, {})
        joins_after = ("initial" in known or letter in (_JOINER, _KASHIDA)) and (
            "final" in forms.get(after, {}) or after in (_JOINER, _KASHIDA)
        )
        form = (("isolated", "initial"), ("final", "medial"))[joins_before][joins_after]
        shaped.append(known.get(form, letter) + marks)
        joins_before = joins_after
    return "".join(shaped)


def arrange_signs(text: str) -> str:
    """Put the vowel signs that stand to the left of their letter before it, and split those in two parts."""
    arranged: list[str] = []
    syllable = ""
    for cluster in _with_marks(text):
        syllable = syllable + cluster if syllable.endswith(tuple(_STACKERS)) else cluster
        if syllable == cluster:
            arranged.append("")
        signs = "".join(map(_parts, syllable))
        if not signs[0].isspace():
            # The last one stands first.
            lefts = [sign for sign in signs[::-1] if sign in _LEFT_SIGNS]
            signs = "".join([*lefts, *(sign for sign in signs if sign not in _LEFT_SIGNS)])
        arranged[-1] = signs
    return "".join(arranged)


def _parts(character: str) -> str:
    if unicodedata.category(character) != "Mc":
        return character
    return _SPLIT.get(character) or unicodedata.normalize("NFD", character)


def is_right_to_left(text: str) -> bool:
    """Whether the first letter of a text with a direction belongs to a script that is written from right to left."""
    directions = map(unicodedata.bidirectional, text)
    return next((each in _RIGHT_TO_LEFT for each in directions if each == "L" or each in _RIGHT_TO_LEFT), False)


def in_visual_order(line: str, right_to_left: bool) -> str:
    """Return the characters of a line from left to right, each followed by its marks.

    Args:
        line: The line, as it is read.
        right_to_left: The direction of the text as a whole.
    """
    if not right_to_left and not any(unicodedata.bidirectional(each) in _RIGHT_TO_LEFT for each in line):
        return line
    clusters = list(clusters_of(line))
    levels = _levels([cluster[0] for cluster in clusters], right_to_left)
    clusters = [
        cluster.translate(_MIRRORED) if level % 2 else cluster for cluster, level in zip(clusters, levels, strict=True)
    ]
    for least in range(max(levels, default=0), 0, -1):
        start = 0
        while start < len(clusters):
            end = start
            while end < len(clusters) and levels[end] >= least:
                end += 1
            clusters[start:end], levels[start:end] = clusters[start:end][::-1], levels[start:end][::-1]
            start = end + 1
    return "".join(clusters)


def _levels(characters: list[str], right_to_left: bool) -> list[int]:
    """The embedding level of each character: even from left to right, odd from right to left."""
    base = "R" if right_to_left else "L"
    directions = list(map(unicodedata.bidirectional, characters))
    strong, kinds = base, list[str]()
    for place, direction in enumerate(directions):
        if direction in _SEPARATORS and kinds[-1:] == ["N"] and directions[place + 1 : place + 2] != []:
            # A separator between two digits, such as the point of 3.5, or a percent sign after one.
            inside = directions[place + 1] in _NUMBERS or direction == "ET"
            kinds.append("N" if inside else "")
        elif direction in _NUMBERS:
            kinds.append("N" if strong == "R" else "L")
        elif direction == "L" or direction in _RIGHT_TO_LEFT:
            strong = "L" if direction == "L" else "R"
            kinds.append(strong)
        else:
            kinds.append("")
    _resolve_brackets(characters, kinds, base)
    # A neutral takes the direction of both its sides if they agree, and that of the text otherwise.
    for place, kind in enumerate(kinds):
        if not kind:
            before = next((each for each in kinds[:place][::-1] if each), base)
            after = next((each for each in kinds[place:] if each), base)
            sides = {"R" if side == "N" else side for side in (before, after)}
            kinds[place] = sides.pop() if len(sides) == 1 else base
    level = {"L": 2, "R": 1, "N": 2} if right_to_left else {"L": 0, "R": 1, "N": 2}
    return [level[kind] for kind in kinds]


def _resolve_brackets(characters: list[str], kinds: list[str], base: str) -> None:
    """Give both brackets of a pair the direction of what they enclose, if that is the text's or comes before them."""
    opened: list[int] = []
    for place, character in enumerate(characters):
        if character in "([{":
            opened.append(place)
        elif character in ")]}" and opened:
            start = opened.pop()
            inside = {"R" if kind == "N" else kind for kind in kinds[start + 1 : place] if kind}
            before = next((kind for kind in kinds[:start][::-1] if kind in ("L", "R")), base)
            if inside:
                kinds[start] = kinds[place] = base if base in inside else before


def clusters_of(line: str) -> Iterator[str]:
    """Each character with the marks after it, and the signs before it."""
    signs = ""
    for cluster in _with_marks(line):
        # A sign at the left begins the cluster of the next letter, whatever it follows.
        start = next((place for place, each in enumerate(cluster) if each in _LEFT_SIGNS), len(cluster))
        if start:
            yield signs + cluster[:start]
            signs = ""
        signs += cluster[start:]
    if signs:
        yield signs


def _with_marks(line: str) -> Iterator[str]:
    """Each character with the marks after it."""
    start = 0
    for place in range(1, len(line) + 1):
        if place == len(line) or not is_mark(line[place]):
            yield line[start:place]
            start = place


@lru_cache(maxsize=1)
def _forms() -> dict[str, dict[str, str]]:
    """The forms of each Arabic letter, and of the ligatures of two."""
    found: dict[str, dict[str, str]] = {}
    for number in (number for block in _FORMS for number in block):
        form, *letters = unicodedata.decomposition(chr(number)).split()[:4] or [""]
        text = "".join(chr(int(letter, 16)) for letter in letters)
        # Of the ligatures, only that of lam and alef is always written.
        if len(text) == 1 or (len(text) == 2 and text[0] == "\u0644" and text[1] in "\u0622\u0623\u0625\u0627"):
            found.setdefault(text, {})[form.strip("<>")] = chr(number)
    return found
