-- What was paid for each product, less what was given back.
SELECT item, CAST(sum(CASE type WHEN 4 THEN minor ELSE -minor END) AS BIGINT) AS minor
FROM purchases WHERE currency = $currency AND minor IS NOT NULL AND item IS NOT NULL AND day BETWEEN $since AND $until
GROUP BY item
