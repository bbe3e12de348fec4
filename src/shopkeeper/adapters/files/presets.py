"""How the logs of known shops and tools become events, as data: source columns, or SQL over columns of text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from shopkeeper.adapters.files.columns import FIELDS
from shopkeeper.adapters.files.source import Source, name, quote
from shopkeeper.data.analytics import GA4, SEGMENT
from shopkeeper.data.events import GUEST_PREFIX, EventType, type_of
from shopkeeper.data.gorse import FEEDBACK
from shopkeeper.kit.errors import InvalidInput, UnknownName

WORDS: Mapping[str, EventType] = {kind.label: kind for kind in EventType} | {
    "pv": EventType.VIEW,
    "fav": EventType.FAVORITE,
    "favourite": EventType.FAVORITE,
    "addtocart": EventType.CART,
    "add_to_cart": EventType.CART,
    "remove_from_cart": EventType.UNCART,
    "buy": EventType.PURCHASE,
    "transaction": EventType.PURCHASE,
}


@dataclass(frozen=True, slots=True)
class Preset:
    """One known form of file; forms of one name are variants of it."""

    name: str
    fields: Mapping[str, str]
    """Field of an event -> names of source columns, of which a row's first not empty counts; or `=` and SQL."""
    marks: frozenset[str] = frozenset()
    """Columns, in lower case, by which the form is recognised."""
    first_row: frozenset[str] = frozenset()
    """Of a file without header: words one of which stands in the first row."""
    words: Mapping[str, EventType] = field(default_factory=lambda: WORDS)
    """What the source calls the types."""
    skips_others: bool = False
    """Whether a type without a word is another tool's business, not an error."""
    time_formats: tuple[str, ...] = ()
    """strptime formats of times that are neither ISO 8601 nor a Unix number."""
    by_day: bool = False
    """Whether its times are days, so that two equal rows are two events and not one told twice."""
    products: str | None = None
    """Of JSON: SQL of the list of products of a `record`; each `product` becomes an event."""

    def sql_of(self, wanted: str, columns: Sequence[str]) -> str | None:
        """Return SQL of one field as text, None if the file does not hold it."""
        given = self.fields.get(wanted, "")
        if given.startswith("="):
            return given[1:]
        there = {column.lower(): column for column in columns}
        texts = [f"nullif(trim({name(there[option])}), '')" for option in given.lower().split(" | ") if option in there]
        return f"coalesce({', '.join(texts)})" if len(texts) > 1 else next(iter(texts), None)

    def missing(self, columns: Sequence[str]) -> list[str]:
        """Return what no event can do without and this file does not hold."""
        needed = (("user_id", "visitor_id"), ("type",), ("at",), ("item_id", "query"))
        return [" or ".join(some) for some in needed if not any(self.sql_of(one, columns) for one in some)]

    def recognises(self, source: Source) -> bool:
        """Tell whether the file looks like this form."""
        columns = {column.lower() for column in source.columns}
        if self.first_row and (columns != self.marks or self.first_row.isdisjoint(source.first_row)):
            return False
        return bool(self.marks) and self.marks <= columns and not self.missing(source.columns)


def choose(source: Source, preset: str | None, mapping: Mapping[str, str]) -> Preset:
    """Return the form of a file: the one named, else the one recognised; `mapping` overrides single fields.

    A mapping is field -> column, or field -> `=` and a constant (`{"type": "=purchase"}`), or `type:` and a word of the
    source -> the type that it means (`{"type:gekocht": "purchase"}`).
    """
    if preset is not None and preset not in NAMES:
        raise UnknownName("preset", preset, NAMES)
    forms = [form for form in _FORMS if preset in (None, form.name)]
    form = next((form for form in forms if form.recognises(source)), forms[0] if preset else GENERIC)
    for wanted, column in mapping.items():
        if wanted.startswith("type:"):
            form = replace(form, words={**form.words, wanted.removeprefix("type:").lower(): type_of(column)})
            continue
        if wanted not in FIELDS:
            raise UnknownName("field", wanted, FIELDS)
        if column not in source.columns and not column.startswith("="):
            raise UnknownName(f"column of {source.path}", column, source.columns)
        given = "=" + quote(column[1:]) if column.startswith("=") else column
        form = replace(form, fields={**form.fields, wanted: given})
    if missing := form.missing(source.columns):
        no_header = " or say that these are no names (--no-header)" if source.header else ""
        raise InvalidInput(
            f"{source.path} has the columns {', '.join(source.columns)}, and as {form.name!r} none of them is "
            f"{' nor '.join(missing)}: name them (--map {missing[0].split()[0]}=COLUMN) or the preset "
            f"(--as NAME){no_header}."
        )
    return form


def _json(path: str, of: str = "record") -> str:
    return f"json_extract_string({of}, {quote('$.' + path)})"


def _ga4(key: str, kind: str = "string") -> str:
    found = f"list_filter(json_extract(record, '$.event_params[*]'), lambda p: p->>'key' = '{key}')[1]"
    return f"json_extract_string({found}, '$.value.{kind}_value')"


def _online_retail(invoice: str, price: str, customer: str) -> Preset:
    shopper = f"nullif(regexp_replace({name(customer)}, '\\.0$', ''), '')"
    return Preset(
        "online-retail",
        {
            "type": f"=CASE WHEN {invoice} ILIKE 'c%' OR Quantity LIKE '-%' THEN 'refund' ELSE 'purchase' END",
            "at": "InvoiceDate",
            "visitor_id": f"=coalesce({shopper}, {quote(GUEST_PREFIX)} || {invoice})",
            "user_id": f"={shopper}",
            "item_id": "StockCode",
            "quantity": "=ltrim(Quantity, '-')",
            "price": price,
            "currency": "='GBP'",
            "order_id": invoice,
        },
        frozenset({invoice.lower(), "stockcode", "quantity", "invoicedate", price.lower(), customer.lower()}),
        time_formats=("%m/%d/%Y %H:%M",),
    )


GENERIC = Preset(
    "generic",
    {
        "event_id": "event_id",
        "type": "type | event_type | event | behavior | behavior_type | action",
        "at": "at | timestamp | time | datetime | date | event_time | created_at",
        "visitor_id": "visitor_id | anonymous_id",
        "user_id": "user_id | userid | user | customer_id | customer",
        "item_id": "item_id | itemid | item | product_id | product | sku",
        "quantity": "quantity | qty",
        "price": "price | unit_price",
        "currency": "currency",
        "rating": "rating | stars",
        "session_id": "session_id | session",
        "order_id": "order_id | order",
        "query": "query",
        "recommendation_id": "recommendation_id",
        "n_results": "n_results",
    },
)

_FORMS = (
    Preset(
        "user_behavior",
        GENERIC.fields,
        frozenset({"user_id", "item_id", "timestamp"}),
        words={
            **WORDS,
            "1": EventType.VIEW,
            "2": EventType.FAVORITE,
            "3": EventType.CART,
            "4": EventType.PURCHASE,
        },
    ),
    *(
        Preset(
            "taobao",
            {"user_id": "c1", "item_id": "c2", "type": f"c{width - 1}", "at": f"c{width}"},
            frozenset(f"c{place}" for place in range(1, width + 1)),
            frozenset({"pv", "fav", "cart", "buy"}),
        )
        for width in (5, 4)
    ),
    Preset(
        "retailrocket",
        {
            "visitor_id": "visitorid",
            "item_id": "itemid",
            "type": "event",
            "at": "timestamp",
            "order_id": "transactionid",
        },
        frozenset({"visitorid", "itemid", "event", "timestamp"}),
    ),
    Preset(
        "rees46",
        {
            "user_id": "user_id",
            "item_id": "product_id",
            "type": "event_type",
            "at": "event_time",
            "price": "price",
            "currency": "='USD'",
            "session_id": "user_session",
        },
        frozenset({"event_time", "event_type", "product_id", "user_session"}),
    ),
    Preset(
        "tmall",
        {
            "user_id": "user_id",
            "item_id": "brand_id",
            "type": "type",
            # The source gives month and day only; with a stand-in year order and distance are right.
            "at": "='2013-' || replace(replace(visit_datetime, '月', '-'), '日', '')",
        },
        frozenset({"user_id", "brand_id", "type", "visit_datetime"}),
        words={"0": EventType.VIEW, "1": EventType.PURCHASE, "2": EventType.FAVORITE, "3": EventType.CART},
        time_formats=("%Y-%m-%d",),
        by_day=True,
    ),
    Preset(
        "tmall",
        {
            "user_id": "user_id",
            "item_id": "item_id",
            "type": "action_type",
            "at": "='2014' || lpad(time_stamp, 4, '0')",
        },
        frozenset({"user_id", "item_id", "seller_id", "time_stamp", "action_type"}),
        words={"0": EventType.VIEW, "1": EventType.CART, "2": EventType.PURCHASE, "3": EventType.FAVORITE},
        by_day=True,
    ),
    _online_retail("InvoiceNo", "UnitPrice", "CustomerID"),
    _online_retail("Invoice", "Price", "Customer ID"),
    Preset(
        "tafeng",
        {
            "type": "='purchase'",
            "at": "transaction_dt | transaction_date",
            "user_id": "customer_id",
            "item_id": "product_id",
            "quantity": "amount",
            # The price is that of the whole line.
            "price": "=CAST(TRY_CAST(sales_price AS DOUBLE) / greatest(TRY_CAST(amount AS DOUBLE), 1) AS VARCHAR)",
            "currency": "='TWD'",
        },
        frozenset({"customer_id", "product_id", "amount", "sales_price"}),
        time_formats=("%m/%d/%Y",),
        by_day=True,
    ),
    Preset(
        "tafeng",
        {
            "type": "='purchase'",
            # The published baskets are numbered, not dated: one a day keeps their order.
            "at": "=CAST(DATE '2000-11-01' + TRY_CAST(order_number AS INTEGER) AS VARCHAR)",
            "user_id": "user_id",
            "item_id": "product_id",
            "order_id": "=user_id || ':' || order_number",
        },
        frozenset({"user_id", "order_number", "product_id", "part"}),
    ),
    Preset(
        "ga4",
        {
            "type": "event_name",
            "at": "event_timestamp",
            "visitor_id": "user_pseudo_id",
            "user_id": "user_id",
            "item_id": f"={_json('item_id', 'product')}",
            "quantity": f"={_json('quantity', 'product')}",
            "price": f"={_json('price', 'product')}",
            "currency": f"={_ga4('currency')}",
            "session_id": f"={_ga4('ga_session_id', 'int')}",
            "order_id": f"=coalesce({_json('ecommerce.transaction_id')}, {_ga4('transaction_id')})",
            "query": f"={_ga4('search_term')}",
        },
        frozenset({"event_name", "event_timestamp", "user_pseudo_id"}),
        words=GA4,
        skips_others=True,
        products="json_extract(record, '$.items[*]')",
    ),
    Preset(
        "segment",
        {
            "event_id": "=\"messageId\" || CASE WHEN products_n > 1 THEN ':' || product_place ELSE '' END",
            # Of the calls only `track` has an event; the others (`page`, `identify` ...) are no commerce.
            "type": "event | type",
            "at": "timestamp | originalTimestamp",
            "visitor_id": "anonymousId",
            "user_id": "userId",
            "item_id": f"=coalesce({_json('product_id', 'product')}, {_json('sku', 'product')})",
            "quantity": f"={_json('quantity', 'product')}",
            "price": f"={_json('price', 'product')}",
            "currency": f"=coalesce({_json('currency', 'product')}, {_json('properties.currency')})",
            "session_id": f"={_json('context.sessionId')}",
            "order_id": f"={_json('properties.order_id')}",
            "query": f"={_json('properties.query')}",
        },
        frozenset({"anonymousid", "messageid"}),
        words=SEGMENT,
        skips_others=True,
        products="coalesce(nullif(json_extract(record, '$.properties.products[*]'), []), "
        "[json_extract(record, '$.properties')])",
    ),
    Preset(
        "gorse",
        {
            # As an event that comes through Gorse's API is called, so that what was posted is not imported once more.
            "event_id": "='gorse/' || FeedbackType || '/' || md5(concat_ws(chr(31), UserId, ItemId, "
            'CAST(epoch_us(TRY_CAST("Timestamp" AS TIMESTAMPTZ)) AS VARCHAR)))',
            "type": "FeedbackType",
            "at": "Timestamp",
            "user_id": "UserId",
            "item_id": "ItemId",
        },
        frozenset({"feedbacktype", "userid", "itemid", "timestamp"}),
        words=FEEDBACK,
    ),
    GENERIC,
)
NAMES = tuple(dict.fromkeys(form.name for form in _FORMS))
"""The names that `--as` knows."""
COLUMN_NAMES = frozenset(
    column.lower()
    for form in _FORMS
    for column in (*form.marks, *(option for given in form.fields.values() for option in given.split(" | ")))
    if not column.startswith("=")
)
"""What columns are called, by which a first line is known to be a header."""
