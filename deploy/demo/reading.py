"""Address of the record that an act changes: its ETag goes into the If-Match of the act."""


def record_read_before(method: str, path: str) -> str:
    """Return the address of the record that a request changes: its own, or for an act that without the act's name."""
    if method != "POST":
        return path
    return path.replace("/v1/budgets/", "/v1/appropriations/").rpartition("/")[0]
