"""Amazon Video Games (SASRec form), leave-one-out, all products; fitted without validation and test items."""

from dataclasses import replace

from benchmarks.quality.datasets import sasrec_video
from benchmarks.quality.protocol import asked, publish
from shopkeeper.evaluation import leave_one_out

if __name__ == "__main__":
    args = asked(__doc__)
    data = sasrec_video(args.data)
    # As published: what models learn from ends before the validation item, also when the test item is asked for.
    test, validation = leave_one_out(data), leave_one_out(data, validation=True)
    publish("sasrec_video", replace(test, train=validation.train), validation, args.models)
