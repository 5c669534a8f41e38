"""Request and response bodies of eligibility, one module per subject."""
