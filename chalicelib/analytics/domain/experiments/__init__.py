"""Rules of experiments: assignment of subjects to variants, statistics of their results, and the decision on a winner."""
