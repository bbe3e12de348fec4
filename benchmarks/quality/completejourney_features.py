"""What was known of each household and campaign of The Complete Journey on the day that the campaign began.

Nothing that happened on that day or after it is looked at. Age, income and the like are in the data, and left out: they
must not decide who gets a coupon.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

QUESTION = """
WITH pairs AS (
    SELECT m.household_id AS h, campaign_id AS c, d.start_date AS start, d.end_date - d.start_date AS days,
        d.campaign_type = 'Type A' AS is_a, d.campaign_type = 'Type C' AS is_c,
        EXISTS (
            FROM {redemptions} r WHERE r.household_id = m.household_id AND r.campaign_id = m.campaign_id
        ) AS redeemed
    FROM {campaigns} m JOIN {descriptions} d USING (campaign_id)
),
size AS (
    SELECT campaign_id AS c, count(DISTINCT coupon_upc) AS coupons, count(DISTINCT product_id) AS products
    FROM {coupons} GROUP BY ALL
),
used AS (
    SELECT p.h, p.c, count(*) AS redemptions, count(DISTINCT r.campaign_id) AS campaigns,
        p.start - max(r.redemption_date) AS since
    FROM pairs p JOIN {redemptions} r ON r.household_id = p.h AND r.redemption_date < p.start GROUP BY p.h, p.c, p.start
),
sent AS (
    SELECT p.h, p.c, count(*) AS campaigns
    FROM pairs p JOIN pairs o ON o.h = p.h AND o.start < p.start GROUP BY p.h, p.c
),
lines AS (
    SELECT household_id AS h, transaction_timestamp::DATE AS day, product_id, sales_value,
        coupon_disc > 0 AS with_coupon
    FROM {transactions}
),
bought AS (
    SELECT p.h, p.c, count(*) AS lines, sum(sales_value) AS spent, sum(with_coupon::INT) AS with_coupon,
        p.start - max(day) AS since,
        sum(EXISTS (FROM {coupons} k WHERE k.campaign_id = p.c AND k.product_id = l.product_id)::INT) AS meant
    FROM pairs p JOIN lines l ON l.h = p.h AND l.day < p.start GROUP BY p.h, p.c, p.start
)
SELECT p.h, p.c, p.start, p.redeemed,
    p.is_a::INT AS is_type_a, p.is_c::INT AS is_type_c, p.days, size.coupons, size.products,
    coalesce(sent.campaigns, 0) AS past_sent, coalesce(used.campaigns, 0) AS past_used,
    coalesce(used.campaigns, 0) / greatest(coalesce(sent.campaigns, 0), 1) AS past_use_rate,
    coalesce(used.redemptions, 0) AS past_redemptions, used.since AS days_since_use,
    coalesce(bought.lines, 0) AS lines, coalesce(bought.spent, 0) AS spent,
    coalesce(bought.with_coupon, 0) AS lines_with_coupon, bought.since AS days_since_line,
    coalesce(bought.meant, 0) AS lines_meant,
    coalesce(bought.meant, 0) / greatest(coalesce(bought.lines, 0), 1) AS share_meant
FROM pairs p JOIN size USING (c) LEFT JOIN used USING (h, c) LEFT JOIN sent USING (h, c) LEFT JOIN bought USING (h, c)
ORDER BY p.start, p.c, p.h
"""
_TABLES = {
    "campaigns": "campaigns",
    "descriptions": "campaign_descriptions",
    "coupons": "coupons",
    "redemptions": "coupon_redemptions",
    "transactions": "transactions_sample",
}
_NO_FEATURES = 4
"""Columns: who, which campaign, when it began, and what happened."""


@dataclass(frozen=True)
class Cases:
    """Households that were sent a campaign."""

    names: list[str]
    x: NDArray[np.float64]
    start: NDArray[np.object_]
    """The day on which the campaign began."""
    redeemed: NDArray[np.bool_]


def cases(data: Path) -> Cases:
    """Return all of them, in order of time."""
    asked = QUESTION.format(**{name: f"'{data / table}.parquet'" for name, table in _TABLES.items()})
    found = duckdb.execute(asked)
    names = [name for name, *_ in found.description or ()][_NO_FEATURES:]
    rows = found.fetchall()
    told = [[np.nan if value is None else float(value) for value in row[_NO_FEATURES:]] for row in rows]
    start = np.array([row[2] for row in rows], dtype=object)
    return Cases(names, np.array(told), start, np.array([row[3] for row in rows], np.bool_))
