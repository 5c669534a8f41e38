"""Pure rules of intake: stages, checklist, completeness, duplicates, upsert, quarterly checks."""
