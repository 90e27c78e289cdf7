"""The site for a WSGI server. What it loads stays for good, so the garbage collector is told to leave it alone.

Else it goes through all of it whenever enough is new, and the request that meets this waits for longer than most take.
What requests leave behind is collected after more of them than usual, since nearly all of it goes by itself.
"""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialgraph.settings")

application = get_wsgi_application()
resolve("/")  # loads the views, which Django would leave to the first request
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 10, 10)
