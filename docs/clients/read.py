"""Reads an image or PDF by a service of chuviet: python read.py FILE [URL [TOKEN]]. Needs Python alone."""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

file = sys.argv[1]
url = sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8000"
token = sys.argv[3] if len(sys.argv) > 3 else ""
headers = {"Authorization": f"Bearer {token}"} if token else {}
request = urllib.request.Request(f"{url}/v1/read?format=jsonl", Path(file).read_bytes(), headers)
try:
    with urllib.request.urlopen(request) as answer:
        for line in answer:  # a page, as soon as it is read
            page = json.loads(line)
            if page["schema"] == "chuviet/error":
                sys.exit(f"{page['status']}: {page['detail']}")
            print(f"{page['name']}: {page['width']} x {page['height']}")
            for entry in page["lines"]:
                print(f"{entry['confidence']:.2f}  {entry['text']}")
except urllib.error.HTTPError as e:
    sys.exit(f"{e.code}: {json.load(e)['detail']}")
