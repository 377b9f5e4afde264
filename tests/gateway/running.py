"""A job that runs (served.c), for tests of the gateway's clients: where TROUPE_SERVED says how it is started."""

import os
import subprocess
import tempfile
import time
import unittest

SERVED = os.environ.get("TROUPE_SERVED")
needs_job = unittest.skipUnless(SERVED, "no job can be started here")


class Running:
    """One that runs from start() to stop(); `environment` is that of its clients."""

    def __init__(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=self.scratch.name, HOME=self.scratch.name)
        self.process = None

    def start(self, is_up):
        """Waits until `is_up` says that it can be called."""
        self.process = subprocess.Popen(SERVED.split(), stdin=subprocess.DEVNULL,
                                        env=dict(self.environment, TROUPE_GATEWAY="1"))
        deadline = time.monotonic() + 60
        while not is_up():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError("the job cannot be called")
            time.sleep(0.05)

    def expect_end(self, status):
        """That it ends by itself with this status, and leaves nothing."""
        try:
            ended = self.process.wait(60)
            left = os.listdir(os.path.join(self.scratch.name, "troupe"))
        finally:
            self.stop()
        assert ended == status, "the job has ended with status %d, not %d" % (ended, status)
        assert not left, "the job has left %s" % left

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.scratch.cleanup()
