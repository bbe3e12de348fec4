import sys
from unicodedata import category

import pytest

from shopkeeper.data.catalog import Product
from shopkeeper.tagging.texts import clean, product_text, words


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ""),
        ("x", "x"),
        ("  Blue\t\nmug ", "Blue mug"),
        ("<p>Blue <b>mug</b><br/>300&nbsp;ml &amp; lid</p>", "Blue mug 300 ml & lid"),
        ("mug<script>alert('x')</script> of clay<!-- hidden -->", "mug of clay"),
        ("5 < 7 and 8>6", "5 < 7 and 8>6"),
        ("ｆｕｌｌ　ｗｉｄｔｈ ①", "full width 1"),
        ("a\u202eb\u200bc\u0000d\u2066e\ufefff", "abcdef"),
        ("tag\U000e0041\U000e0042", "tag"),
        ("half \ud83d of a pair", "half of a pair"),
        ("连衣裙　女 🎁", "连衣裙 女 🎁"),
    ],
)
def test_a_text_is_what_people_see_of_it(text: str, told: str) -> None:
    assert clean(text) == told


def test_no_unseen_character_is_left() -> None:
    every = (chr(code) for code in range(sys.maxunicode + 1))
    unseen = [sign for sign in every if category(sign) in ("Cc", "Cf", "Co", "Cs")]
    assert {sign for sign in unseen if clean(f"a{sign}b") not in ("ab", "a b")} == set()


def test_a_long_text_is_read_from_its_beginning() -> None:
    told = clean("mug " * 30_000)
    assert told.startswith("mug mug")
    assert len(told) == 4000


def test_markup_without_end_is_read_in_no_time() -> None:
    assert clean("mug " + "<a " * 40_000).startswith("mug")


def test_words_are_in_lower_case_without_signs() -> None:
    assert words("Men's T-Shirt, 2XL! 🎁 _x_") == "men s t shirt 2xl x"


def test_only_signs_are_no_words() -> None:
    assert words("🎁 !!") == ""


def test_where_a_product_was_filed_is_not_read() -> None:
    product = Product(item_id="1", title="Mug", brand="Ember", description="Of clay", categories=("Home",))
    assert product_text(product) == "Mug\nEmber\nOf clay"
