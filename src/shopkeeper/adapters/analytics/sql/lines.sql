-- What lies in which basket, each product once, of baskets with up to 100 products; and in how many each product lies.
CREATE OR REPLACE TEMP TABLE lines AS
WITH held AS (
  SELECT DISTINCT basket, person, item FROM purchases WHERE type = 4 AND item IS NOT NULL AND day BETWEEN $since AND $until
), small AS (
  SELECT basket FROM held GROUP BY basket HAVING count(*) <= 100
)
SELECT held.*, count(*) OVER (PARTITION BY item) AS in_baskets FROM held SEMI JOIN small USING (basket)
