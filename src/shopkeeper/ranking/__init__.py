"""What happens to a list after it was scored; knows no model."""
