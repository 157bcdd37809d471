# shellcheck shell=bash disable=SC2154,SC2034 # shares $prefix, $here, $scratch and $tag with `images`
# Like apache/kafka:4.x, with the jars of Maven Central and a Temurin JRE.

image_of_kafka() {
  local root=$1 input version hash libs
  newest kafka
  libs=$input/libs
  tag=$prefix/kafka:$version
  local kafka=$version
  newest jre
  hash=$(hash_of "$kafka $version" "$here"/kafka/*)
  ! is_fresh "$tag" "$hash" || return 0
  base_system "$root" appuser 1000
  mkdir -p "$root"/opt/kafka/{config,logs,libs} "$root"/etc/kafka/{docker,secrets} \
    "$root/mnt/shared/config" "$root/var/lib/kafka/data"
  cp -a "$input" "$root/opt/java"
  with_libraries "$root" "$root/opt/java/lib:$root/opt/java/lib/server" \
    "$root"/opt/java/bin/java "$root"/opt/java/lib/{libjli,libjava,libnet,libnio,libzip,server/libjvm}.so
  cp -p "$libs"/*.jar "$root/opt/kafka/libs/"
  # Copied on by its user, mode and all, and then written to.
  install -m644 "$here"/kafka/{server.properties,log4j2.yaml,tools-log4j2.yaml} "$root/etc/kafka/docker/"
  install -m755 "$here/kafka/run" "$root/etc/kafka/docker/run"
  chown -R 0:0 "$root/opt/java" "$root/opt/kafka"
  chown -R 1000:1000 "$root"/opt/kafka/{config,logs} "$root/var/lib/kafka" "$root/etc/kafka/secrets" \
    "$root/mnt/shared"
  "$root/opt/java/bin/java" -Xshare:dump >/dev/null 2>&1 || echo "no base archive of classes" >&2
  local changes=('CMD ["/etc/kafka/docker/run"]' 'EXPOSE 9092' 'USER appuser'
    'VOLUME ["/etc/kafka/secrets","/var/lib/kafka/data","/mnt/shared/config"]'
    'ENV PATH=/opt/java/bin:/usr/bin' 'WORKDIR /opt/kafka')
  import "$root" "$prefix/kafka-training" "$hash" "${changes[@]}"
  train_kafka "$root"
  import "$root" "$tag" "$hash" "${changes[@]}"
}

# ROOT: archives of the classes that a start loads, from one start; the official image has them too.
train_kafka() {
  local root=$1 container archives=$scratch/archives
  mkdir -m 777 "$archives"
  container=$(docker run --detach --env TRAIN=/archives --volume "$archives:/archives" \
    --env KAFKA_NODE_ID=1 --env KAFKA_PROCESS_ROLES=broker,controller \
    --env KAFKA_LISTENERS=PLAINTEXT://:9092,CONTROLLER://:9093 \
    --env KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:9092 \
    --env KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER \
    --env KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT \
    --env KAFKA_CONTROLLER_QUORUM_VOTERS=1@localhost:9093 \
    --env KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR=1 "$prefix/kafka-training")
  for _ in $(seq 300); do
    ! docker logs "$container" 2>&1 | grep 'Kafka Server started' >/dev/null || break
    sleep 0.2
  done
  docker stop --time 30 "$container" >/dev/null
  if ! cp "$archives"/{storage,kafka}.jsa "$root/opt/kafka/"; then
    docker logs "$container" 2>&1 | tail -n 20 >&2
    docker rm --force --volumes "$container" >/dev/null
    return 1
  fi
  docker rm --force --volumes "$container" >/dev/null
  docker rmi "$prefix/kafka-training" >/dev/null
}
