"""Model of the suite in plain Python: no framework, no database, no code of the suite."""
