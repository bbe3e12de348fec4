-- Who viewed, put into the cart and bought which product, each person's in order of time.
SELECT person, "at", type, item FROM log WHERE day BETWEEN $since AND $until AND type IN (0, 2, 4) AND item >= 0
