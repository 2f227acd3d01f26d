"""Analytics: events, visits, experiments, cohorts, revenue and errors. It counts by set, not by increment."""
