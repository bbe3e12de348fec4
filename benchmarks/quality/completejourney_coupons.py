"""A year of real coupons through the ledger, and who uses what was sent: The Complete Journey.

Every coupon of each of its campaigns becomes a campaign of ours, good for its products and in its window; every
household gets the coupons that it was sent. Of campaigns of type A each household was sent some that nobody wrote down:
there it gets those that it used. Then all redemptions are done again in order of time, each with what is known of the
basket: the household's own lines of that day that are in the sample, else one piece of a product that the coupon is
for. What coupons took off is not in the data; each takes off a dollar here, the median of the sample's lines.

The model says which household uses a coupon of a campaign that it is sent, from what was known on the day that the
campaign began. It is never causal: the mailing was targeted.

    python -m benchmarks.quality.completejourney_coupons
"""

import argparse
import asyncio
import csv
import tempfile
import tomllib
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import perf_counter

import duckdb
import numpy as np

from benchmarks.quality.completejourney_features import cases
from benchmarks.record import RESULTS, Row, peak_mb, write
from shopkeeper.app.assemble import services_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import open_shop
from shopkeeper.prediction.quality import Quality
from shopkeeper.prediction.trees import Trees, TreesConfig
from shopkeeper.services.coupons.contract import (
    CampaignModel,
    CartIn,
    CartLineIn,
    Coupons,
    IssueRequest,
    IssueTo,
    OfferModel,
    ReachModel,
    RedeemRequest,
    ValidateRequest,
)

HERE = Path(__file__).parent
COMMAND = "python -m benchmarks.quality.completejourney_coupons"
DOLLAR, AT_ONCE = 100, 1000
Coupon = tuple[int, int]
"""A coupon of a campaign: campaign_id, coupon_upc."""


@dataclass
class Journey:
    """The tables, and a shop that they are brought into."""

    tables: Path
    now: datetime = datetime(2016, 11, 1, tzinfo=UTC)
    products: dict[Coupon, list[str]] = field(default_factory=dict)
    codes: dict[tuple[int, Coupon], str] = field(default_factory=dict)
    """By household and coupon."""

    def clock(self) -> datetime:
        """Return the time of what is done again."""
        return self.now

    def table(self, name: str) -> str:
        """Return a table as questions name it."""
        return f"'{self.tables / name}.parquet'"

    async def bring_in(self, coupons: Coupons) -> None:
        """Make the campaigns, and issue what was sent."""
        windows: dict[int, tuple[date, date]] = {
            campaign: (start, end)
            for campaign, start, end in duckdb.execute(
                f"SELECT campaign_id, start_date, end_date FROM {self.table('campaign_descriptions')}"
            ).fetchall()
        }
        listed = duckdb.execute(
            f"SELECT campaign_id, coupon_upc, list(DISTINCT product_id ORDER BY product_id) "
            f"FROM {self.table('coupons')} GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        self.products = {(campaign, upc): list(map(str, items)) for campaign, upc, items in listed}
        for coupon, items in self.products.items():
            start, end = windows[coupon[0]]
            made = CampaignModel(
                campaign_id=_name(coupon),
                currency="USD",
                offers=[OfferModel(offer_id="dollar", kind="amount", amount_minor=DOLLAR)],
                starts_at=_midnight(start),
                ends_at=_midnight(end + timedelta(days=1)),  # the last day is one of it
                budget_minor=DOLLAR * 1_000_000,
                reach=ReachModel(items=items),
            )
            await coupons.create(made)
        sent = duckdb.execute(
            f"""SELECT campaign_id, coupon_upc, list(DISTINCT household_id ORDER BY household_id) FROM (
                SELECT campaign_id, coupon_upc, household_id FROM {self.table("campaigns")}
                JOIN (SELECT DISTINCT campaign_id, coupon_upc FROM {self.table("coupons")}) USING (campaign_id)
                JOIN {self.table("campaign_descriptions")} USING (campaign_id) WHERE campaign_type <> 'Type A'
                UNION ALL SELECT campaign_id, coupon_upc, household_id FROM {self.table("coupon_redemptions")}
            ) GROUP BY ALL ORDER BY ALL"""
        ).fetchall()
        for campaign, upc, households in sent:
            for start_at in range(0, len(households), AT_ONCE):
                some = households[start_at : start_at + AT_ONCE]
                people = [IssueTo(shopper_id=str(one)) for one in some]
                wish = IssueRequest(campaign_id=_name((campaign, upc)), offer_id="dollar", people=people)
                told = await coupons.issue(wish)
                self.codes |= {(one, (campaign, upc)): new.code for one, new in zip(some, told.coupons, strict=True)}


def _name(coupon: Coupon) -> str:
    return f"{coupon[0]}-{coupon[1]}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@dataclass
class Told:
    """What the ledger said."""

    redeemed: int = 0
    off_minor: int = 0
    """What their answers said is taken off."""
    sampled: int = 0
    """Of them, with lines of the real basket."""
    exceptions: list[tuple[object, ...]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    """Questions that must be refused and were, by reason."""
    let_through: int = 0
    """And those that were not."""


async def again(journey: Journey, coupons: Coupons) -> Told:
    """Do all redemptions again, and ask what must be refused."""
    told = Told()
    baskets = _baskets(journey)
    real = duckdb.execute(
        f"SELECT household_id, campaign_id, coupon_upc, redemption_date "
        f"FROM {journey.table('coupon_redemptions')} ORDER BY redemption_date, household_id, coupon_upc, campaign_id"
    ).fetchall()
    households = sorted({household for household, *_ in real})
    for household, campaign, upc, day in real:
        coupon, shopper = (campaign, upc), str(household)
        code = journey.codes[household, coupon]
        bought = baskets.get((household, day), [])
        lines = [line for line in bought if line.item_id in set(journey.products[coupon])]
        told.sampled += bool(lines)
        cart = CartIn(
            currency="USD", lines=bought if lines else [CartLineIn(item_id=journey.products[coupon][0], unit_minor=200)]
        )
        journey.now = _midnight(day) + timedelta(hours=12)
        stranger = str(households[(households.index(household) + 1) % len(households)])
        strange_cart = CartIn(currency="USD", lines=[CartLineIn(item_id="none", unit_minor=200)])
        await _must_be_refused(coupons, told, "other_person", code, cart, stranger)
        await _must_be_refused(coupons, told, "not_in_reach", code, strange_cart, shopper)
        request = RedeemRequest(
            order_id=f"{shopper} {day} {_name(coupon)}", codes=[code], cart=cart, shopper_id=shopper
        )
        answer = await coupons.redeem(request)
        if answer.state == "redeemed":
            told.redeemed += 1
            told.off_minor += answer.off_minor
            continue
        told.exceptions.append((household, campaign, upc, day, answer.refusals[0].reason, answer.refusals[0].detail))
    return told


async def _must_be_refused(coupons: Coupons, told: Told, reason: str, code: str, cart: CartIn, shopper: str) -> None:
    answer = await coupons.validate(ValidateRequest(codes=[code], cart=cart, shopper_id=shopper))
    said = answer.refusals[0].reason if answer.refusals else ""
    if said in (reason, "already_redeemed"):
        told.refused[said] += 1
    else:
        told.let_through += 1


async def out_of_time(journey: Journey, coupons: Coupons, told: Told) -> None:
    """Ask for coupons that nobody used, the day before they are good and the day after."""
    windows = {
        campaign: (_midnight(start), _midnight(end))
        for campaign, start, end in duckdb.execute(
            f"SELECT campaign_id, start_date, end_date FROM {journey.table('campaign_descriptions')}"
        ).fetchall()
    }
    for (household, coupon), code in list(journey.codes.items())[::100]:
        start, end = windows[coupon[0]]
        cart = CartIn(currency="USD", lines=[CartLineIn(item_id=journey.products[coupon][0], unit_minor=200)])
        for at, reason in ((start - timedelta(seconds=1), "not_started"), (end + timedelta(days=1), "expired")):
            journey.now = at
            await _must_be_refused(coupons, told, reason, code, cart, str(household))


def _baskets(journey: Journey) -> dict[tuple[int, date], list[CartLineIn]]:
    """Return what is known of what each household bought on each day."""
    lines: dict[tuple[int, date], list[CartLineIn]] = {}
    for household, day, item, quantity, minor in duckdb.execute(
        f"""SELECT household_id, transaction_timestamp::DATE, product_id, sum(quantity)::INT,
            round(100 * sum(sales_value + coupon_disc) / sum(quantity))::INT
            FROM {journey.table("transactions_sample")} WHERE quantity BETWEEN 1 AND 10000 GROUP BY ALL ORDER BY ALL"""
    ).fetchall():
        line = CartLineIn(item_id=str(item), quantity=min(quantity, 10_000), unit_minor=max(minor, 1))
        lines.setdefault((household, day), []).append(line)
    return lines


def through_the_ledger(data: Path) -> list[Row]:
    """Return what the ledger agrees with."""
    journey, start = Journey(data), perf_counter()
    with tempfile.TemporaryDirectory() as folder, closing(open_shop(Path(folder))) as shop:
        coupons = services_of(shop, Settings(), clock=journey.clock).coupons

        async def all_of_it() -> Told:
            await journey.bring_in(coupons)
            told = await again(journey, coupons)
            await out_of_time(journey, coupons, told)
            return told

        told = asyncio.run(all_of_it())
        budgets = [budget for _, budget in shop.coupons.campaigns()]
    total = told.redeemed + len(told.exceptions)
    listed = RESULTS / "coupons" / "ledger" / "completejourney_exceptions.csv"
    listed.parent.mkdir(parents=True, exist_ok=True)
    with listed.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["household_id", "campaign_id", "coupon_upc", "redemption_date", "reason", "detail"])
        writer.writerows(told.exceptions)
    print(Counter(one[4] for one in told.exceptions), told.refused)
    figures: dict[str, tuple[float, float | None]] = {
        "coupons of campaigns brought in": (len(journey.products), None),
        "coupons issued to households": (len(journey.codes), None),
        "real redemptions": (total, None),
        "of them the ledger agrees with": (told.redeemed, None),
        "exceptions, each listed: a second use of a coupon sent once": (len(told.exceptions), None),
        "redemptions with lines of the real basket": (told.sampled, None),
        "questions that must be refused, and were not": (told.let_through, 0),
        "cents between the ledger and its budgets": (
            abs(sum(budget.spent_minor for budget in budgets) - told.off_minor),
            0,
        ),
    }
    seconds = perf_counter() - start
    return [
        Row(row="completejourney, a year of coupons", metric=m, value=v, reach=r, seconds=seconds, command=COMMAND)
        for m, (v, r) in figures.items()
    ]


def model(data: Path) -> list[Row]:
    """Return how well it is told who uses a coupon of a campaign that they are sent."""
    settings = tomllib.loads((HERE / "completejourney_coupons.toml").read_text())
    start, told = perf_counter(), cases(data)
    tested = told.start >= date.fromisoformat(settings["test_from"])
    calibrated = ~tested & (told.start >= date.fromisoformat(settings["calibrate_from"]))
    learned = ~tested & ~calibrated
    config = TreesConfig.model_validate(settings["options"])
    trees = Trees.fit(
        (told.x[learned], told.redeemed[learned]), (told.x[calibrated], told.redeemed[calibrated]), config
    )
    quality = Quality.of(trees.probability(told.x[tested]), told.redeemed[tested])
    alone = Quality.of(told.x[tested][:, told.names.index("past_use_rate")], told.redeemed[tested])
    print({"AUC": quality.auc, "AP": quality.average_precision, "rate alone": alone.auc, "n": np.sum(tested)})
    row, seconds = "completejourney, who uses a campaign that they are sent (not causal)", perf_counter() - start
    return [
        Row(
            row=row,
            metric=metric,
            value=value,
            peer="past use alone" if beside is not None else None,
            peer_value=beside,
            options=settings["options"],
            seconds=seconds,
            peak_mb=peak_mb(),
            command=COMMAND,
        )
        for metric, value, beside in (
            ("AUC", quality.auc, alone.auc),
            ("AP", quality.average_precision, alone.average_precision),
            ("Brier", quality.brier, None),
        )
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    data = parser.parse_args().data / "completejourney"
    rows = [*through_the_ledger(data), *model(data)]
    for row in rows:
        print(f"{row.metric}: {row.value:,.4g}")
    print(write("coupons/ledger", "completejourney", rows))


if __name__ == "__main__":
    main()
