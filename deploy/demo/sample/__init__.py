"""Sample data: 22 real projects with their published facts, and an invented city around them."""
