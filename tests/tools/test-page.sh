#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The element's page in docs/ is what the element says of itself.
# Arguments: the element-page program, the element, the source root.
set -u
page=docs/$2.md
echo 1..1
if difference=$("$1" "$2" "$3/gst/elements/gst$2.c" | diff "$3/$page" -); then
  echo "ok 1 - $page"
else
  sed 's/^/# /' <<<"$difference"
  echo "# write it again: ninja -C build docs/$2.md && cp build/docs/$2.md $page"
  echo "not ok 1 - $page"
  exit 1
fi
