#!/usr/bin/env python3
"""The page in a headless Chromium, against jobs that run: what it shows is what they say themselves.

Takes the programs of the build directory it is started in, or of $abs_top_builddir.
"""
import ast
import glob
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import page

BUILD = os.environ.get("abs_top_builddir", os.getcwd())
LAUNCHER = shlex.split(os.environ.get("MPIRUN", "mpirun"))
RANKS = [*LAUNCHER, "-n", "2"] if shutil.which(LAUNCHER[0]) else []


class Jobs(page.Pages):
    def setUp(self):
        self.home = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.home)
        self.env = {**os.environ, "HOME": self.home}
        self.env.pop("XDG_RUNTIME_DIR", None)

    def start(self, program, *arguments):
        """A job with a door; what its file says."""
        job = subprocess.Popen([*RANKS, os.path.join(BUILD, program), *arguments], env={**self.env, "TROUPE_GATEWAY": "1"}, stdout=subprocess.DEVNULL, start_new_session=True)
        self.addCleanup(job.wait, page.PATIENCE)
        self.addCleanup(lambda: job.poll() is None and os.killpg(job.pid, signal.SIGTERM))
        end = time.monotonic() + page.PATIENCE
        while time.monotonic() < end and job.poll() is None:
            for path in glob.glob(os.path.join(self.home, ".troupe", "*.json")):
                try:
                    with open(path, encoding="utf-8") as file:
                        return job, json.load(file)
                except ValueError:
                    pass  # it is being written
            time.sleep(.05)
        self.fail(f"{program} has no door")

    def ask(self, door, path, body):
        request = urllib.request.Request(door["url"] + path, json.dumps(body).encode(), {"Authorization": "Bearer " + door["token"]})
        with urllib.request.urlopen(request, timeout=page.PATIENCE) as answer:
            return json.load(answer)

    def test_a_report_has_the_counts_that_the_program_prints(self):
        report = os.path.join(self.home, "report.html")
        done = subprocess.run([*RANKS, os.path.join(BUILD, "apps/method_tracking/method_tracking")], env={**self.env, "TROUPE_REPORT": report}, stdout=subprocess.PIPE, timeout=page.PATIENCE, check=True, text=True)
        counts = {name: str(calls["method"]) for name, calls in ast.literal_eval(done.stdout.splitlines()[-1])}
        self.browser.get("file://" + report)
        self.shown("report of the end")
        self.go("/methods")
        self.until(lambda: {r["Method"]: r["Received"] for r in self.rows("Methods") if r["Method"].endswith(".method")} ==
                   {"actor_cls_one.method": counts["ActorClsOne"], "actor_cls_two.method": counts["ActorClsTwo"]}, f"{counts} by method")
        self.go("/actors")
        self.until(lambda: {r["Repr"] for r in self.rows("Actors")} == set(counts), "both actors by their repr")
        self.no_complaints()

    def test_the_job_that_computes_pi_is_followed_and_ended(self):
        job, door = self.start("apps/pi/pi", "--samples", "100000000000000", "--quiet")
        self.browser.get(door["url"] + "/#code=" + self.ask(door, "/v1/codes", {})["code"])
        self.shown("Overview")
        self.go("/actors?name=progress")
        self.until(lambda: [r["Class"] for r in self.rows("Actors")] == ["progress"], "the tracker")
        self.go("/actors/progress")
        self.choose("Method", "ratio")
        self.one(".panel form button.main").click()
        self.until(lambda: self.all(".answer") and re.search(r"answered in .*\n0(\.\d+)?(e-\d+)?\b", self.all(".answer")[0].text), "a ratio between 0 and 1")
        self.go("/calls")
        self.until(lambda: any((r["Caller"], r["Method"], r["Calls"]) == ("gateway", "progress.ratio", "1") for r in self.rows("Who called what")), "the call of the form")
        self.no_complaints()
        self.go("/overview")
        self.button("End the job…").click()
        self.button("End it").click()
        job.wait(page.PATIENCE)
        self.assertEqual(glob.glob(os.path.join(self.home, ".troupe", "*.json")), [])


if __name__ == "__main__":
    if not page.BROWSER or not page.DRIVER:
        print("SKIP: no chromium, or no chromedriver (Debian: chromium chromium-driver)")
        sys.exit(77)
    unittest.main(verbosity=2)
