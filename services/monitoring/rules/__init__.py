"""Pure functions of monitoring: no database, HTTP, broker, settings or clock."""
