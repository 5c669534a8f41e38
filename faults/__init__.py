"""The fault campaign: the suite as processes on a real broker, a steady load, things that break, and a verdict.

What a run does stands in `__main__.py`; what may break in `injuries.py`; what must hold in the end in `verdict.py`.
"""
