"""What each shopper will do, as far as the shop's own past says."""
