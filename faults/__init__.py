"""The fault campaign: the suite as processes on a real broker, a steady load, injected faults, and a verdict.

`__main__.py` is the command, `schedule.py` lists the faults, `injections.py` injects them, `workload/` is the load,
`end_checks.py` and `checker/` compare the end with `model/`.
"""
