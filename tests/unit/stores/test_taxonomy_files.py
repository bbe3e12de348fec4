import json
from pathlib import Path

import pytest

from shopkeeper.adapters.taxonomy_files import read_pairs, read_taxonomy
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.kit.errors import InvalidInput

GOOGLE = """# Google_Product_Taxonomy_Version: 2021-09-21
1 - Animals & Pet Supplies
3237 - Animals & Pet Supplies > Live Animals
2 - Animals & Pet Supplies > Pet Supplies
3 - Animals & Pet Supplies > Pet Supplies > Bird Supplies
"""
SHOPIFY = """# Shopify Product Taxonomy - Categories: 2024-07
# Format: {GID} : {Ancestor name} > ... > {Category name}

gid://shopify/TaxonomyCategory/ap      : Animals & Pet Supplies
gid://shopify/TaxonomyCategory/ap-1    : Animals & Pet Supplies > Live Animals
"""
SHOPIFY_JSON = {
    "version": "2024-07",
    "verticals": [
        {
            "name": "Animals & Pet Supplies",
            "prefix": "ap",
            "categories": [
                {
                    "id": "gid://shopify/TaxonomyCategory/ap",
                    "level": 0,
                    "name": "Animals & Pet Supplies",
                    "full_name": "Animals & Pet Supplies",
                    "parent_id": None,
                    "attributes": [],
                    "children": [{"id": "gid://shopify/TaxonomyCategory/ap-1", "name": "Live Animals"}],
                    "ancestors": [],
                },
                {
                    "id": "gid://shopify/TaxonomyCategory/ap-1",
                    "level": 1,
                    "name": "Live Animals",
                    "full_name": "Animals & Pet Supplies > Live Animals",
                    "parent_id": "gid://shopify/TaxonomyCategory/ap",
                    "attributes": [],
                    "children": [],
                    "ancestors": [{"id": "gid://shopify/TaxonomyCategory/ap", "name": "Animals & Pet Supplies"}],
                },
            ],
        }
    ],
}
BEST_BUY = [
    {"id": "abcat0010000", "name": "Gift Ideas", "path": [{"id": "abcat0010000", "name": "Gift Ideas"}]},
    {
        "id": "abcat0020004",
        "name": "Unique Gifts",
        "path": [{"id": "abcat0010000", "name": "Gift Ideas"}, {"id": "abcat0020004", "name": "Unique Gifts"}],
        "subCategories": [],
    },
    {
        "id": "abcat0020002",
        "name": "DVD Games",
        "path": [
            {"id": "abcat0010000", "name": "Gift Ideas"},
            {"id": "abcat0014000", "name": "Kids"},
            {"id": "abcat0020002", "name": "DVD Games"},
        ],
    },
]


def tree(folder: Path, name: str, content: object, language: str = "") -> Taxonomy:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return read_taxonomy(path, language)


def paths(told: Taxonomy) -> dict[str, str]:
    return {one.category_id: told.path(one.category_id) for one in told.categories}


def test_the_tree_of_google(tmp_path: Path) -> None:
    told = paths(tree(tmp_path, "taxonomy-with-ids.en-US.txt", GOOGLE))
    assert told["3"] == "Animals & Pet Supplies > Pet Supplies > Bird Supplies"
    assert len(told) == 4


@pytest.mark.parametrize(("name", "content"), [("categories.txt", SHOPIFY), ("categories.json", SHOPIFY_JSON)])
def test_the_tree_of_shopify(tmp_path: Path, name: str, content: object) -> None:
    assert paths(tree(tmp_path, name, content)) == {
        "gid://shopify/TaxonomyCategory/ap": "Animals & Pet Supplies",
        "gid://shopify/TaxonomyCategory/ap-1": "Animals & Pet Supplies > Live Animals",
    }


def test_the_tree_of_best_buy(tmp_path: Path) -> None:
    told = paths(tree(tmp_path, "categories.json", BEST_BUY))
    assert told["abcat0020004"] == "Gift Ideas > Unique Gifts"
    assert told["abcat0020002"] == "Gift Ideas > Kids > DVD Games"


def test_one_tree_in_two_languages(tmp_path: Path) -> None:
    english = tree(tmp_path, "en.txt", SHOPIFY, "en")
    german = tree(tmp_path, "de.txt", SHOPIFY.replace("Live Animals", "Lebende Tiere"), "de")
    both = english.named("de", {one.category_id: one.name() for one in german.categories})
    assert both["gid://shopify/TaxonomyCategory/ap-1"].names == {"en": "Live Animals", "de": "Lebende Tiere"}


def test_paths_alone_are_a_tree(tmp_path: Path) -> None:
    assert list(paths(tree(tmp_path, "paths.txt", "Home > Mugs\nHome > Lamps\n"))) == [
        "Home",
        "Home > Mugs",
        "Home > Lamps",
    ]


def test_a_csv_of_parents_and_languages(tmp_path: Path) -> None:
    told = tree(tmp_path, "tree.csv", "id,parent_id,name,name_zh\n2,1,Mugs,马克杯\n1,,Home,\n")
    assert (told.path("2"), told["2"].name("zh"), told["1"].name("zh")) == ("Home > Mugs", "马克杯", "Home")


def test_a_csv_of_paths(tmp_path: Path) -> None:
    told = tree(tmp_path, "tree.csv", "id,path\n1,Home\n2,Home > Mugs\n")
    assert paths(told) == {"1": "Home", "2": "Home > Mugs"}


def test_json_with_children_inside(tmp_path: Path) -> None:
    told = tree(tmp_path, "tree.json", {"id": 1, "name": "Home", "children": [{"id": 2, "names": {"en": "Mugs"}}]})
    assert paths(told) == {"1": "Home", "2": "Home > Mugs"}


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("t.csv", "id,parent_id,name\n1,2,A\n2,1,B\n", r"t.csv: The categories 1 -> 2 -> 1 are each other's parents"),
        ("t.csv", "id,parent_id,name\n1,9,A\n", "parent '9', which is not in the tree"),
        ("t.csv", "id,parent_id,name\n1,,A\n1,,B\n", "Two categories have the id '1'"),
        ("t.csv", "id,parent_id,name\n1,,\n", "'1' has no name"),
        ("t.csv", "code,title\n1,A\n", "it has the columns code, title: give a CSV with the columns id"),
        ("t.csv", "id,name\n", "it has no categories"),
        ("t.json", "{", "it is no JSON"),
        ("t.json", "[1]", "1 is no category"),
        ("t.json", '[{"name": "A"}]', "has no id"),
        ("t.json", '[{"id": 1, "names": 5}]', "the names of '1' are no object"),
        ("t.txt", "2 - A > B\n1 - A\n", "'A > B' comes before 'A', or that is missing"),
        ("t.txt", "1 - A\n2 - A\n", "1 and 2 are both 'A'"),
        ("t.txt", "1 - A\n2 - A > \n", "has a level without a name"),
        ("t.xml", "<a/>", "ends in '.xml'; known: .csv, .json"),
    ],
)
def test_what_is_no_tree_says_what_to_mend(tmp_path: Path, name: str, content: str, text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        tree(tmp_path, name, content)


def test_a_file_that_is_not_there_or_not_in_utf_8(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="There is no file"):
        read_taxonomy(tmp_path / "t.csv")
    (tmp_path / "t.csv").write_bytes("id,name\n1,Möbel\n".encode("latin-1"))
    with pytest.raises(InvalidInput, match="not in UTF-8"):
        read_taxonomy(tmp_path / "t.csv")


def test_a_table_between_trees(tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("from,to\n1,A\n2,B\n")
    assert read_pairs(tmp_path / "map.csv") == {"1": "A", "2": "B"}
    (tmp_path / "map.csv").write_text("old,new\n")
    with pytest.raises(InvalidInput, match="needs the columns from and to; it has old, new"):
        read_pairs(tmp_path / "map.csv")
