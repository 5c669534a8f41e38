"""`/v1/series`: the dated figures of a service, and the acts by which officers enter and confirm them.

Every service serves `reading`; a service that owns kinds mounts `entering`, one that computes again `recomputing`.
"""
