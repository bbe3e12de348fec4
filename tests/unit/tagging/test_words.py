import sys
from unicodedata import category

from shopkeeper.tagging.words import Text, cleaned, words_of


def test_no_unseen_character_is_left() -> None:
    every = (chr(code) for code in range(sys.maxunicode + 1))
    unseen = [sign for sign in every if category(sign) in ("Cc", "Cf", "Co", "Cs")]
    assert {sign for sign in unseen if cleaned(f"a{sign}b") not in ("ab", "a b")} == set()


def test_words_are_letters_or_single_ideographs() -> None:
    assert words_of("Men's T-shirt 黑色 1.5l") == ("men's", "t", "shirt", "黑", "色", "1", "5l")


def test_a_long_text_is_read_to_a_length() -> None:
    assert len(Text.of("<b>wood</b> " * 10_000).text) <= 10_000


def test_a_tag_that_is_not_closed_is_no_tag() -> None:
    assert cleaned("5 < 6 <b") == "5 < 6 <b"
