"""The web server's target under `up`: the product's application, in a process that ends when granian's first one does.

Left alone, granian's workers outlive a killed parent and go on serving beside those of the next one. They are killed:
about one in two did not hear SIGTERM any more, and held requests that nobody answered.
"""

import signal

from socialgraph.local_stack.launch import die_with_parent
from socialgraph.wsgi import application

__all__ = ["application"]

die_with_parent(signal.SIGKILL)
