"""What happened in the shop: received, kept, and told again."""
