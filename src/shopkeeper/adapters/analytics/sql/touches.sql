-- What people put into the cart and bought in these days, and how lists showed them the same products before, and they
-- clicked there: each person's in order of time, touches of the same moment in order of arrival.
WITH wanted AS (
  SELECT DISTINCT person, item FROM log WHERE type IN (2, 4) AND item >= 0 AND day BETWEEN $since AND $until
), touches AS (
  SELECT person, item, "at", type, origin, CAST(0 AS BIGINT) AS minor, rowid AS place
  FROM log SEMI JOIN wanted USING (person, item)
  WHERE type IN (6, 7) AND origin >= 0 AND day <= $until OR type = 2 AND day BETWEEN $since AND $until
  UNION ALL
  SELECT person, item, "at", type, origin, CASE WHEN currency = $currency THEN coalesce(minor, 0) ELSE 0 END, 0
  FROM purchases WHERE type = 4 AND item IS NOT NULL AND day BETWEEN $since AND $until
)
SELECT * EXCLUDE (place) FROM touches ORDER BY person, "at", place
