"""Lists that narrow a person are noticed."""

import numpy as np
import pytest

from shopkeeper.data.events import EventType
from shopkeeper.ranking.echo import Echo
from tests.unit.ranking.test_variety import SHOP, history

VIEW, CLICK = EventType.VIEW, EventType.CLICK
OWN = [(item, VIEW, 5.0) for item in (0, 10, 20, 30) * 2]


def test_who_clicks_on_one_kind_and_looks_for_four_is_narrowed() -> None:
    echo = Echo.of(SHOP, history((25, VIEW, 60.0), *OWN, *[(1, CLICK, 1.0)] * 8))
    assert (echo.alone, echo.led) == pytest.approx((np.log(4), 0))
    assert (echo.share_led, echo.share_new, echo.narrows) == (0.5, 0.75, True)
    assert (echo.explored(0.1), echo.explored(0.4), echo.explored(0.0)) == (0.2, 0.5, 0.0)


def test_who_clicks_on_as_many_kinds_is_not() -> None:
    echo = Echo.of(SHOP, history(*OWN, *[(item, CLICK, 1.0) for item in (1, 11, 21, 31) * 2]))
    assert (echo.narrows, echo.explored(0.1)) == (False, 0.1)


@pytest.mark.parametrize("clicks", [0, 7])
def test_of_few_events_nothing_is_said(clicks: int) -> None:
    assert not Echo.of(SHOP, history(*OWN, *[(1, CLICK, 1.0)] * clicks)).narrows


def test_what_is_long_ago_is_no_sign() -> None:
    assert not Echo.of(SHOP, history(*[(1, CLICK, 40.0)] * 8, *OWN)).narrows
    assert Echo.of(SHOP, history()) == Echo(0.0, 0.0, 0.0, 0.0, 0, 0)
