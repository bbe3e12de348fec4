-- How often the lists of each group of origins were shown and clicked on, and led to carts and purchases, and for how
-- many people; and without a group, those of all. `groups` says which origin is of which group; `credited` to which
-- origin a cart or a purchase is due, and whether the product was clicked on there (how: 1) or only shown (0).
WITH listed AS (
  SELECT origin, person, type, -1 AS how, 0 AS minor FROM log
  WHERE origin >= 0 AND type IN (6, 7) AND day BETWEEN $since AND $until
  UNION ALL SELECT origin, person, type, how, minor FROM credited
)
SELECT part, type, how, count(*), count(DISTINCT person), CAST(sum(minor) AS BIGINT)
FROM listed JOIN groups USING (origin) GROUP BY GROUPING SETS ((part, type, how), (type, how))
