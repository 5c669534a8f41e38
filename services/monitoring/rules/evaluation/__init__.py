"""Pure functions of evaluation: the stated results, the calculation, the scored indicators, the report (三（三）)."""
