"""The layout of text in any script: joined letters, and the visual order."""

from __future__ import annotations

import unicodedata

import pytest

from zeroscope_mock.media.text_layout import arrange_signs, clusters_of, in_visual_order, is_right_to_left, shape


def names(text: str) -> list[str]:
    """The last words of the characters' names, which tell the forms of a letter apart."""
    return [unicodedata.name(each).removeprefix("ARABIC ").removeprefix("LETTER ") for each in text]


@pytest.mark.parametrize(
    ("text", "shaped"),
    [
        ("بيت", ["BEH INITIAL FORM", "YEH MEDIAL FORM", "TEH FINAL FORM"]),
        ("دب", ["DAL ISOLATED FORM", "BEH ISOLATED FORM"]),
        ("بَب", ["BEH INITIAL FORM", "FATHA", "BEH FINAL FORM"]),
        ("سلام", ["SEEN INITIAL FORM", "LIGATURE LAM WITH ALEF FINAL FORM", "MEEM ISOLATED FORM"]),
        ("لا", ["LIGATURE LAM WITH ALEF ISOLATED FORM"]),
        (
            "لَامُ",
            ["LIGATURE LAM WITH ALEF ISOLATED FORM", "FATHA", "MEEM ISOLATED FORM", "DAMMA"],
        ),
        ("بلَاً", ["BEH INITIAL FORM", "LIGATURE LAM WITH ALEF FINAL FORM", "FATHA", "FATHATAN"]),
        ("پچ", ["PEH INITIAL FORM", "TCHEH FINAL FORM"]),
        ("ب\u200cب", ["BEH ISOLATED FORM", "ZERO WIDTH NON-JOINER", "BEH ISOLATED FORM"]),
        ("ب\u200d", ["BEH INITIAL FORM", "ZERO WIDTH JOINER"]),
        ("ب ب", ["BEH ISOLATED FORM", "SPACE", "BEH ISOLATED FORM"]),
    ],
)
def test_shape__joins_arabic_letters(text: str, shaped: list[str]) -> None:
    """A letter takes the form of its place in the word, and marks and the non-joiner stay where they are."""
    assert names(shape(text)) == shaped


@pytest.mark.parametrize("text", ["", "a horse", "宇航员", "סוס", "घोड़ा", "\u064e", "ل"[:0]])
def test_shape__leaves_other_scripts(text: str) -> None:
    """What has no Arabic letter stays as it is."""
    assert shape(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", False), ("a אב", False), ("אב a", True), ("12 אב", True), ("12 (", False), ("رائد", True), ("🐎 宇", False)],
)
def test_is_right_to_left__is_what_the_first_letter_says(text: str, expected: bool) -> None:
    """Numbers, signs and emoji have no say."""
    assert is_right_to_left(text) is expected


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("", ""),
        ("a horse", "a horse"),
        ("אבג", "גבא"),
        ("אב גד", "דג בא"),
        ("אב horse גד", "דג horse בא"),
        ("אב 24 גד", "דג 24 בא"),
        ("אב 3.5 ג", "ג 3.5 בא"),
        ("אב 50% ג", "ג 50% בא"),
        ("אב (גד)", "(דג) בא"),
        ("אב frames (HD)", "frames (HD) בא"),
        ("אב (HD) ג", "ג (HD) בא"),
        ("אב.", ".בא"),
        ("א\u05b0ב", "בא\u05b0"),
        ("a אב 24 b", "a 24 בא b"),
        ("a (אב) b", "a (בא) b"),
        ("a) אב (", "a) בא ("),
    ],
)
def test_in_visual_order__is_that_of_the_bidirectional_algorithm(line: str, shown: str) -> None:
    """Letters from right to left are reversed, numbers and Latin words are not, and marks stay with their letter."""
    assert in_visual_order(line, is_right_to_left(line)) == shown


@pytest.mark.parametrize(
    ("text", "arranged"),
    [
        ("\u0915\u093f", "\u093f\u0915"),
        ("\u0921\u093c\u093f", "\u093f\u0921\u093c"),
        ("\u0938\u094d\u0925\u093f", "\u0938\u094d\u093f\u0925"),
        ("\u0995\u09cb", "\u09c7\u0995\u09be"),
        ("\u0a95\u0abf", "\u0abf\u0a95"),
        ("\u0b15\u0b4c", "\u0b47\u0b15\u0b57"),
        ("\u0b95\u0bca", "\u0bc6\u0b95\u0bbe"),
        ("\u0ba9\u0bc8", "\u0bc8\u0ba9"),
        ("\u0c95\u0ccb", "\u0c95\u0cc6\u0cc2\u0cd5"),
        ("\u0d15\u0d4b", "\u0d47\u0d15\u0d3e"),
        ("\u0d9a\u0ddd", "\u0dd9\u0d9a\u0dcf\u0dca"),
        ("\u1000\u103c\u1031\u102c", "\u1031\u1000\u103c\u102c"),
        ("\u1004\u103a\u1039\u1000\u1031", "\u1031\u1004\u103a\u1039\u1000"),
        ("\u1781\u17d2\u1798\u17c2\u179a", "\u17c2\u1781\u17d2\u1798\u179a"),
        ("\u1780\u17c4\u17c7", "\u17c1\u1780\u17b6\u17c7"),
        ("\u1780\u17be", "\u17c1\u1780\u17be"),
        ("\u1b13\u1b40", "\u1b3e\u1b13\u1b35"),
        ("\uaa06\uaa34\uaa2f", "\uaa2f\uaa34\uaa06"),
        (" \u093f", " \u093f"),
        ("", ""),
        ("a \u0915\u093e e\u0301", "a \u0915\u093e e\u0301"),
    ],
)
def test_arrange_signs__puts_those_at_the_left_before_their_letter(text: str, arranged: str) -> None:
    """Signs in two parts enclose the letter, a visible virama ends a letter, and one that stacks letters does not."""
    assert arrange_signs(text) == arranged


@pytest.mark.parametrize(
    "clusters",
    [
        ["a", " ", "e\u0301"],
        ["\u0baa\u0bc2", "\u0bc8\u0ba9", " ", "\u0bc6\u0b95\u0bbe", "\u0b9f\u0bc1"],
        ["\uaa2f\uaa34\uaa06", "\uaa06"],
        ["\u0915", "\u093f"],
        ["\u093f"],
        [],
    ],
)
def test_clusters__hold_the_signs_on_both_sides(clusters: list[str]) -> None:
    """A line that is broken between clusters never leaves a sign without its letter."""
    assert list(clusters_of("".join(clusters))) == clusters
