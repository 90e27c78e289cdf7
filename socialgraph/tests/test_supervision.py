"""When the supervisor can be asked."""

import socket
import tempfile
from pathlib import Path

from socialgraph.local_stack.supervision import accepts


def test_a_socket_accepts_once_somebody_listens_and_not_when_it_has_a_name() -> None:
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        path = Path(directory, "s")
        assert not accepts(path)
        server.bind(str(path))
        assert path.exists()
        assert not accepts(path)
        server.listen()
        assert accepts(path)
