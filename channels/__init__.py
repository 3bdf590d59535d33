"""Ways out: a leaf library that takes a finished Message and answers with an Outcome. It never imports `router`."""
