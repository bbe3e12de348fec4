"""What a shop's own pages load: one script, served to anybody."""
