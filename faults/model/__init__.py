"""What must have come of the accepted commands, in plain Python: no framework, no database, no code of the suite."""
