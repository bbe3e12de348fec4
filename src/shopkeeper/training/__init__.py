"""Training of networks, in JAX: the only place that imports it, and only models import this, when they are fitted."""
