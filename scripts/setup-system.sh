#!/usr/bin/env bash
# Installs the system programs that some suites need, on Debian. `npm ci` and `npm test` need none of them.
#
# With the word `zoo`, also what only the full `npm run test:zoo` needs. Rust 1.88 or later, for its Rust parts, is not in Debian's stable release.
#
# Not from here: `npm run test:deploy` and `npm run test:kubernetes` need Go 1.26 or later on the PATH, with which it builds Helm once, and Kustomize where there is no kubectl
# with Kustomize 5: Debian's kubernetes-client knows no components. `npm run test:security` without --quick needs Rust 1.88 or later with cargo.
set -euo pipefail

packages=(binutils chromium curl etcd-server gcc haproxy libc6-dev nginx-light patchelf prometheus prometheus-alertmanager python3-venv redis-sentinel redis-server rsyslog rsyslog-gnutls runc slowhttptest systemd tinyproxy wrk)
[ "${1:-}" = zoo ] && packages+=(default-jdk-headless maven)

# A JDK and Maven from elsewhere serve as well.
command -v javac > /dev/null || packages+=(default-jdk-headless)
command -v mvn > /dev/null || packages+=(maven)

if [ "$(id -u)" -ne 0 ]; then
  echo "setup:system: run as root; it installs with apt-get: ${packages[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ "${#missing[@]}" -eq 0 ]; then
  echo "setup:system: everything is installed: ${packages[*]}"
  exit 0
fi
# A package that starts a daemon of its own would take ports that the suites choose freely.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
trap 'rm -f /usr/sbin/policy-rc.d' EXIT
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}"
echo "setup:system: installed ${missing[*]}"
