# Shared by the scripts beside it; to be sourced by bash with `set -euo pipefail`.
# shellcheck shell=bash disable=SC2034

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# Debian's names. What is needed to build and run, and what the tests need on top.
build_packages=(
  g++ meson ninja-build pkg-config
  libboost-dev libboost-filesystem-dev
  rapidjson-dev libcli11-dev libfmt-dev
  zlib1g-dev libzstd-dev liblz4-dev libssl-dev
  tshark
)
test_packages=(
  libgtest-dev
  python3 python3-pytest python3-pytest-xdist python3-numpy python3-scipy python3-pandas
  sqlite3 miller jq
  zstd lz4 gzip procps
  iproute2 tmux less bash-completion zsh fish tzdata
  munge slurmctld slurmd slurm-client parallel openssh-client
)
# What the tests use where it is installed; nobody wants it on a machine of his own for their sake.
ci_packages=(openssh-server)
# libFuzzer comes with clang's run-time library.
fuzz_packages=(clang-14 clang libclang-rt-14-dev)
# What scripts/check needs.
check_packages=(clang-tidy clang-format cppcheck shellcheck git)

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
  say "$*"
  exit 1
}

on_debian() { command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; }

# Builds take the system's meson and python3: another python3 that comes first in PATH has not their modules.
system_path() {
  if on_debian; then printf '%s' "/usr/sbin:/usr/bin:/sbin:/bin:$PATH"; else printf '%s' "$PATH"; fi
}

# Runs a command quietly, its standard input closed; its output is shown, on stderr, when it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null 9<&- || status=$?
  if ((status != 0)); then cat "$log" >&2; fi
  rm -f "$log"
  return "$status"
}

# Takes a lock on a directory, in file descriptor 9, until `unlock` or the end of the script.
lock() {
  exec 9<"$1"
  if command -v flock >/dev/null; then flock 9; fi
}
unlock() { exec 9<&-; }

# Where Debian's packages come from: $MIRROR, or what this system uses.
debian_mirror() {
  local mirror
  mirror=${MIRROR:-$(grep -ohE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
    head -n 1 | tr -d ' ' || true)}
  printf '%s' "${mirror:-http://deb.debian.org/debian}"
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# apt-get that asks nothing, waits for another apt-get, and leaves configuration files alone.
apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true NEEDRESTART_SUSPEND=1 \
    apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold "$@"
}

# Runs a command while no package that it installs may start a service.
without_services() (
  policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    # shellcheck disable=SC2317 # called by the trap
    remove_policy() { as_root rm -f "$policy"; }
    trap remove_policy EXIT
    # shellcheck disable=SC2016 # the other shell's own $1
    as_root sh -c 'printf "#!/bin/sh\nexit 101\n" >"$1" && chmod 755 "$1"' sh "$policy"
  fi
  "$@"
)

missing_packages() {
  local installed package
  # shellcheck disable=SC2016 # dpkg-query's own ${…}
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
  for package in "$@"; do
    if [[ $'\n'$installed$'\n' != *$'\n'"installed $package"$'\n'* ]]; then printf '%s\n' "$package"; fi
  done
}

# Of the packages on standard input, those that the lists of this system have: names differ between releases. All of them
# when there are no lists yet.
known_packages() {
  if compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null; then
    LC_ALL=C xargs -r apt-cache policy |
      awk '/^[^ ]/ { name = substr($1, 1, length($1) - 1) } /^  Candidate:/ && $2 != "(none)" { print name }'
  else
    cat
  fi
}

# Installs what is missing and exists here, and says what does not exist.
install_packages() {
  local packages attempt
  # Whoever installed them while this one waited for the lock spared us the work.
  lock "$root"
  mapfile -t packages < <(missing_packages "$@" | known_packages)
  if ((${#packages[@]} > 0)); then
    if ! as_root true; then die "as root, run first: apt-get install ${packages[*]}"; fi
    say "installing ${packages[*]}"
    for attempt in 1 2 3; do
      quietly apt_get update || say "the package lists could not all be renewed; going on with those at hand"
      mapfile -t packages < <(missing_packages "$@" | known_packages)
      if without_services quietly apt_get install --no-install-recommends "${packages[@]}"; then break; fi
      if ((attempt == 3)); then die "could not install: ${packages[*]}"; fi
      sleep 5
    done
  fi
  unlock
  mapfile -t packages < <(missing_packages "$@")
  if ((${#packages[@]} > 0)); then say "going on without what this system has no package for: ${packages[*]}"; fi
}

# For systems without apt: what is missing, by the name of its project.
missing_elsewhere() {
  local tool library
  for tool in c++ meson ninja pkg-config tshark; do
    command -v "$tool" >/dev/null || printf '%s\n' "$tool"
  done
  if command -v pkg-config >/dev/null; then
    for library in RapidJSON CLI11 fmt zlib libzstd liblz4 libcrypto; do
      pkg-config --exists "$library" || printf '%s\n' "$library"
    done
  fi
}

# Installs what is missing of the packages named, or says what is and stops.
need_packages() {
  local missing
  if on_debian; then
    mapfile -t missing < <(missing_packages "$@")
    if ((${#missing[@]} > 0)); then install_packages "$@"; fi
  else
    mapfile -t missing < <(missing_elsewhere)
    if ((${#missing[@]} > 0)); then
      die "missing: ${missing[*]} (Debian's names of all that is needed: $*)"
    fi
  fi
}

# configure DIRECTORY OPTION…: sets a build directory up, anew when it was made elsewhere, with other options or
# by another meson. The directory must be locked.
configure() {
  local directory=$1 stamp=$1/.configured meson age wanted
  shift
  meson=$(PATH=$(system_path) command -v meson)
  age=$(stat -L -c %Y "$meson" 2>/dev/null || true)
  wanted=$(printf '%s\n' "$root" "$meson $age" "${CC-}" "${CXX-}" "${CXXFLAGS-}" "${LDFLAGS-}" "$@")
  if [[ -f $directory/build.ninja && -f $stamp && $(<"$stamp") == "$wanted" ]]; then return; fi
  rm -rf "${directory:?}"/* "$stamp"
  quietly env PATH="$(system_path)" "$meson" setup "$@" "$directory" "$root" || die "meson could not set up $directory"
  printf '%s\n' "$wanted" >"$stamp"
}

# build_directory DIRECTORY: makes it, if need be, and takes its lock.
build_directory() {
  if ! mkdir -p "$1" 2>/dev/null || [[ ! -w $1 ]]; then die "cannot write to $1 (was it made by another user?)"; fi
  lock "$1"
}
