"""Harvests `training/names.tsv.gz`: subdivisions, cities, holidays. Run it: `python -m training.names`."""
