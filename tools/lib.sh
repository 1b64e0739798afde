# SPDX-License-Identifier: LGPL-2.1-or-later
# What tools/check and tools/demo share: messages, and Debian packages.

say () {
  printf '== %s\n' "$*"
}

die () {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

build_packages=(
  gcc libc6-dev meson ninja-build pkg-config python3
  libglib2.0-dev libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
)
run_packages=(
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
  gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav
)
test_packages=(
  git libjson-glib-dev ffmpeg rtmpdump clang-format
)

as_root () {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -- "$@"
  else
    die "root or sudo is needed to install packages: $*"
  fi
}

is_installed () {
  dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

# Installs those of the named packages that are missing; quick when none is.
install_missing () {
  local package missing=()
  command -v dpkg-query >/dev/null || {
    say "this is no Debian: install by hand what corresponds to: $*"
    return 0
  }
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  if [ ${#missing[@]} = 0 ]; then
    say "all ${#} packages needed are installed"
    return 0
  fi
  say "installing ${#missing[@]} of ${#} packages: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update </dev/null ||
    say "apt-get update failed; trying with the lists there are"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
    -o Dpkg::Use-Pty=0 install --no-install-recommends "${missing[@]}" </dev/null ||
    die "apt-get could not install: ${missing[*]}"
}
