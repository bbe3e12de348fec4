"""Campaigns, codes, and what becomes of them."""
