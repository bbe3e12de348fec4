-- Products that lie in enough of the same baskets, and how many people those baskets are of.
WITH often AS (
  SELECT * FROM lines WHERE in_baskets >= $least
), owned AS (
  SELECT a.item AS one, b.item AS other, a.person, any_value(a.in_baskets) AS with_first,
    any_value(b.in_baskets) AS with_second, count(*) AS baskets
  FROM often a JOIN often b ON a.basket = b.basket AND a.item < b.item
  GROUP BY one, other, a.person
), together AS (
  SELECT one, other, any_value(with_first) AS with_first, any_value(with_second) AS with_second,
    CAST(sum(baskets) AS BIGINT) AS with_both, count(*) AS people
  FROM owned GROUP BY one, other HAVING sum(baskets) >= $least
)
SELECT f.item_id AS first, s.item_id AS second, with_first, with_second, with_both, people
FROM together JOIN items f ON f.item = one JOIN items s ON s.item = other
ORDER BY first, second
