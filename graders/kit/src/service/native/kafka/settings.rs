//! What a broker is told: its settings, its logging, its machine's flags.

use std::{fs, io, path::Path};

/// One broker alone, everything with one copy, internal topics with one partition, every port the
/// system's choice. No time-out of the broker is lowered: default clients would be refused.
const BROKER: &str = "\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:0
controller.listener.names=CONTROLLER
listeners=INTERNAL://127.0.0.1:0,EXTERNAL://127.0.0.1:0,CONTROLLER://127.0.0.1:0
listener.security.protocol.map=INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INTERNAL
num.partitions=3
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.retention.ms=-1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.index.size.max.bytes=1048576
log.segment.bytes=16777216
log.cleaner.dedupe.buffer.size=2097152
num.network.threads=1
num.io.threads=2
num.replica.fetchers=1
num.recovery.threads.per.data.dir=1
background.threads=2
log.cleaner.threads=1
";

/// Only warnings, the acceptors' ports and the version: 8 lines instead of 2,600. For Kafka's own
/// distribution, which logs through Log4j 2; jars with slf4j-simple take the properties below.
const LOG4J: &str = "\
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = [%t] %p %c - %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.acceptor.name = kafka.network.DataPlaneAcceptor
logger.acceptor.level = info
logger.version.name = org.apache.kafka.common.utils
logger.version.level = info
";

/// Flags of every start; an archive depends on some of them.
const FLAGS: &[&str] = &[
    "-Xms128m",
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData", // a file in the machine's /tmp, left there by SIGKILL
    "-Djava.awt.headless=true",
    "-Djava.net.preferIPv4Stack=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.network.DataPlaneAcceptor=info",
    // Where the class that tells the version lies changed with 4.4: `utils.internals`.
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.utils=info",
];

/// The name of the settings in a broker's folder.
pub(super) const FILE: &str = "kafka.properties";

/// Writes all that a broker reads into its folder; `data` is its formatted folder.
pub(super) fn write(folder: &Path, data: &Path, advertised: u16) -> io::Result<()> {
    fs::create_dir_all(folder.join("tmp"))?;
    fs::write(folder.join("log4j2.properties"), LOG4J)?;
    let data = escaped(&data.display().to_string());
    let advertised = format!(
        "advertised.listeners=INTERNAL://127.0.0.1:0,EXTERNAL://127.0.0.1:{advertised}\n\
         log.dirs={data}\n"
    );
    fs::write(folder.join(FILE), format!("{BROKER}{advertised}"))
}

/// A value of a file of properties, which Java reads as Latin-1 with escapes.
fn escaped(value: &str) -> String {
    let letters = value.encode_utf16().map(|unit| {
        match char::from_u32(u32::from(unit)).filter(char::is_ascii) {
            Some('\\') => "\\\\".to_owned(),
            Some(letter) => letter.to_string(),
            None => format!("\\u{unit:04X}"),
        }
    });
    letters.collect()
}

/// The flags of a start in this folder, in an order that never changes.
pub(super) fn flags(folder: &Path) -> Vec<String> {
    let mut flags: Vec<String> = FLAGS.iter().map(ToString::to_string).collect();
    let folder = folder.display();
    // Native parts of the jars are unpacked there.
    flags.push(format!("-Djava.io.tmpdir={folder}/tmp"));
    flags.push(format!(
        "-Dlog4j2.configurationFile={folder}/log4j2.properties"
    ));
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_any_name_is_written_as_java_reads_it() {
        assert_eq!(escaped("/home/ada/ws 1"), "/home/ada/ws 1");
        assert_eq!(escaped("/é\\"), "/\\u00E9\\\\");
        assert_eq!(escaped("🦀"), "\\uD83E\\uDD80");
    }
}
