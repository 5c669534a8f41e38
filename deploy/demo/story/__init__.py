"""The demonstration's story, told through the public APIs: every step is a request by a persona."""
