#!/usr/bin/env python3
"""The page in a headless Chromium, against the mock.

    tests/gateway/page.py [unittest's arguments]

Waits for what should come, and fails when it has not within PATIENCE seconds. Exits with 77 where
there is no browser, no driver or no selenium.
"""
import json
import os
import re
import shutil
import sys
import tempfile
import time
import unittest

try:
    from selenium import webdriver
    from selenium.common.exceptions import StaleElementReferenceException
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.select import Select
except ImportError:
    print("SKIP: selenium is missing (Debian: python3-selenium)")
    sys.exit(77)

import mock
import seal

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
PATIENCE = float(os.environ.get("TROUPE_TEST_TIMEOUT", 60))


def open_browser(width=1280, height=900):
    options = webdriver.ChromeOptions()
    for option in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", f"window-size={width},{height}", "no-first-run",
                   "disable-extensions", "disable-background-networking", "disable-component-update", "hide-scrollbars"):
        options.add_argument("--" + option)
    options.binary_location = BROWSER
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service(DRIVER), options=options)


class Pages(unittest.TestCase):
    """One browser for all; each test has a mock of its own."""

    browser = None

    @classmethod
    def setUpClass(cls):
        cls.browser = open_browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()

    def enter(self, scope="call", path="/overview", **job):
        self.mock = mock.Mock(**job)
        self.addCleanup(self.mock.stop)
        self.mock.job.scope = scope
        self.browser.get("about:blank")
        self.browser.get_log("browser")
        self.browser.get(self.mock.url())
        self.shown("Overview")
        self.go(path)

    def go(self, path):
        self.browser.execute_script("location.hash = arguments[0]", "#" + path)

    # what is waited for

    def until(self, what, said):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if found := what():
                    return found
            except StaleElementReferenceException:
                pass
            time.sleep(.05)
        self.fail(f"{said} did not come; the page says: {self.text()[:2000]}")

    def text(self):
        return self.browser.find_element(By.TAG_NAME, "body").text

    def shown(self, text):
        return self.until(lambda: text in self.text(), repr(text))

    def gone(self, text):
        return self.until(lambda: text not in self.text(), "the end of " + repr(text))

    def all(self, css):
        return self.browser.find_elements(By.CSS_SELECTOR, css)

    def one(self, css):
        return self.until(lambda: self.all(css), css)[0]

    def button(self, text):
        return self.until(lambda: [b for b in self.all("button") if b.is_displayed() and b.text == text], f"the button {text}")[0]

    def rows(self, label):
        """The rows in sight of a table, as texts by column."""
        return self.browser.execute_script("""
            const table = [...document.querySelectorAll('table')].find(t => t.getAttribute('aria-label') === arguments[0]);
            if (!table) return [];
            const names = [...table.querySelectorAll('thead th')].map(th => th.textContent);
            return [...table.querySelectorAll('tbody tr:not(.space)')].map(tr => Object.fromEntries([...tr.children].map((td, i) => [names[i], td.textContent])));""", label)

    def field(self, name):
        """The input with that label in the form of calls."""
        return self.until(lambda: self.browser.execute_script("""
            const label = [...document.querySelectorAll('.fields label[for]')].find(l => l.firstChild.textContent === arguments[0]);
            return label ? document.getElementById(label.htmlFor) : null;""", name), f"the field {name}")

    def fill(self, name, text):
        field = self.field(name)
        field.clear()
        field.send_keys(text)
        return field

    def choose(self, label, value):
        select = self.until(lambda: self.browser.execute_script("""
            return [...document.querySelectorAll('label')].filter(l => l.firstChild.textContent === arguments[0]).map(l => l.querySelector('select'))[0]""", label), f"the list {label}")
        self.until(lambda: any(o.get_attribute("value") == value for o in select.find_elements(By.TAG_NAME, "option")), f"{value} of {label}")
        Select(select).select_by_value(value)

    def no_complaints(self):
        bad = [line["message"] for line in self.browser.get_log("browser") if line["level"] in ("SEVERE", "WARNING")]
        self.assertEqual(bad, [])


class Entering(Pages):
    def test_the_code_is_swapped_for_a_session_and_leaves_the_address(self):
        self.enter()
        self.assertNotIn("code", self.browser.current_url)
        self.assertEqual(self.mock.codes, set())
        key = self.browser.execute_script("return sessionStorage.getItem('troupe-session')")
        self.assertIn(key, self.mock.sessions)
        self.assertEqual(self.browser.get_cookies(), [])
        self.browser.refresh()
        self.shown("Ranks")
        self.until(lambda: "live" in self.one("#link").text, "the connection")
        self.no_complaints()

    def test_a_code_opens_once(self):
        self.enter()
        url = self.mock.url()
        self.mock.codes.clear()
        self.browser.execute_script("sessionStorage.clear()")
        self.browser.get("about:blank")
        self.browser.get(url)
        self.shown("This code was used already")

    def test_without_a_session_it_asks_and_takes_a_token(self):
        self.mock = mock.Mock()
        self.addCleanup(self.mock.stop)
        self.browser.get(f"http://127.0.0.1:{self.mock.port}/")
        self.one("#token").send_keys("wrong" + Keys.ENTER)
        self.shown("does not know this token")
        self.one("#token").clear()
        self.one("#token").send_keys("secret" + Keys.ENTER)
        self.shown("Overview")
        self.shown("job 4242")

    def test_a_session_that_is_not_known_any_more_asks_again(self):
        self.enter()
        self.mock.sessions.clear()
        self.shown("The session has ended")
        self.assertIsNone(self.browser.execute_script("return sessionStorage.getItem('troupe-session')"))


class Watching(Pages):
    def test_every_page_shows_what_it_should(self):
        self.enter(ranks=4, actors=40)
        for path, texts in {
                "/overview": ["Calls a second", "Memory", "Slots in use", "samples", "Tasks by state", "1,200", "the scene has no lights"],
                "/actors": ["40 of 40 actors", "renderer", "gallery", "alive 40"],
                "/methods": ["actor_cls_one.method", "progress.report", "renderer.shade", "one call in 64"],
                "/calls": ["task sample_circle", "actor_cls_two.method", "driver"],
                "/tasks": ["sample_circle", "needs 1 GPU of which none is free", "cancelled 1"],
                "/ranks": ["4 ranks on 2 nodes", "node01 · 1", "scene.load", "fpga"],
                "/traffic": ["Traffic between ranks", "logarithmic"],
                "/timeline": ["Seen by asking once a second", "sample_circle"],
                "/logs": ["4 of 4 lines", "10000000000 samples in 8 tasks", "[repeated 3×]"],
                "/ended": ["renderer(4:99).shade: scene(1:7).load: no such file", "crashed"]}.items():
            with self.subTest(path):
                self.go(path)
                for text in texts:
                    self.shown(text)
                self.assertEqual(len(self.all("h1")), 1)
                self.assertEqual(self.one("nav a[aria-current=page]").get_attribute("hash"), "#" + path)
        self.no_complaints()

    def test_the_tutorials_counts_are_13_and_17(self):
        self.enter(path="/actors?class=actor_cls")
        self.until(lambda: {r["Repr"]: r["Calls"] for r in self.rows("Actors")} == {"ActorClsOne": "13", "ActorClsTwo": "17"}, "13 and 17")
        self.go("/methods")
        self.until(lambda: {r["Method"]: r["Received"] for r in self.rows("Methods") if "actor_cls" in r["Method"]} ==
                   {"actor_cls_one.method": "13", "actor_cls_two.method": "17"}, "13 and 17 by method")
        self.no_complaints()

    def test_filters_and_order_work_and_stay_in_the_address(self):
        self.enter(path="/actors", actors=50)
        self.shown("50 of 50 actors")
        self.choose("Rank", "2")
        self.until(lambda: {r["Rank"] for r in self.rows("Actors")} == {"2"}, "rank 2 alone")
        self.one("input[type=search]").send_keys("scene 3")
        self.until(lambda: {r["Repr"] for r in self.rows("Actors")} == {"scene 3"}, "scene 3 alone")
        url = self.browser.current_url
        self.assertIn("rank=2", url)
        self.assertIn("q=scene+3", url)
        self.go("/overview")
        self.shown("Calls a second")
        self.browser.get(url)
        self.until(lambda: {(r["Rank"], r["Repr"]) for r in self.rows("Actors")} == {("2", "scene 3")}, "the same filter again")
        self.go("/actors")
        self.shown("50 of 50 actors")
        self.button("Calls").click()
        calls = self.until(lambda: [int(r["Calls"].replace(",", "")) for r in self.rows("Actors")], "calls")
        self.assertEqual(calls, sorted(calls, reverse=True))
        self.button("Calls").click()
        self.until(lambda: (c := [int(r["Calls"].replace(",", "")) for r in self.rows("Actors")]) == sorted(c), "least calls first")
        self.choose("State", "waiting")
        self.shown("No actor fits.")

    def test_actors_show_their_age_restarts_times_and_pid(self):
        self.enter(path="/actors", actors=12)
        row = self.until(lambda: next((r for r in self.rows("Actors") if r["Name"] == "progress" and r["Pid"]), None), "progress")
        self.assertEqual((row["Restarts"], row["Pid"], row["Rank"]), ("2", "4000", "0"), row)
        for column in ("Age", "p99", "Busy", "Restarts"):
            self.button(column).click()
            ids = self.until(lambda: [r["Id"] for r in self.rows("Actors")], column)
            actors = self.mock.job.actors
            value = {"Age": lambda a: a["age"], "p99": lambda a: a["run"]["p99"] if a["run"] else -1, "Busy": lambda a: a["busy"], "Restarts": lambda a: a["restarts"]}[column]
            self.until(lambda: (v := [value(actors[r["Id"]]) for r in self.rows("Actors")]) == sorted(v, reverse=True) and len(v) == len(ids), f"the most {column} first")
        self.assertIn("sort=Restarts", self.browser.current_url)
        self.no_complaints()

    def test_an_actor_shows_its_latencies_and_failures(self):
        self.enter(path="/actors/progress")
        self.until(lambda: [(r["Up to"], r["Calls"], r["Share"].strip()) for r in self.rows("Latencies")] ==
                   [("1.02 µs", "64", "51 %"), ("2.05 µs", "32", "25 %"), ("4.10 µs", "16", "13 %"), ("8.19 µs", "8", "6 %"), ("16.4 µs", "4", "3 %"), ("32.8 µs", "2", "2 %")], "running times")
        self.choose("Times", "wait")
        self.until(lambda: [r["Calls"] for r in self.rows("Latencies")] == ["4", "2"], "waiting times")
        self.until(lambda: [(r["Method"], r["Status"]) for r in self.rows("Recent failures")] == [("report", "-1"), ("report", "-2")], "the latest first")
        self.shown("no samples")
        self.shown("2 actors")  # that had its name before
        self.assertEqual(self.all("main img, main script"), [], "a hostile story is text")
        self.go("/actors/gallery")
        self.shown("None among the latest 64 of its rank.")
        self.no_complaints()

    def test_what_happens_is_shown_as_it_happens(self):
        self.enter(path="/logs")
        self.until(lambda: "live" in self.one("#link").text, "events")
        self.mock.job.log("error", 3, "renderer(3:7)", "the disk is full")
        self.shown("the disk is full")
        self.choose("Level", "error")
        self.gone("woke up")
        self.choose("Rank", "3")
        self.shown("1 of 5 lines")
        self.go("/ended")
        self.shown("2 actors")
        self.mock.job.finish("gallery", True)
        self.shown("was killed through the gateway")

    def test_what_runs_is_drawn_where_the_job_does_not_say_since_when(self):
        self.enter(ranks=2)
        self.mock.job.timed = False
        self.go("/timeline")
        self.until(lambda: sorted((r["Rank"], r["Row"]) for r in self.rows("The longest in view") if r["What"] == "task sample_circle" and re.match(r"[1-9].* s$", r["Seconds"])) ==
                   [("0", "0"), ("0", "1"), ("1", "0"), ("1", "1")], "two rows for each rank")
        self.go("/ranks")
        self.until(lambda: {(r["Who"], r["Since"][:2]) for r in self.rows("What every rank runs and waits for")} == {("task sample_circle", "≥ ")}, "how long it was seen")

    def test_a_lost_connection_is_shown_and_comes_back(self):
        self.enter(path="/actors")
        self.until(lambda: "live" in self.one("#link").text, "events")
        self.mock.stop()
        self.shown("No answer from the job since")
        self.assertTrue(self.rows("Actors"), "what was known stays")
        self.mock.job.add("renderer", "newcomer", "made meanwhile")
        self.mock.start()
        self.gone("No answer from the job")
        self.shown("newcomer")
        self.until(lambda: "live" in self.one("#link").text, "events again")

    def test_without_events_it_asks(self):
        self.enter(path="/logs")
        self.mock.streams = False
        self.until(lambda: "asking every 2 s" in self.one("#link").text, "asking")
        self.mock.job.log("info", 1, "driver", "seen all the same")
        self.shown("seen all the same")
        self.mock.streams = True
        self.until(lambda: "live" in self.one("#link").text, "events")

    def test_ten_thousand_actors_are_scrolled_and_found(self):
        self.enter(path="/actors", actors=10000, ranks=64)
        self.shown("10,000 of 10,000 actors")
        self.assertLess(len(self.all("table tbody tr")), 120, "only what is in sight is in the document")
        self.browser.execute_script("const t = document.querySelector('.table'); t.scrollTop = t.scrollHeight")
        last = sorted((a["id"] for a in self.mock.job.actors.values()), key=lambda i: [int(x) for x in i.split(":")])[-1]
        self.until(lambda: self.rows("Actors")[-1]["Id"] == last, f"the last one, {last}")
        took = self.browser.execute_async_script("""
            const done = arguments[0], began = performance.now(), box = document.querySelector('input[type=search]');
            box.value = 'renderer-9876';
            box.dispatchEvent(new Event('input'));
            requestAnimationFrame(() => done(performance.now() - began));""")
        self.until(lambda: [r["Name"] for r in self.rows("Actors")] == ["renderer-9876"], "the one")
        print(f"filtering 10,000 actors took {took:.0f} ms")
        self.go("/traffic")
        self.until(lambda: len(self.all(".heat td")) == 64 * 64, "64 ranks by 64")

    def test_numbers_of_64_bits_are_exact(self):
        self.enter(path="/methods")
        self.until(lambda: "18,446,744,073,709,551,615" in [r["Received"] for r in self.rows("Methods")], "2^64 - 1")
        self.go("/traffic")
        self.until(lambda: self.all(".heat td[title='rank 0 → rank 1: 1,152,921,504,606,846,977 messages']"), "2^60 + 1")

    def test_hostile_text_stays_text(self):
        self.enter(actors=30)
        end = self.mock.job.end_of("renderer", "9:9", "failed", mock.HOSTILE)
        self.mock.job.tell("ended", {"ended": [end]})
        for path in ("/overview", "/actors", "/actors/0:4", "/calls", "/logs", "/ended", "/actors/9:9", "/actors/" + mock.HOSTILE.replace("%", "")):
            with self.subTest(path):
                self.go(path)
                self.shown("<img src=x onerror")
                self.shown("\\u202e")
                body = self.browser.execute_script("return document.body.textContent")
                for bad in "\u202e\u2066\u0007":
                    self.assertNotIn(bad, body.split("troupe-data")[0])
                self.assertEqual(self.all("img, main script, iframe, object"), [])
                self.assertNotIn("owned", self.browser.title.replace("document.title='owned'", ""))
        self.assertEqual([l for l in self.browser.get_log("browser") if "Security Policy" in l["message"]], [])


class Calling(Pages):
    def ask(self, method, **values):
        self.choose("Method", method)
        for name, value in values.items():
            self.fill(name, value)
        self.one(".panel form button.main").click()

    def answer(self, text):
        self.until(lambda: self.all(".answer") and text in self.all(".answer")[0].text, f"the answer {text}")

    def test_a_form_call_changes_the_state(self):
        self.enter(path="/actors/progress")
        self.ask("set_total", total="9007199254740993")
        self.answer("9007199254740993")
        self.assertEqual(self.mock.job.total, 9007199254740993)
        self.shown("0 of 9007199254740993")
        self.ask("report", task_id="3", samples_done="10")
        self.answer("was told")
        self.no_complaints()

    def test_what_does_not_fit_is_said_before_it_is_sent(self):
        self.enter(path="/actors/progress")
        for total, said in (("18446744073709551616", "from 0 to 18446744073709551615"), ("-1", "from 0"), ("1.5", "a whole number"), ("x", "a whole number")):
            self.ask("set_total", total=total)
            self.shown(said)
            self.assertEqual(self.field("total").get_attribute("aria-invalid"), "true")
        self.assertEqual(self.mock.job.total, 10 ** 10)
        self.assertEqual(self.all(".answer"), [])

    def test_values_of_all_types_go_and_come(self):
        self.enter(path="/actors/gallery")
        self.choose("Method", "show")
        self.field("yes").click()
        for name, value in {"small": "-128", "large": "18446744073709551615", "real": "-Infinity", "text": "Grüße ✓", "raw": "AAECAw==", "other": "progress"}.items():
            self.fill(name, value)
        self.button("Add one").click()
        self.fill("values[0]", "0.5")
        self.one(".panel form button.main").click()
        for text in ("small: -128", "large: 18446744073709551615", "real: -Infinity", 'text: "Grüße ✓"', "values: [0.5]", "raw: base64 AAECAw==", "yes: true", "corners: [{x: 0, y: 0}, {x: 0, y: 0}]"):
            self.answer(text)
        self.ask("largest")
        self.answer("18446744073709551615")
        self.ask("undefined")
        self.answer("NaN")

    def test_a_failure_tells_its_story(self):
        self.enter(path="/actors/gallery")
        self.ask("fail", why="no luck")
        self.answer("failed")
        self.answer("driver: gallery(3:3).fail: no luck")

    def test_a_long_call_is_waited_for_and_can_be_left(self):
        self.enter(path="/actors/gallery")
        self.ask("sleep", seconds="1.5")
        self.answer("answered in")
        self.ask("sleep", seconds="600")
        self.button("Do not wait").click()
        self.answer("is not waited for any more")

    def test_an_end_is_confirmed_first(self):
        self.enter(path="/actors/progress")
        self.button("Kill…").click()
        self.shown("It ends at once")
        self.button("Leave it").click()
        self.gone("It ends at once")
        self.assertIn("progress", [a["name"] for a in self.mock.job.actors.values()])
        self.button("Stop…").click()
        self.button("Stop it").click()
        self.shown("was stopped through the gateway")
        self.assertNotIn("progress", [a["name"] for a in self.mock.job.actors.values()])
        self.gone("Call a method")
        self.go("/overview")
        self.button("End the job…").click()
        self.button("End it").click()
        self.until(lambda: self.mock.job.exited, "the end of the job")

    def test_a_session_that_only_reads_sees_no_calls(self):
        self.enter(scope="read", path="/actors/progress")
        self.shown("read only")
        self.shown("Who called it")
        self.until(lambda: self.rows("Figures of its methods"), "figures")
        for hidden in ("Call a method", "Stop…", "Kill…"):
            self.assertNotIn(hidden, self.text())
        self.go("/overview")
        self.shown("Save a report")
        self.assertNotIn("End the job", self.text())


class Reporting(Pages):
    def report(self, data):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, "report.html")
        with open(mock.PAGE, encoding="utf-8") as page, open(path, "w", encoding="utf-8") as file:
            file.write(mock.report(page.read(), data))
        self.browser.get("about:blank")
        self.browser.get_log("browser")
        self.browser.get("file://" + path)

    def test_a_report_opens_from_a_file_and_calls_nobody(self):
        self.report(mock.Job(ranks=4, actors=40).all())
        self.shown("report of the end")
        self.shown("the scene has no lights")
        self.go("/actors?class=actor_cls")
        self.until(lambda: {r["Repr"]: r["Calls"] for r in self.rows("Actors")} == {"ActorClsOne": "13", "ActorClsTwo": "17"}, "13 and 17")
        self.go("/actors/progress")
        self.shown("Made by")
        for hidden in ("Call a method", "Stop…", "Kill…"):
            self.assertNotIn(hidden, self.text())
        for path, text in {"/methods": "renderer.shade", "/calls": "task sample_circle", "/tasks": "sample_circle", "/ranks": "4 ranks on 2 nodes", "/traffic": "logarithmic", "/timeline": "A report has no timeline",
                           "/logs": "4 of 4 lines", "/ended": "renderer(4:99).shade"}.items():
            self.go(path)
            self.shown(text)
        self.go("/overview")
        self.shown("Calls a second")
        self.assertNotIn("Save a report", self.text())
        self.assertNotIn("End the job", self.text())
        self.no_complaints()

    def test_a_report_of_little_is_shown_as_far_as_it_goes(self):
        self.report({"/v1": {"job": "7", "program": "x", "host": "h", "ranks": 1, "uptime": 1, "scope": "read"}})
        self.shown("job 7")
        for path in ("overview", "actors", "actors/0:1", "methods", "calls", "tasks", "ranks", "traffic", "timeline", "logs", "ended"):
            self.go("/" + path)
            self.until(lambda: self.all("h1"), path)
        self.no_complaints()

    def test_a_trace_is_drawn(self):
        self.enter(path="/timeline")
        events = [{"name": "sample_circle", "cat": "task", "ph": "X", "pid": 1, "tid": 2, "ts": 1000.0, "dur": 2500.0}, {"name": "progress.report", "ph": "B", "pid": 0, "tid": 0, "ts": 1500}, {"ph": "E", "pid": 0, "tid": 0, "ts": 1750}]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"traceEvents": events}, file)
            file.flush()
            self.one("#trace").send_keys(file.name)
            self.shown("2 spans out of the trace")
        self.until(lambda: {(r["Rank"], r["What"], r["Seconds"]) for r in self.rows("The longest in view")} == {("1", "sample_circle", "2.50 ms"), ("0", "progress.report", "250 µs")}, "both spans")


class Looks(Pages):
    """What everybody should be able to use."""

    def dark(self, on):
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark" if on else "light"}]})

    def test_text_can_be_read_in_the_light_and_in_the_dark(self):
        self.enter()
        pairs = [("--ink", "--ground"), ("--ink", "--panel"), ("--ink", "--raised"), ("--quiet", "--panel"), ("--quiet", "--ground"), ("--quiet", "--raised"), ("--accent", "--panel"), ("--accent", "--tint"),
                 ("--accent", "--raised"), ("--on-accent", "--accent"), ("--bad", "--panel"), ("--bad", "--bad-tint"), ("--warn", "--panel"), ("--good", "--panel")]
        try:
            for dark in (False, True):
                self.dark(dark)
                for ink, ground in pairs:
                    with self.subTest(f"{ink} on {ground}, {'dark' if dark else 'light'}"):
                        self.assertGreaterEqual(self.contrast(ink, ground), 4.5)
        finally:
            self.dark(False)

    def contrast(self, ink, ground):
        def luminance(name):
            value = self.browser.execute_script("return getComputedStyle(document.documentElement).getPropertyValue(arguments[0])", name).strip().lstrip("#")
            parts = [int(value[i:i + 2], 16) / 255 for i in (0, 2, 4)]
            return sum(w * (c / 12.92 if c <= .03928 else ((c + .055) / 1.055) ** 2.4) for w, c in zip((.2126, .7152, .0722), parts))
        a, b = luminance(ink), luminance(ground)
        return (max(a, b) + .05) / (min(a, b) + .05)

    def test_all_that_can_be_used_has_a_name_and_is_reached_by_the_keyboard(self):
        self.enter(actors=12)
        for path in ("/overview", "/actors", "/actors/gallery", "/methods", "/calls", "/tasks", "/ranks", "/traffic", "/timeline", "/logs", "/ended"):
            self.go(path)
            self.until(lambda: self.all("h1"), path)
            self.assertEqual(self.browser.execute_script("""
                return [...document.querySelectorAll('input, select, textarea, button, a, table, canvas')].filter(e => e.checkVisibility() &&
                    !(e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && e.labels.length))).map(e => e.outerHTML.slice(0, 200));"""), [], path)
        self.go("/actors")
        self.until(lambda: self.rows("Actors"), "actors")
        self.browser.execute_script("document.querySelector('.table thead button').focus()")
        for _ in range(40):
            self.browser.switch_to.active_element.send_keys(Keys.TAB)
            if "#/actors/" in (self.browser.switch_to.active_element.get_attribute("href") or ""):
                break
        self.browser.switch_to.active_element.send_keys(Keys.ENTER)
        self.shown("Call a method")

    def test_a_narrow_window_is_enough(self):
        self.enter(actors=60, path="/overview")
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 360, "height": 700, "deviceScaleFactor": 1, "mobile": True})
        try:
            for path in ("/overview", "/actors", "/actors/gallery", "/calls", "/logs", "/traffic", "/timeline"):
                self.go(path)
                self.until(lambda: self.all("h1"), path)
                self.assertEqual(self.browser.execute_script("const m = document.getElementById('main'); return [m.scrollWidth - m.clientWidth, document.documentElement.scrollWidth - innerWidth]"), [0, 0], path)
        finally:
            self.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


class Text(unittest.TestCase):
    """The file itself."""

    def test_it_asks_for_nothing_from_outside_and_makes_no_markup_of_text(self):
        with open(mock.PAGE, encoding="utf-8") as file:
            page = file.read()
        for bad in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "new Function", "document.cookie", "<link", "@import", "url(", " src=", " style=\"", " onclick=", "localStorage"):
            self.assertNotIn(bad, page)
        self.assertEqual([u for u in page.split("'") if u.startswith("http") and u != "http://www.w3.org/2000/svg"], [])
        self.assertEqual(page.count('<script type="application/json" id="troupe-data">null</script>'), 1)

    def test_its_policy_fits(self):
        with open(mock.PAGE, encoding="utf-8") as file:
            page = file.read()
        self.assertEqual(page, seal.sealed(page), "run tests/gateway/seal.py lib/gateway/page.html")


def main():
    if not BROWSER or not DRIVER:
        print("SKIP: no chromium, or no chromedriver (Debian: chromium chromium-driver)")
        sys.exit(77)
    unittest.main(verbosity=2)


if __name__ == "__main__":
    main()
