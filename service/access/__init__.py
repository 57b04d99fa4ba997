"""Who may ask, and how much: keys, rates, budgets, what runs at once."""
