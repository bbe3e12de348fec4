"""What people allow and how they want lists to be: told by them, asked before anything is done with what they did."""
