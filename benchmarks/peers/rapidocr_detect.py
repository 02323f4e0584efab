"""The detector of rapidocr-onnxruntime as a process: reads one JSON of image paths, then a line of options a round.

A round: threads, side (of the network's input; 0: the package's own default). Answers with one JSON line: milliseconds
and quads of each image.
"""

import json
import sys
import time

import cv2
from rapidocr_onnxruntime import RapidOCR


def main() -> None:
    images = [cv2.imread(path) for path in json.loads(sys.stdin.readline())]
    print("ready", flush=True)
    engines = {}
    for line in sys.stdin:
        threads, side = map(int, line.split())
        if (threads, side) not in engines:
            cv2.setNumThreads(threads)
            limits = {"det_limit_side_len": side, "det_limit_type": "max"} if side else {}
            engine = RapidOCR(intra_op_num_threads=threads, inter_op_num_threads=1, **limits).text_det
            engine(images[0])
            engines[threads, side] = engine
        times, quads = [], []
        for image in images:
            start = time.perf_counter()
            found, _ = engines[threads, side](image)
            times.append(1e3 * (time.perf_counter() - start))
            quads.append([] if found is None else found.tolist())
        print(json.dumps({"ms": times, "quads": quads}), flush=True)


if __name__ == "__main__":
    main()
