//! The priority of threads that compute for as long as there is work.

use std::io;
use std::sync::Once;

/// Has the calling thread stand back behind those of ordinary priority, so that it takes what they leave. Should the
/// system refuse, or have no priorities of threads, it goes on as it is.
pub(super) fn stand_back() {
    static REFUSED: Once = Once::new();
    if let Err(error) = lower() {
        REFUSED.call_once(|| tracing::warn!(%error, "hashing threads run at ordinary priority"));
    }
}

/// On Linux, and there alone, process 0 of `setpriority` is the calling thread.
#[cfg(target_os = "linux")]
fn lower() -> io::Result<()> {
    use rustix::process::{getpriority_process, setpriority_process};
    /// About a tenth of a core is left to a thread so nice, beside one of ordinary priority that never rests.
    const NICER: i32 = 10;
    const NICEST: i32 = 19;
    let niceness = getpriority_process(None)? + NICER;
    Ok(setpriority_process(None, niceness.min(NICEST))?)
}

#[cfg(not(target_os = "linux"))]
fn lower() -> io::Result<()> {
    Ok(())
}
