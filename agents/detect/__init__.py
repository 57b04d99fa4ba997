"""Which cultures is a text about, and in which language is it written."""
