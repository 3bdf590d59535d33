"""A tenant's rules in the configuration language of other tools, as far as each of them can say them."""
