"""What all services have in common towards HTTP."""
