"""A question as a shop asks it."""

from shopkeeper.adapters.attribute_files import FileDictionaries
from shopkeeper.tagging.attributes import AttributeRules
from shopkeeper.tagging.teacher import Option, Question
from shopkeeper.tagging.trust import Trust
from shopkeeper.testing.injections import CATEGORY

RULES = AttributeRules(FileDictionaries().all())
PROVEN = Trust(dict.fromkeys(("category", "brand", "colour", "material"), (200, 200)))
MUGS = Option("c1", "Kitchen > Mugs", 0.5)
CATEGORIES = (MUGS, Option("c2", "Garden > Lanterns", 0.3), Option("c3", CATEGORY, 0.2))


def question(title: str = "Red ceramic mugs", item_id: str = "p1", **changes: object) -> Question:
    asked = {name: RULES.values(name) for name in ("brand", "colour", "material")}
    given = {"categories": CATEGORIES, "attributes": asked} | changes
    return Question(item_id, title, **given)  # type: ignore[arg-type]  # what a test names
