//! What both binaries need of a process: log and traces, measurements, the signal to stop, and the line that says why
//! it failed.

mod process;
mod telemetry;

pub use process::{listen, measurements, one_line, stop_signal};
pub use telemetry::{Telemetry, start_telemetry};
