# shellcheck shell=bash disable=SC2154,SC2034 # shares $prefix, $here, $scratch and $tag with `images`
# Like postgres:18, with the binaries of io.zonky.test.postgres.

image_of_postgres() {
  local root=$1 input version hash major
  newest postgres
  major=${version%%.*}
  tag=$prefix/postgres:$version
  hash=$(hash_of "$version" "$here"/postgres/*)
  ! is_fresh "$tag" "$hash" || return 0
  base_system "$root" postgres 999
  mkdir -p "$root/usr/local"
  cp -a "$input"/{bin,lib,share} "$root/usr/local/"
  chown -R 0:0 "$root/usr/local"
  rm -rf "$root"/usr/local/lib/*.a "$root"/usr/local/lib/pkgconfig \
    "$root"/usr/local/lib/postgresql/*{plperl,plpython,pltcl}* # they need interpreters
  with_libraries "$root" "$root/usr/local/lib" \
    "$root"/usr/local/bin/* "$root"/usr/local/lib/*.so* "$root"/usr/local/lib/postgresql/*.so
  install -m755 "$here/postgres/docker-entrypoint.sh" "$root/usr/local/bin/"
  mkdir -p "$root/var/lib/postgresql" "$root/var/run/postgresql"
  chown 999:999 "$root/var/lib/postgresql" "$root/var/run/postgresql"
  chmod 3777 "$root/var/run/postgresql"
  import "$root" "$tag" "$hash" 'ENTRYPOINT ["docker-entrypoint.sh"]' 'CMD ["postgres"]' \
    'EXPOSE 5432' 'VOLUME /var/lib/postgresql' 'USER postgres' "ENV PG_MAJOR=$major" \
    "ENV PGDATA=/var/lib/postgresql/$major/docker" 'ENV PATH=/usr/local/bin:/usr/bin' \
    'ENV LD_LIBRARY_PATH=/usr/local/lib'
}
