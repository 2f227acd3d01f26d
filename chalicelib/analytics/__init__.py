"""Analytics: events, visits, experiments, cohorts, revenue and errors, counted by set."""
