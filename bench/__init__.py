"""Benchmarks of the suite on this machine; every figure has its peer or floor in the same run."""
