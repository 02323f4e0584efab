#!/bin/sh
# Reads an image or PDF by a service of chuviet: read.sh FILE [URL [TOKEN]]. Prints its text, or why there is none.
url=${2:-http://127.0.0.1:8000}
curl --silent --show-error --fail-with-body -H "Authorization: Bearer ${3:-none}" \
    --data-binary "@$1" -H "Content-Type: application/octet-stream" "$url/v1/read?format=txt"
