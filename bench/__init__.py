"""Measurements of the suite on the machine at hand; every figure has its peer or floor in the same run."""
