"""Load: many users at once, played by Locust in several processes, with the checks and the journal of the suite."""
