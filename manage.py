"""Django's command line, on the embedded servers of DATA_DIR where no server is named in the environment."""

import os
import sys

from django.core.management import execute_from_command_line

from socialgraph.local_stack.attach import servers_for_command


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialgraph.settings")
    with servers_for_command(sys.argv):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
