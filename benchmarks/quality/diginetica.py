"""Diginetica: the next view of a session among all items, repeats allowed."""

from benchmarks.quality.datasets import diginetica
from benchmarks.quality.protocol import asked, publish

if __name__ == "__main__":
    args = asked(__doc__)
    publish("diginetica", diginetica(args.data), diginetica(args.data, validation=True), args.models)
