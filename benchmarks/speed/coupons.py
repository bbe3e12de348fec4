"""Coupons under load: codes that are redeemed over HTTP, each acknowledged when it is on disk.

wrk (a package of Debian) on one core redeems single-use codes from a `shopkeeper serve coupons` on the other, in
SQLite, each with an Idempotency-Key of its own; the carts hold three products, which the catalogue knows. On two cores
its threads would wait longer for the interpreter than they gain.

    .venv/bin/python -m benchmarks.speed.coupons
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx

from benchmarks.record import Row, write
from benchmarks.speed.serving import until_ready
from shopkeeper.app.stores import open_shop
from shopkeeper.data.catalog import Product
from shopkeeper.kit.money import Money

COMMAND = "python -m benchmarks.speed.coupons"
CODES, PRODUCTS, AT_ONCE = 20_000, 10_000, 1000
ADDRESS = "http://127.0.0.1:8791"
CAMPAIGN = {
    "campaign_id": "spring",
    "currency": "EUR",
    "offers": [{"offer_id": "tenth", "kind": "percent", "percent_bp": 1000}],
    "starts_at": "2020-01-01T00:00:00Z",
    "ends_at": "2120-01-01T00:00:00Z",
    "budget_minor": 10_000_000_000,
    "per_person": 100,
}
SCRIPT = """
    local headers = {["Content-Type"] = "application/json"}
    local codes, next_one = {}, 0
    for line in io.lines(FILE) do codes[#codes + 1] = line end
    request = function()
        next_one = next_one + 1
        local code = codes[next_one] or "none"
        headers["Idempotency-Key"] = KIND .. next_one
        local body = string.format('{"codes":["%s"],"shopper_id":"s%d","cart":{"currency":"EUR","lines":[' ..
            '{"item_id":"%d","unit_minor":100},{"item_id":"%d","unit_minor":100,"quantity":2},' ..
            '{"item_id":"%d","unit_minor":100}]}', code, math.random(0, 99999), math.random(0, 3299),
            math.random(3300, 6599), math.random(6600, 9999))
        if KIND == "redeem" then body = body .. ',"order_id":"' .. next_one .. '"}' else body = body .. "}" end
        return wrk.format("POST", "/v1/coupons/" .. KIND, headers, body)
    end"""


@contextmanager
def serving(store: Path) -> Iterator[None]:
    """Run the service on the first core until it answers."""
    command = [
        "taskset",
        "-c",
        "0",
        sys.executable,
        "-c",
        "from shopkeeper.cli import main; main()",
        "serve",
        "coupons",
    ]
    given = os.environ | {"SHOPKEEPER_PORT": "8791", "SHOPKEEPER_STORE": str(store), "SHOPKEEPER_RATE_ADDRESS": "0"}
    with subprocess.Popen(command, env=given, stdout=subprocess.DEVNULL) as process:
        try:
            until_ready(f"{ADDRESS}/health/live")
            yield
        finally:
            process.terminate()


def codes() -> list[str]:
    """Make a campaign and its codes."""
    made: list[str] = []
    with httpx.Client(base_url=ADDRESS, timeout=60) as http:
        http.post("/v1/coupons/campaigns", json=CAMPAIGN).raise_for_status()
        while len(made) < CODES:
            wish = {"campaign_id": "spring", "offer_id": "tenth", "count": AT_ONCE}
            told = http.post("/v1/coupons/issue", json=wish).raise_for_status().json()
            made += [one["code"] for one in told["coupons"]]
    return made


def load(kind: str, some: list[str], seconds: int, connections: int) -> dict[str, float]:
    """Ask as fast as the connections allow; return the rate and milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        file, script = Path(folder) / "codes", Path(folder) / "load.lua"
        file.write_text("\n".join(some))
        script.write_text(f'FILE, KIND = "{file}", "{kind}"\n{SCRIPT}')
        asked = [
            "taskset",
            "-c",
            "1",
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--latency",
            "-s",
            str(script),
        ]
        told = subprocess.run([*asked, ADDRESS], capture_output=True, text=True, check=True).stdout
    if trouble := re.findall(r"Non-2xx.*|Socket errors.*", told):
        raise RuntimeError(f"{kind}: {trouble}")
    unit = {"us": 1e-3, "ms": 1.0, "s": 1e3}
    found = {
        f"p{share}": float(number) * unit[of]
        for share, number, of in re.findall(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s)$", told, re.MULTILINE)
    }
    return found | {"rate": float(re.findall(r"Requests/sec:\s+([\d.]+)", told)[0])}


def main() -> None:
    """Measure, check that each answer was a redemption, and write it down."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=6, help="requests at a time")
    parser.add_argument("--dry", action="store_true", help="write nothing down")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with closing(open_shop(Path(folder))) as shop:
            shop.catalog.upsert(
                Product(item_id=str(n), title=f"Product {n}", categories=("All",), price=Money(100, "EUR"))
                for n in range(PRODUCTS)
            )
        with serving(Path(folder)):
            made = codes()
            load("validate", made[-2000:], 2, given.connections)
            looked = load("validate", made[-2000:], 5, given.connections)
            used = load("redeem", made, given.seconds, given.connections)
            with httpx.Client(base_url=ADDRESS) as http:
                redeemed = http.get("/v1/coupons/campaigns/spring").json()["budget"]["redeemed"]
    if redeemed < used["rate"] * given.seconds * 0.95:
        raise RuntimeError(f"only {redeemed} were redeemed: there were too few codes")
    rows = [
        Row(row=f"coupons, {given.connections} connections", metric=metric, value=value, reach=reach, command=COMMAND)
        for metric, value, reach in (
            ("redemptions a second, durable in SQLite", used["rate"], 500.0),
            ("redemptions: p50, ms", used["p50"], None),
            ("redemptions: p99, ms", used["p99"], 20.0),
            ("validations a second", looked["rate"], None),
            ("validations: p99, ms", looked["p99"], None),
        )
    ]
    for row in rows:
        print(f"{row.metric}: {row.value:,.1f}")
    if not given.dry:
        print(write("coupons/ledger", "speed", rows))


if __name__ == "__main__":
    main()
