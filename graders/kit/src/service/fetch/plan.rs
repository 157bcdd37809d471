//! What a fetch would bring, told before it begins; and the fetch itself.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    FetchError, Package, Terms,
    download::{Download, Link},
    hold::Hold,
    place, publisher,
    unpack::unpack,
};

/// What is missing from a cache and where it would come from.
pub struct Plan {
    /// In the order in which they are fetched; empty when everything asked for stands.
    pub items: Vec<Item>,
    cache: PathBuf,
    link: Link,
}

/// One package that would be fetched.
#[derive(Debug)]
pub struct Item {
    pub package: Package,
    /// As its publisher names it.
    pub version: String,
    /// What would come over the network, as far as it is announced and not there yet.
    pub bytes: Option<u64>,
    /// Its address, for a person.
    pub from: String,
    /// The folder that it becomes.
    pub to: PathBuf,
    downloads: Vec<Download>,
}

/// What a fetch is doing.
#[derive(Debug)]
pub enum Progress<'a> {
    /// Another fetch holds the cache.
    Waiting { holder: &'a str },
    /// Bytes of this item that are here, those of earlier fetches included.
    Downloading {
        item: &'a Item,
        done: u64,
        total: Option<u64>,
    },
    /// All is here and verified, and is being laid out.
    Unpacking { item: &'a Item },
    /// It can be used.
    Ready { item: &'a Item },
}

impl Plan {
    /// Finds out what is missing and asks its publishers for it. Nothing is written.
    pub async fn look(
        packages: &[Package],
        cache: &Path,
        terms: &Terms,
    ) -> Result<Self, FetchError> {
        let link = Link::new(terms)?;
        let mut items = Vec::new();
        for package in Package::ALL {
            if !packages.contains(&package) || place::standing(cache, package).is_some() {
                continue;
            }
            let parts = publisher::ask(package, &link, &terms.source, terms.platform).await?;
            let folder = cache.join("downloads");
            let sizes = parts.downloads.iter().filter_map(|download| {
                Some(download.bytes?.saturating_sub(download.here(&folder)))
            });
            items.push(Item {
                package,
                bytes: sizes.reduce(|sum, bytes| sum + bytes),
                from: parts.downloads[0].url.clone(),
                to: cache.join(package.name()).join(&parts.version),
                version: parts.version,
                downloads: parts.downloads,
            });
        }
        Ok(Self {
            items,
            cache: cache.to_owned(),
            link,
        })
    }

    /// Fetches all of it, one after the other. What was finished stays when a later one fails, and
    /// what came of that one is where the next fetch begins. Dropping the future gives up.
    pub async fn fetch(&self, tell: &mut dyn FnMut(Progress<'_>)) -> Result<(), FetchError> {
        if self.items.is_empty() {
            return Ok(());
        }
        let _hold = Hold::take(&self.cache, self.link.limits.hold, tell).await?;
        for item in &self.items {
            // Another fetch may have brought it while this one waited.
            if place::standing(&self.cache, item.package).is_none() {
                self.fetch_one(item, tell).await?;
            }
            tell(Progress::Ready { item });
        }
        Ok(())
    }

    async fn fetch_one(
        &self,
        item: &Item,
        tell: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), FetchError> {
        let folder = self.cache.join("downloads");
        fs::create_dir_all(&folder).map_err(FetchError::cache(&folder))?;
        let announced = item.downloads.iter().filter_map(|download| download.bytes);
        let total = announced.reduce(|sum, bytes| sum + bytes);
        let mut before = 0;
        let mut files = Vec::new();
        for download in &item.downloads {
            let mut done = 0;
            let mut seen = |here| {
                done = here;
                tell(Progress::Downloading {
                    item,
                    done: before + here,
                    total,
                });
            };
            files.push(self.link.file(download, &folder, &mut seen).await?);
            before += done;
        }
        tell(Progress::Unpacking { item });
        self.lay_out(item, files.clone()).await?;
        for file in files {
            fs::remove_file(&file).map_err(FetchError::cache(&file))?;
        }
        Ok(())
    }

    async fn lay_out(&self, item: &Item, files: Vec<PathBuf>) -> Result<(), FetchError> {
        let beside = place::beside(&self.cache, item.package)?;
        let given_up = GivenUp(Arc::default());
        let stop = Arc::clone(&given_up.0);
        let (package, limit) = (item.package, self.link.limits.unpacked);
        let (into, archives) = (beside.clone(), files.clone());
        let unpacked =
            tokio::task::spawn_blocking(move || unpack(package, &archives, &into, limit, &stop))
                .await
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        let from = item.downloads.iter().map(|download| download.url.clone());
        let stood =
            unpacked.and_then(|()| place::stand(package, &beside, &item.to, from.collect()));
        if stood.is_err() {
            // The next fetch sweeps what cannot be removed now.
            fs::remove_dir_all(&beside).ok();
        }
        if let Err(FetchError::BadArchive { .. }) = &stood {
            // Verified and of no use all the same: there is nothing to go on from.
            for file in files {
                fs::remove_file(file).ok();
            }
        }
        stood
    }
}

/// Tells the unpacking thread, when nobody waits for it any longer.
struct GivenUp(Arc<AtomicBool>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
