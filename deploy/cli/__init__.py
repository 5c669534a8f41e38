"""`tenghuan`, the operator's command: `./tenghuan --help`, or `python -m deploy.cli`.

Data go to stdout, messages to stderr. Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 3 a check failed,
4 a database or broker is away, 5 done in part.
"""
