-- How often words were searched for, by how many people; so with those searches that led nowhere, and that found nothing.
-- `searches` are single ones; without words, all of them.
SELECT words, count(*) AS times, count(DISTINCT person) AS people,
  count(*) FILTER (NOT is_followed), count(DISTINCT person) FILTER (NOT is_followed),
  count(*) FILTER (results >= 0), count(DISTINCT person) FILTER (results >= 0),
  count(*) FILTER (results = 0), count(DISTINCT person) FILTER (results = 0)
FROM searches JOIN queries USING (query)
GROUP BY GROUPING SETS ((words), ()) HAVING people >= $least OR words IS NULL
ORDER BY words NULLS FIRST
