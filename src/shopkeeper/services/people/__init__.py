"""What a person may decide, ask and take back."""
