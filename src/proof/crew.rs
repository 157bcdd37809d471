//! Several variants at once: most of a proof is waiting for programs.

use std::{
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use super::{error::ProofError, lab::Lab, variant::Variant};

/// What is done with one variant, on a worker's own lab.
pub(super) type Deed<'d, T> = dyn Fn(&Lab<'_>, &Variant) -> Result<T, ProofError> + Sync + 'd;

/// What a worker tells of a variant.
pub(super) enum Told<T> {
    Begun,
    Done(T),
}

/// Those who work: how many at once, and whether they are to go on.
pub(super) struct Crew<'c> {
    pub(super) jobs: usize,
    /// Each worker has a lab, and so services, of its own: a broker names one proxy to its clients.
    pub(super) open: &'c (dyn Fn() -> Result<Lab<'c>, ProofError> + Sync),
    /// Asked before each variant.
    pub(super) ended: &'c (dyn Fn() -> bool + Sync),
}

impl Crew<'_> {
    /// Does the deed with each variant, in order as far as several at once have one. What comes of it is
    /// told on this thread. The first error ends it once the others have come to an end.
    pub(super) fn work<'v, T: Send>(
        &self,
        variants: &[&'v Variant],
        deed: &Deed<'_, T>,
        told: &mut dyn FnMut(&'v Variant, Told<T>) -> Result<(), ProofError>,
    ) -> Result<(), ProofError> {
        let next = AtomicUsize::new(0);
        let is_off = AtomicBool::new(false);
        thread::scope(|scope| {
            let (tell, hear) = mpsc::channel();
            for _ in 0..self.jobs.clamp(1, variants.len().max(1)) {
                let tell = tell.clone();
                let (next, is_off) = (&next, &is_off);
                scope.spawn(move || {
                    let take = || {
                        let place = next.fetch_add(1, Ordering::SeqCst);
                        let variant = variants.get(place).copied();
                        variant.filter(|_| !is_off.load(Ordering::SeqCst))
                    };
                    let say = |what| {
                        if tell.send(what).is_err() {
                            // Whoever listened has gone, and says why.
                        }
                    };
                    if let Err(error) =
                        self.one(take, deed, &|variant, what| say(Ok((variant, what))))
                    {
                        is_off.store(true, Ordering::SeqCst);
                        say(Err(error));
                    }
                });
            }
            drop(tell);
            let mut first = None;
            for heard in hear {
                let result = heard.and_then(|(variant, what)| told(variant, what));
                if let Err(error) = result {
                    is_off.store(true, Ordering::SeqCst);
                    first.get_or_insert(error);
                }
            }
            first.map_or(Ok(()), Err)
        })
    }

    /// One worker. Its services end with it.
    fn one<'v, T>(
        &self,
        take: impl Fn() -> Option<&'v Variant>,
        deed: &Deed<'_, T>,
        say: &dyn Fn(&'v Variant, Told<T>),
    ) -> Result<(), ProofError> {
        let Some(mut variant) = take() else {
            return Ok(());
        };
        let lab = (self.open)()?;
        loop {
            if (self.ended)() {
                return Err(ProofError::Interrupted);
            }
            say(variant, Told::Begun);
            say(variant, Told::Done(deed(&lab, variant)?));
            match take() {
                Some(following) => variant = following,
                None => return Ok(()),
            }
        }
    }
}
