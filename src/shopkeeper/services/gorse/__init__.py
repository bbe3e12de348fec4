"""A door for clients of Gorse: its API over our services."""
