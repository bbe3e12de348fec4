import pytest

from shopkeeper.adapters.attribute_files import FileDictionaries
from shopkeeper.data.catalog import Product
from shopkeeper.tagging.attributes import AttributeRules
from shopkeeper.tagging.rule import ProductText, values_of


def read(title: str, description: str = "", *brands: str) -> dict[str, str]:
    rules = AttributeRules(FileDictionaries().all(), brands)
    product = Product(item_id="p", title=title, description=description)
    return {name: said.value for name, said in rules.read(ProductText.of(product)).items()}


@pytest.mark.parametrize(
    ("title", "description", "expected"),
    [
        ("Cotton towel, navy blue", "", {"colour": "blue", "material": "cotton"}),
        ("Gray wool scarf", "", {"colour": "grey", "material": "wool"}),
        ("Towels", "Color Red, Yellow, Blue Size Medium", {"colour": "red, yellow, blue", "size": "M"}),
        ("Lampe", "Farbe: schwarz", {"colour": "black"}),
        ("Lamp in cream", "", {}),
        ("Straw, no plastic", "", {}),
        ("PVC-free bag of canvas", "", {"material": "canvas"}),
        ("不含塑料 陶瓷杯", "", {"material": "ceramic"}),
        ("面料含羊毛", "", {"material": "wool"}),
        ("Lamp", "Colour: Cream", {"colour": "beige"}),
        ("男士纯棉T恤 藏青色 XL", "", {"audience": "men", "material": "cotton", "colour": "blue", "size": "XL"}),
        ("保温杯", "颜色：黑色/白色 材质：304不锈钢", {"colour": "black, white", "material": "stainless steel"}),
        ("红木筷子 10双装", "", {"pack": "10"}),
        ("Set of 6 glass tumblers", "", {"pack": "6", "material": "glass"}),
        ("Mug 0.33 l", "", {"volume": "330 ml"}),
        ("Rice 1,5 kg", "", {"weight": "1500 g"}),
        ("Steel Kettle 1.7L, 2.2kW", "", {"volume": "1700 ml", "power": "2200 W", "material": "steel"}),
        ("4G router", "", {}),
        ("3 in 1 shampoo", "", {}),
        ("Box 30cm×20cm×10厘米", "", {"dimensions": "30 x 20 x 10 cm"}),
        ("Box 12 x 10 in", "", {"dimensions": "30.48 x 25.4 cm"}),
        ("Curtain", "Length 30 inch Width 60 inch", {"length": "76.2 cm", "width": "152.4 cm"}),
        ("Strap", "80 mm wide", {"width": "8 cm"}),
        ("Phone 5000 mAh 128GB", "", {"charge": "5000 mAh", "storage": "128 GB"}),
        ("净含量 500克 大米", "", {"weight": "500 g"}),
    ],
)
def test_values_are_told_in_one_form(title: str, description: str, expected: dict[str, str]) -> None:
    assert read(title, description) == expected


def test_a_brand_is_one_that_the_shop_knows() -> None:
    assert read("The North Face jacket", "", "The North Face", "North")["brand"] == "The North Face"


def test_a_brand_is_what_its_label_and_the_title_share() -> None:
    title, description = "Lal Haveli Cotton Quilt", "General Brand Lal Haveli Machine Washable Yes"
    assert read(title, description)["brand"] == "Lal Haveli"


def test_a_brand_is_what_stands_alone_after_its_label() -> None:
    assert read("跑步鞋", "品牌：安踏；货号 123")["brand"] == "安踏"


def test_a_word_like_brand_alone_says_nothing() -> None:
    assert "brand" not in read("Mug", "A brand new design for you. 1 year brand warranty of the maker.")


def test_markup_and_unseen_characters_say_nothing() -> None:
    assert read("T\u202eshirt", "<script>colour: red</script><b>Colour:</b> bl\u200bue &amp; white") == {
        "colour": "blue, white"
    }


def test_every_value_stands_in_the_text() -> None:
    rules = AttributeRules(FileDictionaries().all())
    text = ProductText.of(Product(item_id="p", title="藏青色棉布 2.5m", description="Made of wood. Set of 2, 1.5 kg"))
    said = rules.read(text)
    assert {name: rules.stands(name, one.value, text) for name, one in said.items()} == dict.fromkeys(said, True)
    assert not rules.stands("colour", "red", text)
    assert not rules.stands("weight", "1501 g", text)


def test_several_values_are_parted_again() -> None:
    assert values_of(read("Towel red and white")["colour"]) == ("red", "white")


def test_a_text_without_words_says_nothing() -> None:
    assert read("", "…") == {}
