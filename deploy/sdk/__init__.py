"""Generation of the Python and TypeScript clients from the OpenAPI documents: `make sdk`."""
