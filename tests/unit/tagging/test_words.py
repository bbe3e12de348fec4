from shopkeeper.tagging.words import Text, words_of


def test_words_are_letters_or_single_ideographs() -> None:
    assert words_of("Men's T-shirt 黑色 1.5l") == ("men's", "t", "shirt", "黑", "色", "1", "5l")


def test_a_long_text_is_read_to_a_length() -> None:
    assert len(Text.of("<b>wood</b> " * 10_000).text) <= 10_000
