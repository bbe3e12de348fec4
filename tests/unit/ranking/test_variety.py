"""Lists that keep a person's mix, do not tire, and leave no place to one brand alone."""

import numpy as np
import pytest

from shopkeeper.data.catalog import Product
from shopkeeper.data.columns import Columns
from shopkeeper.data.events import EventType
from shopkeeper.data.history import DAY_US, HistoryBatch
from shopkeeper.kit.money import Money
from shopkeeper.ranking.calibration import calibrate
from shopkeeper.ranking.candidates import HALVED_AT, Candidates
from shopkeeper.ranking.caps import Caps, cap
from shopkeeper.ranking.diversity import diversify
from shopkeeper.ranking.durables import pause
from shopkeeper.ranking.exploring import Exposures
from shopkeeper.ranking.exposure import level
from shopkeeper.ranking.fatigue import rotate, tire

N = 40
SHOP = Columns(
    Product(
        item_id=str(n),
        title="x",
        categories=(("Dolls", "Cars", "Books", "Games")[n // 10],),
        brand="Acme" if n < 25 else f"brand {n}",
        price=Money(1000 if n % 2 else 100_000, "EUR"),
        attributes={"seller": "Anna" if n < 30 else "Ben"},
    )
    for n in range(N)
)
NOBODY = np.zeros(N, np.bool_)


def found(n: int = N) -> Candidates:
    """Return all dolls, then all cars, and so on, as some model ranks them."""
    place = np.arange(n)
    return Candidates(
        place.astype(np.int32), np.zeros(n, np.float32), np.zeros(n, np.int8), HALVED_AT / (HALVED_AT + place)
    )


def history(*did: tuple[int, EventType, float]) -> HistoryBatch:
    """Return what one person did with products so many days ago, oldest first."""
    items, types, days = zip(*did, strict=True) if did else ((), (), ())
    n = len(did)
    return HistoryBatch(
        np.array([0, n]),
        np.array(items, np.int32),
        np.array(types, np.int8),
        np.array([1000 * DAY_US - round(one * DAY_US) for one in days], np.int64),
        np.ones(n, np.float32),
        np.full(n, np.nan, np.float32),
        np.array([1000 * DAY_US]),
        np.array([-1], np.int32),
    )


def kinds(listed: Candidates, n: int) -> list[int]:
    counts: list[int] = np.bincount(listed.item_idx[:n] // 10, minlength=4).tolist()
    return counts


VIEWS = history(*((item, EventType.VIEW, 1.0) for item in (0, 2, 4, 6, 8, 1, 3, 5, 7, 9, 10, 12, 14, 16, 18)))
"""Two thirds dolls, one third cars."""


def test_a_list_keeps_the_mix_of_the_person() -> None:
    assert kinds(found(), 9) == [9, 0, 0, 0]
    assert kinds(calibrate(found(), SHOP, VIEWS, 0.9, 9, parts=("categories",), prior=0.0), 9) == [6, 3, 0, 0]


def test_prices_are_part_of_the_mix() -> None:
    cheap = history(*((item, EventType.PURCHASE, 1.0) for item in (1, 3, 5, 7)))
    listed = calibrate(found(), SHOP, cheap, 0.9, 4, parts=("price band",), prior=0.0)
    assert (listed.item_idx[:4] % 2).tolist() == [1, 1, 1, 1]


def test_one_click_is_not_yet_a_taste() -> None:
    one = history((39, EventType.VIEW, 0.0))
    assert kinds(calibrate(found(), SHOP, one, 0.9, 8, parts=("categories",)), 8)[3] < 4


def test_who_did_nothing_gets_the_list_as_it_was() -> None:
    seen = history((39, EventType.IMPRESSION, 0.0))
    for nobody in (history(), seen):
        assert calibrate(found(), SHOP, nobody, 0.9, 8).item_idx.tolist() == list(range(N))


def test_what_the_merchant_buried_stays_behind() -> None:
    weights = np.where(np.arange(N) >= 10, 1e-6, 1.0)
    buried = found().weighed(weights)
    cars = history(*((item, EventType.VIEW, 1.0) for item in range(10, 20)))
    for listed in (calibrate(buried, SHOP, cars, 1.0, 20), diversify(buried, SHOP, 1.0, 20, "dpp")):
        assert sorted(listed.item_idx[:10].tolist()) == list(range(10))


@pytest.mark.parametrize("method", ["mmr", "dpp"])
def test_other_kinds_come_forward(method: str) -> None:
    assert min(kinds(diversify(found(), SHOP, 0.8, 8, method), 8)) >= 1  # type: ignore[arg-type]  # any of the words


def test_kinds_may_be_told_by_vectors() -> None:
    vectors = np.eye(4, dtype=np.float32)[np.arange(N) // 10]
    vectors[39] = np.nan
    listed = diversify(found(), SHOP, 0.9, 5, "dpp_vectors", lambda items: vectors[items])
    assert listed.item_idx[:5].tolist() == [0, 10, 20, 30, 39]


def test_caps_leave_places_to_others() -> None:
    listed = cap(found(), SHOP, Caps(brand=0.5), 10).item_idx
    assert (listed[:10].tolist(), len(listed)) == ([0, 1, 2, 3, 4, 25, 26, 27, 28, 29], N)
    listed = cap(found(), SHOP, Caps(category=0.3, seller=0.6), 10).item_idx[:10]
    assert listed.tolist() == [0, 1, 2, 10, 11, 12, 30, 31, 32, 3]


def test_caps_make_no_list_shorter() -> None:
    assert cap(found(20), SHOP, Caps(brand=0.1), 10).item_idx.tolist() == list(range(20))
    assert cap(found(), SHOP, Caps(), 10).item_idx.tolist() == list(range(N))


def test_what_was_shown_in_vain_tires_and_recovers() -> None:
    shown = history(*((item, EventType.IMPRESSION, days) for days, item in ((40.0, 3), (7.0, 1), (0.0, 0), (0.0, 2))))
    did = history((2, EventType.CLICK, 0.0))
    merit = dict(zip((tired := tire(found(), shown, did, 0.5)).item_idx.tolist(), tired.merit, strict=True))
    fresh = found().merit
    assert merit[0] == pytest.approx(fresh[0] * 0.5)
    assert merit[1] == pytest.approx(fresh[1] * 0.5**0.5)
    assert (merit[2], merit[3]) == (fresh[2], fresh[3])


def test_rotation_is_about_the_last_day() -> None:
    shown = history(*((item, EventType.IMPRESSION, days) for days, item in ((2.0, 1), (0.5, 0), (0.1, 0))))
    rotated = rotate(found(), shown, 0.5)
    merit = dict(zip(rotated.item_idx.tolist(), rotated.merit, strict=True))
    assert (merit[0], merit[1]) == (0.25, found().merit[1])


def test_durable_kinds_rest_after_a_purchase() -> None:
    pauses = np.where(np.arange(N) < 10, 200.0, np.nan)
    bought = history((0, EventType.PURCHASE, 100.0), (10, EventType.PURCHASE, 100.0))
    assert kinds(pause(found(), SHOP, bought, pauses, NOBODY, 1.0), 10) == [0, 10, 0, 0]
    assert kinds(pause(found(), SHOP, bought, pauses, NOBODY, 0.5), 10) != [10, 0, 0, 0]
    long_ago = history((0, EventType.PURCHASE, 300.0))
    given_back = np.arange(N) == 0
    for history_, returned in ((long_ago, NOBODY), (bought, given_back), (history(), NOBODY)):
        assert kinds(pause(found(), SHOP, history_, pauses, returned, 1.0), 10) == [10, 0, 0, 0]


def test_the_last_places_go_to_what_fewer_have_seen_and_the_first_stay() -> None:
    shown = np.where(np.arange(N) < 12, 100.0, 0.0)
    listed = level(found(), Exposures(shown, shown).crowding, 0.5, 10).item_idx
    assert listed[:10].tolist() == [0, 1, 2, 3, 4, 5, 12, 13, 14, 15]
    assert sorted(listed.tolist()) == list(range(N))


@pytest.mark.parametrize("share", [0.0, 0.01])
def test_what_suits_much_better_keeps_its_place(share: float) -> None:
    shown = np.where(np.arange(N) < 10, 100.0, 0.0)
    assert level(found(), Exposures(shown, shown).crowding, share, 10).item_idx.tolist() == list(range(N))


def test_a_product_is_as_crowded_as_products_are_shown_no_more_often() -> None:
    assert Exposures(np.array([0.0, 3, 1, 3, 9]), np.zeros(5)).crowding.tolist() == [0, 0.75, 0.25, 0.75, 1]
    assert not Exposures(np.zeros(3), np.zeros(3)).crowding.any()


@pytest.mark.parametrize(("n", "of"), [(0, 10), (1, 10), (3, 10), (10, 2), (10, 6), (200, 10)])
def test_levelling_makes_no_list_shorter(n: int, of: int) -> None:
    listed = level(found(of), np.ones(N), 1.0, n).item_idx
    assert sorted(listed.tolist()) == list(range(of))
