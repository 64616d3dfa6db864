"""Going through a dataset for its errors: suspects, the page on which people judge them, their decisions."""
