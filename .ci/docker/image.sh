# Sourced by `images`: makes an image from files of this machine, without a registry.
# A root file system is busybox, a program and the shared libraries it asks for.
# shellcheck shell=bash disable=SC2154 # $here and $scratch are of `images`

readonly label=dev.mastery.inputs

# TAG HASH: whether the image is there and was made of the same inputs.
is_fresh() {
  [ "$(docker image inspect -f "{{index .Config.Labels \"$label\"}}" "$1" 2>/dev/null)" = "$2" ]
}

# VERSION FILE...: one short word for a version of the server, these files and these scripts.
hash_of() {
  local version=$1
  shift
  { echo "$version" && cat "$@" "$here/image.sh" "$here/images"; } | sha256sum | cut -c1-16
}

# Debian's static busybox, downloaded and unpacked, not installed.
fetch_busybox() {
  busybox=$(command -v busybox || true)
  if [ -n "$busybox" ] && ! ldd "$busybox" >/dev/null 2>&1; then return; fi
  busybox=$scratch/busybox/bin/busybox
  mkdir -p "$scratch/busybox"
  (cd "$scratch/busybox" && apt-get -qq -o APT::Sandbox::User=root download busybox-static >/dev/null)
  dpkg-deb -x "$scratch"/busybox/busybox-static_*.deb "$scratch/busybox"
}

# ROOT USER UID: busybox and its names, one user, /tmp.
base_system() {
  local root=$1 user=$2 uid=$3 name
  mkdir -p "$root"/{usr/bin,usr/lib,usr/lib64,etc,tmp,run,root,proc,sys,dev,var}
  for name in bin lib lib64; do ln -s "usr/$name" "$root/$name"; done
  chmod 1777 "$root/tmp"
  install -m755 "$busybox" "$root/bin/busybox"
  "$busybox" --list | while read -r name; do
    [ "$name" = busybox ] || ln -sf busybox "$root/bin/$name"
  done
  cat >"$root/etc/passwd" <<-END
	root:x:0:0:root:/root:/bin/sh
	nobody:x:65534:65534:nobody:/:/bin/false
	$user:x:$uid:$uid::/tmp:/bin/sh
	END
  cat >"$root/etc/group" <<-END
	root:x:0:
	nogroup:x:65534:
	$user:x:$uid:
	END
  echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
}

# ROOT SEARCH FILE...: copies every shared library that these files need and ROOT does not hold.
# SEARCH is a path of folders looked into first, as in LD_LIBRARY_PATH.
with_libraries() {
  local root=$1 search=$2 needed missing library
  shift 2
  needed=$(LD_LIBRARY_PATH=$search ldd "$@" 2>/dev/null || true) # it refuses what is no program
  missing=$(grep 'not found' <<<"$needed" | sort -u || true)
  [ -z "$missing" ] || { echo "missing libraries: $missing" >&2; return 1; }
  grep -v ':$' <<<"$needed" | grep -oE '/[^ ]+' | sort -u | while read -r library; do
    [[ $library == "$root"/* || -e $root$library ]] ||
      install -D -m755 "$(readlink -f "$library")" "$root$library"
  done
}

# ROOT TAG HASH CHANGE...: the image, with Dockerfile instructions as changes.
import() {
  local root=$1 tag=$2 hash=$3 changes=() change
  shift 3
  for change in "$@"; do changes+=(--change "$change"); done
  tar -C "$root" --numeric-owner -c . |
    docker import --change "LABEL $label=$hash" "${changes[@]}" - "$tag" >/dev/null
}
