class Refused(RuntimeError):
    """The load test does not begin, or gives no figures; the message says why and what to do."""
