"""The sequence of runs by number, while runs come, are dropped and are removed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zeroscope_mock.lifecycle.record import Record
from zeroscope_mock.lifecycle.record_sequence import RecordSequence
from zeroscope_mock.lifecycle.script import Script

SCRIPT = Script(1, 1.0, 1.0, 10, 10.0)


def record(number: int, tenant: str) -> Record:
    return Record(str(number), tenant, number, 0.0, "v", {}, SCRIPT)


@given(st.lists(st.sampled_from(["add to a", "add to b", "drop", "remove a", "remove b"]), max_size=60))
def test_sequence__is_like_a_dict_by_number(actions: list[str]) -> None:
    """Whatever is dropped and removed, each run keeps its number."""
    sequence, kept, added = RecordSequence(), dict[int, Record](), 0
    for action in actions:
        if action.startswith("add"):
            kept[added] = record(added, action[-1])
            sequence.append(kept[added])
            added += 1
        elif action == "drop" and kept:
            sequence.drop()
            del kept[min(kept)]
        elif action.startswith("remove"):
            unwanted = list(filter(lambda one: one.tenant == action[-1], kept.values()))
            sequence.remove(unwanted.__contains__)
            kept = {number: one for number, one in kept.items() if one not in unwanted}
        assert sequence.next == added
        assert {number: one for number in range(-1, added + 2) if (one := sequence.get(number))} == kept
        assert list(sequence.since(0)) == list(kept.values())
        assert list(sequence.before(added + 5)) == list(kept.values())[::-1]
