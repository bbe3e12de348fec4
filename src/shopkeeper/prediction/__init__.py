"""What a shopper will do next and what a customer is worth, from the past alone."""
