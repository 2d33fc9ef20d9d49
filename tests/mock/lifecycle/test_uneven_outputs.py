"""Outputs that come one after another, but not evenly."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from zeroscope_mock.lifecycle.script import Script
from zeroscope_mock.times import TOLERANCE


def uneven(results: int, run: float, unevenness: float) -> Script:
    output = ["token"] * results
    return Script(1, 0.0, run, 1, 1.0, output=output, gradual=True, unevenness=unevenness)


@given(
    st.integers(1, 300),
    st.floats(0.01, 1000),
    st.floats(0, 0.99),
    st.floats(0, 1),
)
def test_made__agrees_with_made_at(results: int, run: float, unevenness: float, share: float) -> None:
    """An output is there from the very moment on at which it is made, and not before."""
    script = uneven(results, run, unevenness)
    elapsed = run * share * 0.999
    made = script.made(elapsed)
    assert 0 <= made <= results
    if made:
        assert script.made_at(made - 1) <= elapsed + 2 * TOLERANCE
    if made < results:
        assert script.made_at(made) > elapsed - 2 * TOLERANCE


def test_made_at__is_in_order_and_uneven() -> None:
    """Tokens come in their order, all before the end, with pauses of different lengths."""
    times = [uneven(50, 10.0, 0.9).made_at(number) for number in range(50)]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert all(pause > 0 for pause in pauses) and times[-1] < 10
    assert max(pauses) > 2 * min(pauses)


def test_made_at__is_even_by_default() -> None:
    """The outputs of a script that says `gradual` come evenly."""
    times = [uneven(4, 10.0, 0.0).made_at(number) for number in range(4)]
    assert times == [2.0, 4.0, 6.0, 8.0]
