"""The classic flow: a behaviour log, the interaction matrix, a split, user-kNN, ten products."""

from pathlib import Path

from shopkeeper import Dataset, Recommender, evaluate, random_split, read_events

data = Dataset.from_log(read_events(Path(__file__).parent / "user_behavior.csv"))
print(data.matrix().by_user.shape)
report = evaluate(["user_knn", "svd"], random_split(data, test_share=0.2, seed=0))
print({model: round(report.figure(model, "recall@10").mean, 3) for model in report.models})
for item in Recommender.fit("user_knn", data).recommend_items("18109", n=10):
    print(item.item_id, round(item.score, 2), item.text)
