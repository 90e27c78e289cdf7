class CannotRun(Exception):
    """Why the local servers cannot run, as one line for the person who started them."""
