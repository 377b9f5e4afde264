#!/usr/bin/env python3
"""Watches a running π job, and ends it.

    TROUPE_GATEWAY=1 mpirun -n 2 build/apps/pi/pi --samples 1000000000000 &
    PYTHONPATH=apps/python python3 apps/python/examples/watch_pi.py --end-at 5

The job may run on another machine: `troupe tunnel` prints how to get there, --url is then the
tunnel's end.
"""

import argparse
import sys
import time

import troupe


def watch(session, end_at):
    """Prints how far it is, every half second; ends the job when it has done `end_at` percent."""
    progress = session.actor("progress")
    while True:
        percent = 100 * progress.ratio()
        print("%.1f%% of the samples are done" % percent, flush=True)
        if percent >= end_at:
            break
        time.sleep(0.5)
    session.exit()
    print("ended the job")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--end-at", type=float, default=100, metavar="PERCENT")
    parser.add_argument("--job", help="which, if several are running")
    parser.add_argument("--url", help="the near end of a tunnel, http://127.0.0.1:PORT")
    options = parser.parse_args()
    try:
        with troupe.connect(options.job, url=options.url) as session:
            watch(session, options.end_at)
    except troupe.Error as error:
        sys.exit("watch_pi: %s" % error)


if __name__ == "__main__":
    main()
