"""The only place that knows everything: settings in, a running shop out."""
