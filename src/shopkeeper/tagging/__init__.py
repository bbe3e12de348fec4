"""What a product is, from its words: where it belongs in the category tree, and how sure that is."""
