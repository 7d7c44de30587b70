"""Taking contacts out of a scenario, and telling the product of it."""
