#!/usr/bin/env bash
# Unpacks packages of a Debian release, with all that they need, into a folder beside the system: debian.sh RELEASE FOLDER PACKAGE…
# Every program in it is made to use the libraries in it. Needs apt and patchelf.
set -euo pipefail
release=$1 folder=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$folder"
: >"$work/status"

# The mirror is the one that this machine uses for its own release.
uri=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' "Identifier: Packages" |
    awk -v own="$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" '$1 == own { print $2; exit }')
if [ -z "$uri" ]; then
    echo "apt knows no mirror: run apt-get update first" >&2
    exit 2
fi
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $release main" >"$work/sources.list"
cat >"$work/apt.conf" <<END
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State "$work/state";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
APT::Install-Recommends "false";
APT::Sandbox::User "$(id -un)";
Acquire::Retries "3";
Debug::NoLocking "true";
END
export APT_CONFIG="$work/apt.conf"
apt-get update -qq
apt-get install -y -qq --download-only "$@" >/dev/null
for package in "$work"/cache/archives/*.deb; do
    dpkg-deb -x "$package" "$folder"
done
for link in lib lib64 bin sbin; do
    [ -e "$folder/$link" ] || ln -s "usr/$link" "$folder/$link"
done

libraries="$folder/usr/lib/x86_64-linux-gnu:$folder/lib/x86_64-linux-gnu"
for program in "$folder"/usr/bin/*; do
    if [ ! -L "$program" ] && [ "$(head -c 4 "$program" | tail -c 3)" = ELF ]; then
        patchelf --set-interpreter "$folder/lib64/ld-linux-x86-64.so.2" --force-rpath --set-rpath "$libraries" "$program"
    fi
done
