"""Request and response bodies of monitoring, one module per subject."""
