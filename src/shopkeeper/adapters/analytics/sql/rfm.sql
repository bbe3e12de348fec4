-- How many customers have which scores. A score is 1 to 5: which fifth of all customers is worse; who is equal has the same.
WITH customers AS (
  SELECT person, max(day) FILTER (type = 4) AS last, count(DISTINCT basket) FILTER (type = 4) AS orders,
    coalesce(sum(CASE type WHEN 4 THEN minor ELSE -minor END) FILTER (currency = $currency), 0) AS minor
  FROM purchases WHERE person < getvariable('n_known') AND day BETWEEN $since AND $until
  GROUP BY person HAVING count(*) FILTER (type = 4) > 0
), scored AS (
  SELECT orders, minor,
    1 + 5 * (rank() OVER (ORDER BY last) - 1) // count(*) OVER () AS recency,
    1 + 5 * (rank() OVER (ORDER BY orders) - 1) // count(*) OVER () AS frequency,
    1 + 5 * (rank() OVER (ORDER BY minor) - 1) // count(*) OVER () AS money
  FROM customers
)
SELECT recency, (frequency + money + 1) // 2 AS spending, count(*), CAST(sum(orders) AS BIGINT), CAST(sum(minor) AS BIGINT)
FROM scored GROUP BY 1, 2 ORDER BY 1, 2
