"""Amazon Beauty (S3-Rec form), leave-one-out, all products; fitted without validation and test items."""

from dataclasses import replace

from benchmarks.quality.datasets import s3rec_beauty
from benchmarks.quality.protocol import asked, publish
from shopkeeper.evaluation import leave_one_out

if __name__ == "__main__":
    args = asked(__doc__)
    data = s3rec_beauty(args.data)
    # As published: what models learn from ends before the validation item, also when the test item is asked for.
    test, validation = leave_one_out(data), leave_one_out(data, validation=True)
    publish("s3rec_beauty", replace(test, train=validation.train), validation, args.models)
