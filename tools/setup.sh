#!/bin/sh
# Sets up a fresh machine for this repository: installs the npm packages, builds them, where it may the system packages that
# the native engine and one example need, and builds the native engine. Run it again at any time: what is done already is
# skipped. Without a compiler or oneDNN it says so, and all runs on the wasm engine.
#
#   sh tools/setup.sh                        everything
#   NO_NATIVE=1 sh tools/setup.sh            without the native engine
#   NO_SYSTEM_PACKAGES=1 sh tools/setup.sh   nothing outside this folder and npm's cache
set -eu
cd "$(dirname "$0")/.."

# Nx must neither ask questions nor look for its cloud.
export CI=true NX_NO_CLOUD=true

say() { printf '%s\n' "setup: $*"; }
fail() {
  printf '%s\n' "setup: $*" >&2
  exit 1
}

check_node() {
  command -v node >/dev/null 2>&1 || fail "Node is missing: install version 20.19 or newer, from https://nodejs.org or with 'nvm install'"
  node -e '
    const [major, minor] = process.versions.node.split(".").map(Number)
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)
  ' || fail "Node $(node -v) is too old: install version 20.19 or newer, from https://nodejs.org or with 'nvm install'"
  command -v npm >/dev/null 2>&1 || fail "npm is missing: it comes with Node from https://nodejs.org, on Debian in the package npm"
  say "Node $(node -v), npm $(npm -v)"
}

# The stamp says which lock file the last complete installation was made from; npm ci removes it with node_modules.
install_npm_packages() {
  stamp=node_modules/.kd-setup
  wanted=$(cksum <package-lock.json)
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    say "npm packages are installed already"
    return
  fi
  say "installing npm packages (npm ci)"
  npm ci --no-audit --no-fund
  printf '%s\n' "$wanted" >"$stamp"
}

build() {
  say "building the packages (those that have not changed come from Nx's cache)"
  npm run --silent build
}

# has PACKAGE: whether Debian's package is installed
has() {
  dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

# want PACKAGE PATH LOST: installs a system package unless PATH is there already, and says what is lost where it may not.
want() {
  package=$1 path=$2 lost=$3
  if [ -e "$path" ] || has "$package"; then
    say "$package is installed already"
  elif [ -n "${NO_SYSTEM_PACKAGES:-}" ]; then
    say "not installing $package, as NO_SYSTEM_PACKAGES asks; $lost"
  elif ! command -v apt-get >/dev/null 2>&1; then
    say "not installing $package: this system has no apt-get; $lost"
  elif [ "$(id -u)" -eq 0 ]; then
    install_with_apt ""
  elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    install_with_apt "sudo -n"
  else
    say "not installing $package: that needs root; $lost"
    say "to add it: sudo apt-get install $package"
  fi
}

# $1: how to become root; installs $package
install_with_apt() {
  say "installing the system package $package (apt-get)"
  apt="env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=60 -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20"
  # Words are split on purpose: both are commands with options.
  # shellcheck disable=SC2086
  if $1 $apt install --no-install-recommends "$package" </dev/null >/dev/null 2>&1 ||
    { $1 $apt update </dev/null >/dev/null 2>&1 && $1 $apt install --no-install-recommends "$package" </dev/null >/dev/null 2>&1; }; then
    say "installed $package"
  else
    say "apt-get could not install $package (offline, or not in this release); $lost"
  fi
}

install_system_packages() {
  want dataset-fashion-mnist /usr/share/datasets/fashion-mnist \
    "without it the examples on Fashion-MNIST need its files by another way; all else works"
  [ -z "${NO_NATIVE:-}" ] || return 0
  want g++ /usr/bin/g++ "without a C++ compiler training runs on the wasm engine, which is slower"
  want libdnnl-dev /usr/include/dnnl.h "without oneDNN training runs on the wasm engine, which is slower"
}

# The native engine's addon; every other engine works without it.
build_addon() {
  if [ -n "${NO_NATIVE:-}" ]; then
    say "not building the native engine, as NO_NATIVE asks"
    return
  fi
  addon=packages/native/dist-addon/kd-native.node
  if [ -e "$addon" ] && [ -z "$(find packages/native/addon packages/native/build-addon.mjs -newer "$addon")" ]; then
    say "the native engine is built already"
  else
    say "building the native engine"
    node packages/native/build-addon.mjs || say "going on without the native engine"
  fi
}

check_node
install_npm_packages
build
install_system_packages
build_addon
say "done: 'npm start' distils the digits, 'npm test' runs the tests"
