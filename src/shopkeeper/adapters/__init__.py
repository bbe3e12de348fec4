"""Answers to the ports: where events, products and models really are."""
