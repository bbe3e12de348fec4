"""Whatever a text holds, what is told of it stands in it."""

from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.adapters.attribute_files import FileDictionaries
from shopkeeper.data.catalog import Product
from shopkeeper.tagging.attributes import AttributeRules
from shopkeeper.tagging.measures import UNITS
from shopkeeper.tagging.orders import gives_orders
from shopkeeper.tagging.rule import ProductText

DICTIONARIES = FileDictionaries().all()
RULES = AttributeRules(DICTIONARIES, ["Acme", "Le Creuset", "安踏"])
WORDS = sorted(
    {word for one in DICTIONARIES for word in (*one.cues, *one.cues_after, *one.meaning())}
    | {unit for _, units in UNITS.values() for unit in units}
    | {
        "Acme",
        "Le",
        "Creuset",
        "安踏",
        "no",
        "free",
        "and",
        "x",
        "pack of",
        "件装",
        "3",
        "1.5",
        "12,5",
        "1,000",
        "-",
        ":",
        ",",
    }
)
PIECES = st.one_of(st.sampled_from(WORDS), st.text(max_size=6), st.sampled_from([" ", "", ": ", ", ", "\u202e", "<b>"]))
TEXTS = st.lists(PIECES, max_size=14).map("".join) | st.lists(PIECES, max_size=14).map(" ".join)


@given(TEXTS, TEXTS)
def test_what_is_told_stands_in_the_text(title: str, description: str) -> None:
    text = ProductText.of(Product(item_id="p", title=title, description=description))
    said = RULES.read(text)
    assert [(name, one.value) for name, one in said.items() if not RULES.stands(name, one.value, text)] == []
    assert all(one.value.strip() for one in said.values())


@given(TEXTS)
def test_a_known_form_is_that_of_itself(value: str) -> None:
    for name in RULES.names:
        form = RULES.meaning(name, value)
        assert RULES.meaning(name, form) == form
        assert RULES.same(name, value, form) or "," in value or "&" in value


@given(st.text())
def test_any_text_can_be_asked_whether_it_gives_orders(text: str) -> None:
    assert gives_orders(text) in (True, False)
