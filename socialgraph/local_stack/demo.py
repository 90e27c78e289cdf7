"""The demo content of a local installation, and the two of its accounts that somebody can log in to.

Their passwords are made once for a data directory and kept in its `secrets`; the content itself comes from
`manage.py load_demo`.
"""

from socialgraph.local_stack import database
from socialgraph.local_stack.datadir import DataDir

USERS = {"DEMO_USER": "demo", "STAFF_USER": "steward"}  # their names in timelines/demo/people.py
PASSWORDS = {"DEMO_PASSWORD": "demo-password", "STAFF_PASSWORD": "staff-password"}
COMMAND = "load_demo"


class Demo:
    def __init__(self, data_dir: DataDir, database_url: str) -> None:
        self._data_dir = data_dir
        self._database_url = database_url

    def has_room(self) -> bool:
        """Whether nobody has an account here."""
        with database.connect(self._database_url) as connection:
            return connection.execute("SELECT FROM users LIMIT 1").fetchone() is None

    def passwords(self) -> dict[str, str]:
        """By the names of the variables that `load_demo` reads."""
        return {variable: self._data_dir.password(name) for variable, name in PASSWORDS.items()}

    def accounts(self) -> dict[str, str]:
        """The variables of servers.env, if the database holds both accounts and this data directory their passwords."""
        if not all(self._data_dir.has_secret(name) for name in PASSWORDS.values()):
            return {}
        addresses = [f"{name}@example.invalid" for name in USERS.values()]
        with database.connect(self._database_url) as connection:
            found = connection.execute("SELECT FROM users WHERE lower(email) = ANY(%s)", [addresses]).fetchall()
        return USERS | self.passwords() if len(found) == len(USERS) else {}
