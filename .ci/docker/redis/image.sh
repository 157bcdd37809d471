# shellcheck shell=bash disable=SC2154,SC2034 # shares $prefix, $here, $scratch and $tag with `images`
# Like redis:8, with the server that Debian packages.

image_of_redis() {
  local root=$1 input version hash
  # What Debian installed is as good as what was taken out of its package.
  if input=$(command -v redis-server); then
    version=$(redis-server --version | grep -oE 'v=[0-9.]+' | cut -c3-)
  else
    newest redis
    input=$input/bin/redis-server
  fi
  tag=$prefix/redis:$version
  hash=$(hash_of "$version" "$here"/redis/*)
  ! is_fresh "$tag" "$hash" || return 0
  base_system "$root" redis 999
  install -m755 "$(readlink -f "$input")" "$root/usr/bin/redis-server"
  with_libraries "$root" "" "$root/usr/bin/redis-server"
  install -m755 "$here/redis/docker-entrypoint.sh" "$root/usr/bin/"
  mkdir "$root/data"
  chown 999:999 "$root/data"
  import "$root" "$tag" "$hash" 'ENTRYPOINT ["docker-entrypoint.sh"]' 'CMD ["redis-server"]' \
    'EXPOSE 6379' 'VOLUME /data' 'WORKDIR /data' 'USER redis' 'ENV PATH=/usr/bin'
}
