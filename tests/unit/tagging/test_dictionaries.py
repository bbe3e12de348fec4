import re
from pathlib import Path

import pytest

from shopkeeper.adapters.attribute_files import FileDictionaries
from shopkeeper.data.catalog import Product
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.tagging.attributes import AttributeRules
from shopkeeper.tagging.rule import ProductText


def read(folder: Path, title: str) -> dict[str, str]:
    rules = AttributeRules(FileDictionaries(folder).all())
    return {k: v.value for k, v in rules.read(ProductText.of(Product(item_id="p", title=title))).items()}


def test_a_merchants_words_join_those_of_the_package(tmp_path: Path) -> None:
    (tmp_path / "colour.toml").write_text('[values]\nblue = ["petrol"]\n"house red" = ["oxblood", "crimson"]\n')
    assert read(tmp_path, "Chair petrol")["colour"] == "blue"
    assert read(tmp_path, "Chair crimson")["colour"] == "house red"
    assert read(tmp_path, "Chair navy")["colour"] == "blue"


def test_a_merchant_adds_an_attribute(tmp_path: Path) -> None:
    (tmp_path / "strap.toml").write_text('cues = ["band"]\nmeasure = "length"\nonly_after_cue = true\n')
    (tmp_path / "model.toml").write_text("patterns = ['\\b[A-Z]{2}-\\d{3}\\b']\n")
    assert read(tmp_path, "Watch AB-123, band 18 mm") == {"strap": "1.8 cm", "model": "AB-123"}


def test_the_examples_of_the_page_are_what_it_says(tmp_path: Path) -> None:
    page = Path("docs/explanation/attributes.md").read_text()
    for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL):
        (name,) = re.findall(r"# attributes/(\w+\.toml):", block)
        (tmp_path / name).write_text(block)
    told = [read(tmp_path, title)["colour"] for title in ("Chair petrol", "Chair oxblood", "Chair navy", "藏青色椅子")]
    assert told == ["blue", "house red", "blue", "blue"]
    assert read(tmp_path, "Watch, strap width 18 mm")["strap"] == "1.8 cm"
    assert read(tmp_path, "Mug 0.35 kg") == read(tmp_path, "杯 350克") == {"weight": "350 g"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("values = 3", "values: Input should be a valid dictionary"),
        ('colour = "red"', "colour: Extra inputs are not permitted; known: name, cues"),
        ('[values]\nred = ["…"]', "'…', for 'red', has no letter or digit"),
        ('[values]\nred = ["rosso"]\nblue = ["rosso"]', "'rosso' stands for 'red' and for 'blue': leave one out"),
        ("patterns = ['(']", "'(' is no regular expression"),
        ('name = "category"', "category is the name of other tags"),
        ("= 1", "Invalid statement"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "finish.toml").write_text(text)
    with pytest.raises(InvalidInput) as error:
        FileDictionaries(tmp_path).all()
    assert str(error.value).startswith("The attributes in finish.toml cannot be used: ")
    assert why in str(error.value)
