"""A queue by due time whose entries can become stale."""

from __future__ import annotations

from zeroscope_mock.webhooks.queue import DueQueue


def make() -> tuple[DueQueue[str], set[int]]:
    """A queue, and the numbers of its stale entries."""
    stale: set[int] = set()
    return DueQueue(lambda number, item: number not in stale), stale


def drain(queue: DueQueue[str]) -> list[tuple[float, str]]:
    """The due times and items of all current entries, which are removed."""
    drained: list[tuple[float, str]] = []
    while (due := queue.due()) is not None:
        drained.append((due, queue.pop()))
    return drained


def test_entries__come_in_order() -> None:
    """By due time, and at equal times in the order in which they were added."""
    queue, _ = make()
    for due, item in ((2.0, "b"), (1.0, "a"), (2.0, "c"), (0.5, "d")):
        queue.put(due, item)

    assert queue.current() == [(0.5, "d"), (1.0, "a"), (2.0, "b"), (2.0, "c")]
    assert drain(queue) == [(0.5, "d"), (1.0, "a"), (2.0, "b"), (2.0, "c")]
    assert queue.due() is None


def test_entries__that_are_stale() -> None:
    """They are skipped, wherever they are."""
    queue, stale = make()
    numbers = [queue.put(due, item) for due, item in ((1.0, "a"), (2.0, "b"), (3.0, "c"))]
    stale.update({numbers[0], numbers[2]})

    assert queue.current() == [(2.0, "b")]
    assert drain(queue) == [(2.0, "b")]


def test_entries__do_not_pile_up() -> None:
    """An item that is put again and again leaves a bounded number of stale entries."""
    queue, stale = make()
    latest = queue.put(0.0, "a")
    for due in range(10_000):
        stale.add(latest)
        latest = queue.put(float(due), "a")

    assert queue.current() == [(9999.0, "a")]
    assert len(queue._heap) < 200


def test_entries__of_removed_items() -> None:
    """The items are removed, and the order stays."""
    queue, _ = make()
    for due, item in ((3.0, "a"), (1.0, "b"), (2.0, "a"), (4.0, "c")):
        queue.put(due, item)

    queue.discard(lambda item: item == "a")

    assert drain(queue) == [(1.0, "b"), (4.0, "c")]
