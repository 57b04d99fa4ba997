"""What the page shows, as HTML. Everything that a model, a service or a visitor said is escaped here."""
