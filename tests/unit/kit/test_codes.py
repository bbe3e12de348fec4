import re

from shopkeeper.kit.codes import CODE_BYTES, code_of, drawn, plain


def test_a_code_holds_eighty_bits_in_letters_that_cannot_be_mistaken() -> None:
    codes = {code_of((1 << bit).to_bytes(CODE_BYTES)) for bit in range(8 * CODE_BYTES)}
    assert len(codes) == 80
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", code) for code in codes)


def test_a_code_is_read_however_it_is_typed() -> None:
    assert plain("oI1l-abcd 00") == plain("0111-ABCD-OO") == "0111ABCD00"


def test_codes_are_drawn_again_by_who_has_the_secret() -> None:
    codes = drawn(b"s" * 32, b"seed", 1000)
    assert (len(set(codes)), drawn(b"s" * 32, b"seed", 1000)) == (1000, codes)
    assert not set(codes) & {*drawn(b"t" * 32, b"seed", 1000), *drawn(b"s" * 32, b"deed", 1000)}
