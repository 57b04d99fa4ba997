"""Harvests the names of `training/names.tsv.gz`: subdivisions, cities, holidays. `python -m training.names`."""
