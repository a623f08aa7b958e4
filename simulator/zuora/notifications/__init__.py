"""Who hears of what: definitions, templates, filters, profiles, events, and the history of callouts."""
