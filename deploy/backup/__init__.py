"""Backups: database, files and keys in one archive, and their restoration into an empty place."""
