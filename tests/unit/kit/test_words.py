import pytest

from shopkeeper.kit.words import GROUPS, word_bits, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Red SHOES, red!", {"red", "shoes"}),
        ("ＲＥＤ", {"red"}),
        ("红色手机壳", {"红色", "色手", "手机", "机壳"}),
        ("iPhone15手机", {"iphone15", "手机"}),
        ("茶", {"茶"}),
        ("…", set()),
    ],
)
def test_words_are_those_that_a_person_would_name(text: str, words: set[str]) -> None:
    assert words_of(text) == words


def test_bits_are_of_words_in_any_order() -> None:
    assert word_bits("tea cup") == word_bits("Cup; tea") == word_bits("tea") | word_bits("cup")
    assert 0 < word_bits("tea cup") < 1 << GROUPS
    assert word_bits(None) == word_bits("?!") == 0
