import pytest

from shopkeeper.data.taxonomy import Category, Taxonomy
from shopkeeper.data.tree_map import TreeMap, migration
from shopkeeper.kit.errors import InvalidInput, UnknownName


def tree(*nodes: tuple[str, str | None, str]) -> Taxonomy:
    return Taxonomy(Category(own, above, {"": name}) for own, above, name in nodes)


def test_a_tree_of_paths_has_every_level_once() -> None:
    told = Taxonomy.from_paths(["Home > Kitchen > Mugs", "Home > Bath", "Toys"])
    assert [one.category_id for one in told.categories] == [
        "Home", "Home > Kitchen", "Home > Kitchen > Mugs", "Home > Bath", "Toys",
    ]  # fmt: skip
    assert told.leaves == ("Home > Kitchen > Mugs", "Home > Bath", "Toys")


def test_a_node_knows_what_is_above_and_below_it() -> None:
    told = Taxonomy.from_paths(["Home > Kitchen > Mugs", "Home > Bath"])
    assert told.ancestors("Home > Kitchen > Mugs") == ("Home", "Home > Kitchen")
    assert (told.depth("Home"), told.depth("Home > Bath")) == (0, 1)
    assert told.children("Home") == ("Home > Kitchen", "Home > Bath")
    assert told.children() == ("Home",)


def test_two_categories_may_have_one_name() -> None:
    told = tree(("1", None, "Women"), ("2", None, "Men"), ("3", "1", "Shoes"), ("4", "2", "Shoes"))
    assert (told.path("3"), told.path("4")) == ("Women > Shoes", "Men > Shoes")


def test_children_may_come_first_in_a_file() -> None:
    assert [one.category_id for one in tree(("b", "a", "B"), ("a", None, "A")).categories] == ["a", "b"]


def test_names_come_in_several_languages() -> None:
    told = tree(("1", None, "Cups"), ("2", "1", "Mugs")).named("de", {"2": "Becher"})
    assert told.path("2", "de") == "Cups > Becher"
    assert told.path("2") == "Cups > Mugs"


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        ([("a", "b", "A"), ("b", "c", "B"), ("c", "a", "C")], "a -> b -> c -> a are each other's parents"),
        ([("a", "a", "A")], "a -> a are each other's parents"),
        ([("r", None, "R"), ("x", "a", "X"), ("a", "b", "A"), ("b", "a", "B")], "a -> b -> a"),
        ([("a", "b", "A")], "'a' has the parent 'b', which is not in the tree: add"),
        ([("a", None, "A"), ("a", None, "B")], "Two categories have the id 'a'"),
        ([("", None, "A")], "has no id"),
        ([("a", None, " ")], "'a' has no name"),
    ],
)
def test_a_tree_that_is_none_says_what_to_mend(nodes: list[tuple[str, str | None, str]], text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        tree(*nodes)


@pytest.mark.parametrize("path", ["", "A > ", "A > > B"])
def test_a_level_without_a_name_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput, match="a level without a name"):
        Taxonomy.from_paths([path])


def test_an_unknown_category_offers_the_near_ones() -> None:
    with pytest.raises(UnknownName, match="did you mean Mugs"):
        Taxonomy.from_paths(["Mugs"]).ancestors("Mug")


def test_a_deep_chain_is_a_tree() -> None:
    deep = tree(*((str(k), str(k - 1) if k else None, "x") for k in reversed(range(3000))))
    assert deep.depth("2999") == 2999


def test_trees_are_mapped_by_path_and_by_names_that_come_once() -> None:
    ours = Taxonomy.from_paths(["Home > Mugs", "Home > Lamps > Desk", "Sale > Mugs"])
    theirs = tree(("1", None, "Home"), ("2", "1", "mugs"), ("3", None, "Lighting"), ("4", "3", "Desk"))
    told = TreeMap.alike(ours, theirs, {"Sale": "3"})
    assert told.translate("Home > Mugs") == "2"
    assert told.translate("Home > Lamps > Desk") == "4"
    assert told.translate("Home > Lamps") == "1"
    assert told.translate("Sale > Mugs") == "3"


def test_a_table_between_trees_names_what_is_in_neither() -> None:
    one = Taxonomy.from_paths(["A"])
    with pytest.raises(InvalidInput, match="maps to 'B', which is not in that tree"):
        TreeMap(one, one, {"A": "B"})


def test_products_move_to_what_is_left_of_a_tree() -> None:
    old = tree(("1", None, "Home"), ("2", "1", "Mugs"), ("3", "2", "Tea mugs"), ("4", None, "Toys"), ("5", None, "Art"))
    new = tree(("1", None, "House"), ("2", "1", "Cups"), ("9", None, "Games"))
    assert migration(old, new, {"4": "9"}) == {"1": "1", "2": "2", "3": "2", "4": "9", "5": None}
