"""Pure functions of intake: stages, the checklist of materials, what a submission lacks, what changed."""
