"""The meanings of an input's fields."""

from __future__ import annotations

from typing import Any

import pytest

from zeroscope_mock.cog.field_names import MEANINGS, FieldNames, known_role, meanings_table

STRING = {"type": "string"}
NUMBER = {"type": "integer"}
FILE = {"type": "string", "format": "uri"}
FILES = {"type": "array", "items": FILE}


@pytest.mark.parametrize(
    ("properties", "sent", "values"),
    [
        pytest.param({"prompt": STRING}, {"prompt": "a"}, {"prompt": "a"}, id="prompt"),
        pytest.param({"text": STRING, "title": STRING}, {"title": "b", "text": "a"}, {"prompt": "a"}, id="preferred"),
        pytest.param(
            {"text": STRING, "title": STRING}, {"text": "a", "title": "b"}, {"prompt": "a"}, id="in-any-order"
        ),
        pytest.param({"text": STRING, "title": STRING}, {"title": "b"}, {"prompt": "b"}, id="only-the-other"),
        pytest.param({"messages": {}}, {"messages": [{"role": "user", "content": "a"}]}, {"prompt": "a"}, id="message"),
        pytest.param(
            {"messages": {}},
            {"messages": [{"content": "a"}, {"content": [{"type": "text", "text": "b"}, {"type": "image_url"}]}]},
            {"prompt": "b"},
            id="last-message",
        ),
        pytest.param({"prompts": {"type": "array"}}, {"prompts": ["a", "b"]}, {"prompt": "a, b"}, id="texts"),
        pytest.param({"prompt": FILE}, {"prompt": "https://h/a.png"}, {}, id="file-named-prompt"),
        pytest.param({"wish": STRING}, {"wish": "a"}, {"prompt": "a"}, id="only-text"),
        pytest.param({"wish": {**STRING, "enum": ["a"]}}, {"wish": "a"}, {}, id="choice-is-no-text"),
        pytest.param({"system_prompt": STRING, "wish": STRING}, {"wish": "a"}, {"prompt": "a"}, id="not-what-steers"),
        pytest.param({"imageWidth": NUMBER}, {"imageWidth": 64}, {"width": 64}, id="capitals"),
        pytest.param({"width": {"enum": ["64"]}}, {"width": "64"}, {"width": 64}, id="number-as-text"),
        pytest.param({"video_length": STRING}, {"video_length": "14_frames_with_svd"}, {"num_frames": 14}, id="frames"),
        pytest.param({"duration": STRING}, {"duration": "10s"}, {"duration": 10}, id="seconds"),
        pytest.param({"duration": STRING}, {"duration": "auto"}, {}, id="no-number"),
        pytest.param({"seed": NUMBER}, {"seed": None}, {}, id="null"),
        pytest.param({"stop_sequences": STRING}, {"stop_sequences": "a,b,"}, {"stop": ("a", "b")}, id="stop-text"),
        pytest.param({"stop": {"type": "array"}}, {"stop": ["a", "b"]}, {"stop": ("a", "b")}, id="stop-list"),
        pytest.param({"output_format": STRING}, {"output_format": "PNG"}, {"suffix": "PNG"}, id="format"),
        pytest.param({"num_outputs": NUMBER}, {"num_outputs": 2}, {"batch_size": 2}, id="count"),
        pytest.param(
            {"input_image": FILE},
            {"input_image": "data:image/png;base64,AA=="},
            {"picture": "data:image/png;base64,AA=="},
            id="picture",
        ),
        pytest.param(
            {"pictures": FILES}, {"pictures": ["https://h/a", "https://h/b"]}, {"picture": "https://h/a"}, id="pictures"
        ),
        pytest.param(
            {"main_face_image": FILE},
            {"main_face_image": "https://h/a"},
            {"picture": "https://h/a"},
            id="other-picture",
        ),
        pytest.param({"image2": FILE}, {"image2": "https://h/a"}, {"picture": "https://h/a"}, id="numbered-picture"),
        pytest.param({"mask_image": FILE}, {"mask_image": "https://h/a"}, {}, id="mask"),
        pytest.param({"num_frames": FILE}, {"num_frames": "https://h/a"}, {}, id="wrong-type"),
        pytest.param({"prompt": STRING}, {"other": "a", "width": 5}, {}, id="undeclared"),
        pytest.param({}, {"other": "a", "width": 5, "text": "a"}, {"width": 5, "prompt": "a"}, id="no-schema"),
    ],
)
def test_fields__by_name_and_type(properties: dict[str, Any], sent: dict[str, Any], values: dict[str, Any]) -> None:
    """A field counts by its name if its type admits what the name means."""
    assert FieldNames(properties).read(sent) == values


def test_fields__required_text_first() -> None:
    """Without a known name, the first required text is what a model makes something of."""
    names = FieldNames({"mood": STRING, "wish": STRING, "hope": STRING}, ["hope", "wish"])

    assert names.read({"mood": "a", "wish": "b", "hope": "c"}) == {"prompt": "b"}


def test_fields__defaults() -> None:
    """Defaults are read as values are."""
    names = FieldNames({"duration": {"type": "string", "default": "5s"}, "seed": {"type": "integer", "default": None}})

    assert names.defaults == {"duration": 5}
    assert names.meanings == frozenset(("duration", "seed"))


@pytest.mark.parametrize("default", [float("inf"), float("nan"), [], {}, "text"])
def test_fields__unreadable_default(default: Any) -> None:
    """A default from which no number can be read counts as none."""
    assert FieldNames({"width": {"default": default}}).defaults == {}


def test_names__each_has_one_meaning() -> None:
    """No name stands in the table twice, and each is found by itself."""
    names = [(name, meaning) for meaning, known in MEANINGS.items() for name in known.names]

    assert len(dict(names)) == len(names)
    for name, meaning in names:
        role = known_role(name)
        assert role is not None and role.meaning == meaning


def test_meanings_table__lists_all_names() -> None:
    """The table for the documentation has a row for each meaning."""
    table = meanings_table()

    assert len(table.splitlines()) == len(MEANINGS) + 2
    assert "`num_outputs`" in table and "`max_new_tokens`" in table
