"""Tables of declarations, their materials, first review and opinions (三（一）)."""
