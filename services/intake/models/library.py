"""Tables of the resource ledger, the reserve library and the quarterly submissions (四（一）2)."""
