"""Live reports: what their numbers count, and one tab of a report made from what a source counted."""
