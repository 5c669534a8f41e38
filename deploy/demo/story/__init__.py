"""A story told through the public APIs alone: every step is a request in somebody's name."""
