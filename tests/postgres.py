"""A real PostgreSQL, started by the tests from the system's programs."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql

PROGRAMS = Path("/usr/lib/postgresql")


class PostgresServer:
    """A cluster in a folder of its own, reached through a socket in that folder alone."""

    def __init__(self, folder: Path, user: str | None) -> None:
        found = sorted(PROGRAMS.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
        if not found:
            raise RuntimeError(f"no PostgreSQL in {PROGRAMS}: apt-get install postgresql")
        self._programs, self._folder, self._user = found[-1].parent, folder, user
        self._process: subprocess.Popen[bytes] | None = None
        self.url = self._url_of("postgres")
        self._run(
            "initdb", "--no-sync", "-D", "data", "-U", "shop", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8"
        ).wait()

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        # It refuses to run as root.
        group = pwd.getpwnam(self._user).pw_gid if self._user else None
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self._programs / program, *arguments],
                cwd=self._folder,
                user=self._user,
                group=group,
                extra_groups=None if group is None else [group],
                stdout=log,
                stderr=log,
            )

    def _url_of(self, database: str) -> str:
        return f"postgresql://shop:secret@/{database}?host={self._folder}"

    def new_database(self) -> str:
        """Make an empty database, and return its address."""
        name = f"shop_{uuid4().hex}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._url_of(name)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = self._run("postgres", "-D", "data", "-k", str(self._folder), "-c", "listen_addresses=")
        while self._process.poll() is None:
            try:
                return psycopg.connect(self.url).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
        raise RuntimeError((self._folder / "log").read_text())

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it, throwing out whoever is connected; with SIGQUIT as if the power had failed."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait()


@contextmanager
def running() -> Iterator[PostgresServer]:
    """Run a server that is gone in the end."""
    user = None
    if os.geteuid() == 0:
        user = next(name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()})
    # Not in pytest's folder, which other users may not enter; and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="shopkeeper-"))
    if user:
        shutil.chown(folder, user)
    server = PostgresServer(folder, user)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
