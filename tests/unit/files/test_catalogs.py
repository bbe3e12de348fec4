"""Product files of this engine and of the shops' exports."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shopkeeper.adapters.files.catalogs import read_products
from shopkeeper.data.catalog import Product
from shopkeeper.kit.errors import InvalidInput, UnknownName
from shopkeeper.kit.money import Money

SHOPIFY_OLD = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Variant SKU,Variant Price,Image Src,Status\n"
    'lamp,Lamp,"<p>Warm</p><p>light &amp; shade</p>",Acme,Home,"new, warm",L-1,19.90,https://x/1.jpg,active\n'
    "lamp,,,,,,L-2,24.90,,\n"
    "lamp,,,,,,,,https://x/2.jpg,\n"
    "rug,Rug,,Acme,,,,5,,draft\n"
)
SHOPIFY_NEW = SHOPIFY_OLD.replace(
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Variant SKU,Variant Price,Image Src,Status",
    "URL handle,Title,Description,Vendor,Type,Tags,SKU,Price,Product image URL,Status",
)
WOOCOMMERCE = (
    "ID,Type,SKU,Name,Published,Short description,In stock?,Regular price,Categories,Tags,Images,Parent\n"
    '1,variable,T,T-shirt,1,Soft,1,,"Clothes > Tops, Sale",cotton,https://x/t.jpg,\n'
    "2,variation,T-red,T-shirt red,1,,0,12,,,,T\n"
    "3,variation,T-blue,T-shirt blue,1,,1,13,,,,id:1\n"
)


def write(tmp_path: Path, text: str, name: str = "products.csv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_a_generic_file_says_all_about_a_product(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "item_id,title,description,brand,category,tags,price,currency,url,image_url,available,"
        "stock,attributes,available_from,available_until,created_at\n"
        'i1,Lamp,Warm light,Acme,Home > Light|Sale,"new,warm",1990,jpy,https://x/,https://x/1.jpg,false,'
        '-2,"{""colour"": ""red"", ""watts"": 9, ""dimmable"": true, ""fits"": [""E14"", ""E27""]}",'
        "2024-05-01,2024-06-01T02:00:00+02:00,2024-04-01T12:30:00Z\n",
    )
    assert read_products(path).products == [
        Product(
            item_id="i1",
            title="Lamp",
            description="Warm light",
            brand="Acme",
            categories=("Home > Light", "Sale"),
            tags=("new", "warm"),
            price=Money(1990, "JPY"),
            url="https://x/",
            image_url="https://x/1.jpg",
            available=False,
            stock=0,
            attributes={"colour": "red", "watts": 9, "dimmable": True, "fits": ("E14", "E27")},
            available_from=datetime(2024, 5, 1, tzinfo=UTC),
            available_until=datetime(2024, 6, 1, tzinfo=UTC),
            created_at=datetime(2024, 4, 1, 12, 30, tzinfo=UTC),
        )
    ]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ('"stock": "many"', "not a stock: many"),
        ('"available_from": "soon"', "not a time: soon"),
        ('"attributes": {"a": {"b": 1}}', 'not attributes: {"a":{"b":1}}'),
    ],
)
def test_what_is_not_understood_is_rejected_with_its_text(tmp_path: Path, cell: str, reason: str) -> None:
    path = write(tmp_path, f'{{"item_id": "a", "title": "A", {cell}}}\n', "products.jsonl")
    assert [reject.reason for reject in read_products(path).rejects] == [reason]


def test_shopify_tells_stock_and_options_of_each_variant(tmp_path: Path) -> None:
    columns = "Option1 Name,Option1 Value,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy"
    rows = f"Handle,Title,Vendor,Variant SKU,{columns}\n" + (
        "lamp,Lamp,Acme,L-1,Size,S,shopify,3,deny\nlamp,,,L-2,,L,shopify,-1,deny\nlamp,,,L-3,,XL,shopify,0,continue\n"
        "lamp,,,L-4,,M,shopify,,deny\nrug,Rug,Acme,R,Title,Default Title,,7,deny\n"
    )
    assert [(one.item_id, one.stock, one.attributes) for one in read_products(write(tmp_path, rows)).products] == [
        ("L-1", 3, {"Size": "S"}),
        ("L-2", 0, {"Size": "L"}),
        ("L-3", None, {"Size": "XL"}),
        ("L-4", None, {"Size": "M"}),
        ("R", None, {}),
    ]


def test_woocommerce_tells_stock_and_attributes(tmp_path: Path) -> None:
    columns = "ID,Type,SKU,Name,Published,Stock,Backorders allowed?,Parent,Attribute 1 name,Attribute 1 value(s)"
    rows = f'{columns}\n1,variable,T,T-shirt,1,9,0,,Size,"S, L"\n' + (
        "2,variation,T-s,T-shirt S,1,parent,0,T,Size,S\n3,variation,T-l,T-shirt L,1,0,0,T,Size,L\n"
        '4,simple,M,Mug,1,0,notify,,Colour,"red, blue"\n'
    )
    assert [(one.item_id, one.stock, one.attributes) for one in read_products(write(tmp_path, rows)).products] == [
        ("T-s", 9, {"Size": "S"}),
        ("T-l", 0, {"Size": "L"}),
        ("M", None, {"Colour": ("red", "blue")}),
    ]


def test_json_lines_need_only_an_id_and_a_title(tmp_path: Path) -> None:
    path = write(tmp_path, '{"item_id": 7, "title": "Lamp"}\n{"item_id": 8}\n', "products.jsonl")
    catalog = read_products(path)
    assert catalog.products == [Product(item_id="7", title="Lamp")]
    assert [(reject.line, reject.reason) for reject in catalog.rejects] == [(2, "no title")]


@pytest.mark.parametrize("text", [SHOPIFY_OLD, SHOPIFY_NEW])
def test_shopify_variants_share_their_products_text(tmp_path: Path, text: str) -> None:
    lamp, larger, rug = read_products(write(tmp_path, text), currency="EUR").products
    assert (lamp.item_id, lamp.title, lamp.description) == ("L-1", "Lamp", "Warm light & shade")
    assert (lamp.brand, lamp.categories, lamp.tags) == ("Acme", ("Home",), ("new", "warm"))
    assert (lamp.price, lamp.image_url) == (Money(1990, "EUR"), "https://x/1.jpg")
    assert (larger.item_id, larger.title, larger.price) == ("L-2", "Lamp", Money(2490, "EUR"))
    assert (rug.item_id, rug.available) == ("rug", False)


def test_woocommerce_variations_inherit_from_their_parent(tmp_path: Path) -> None:
    red, blue = read_products(write(tmp_path, WOOCOMMERCE), currency="EUR").products
    assert (red.item_id, red.price, red.available) == ("T-red", Money(1200, "EUR"), False)
    assert (blue.item_id, blue.title, blue.description) == ("T-blue", "T-shirt blue", "Soft")
    assert (blue.categories, blue.tags, blue.available) == (("Clothes > Tops", "Sale"), ("cotton",), True)
    assert blue.image_url == "https://x/t.jpg"


def test_woocommerce_writes_the_decimal_sign_of_the_shop(tmp_path: Path) -> None:
    red, _ = read_products(write(tmp_path, WOOCOMMERCE.replace(",12,", ',"12,50",')), currency="EUR").products
    assert red.price == Money(1250, "EUR")


def test_lists_of_json_are_lists(tmp_path: Path) -> None:
    text = '{"item_id": "a", "title": "A", "tags": ["x, y", "z"], "category": ["Home > Light", "Sale"]}\n'
    (product,) = read_products(write(tmp_path, text, "products.jsonl")).products
    assert (product.tags, product.categories) == (("x, y", "z"), ("Home > Light", "Sale"))


def test_scripts_and_styles_are_no_description(tmp_path: Path) -> None:
    html = "<style>p {color: red}</style><p>Warm</p><script>track('<b>')</script>light<style>p {"
    (product,) = read_products(write(tmp_path, f'item_id,title,description\na,A,"{html}"\n')).products
    assert product.description == "Warm light"


def test_rejects_are_named_by_their_line(tmp_path: Path) -> None:
    rows = 'item_id,title,description,price,currency\na,A,"<p>\n</p>",1,EUR\n\nb,B,,2,euro\nc\nd,,,3,EUR\n'
    catalog = read_products(write(tmp_path, rows))
    assert [(reject.line, reject.reason) for reject in catalog.rejects] == [
        (5, "'EURO' is not the ISO 4217 code of a currency, such as EUR"),
        (6, "Expected Number of Columns: 5 Found: 1"),
        (7, "no title"),
    ]
    nested = '{"item_id": {"sku": "a"}, "title": "A"}\n'
    (reject,) = read_products(write(tmp_path, nested, "products.jsonl")).rejects
    assert reject.reason == 'not an id: {"sku":"a"}'


def test_prices_without_currency_are_noticed(tmp_path: Path) -> None:
    path = write(tmp_path, SHOPIFY_OLD)
    assert (read_products(path).lacks_currency, read_products(path, currency="EUR").lacks_currency) == (True, False)


def test_invoices_tell_the_commonest_description_and_the_median_price(tmp_path: Path) -> None:
    rows = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n" + "".join(
        f"{number},A,{title},1,2011-01-01,{price},1,UK\n"
        for number, (title, price) in enumerate([("LAMP", 2), ("lamp?", 2.5), ("LAMP", 9), ("damaged", 0)])
    )
    assert read_products(write(tmp_path, rows), "online-retail").products == [
        Product(item_id="A", title="LAMP", price=Money(250, "GBP"))
    ]


def test_what_is_no_product_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no known product file"):
        read_products(write(tmp_path, "a,b\nx,y\n"))
    with pytest.raises(UnknownName, match="did you mean shopify"):
        read_products(write(tmp_path, SHOPIFY_OLD), "shopfy")


def test_items_of_gorse(tmp_path: Path) -> None:
    lines: list[dict[str, object]] = [
        {
            "ItemId": "a",
            "IsHidden": True,
            "Categories": ["framework", "web"],
            "Timestamp": "2022-02-24T00:00:00Z",
            "Labels": {"language": ["JavaScript"], "stars": 3, "embedding": [0.5]},
            "Comment": "Vue.js",
        },
        {
            "ItemId": "b",
            "IsHidden": False,
            "Categories": None,
            "Timestamp": "0001-01-01T00:00:00Z",
            "Labels": ["x"],
            "Comment": "",
        },
    ]
    catalog = read_products(write(tmp_path, "\n".join(map(json.dumps, lines)), "items.jsonl"))
    assert (catalog.preset, catalog.rejects) == ("gorse", [])
    assert catalog.products == [
        Product(
            item_id="a",
            title="Vue.js",
            categories=("framework", "web"),
            attributes={"language": ("JavaScript",), "stars": 3},
            available=False,
            created_at=datetime(2022, 2, 24, tzinfo=UTC),
        ),
        Product(item_id="b", title="b", tags=("x",)),
    ]


def test_an_item_of_gorse_without_an_id_is_a_reject(tmp_path: Path) -> None:
    lines = '{"ItemId":"","IsHidden":false}\n{"ItemId":["a"],"IsHidden":false}\n'
    catalog = read_products(write(tmp_path, lines, "items.jsonl"))
    assert [reject.reason for reject in catalog.rejects] == ["no itemid", 'not an id: ["a"]']
