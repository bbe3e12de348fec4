"""Who gets which coupon, what that earned, and what must never decide it."""
