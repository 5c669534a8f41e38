"""What must hold in the end: the four schemas, read as the administrator, against each other and the model.

`judge.judge(log, dsn)` once nothing moves any more; its verdict names the first difference, and has a line per check.
"""
