"""Request and response bodies of intake by subject."""
