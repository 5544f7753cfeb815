//! Many who do something at the same moment.

use reqwest::blocking::RequestBuilder;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

/// As many as the attacks of this suite are wide.
pub(super) const CROWD: usize = 64;

/// What each of `wide` threads gets, which all begin at once; each knows its number.
pub(super) fn at_once<T: Send>(wide: usize, one: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (one, start) = (&one, &Barrier::new(wide));
    let begin = |number| {
        move || {
            start.wait();
            one(number)
        }
    };
    thread::scope(|scope| {
        let all: Vec<_> = (0..wide).map(|number| scope.spawn(begin(number))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// How many are equal to `one`.
pub(super) fn count<T: PartialEq>(all: &[T], one: &T) -> usize {
    all.iter().filter(|each| *each == one).count()
}

/// The status of a request that is made again for as long as there are too many hashes at a time.
pub(super) fn persistent(request: impl Fn() -> RequestBuilder) -> u16 {
    for _ in 0..100 {
        match request().send().unwrap().status().as_u16() {
            503 => thread::sleep(Duration::from_millis(50)),
            status => return status,
        }
    }
    503
}
