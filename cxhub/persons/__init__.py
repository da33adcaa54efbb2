"""A person's rights: to see all that is kept about them, and to be erased."""
