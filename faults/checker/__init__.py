"""End checks of the data: the four schemas, read as the administrator, against each other and the model.

Call `judge.judge(log, dsn)` once no event moves; its verdict has a line per check and names the first difference.
"""
