-- The currency of most purchases of these days.
SELECT currency FROM purchases WHERE type = 4 AND minor IS NOT NULL AND currency IS NOT NULL AND day BETWEEN $since AND $until
GROUP BY currency ORDER BY count(*) DESC, currency LIMIT 1
