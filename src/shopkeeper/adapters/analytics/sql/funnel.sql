-- The events that a funnel is made of, each person's in order; NULL as $types: all of them, for strict ones.
SELECT person, "at", type, item FROM log
WHERE day BETWEEN $since AND $until AND ($types IS NULL OR list_contains($types, type))
