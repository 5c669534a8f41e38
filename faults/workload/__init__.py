"""The load of the campaign: open-loop arrivals over HTTP by a seeded schedule."""
