//! `mastery services`: what native services need, brought into this machine's cache.

use std::path::{Path, PathBuf};

pub use mastery_kit::service::fetch::Package;
use mastery_kit::service::fetch::{Item, Limits, Plan, Platform, Progress, Source, Terms};
use tokio::runtime::{Builder, Runtime};

use super::AppError;

/// Where services are fetched from and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The cache's folder.
    pub cache: PathBuf,
    /// A mirror of the publishers, with `apache/`, `adoptium/` and `maven/` below it.
    pub mirror: Option<String>,
    /// A proxy for `https` addresses.
    pub proxy: Option<String>,
}

/// What would be fetched: shown before anything is.
pub struct Offer {
    plan: Plan,
    runtime: Runtime,
}

/// One package of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    pub title: &'static str,
    pub version: String,
    /// What would come over the network, where the server says so.
    pub bytes: Option<u64>,
    pub from: String,
}

/// What a fetch is doing, as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Another process fetches into the same cache.
    Waiting {
        holder: String,
    },
    /// Bytes that are here of one package.
    Downloading {
        what: String,
        done: u64,
        total: Option<u64>,
    },
    Unpacking {
        what: String,
    },
    Ready {
        what: String,
        folder: PathBuf,
    },
}

/// Finds out what of these is missing, and asks its publishers for it.
pub fn offer(packages: &[Package], places: &Places) -> Result<Offer, AppError> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(AppError::Runtime)?;
    let terms = Terms {
        source: places
            .mirror
            .as_deref()
            .map_or_else(Source::default, Source::mirror),
        proxy: places.proxy.clone(),
        platform: Platform::current()?,
        limits: Limits::default(),
    };
    let plan = runtime.block_on(Plan::look(packages, &places.cache, &terms))?;
    Ok(Offer { plan, runtime })
}

impl Offer {
    /// What is missing, in the order in which it would come; empty when everything is there.
    pub fn packages(&self) -> Vec<Offered> {
        let offered = |item: &Item| Offered {
            title: item.package.title(),
            version: item.version.clone(),
            bytes: item.bytes,
            from: item.from.clone(),
        };
        self.plan.items.iter().map(offered).collect()
    }

    /// Fetches all of it and tells each step.
    pub fn fetch(&self, tell: &mut dyn FnMut(Step)) -> Result<(), AppError> {
        let mut told = |progress: Progress<'_>| tell(step(&progress));
        Ok(self.runtime.block_on(self.plan.fetch(&mut told))?)
    }
}

fn step(progress: &Progress<'_>) -> Step {
    let what = |item: &Item| format!("{} {}", item.package.title(), item.version);
    match progress {
        Progress::Waiting { holder } => Step::Waiting {
            holder: (*holder).to_owned(),
        },
        Progress::Downloading { item, done, total } => Step::Downloading {
            what: what(item),
            done: *done,
            total: *total,
        },
        Progress::Unpacking { item } => Step::Unpacking { what: what(item) },
        Progress::Ready { item } => Step::Ready {
            what: what(item),
            folder: item.to.clone(),
        },
    }
}

/// Where caches lie by the XDG rules, given what the environment says: a relative path counts as none.
pub fn cache_of(xdg: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let root = xdg
        .filter(absolute)
        .or_else(|| Some(home.filter(absolute)?.join(".cache")))?;
    Some(root.join(Path::new("mastery/services")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_lies_where_xdg_says() {
        let at = |xdg: Option<&str>, home: Option<&str>| {
            cache_of(xdg.map(PathBuf::from), home.map(PathBuf::from))
        };
        assert_eq!(
            at(Some("/c"), Some("/h")),
            Some("/c/mastery/services".into())
        );
        assert_eq!(
            at(Some("c"), Some("/h")),
            Some("/h/.cache/mastery/services".into())
        );
        assert_eq!(at(None, None), None);
    }
}
