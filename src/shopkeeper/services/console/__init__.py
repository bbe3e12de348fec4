"""The page at `/`: be a shopper, and watch the shelf answer."""
