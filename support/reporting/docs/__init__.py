"""The living documentation: the features as a static site, with what became of each example in the last run."""
