#!/usr/bin/env python3
"""Counts the calls of a running job: how many each method got, and from whom.

    PYTHONPATH=apps/python python3 apps/python/examples/count_calls.py
"""

import argparse
import sys
from collections import Counter

import troupe


def counts(session):
    """Calls received for each class.method, the most called first."""
    return Counter({"%s.%s" % (m["class"], m.method): m.received for m in session.summary()})


def callers(session):
    """Calls for each caller and class.method."""
    who = Counter()
    for edge in session.calls():
        who["%s -> %s.%s" % (edge["from"], edge["class"], edge.method)] += edge.calls
    return who


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--job", help="which, if several are running")
    options = parser.parse_args()
    try:
        with troupe.connect(options.job) as session:
            for found in counts(session), callers(session):
                for what, calls in found.most_common():
                    print("%12d  %r" % (calls, what))
    except troupe.Error as error:
        sys.exit("count_calls: %s" % error)


if __name__ == "__main__":
    main()
