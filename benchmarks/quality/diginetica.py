"""Item-to-item transitions on Diginetica: the next view of a session among all items, repeats allowed."""

from benchmarks.quality.datasets import diginetica
from benchmarks.quality.protocol import data_folder, publish

if __name__ == "__main__":
    folder = data_folder(__doc__)
    publish("diginetica", diginetica(folder), diginetica(folder, validation=True))
