"""Makes reviews.csv: 480 invented hotel reviews with a label (1 good, 0 bad). Written for this example; same licence as
the project. Reviews mix praise and complaint, the label follows the larger part, and 3 in 100 labels are wrong."""

import csv
import random

GOOD = ["房间很干净", "服务热情", "早餐丰富", "位置方便", "床很舒服", "性价比高", "环境安静", "前台很耐心", "下次还会来", "风景不错", "设施很新", "交通便利"]
BAD = ["房间有异味", "服务冷淡", "早餐单调", "位置偏僻", "床太硬", "价格太贵", "隔音很差", "前台不耐烦", "不会再来", "空调不制冷", "设施陈旧", "卫生堪忧"]
PLAIN = ["住了一晚", "出差住的", "带孩子来的", "朋友推荐的", "周末入住", "在三楼", "靠近地铁站", "提前预订的"]
LINKS = ["，", "，而且", "，但是", "。", "，总体来说"]

chance = random.Random(20240112)
rows = []
for _ in range(480):
    label = int(chance.random() < 0.6)
    many, few = (GOOD, BAD) if label else (BAD, GOOD)
    parts = chance.sample(many, chance.randint(2, 3)) + chance.sample(few, chance.randint(0, 1))
    parts += chance.sample(PLAIN, chance.randint(0, 2))
    chance.shuffle(parts)
    text = parts[0] + "".join(chance.choice(LINKS) + part for part in parts[1:]) + "。"
    rows.append((label if chance.random() > 0.03 else 1 - label, text))

with open("reviews.csv", "w", encoding="utf-8", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["label", "review"])
    writer.writerows(rows)
