"""Pure functions of monitoring: no database, no HTTP, no settings."""
