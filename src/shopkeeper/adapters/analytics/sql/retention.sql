-- For each cohort, how many people were active in the k-th period after their first. `period` numbers the days' periods.
WITH acted AS (
  SELECT person, day FROM log WHERE person < getvariable('n_known') AND list_contains($again, type)
), cohorts AS (
  SELECT person, period(min(day)) AS cohort FROM acted GROUP BY person HAVING min(day) BETWEEN $since AND $until
), seen AS ( -- One bit for each period after the first.
  SELECT person, cohort, bit_or(CAST(1 AS BIGINT) << (period(day) - cohort)) AS periods
  FROM acted JOIN cohorts USING (person) WHERE period(day) <= cohort + $periods GROUP BY person, cohort
)
SELECT cohort, k, count(*) FILTER (periods >> k & 1 = 1) AS people
FROM seen, range($periods + 1) AS after(k)
WHERE cohort + k <= (SELECT period(max(day)) FROM log)
GROUP BY cohort, k ORDER BY cohort, k
