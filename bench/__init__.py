"""The figures that the project promises: ratios measured in one run, on data that the suite makes itself."""
