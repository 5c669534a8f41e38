"""Pure functions of eligibility: no database, HTTP, broker, settings or clock."""
