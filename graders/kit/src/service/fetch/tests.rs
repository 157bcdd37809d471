//! Fetching from a loopback mirror that serves the publishers' layout, and misbehaves on request.

use std::{fs, path::Path};

use super::*;

mod mirror;
mod misdeeds;
mod places;

use mirror::{Manner, Mirror};

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// Looks and fetches.
async fn fetch(mirror: &Mirror, cache: &Path, packages: &[Package]) -> Result<(), FetchError> {
    let plan = Plan::look(packages, cache, &mirror.terms()).await?;
    plan.fetch(&mut |_| {}).await
}

#[test]
fn all_three_are_told_with_sizes_then_fetched_into_the_layout_of_the_cache() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        let plan = Plan::look(&Package::ALL, cache.path(), &mirror.terms())
            .await
            .unwrap();
        let versions: Vec<&str> = plan.items.iter().map(|item| &*item.version).collect();
        assert_eq!(versions, ["4.4.0", "25.0.2+10", "18.4"]);
        for item in &plan.items {
            assert!(item.bytes.is_some_and(|bytes| bytes > 100), "{item:?}");
        }
        assert_eq!(
            fs::read_dir(cache.path()).unwrap().count(),
            0,
            "a look writes nothing"
        );

        let mut told = Vec::new();
        plan.fetch(&mut |progress| {
            if let Progress::Downloading { item, done, total } = progress {
                told.push((item.package, done, total.unwrap()));
            }
        })
        .await
        .unwrap();
        for package in [Package::Jre, Package::Postgres] {
            let last = told.iter().rfind(|(of, ..)| *of == package).unwrap();
            assert_eq!(last.1, last.2, "{package:?}");
        }
        for (file, text) in [
            ("kafka/4.4.0/libs/kafka_2.13-4.4.0.jar", "kafka.Kafka"),
            ("kafka/4.4.0/libs/slf4j-simple-1.7.36.jar", "slf4j"),
            ("jre/25.0.2+10/bin/java", "java"),
            ("jre/25.0.2+10/legal/LICENSE", "java"),
            ("postgres/18.4/bin/postgres", "postgres"),
            ("postgres/18.4/share/postgresql/postgres.bki", "bki"),
        ] {
            assert_eq!(
                fs::read_to_string(cache.path().join(file)).unwrap(),
                text,
                "{file}"
            );
        }
        assert!(
            !cache
                .path()
                .join("kafka/4.4.0/libs/rocksdbjni-10.1.3.jar")
                .exists()
        );
        let java = fs::metadata(cache.path().join("jre/25.0.2+10/bin/java")).unwrap();
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&java.permissions()) & 0o777,
            0o755
        );
        assert_eq!(
            fs::read_dir(cache.path().join("downloads"))
                .unwrap()
                .count(),
            0
        );

        let again = Plan::look(&Package::ALL, cache.path(), &mirror.terms())
            .await
            .unwrap();
        assert!(again.items.is_empty(), "{:?}", again.items);
    });
}

#[test]
fn only_what_is_asked_for_is_looked_at() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        fetch(&mirror, cache.path(), &[Package::Postgres])
            .await
            .unwrap();
        assert!(
            mirror.log().iter().all(|line| line.contains("zonky")),
            "{:?}",
            mirror.log()
        );
        assert_eq!(standing(cache.path(), Package::Kafka), None);
        assert_eq!(
            standing(cache.path(), Package::Postgres).unwrap().version,
            "18.4"
        );
    });
}

#[test]
fn a_mirror_that_lists_no_releases_is_asked_for_the_known_one() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        mirror.remove("maven-metadata.xml");
        let looked = Plan::look(&[Package::Postgres], cache.path(), &mirror.terms()).await;
        let error = looked.err().unwrap().to_string();
        assert!(
            error.contains("18.1.0.jar.sha512: it answered 404"),
            "{error}"
        );
    });
}

#[test]
fn the_archive_is_asked_where_a_release_is_no_longer_current() {
    run(async {
        let (mirror, cache) = (Mirror::open().await, tempfile::tempdir().unwrap());
        let mut terms = mirror.terms();
        terms.source.apache_archive = Some(terms.source.apache.clone());
        terms.source.apache = format!("{}/elsewhere", terms.source.apache);
        let plan = Plan::look(&[Package::Kafka], cache.path(), &terms)
            .await
            .unwrap();
        plan.fetch(&mut |_| {}).await.unwrap();
        assert_eq!(
            standing(cache.path(), Package::Kafka).unwrap().version,
            "4.4.0"
        );
    });
}
