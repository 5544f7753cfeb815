//! What both binaries need of a process: log and traces, measurements, the signal to stop, and the line that says why
//! it failed.

mod process;
mod telemetry;

use mimalloc::MiMalloc;

/// Of both programs: a request allocates some hundred times, most of it small and short-lived, which this one does in a
/// third of the time (`docs/performance.md`).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

pub use process::{listen, measurements, one_line, stop_signal};
pub use telemetry::{Telemetry, start_telemetry};
