"""A message as a mail: rendered for whoever gets it, with the headers that mail programs act on."""
