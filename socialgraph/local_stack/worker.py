"""Celery's command line, with workers that stop at once.

A worker's child waits at its end until its parent has taken the results it sent: 300 tries of 0.1 s. When a task ends
while the worker is stopping, the parent no longer takes any, and about one stop in ten took 30 s. Nothing is lost by
leaving earlier: the results are on their way, and nobody reads them.
"""

import billiard.pool
from celery.__main__ import main

billiard.pool.GUARANTEE_MESSAGE_CONSUMPTION_RETRY_LIMIT = 20

if __name__ == "__main__":
    main()
