"""The load of the campaign: arrivals by a seeded schedule, over HTTP, that do not wait for one another."""
